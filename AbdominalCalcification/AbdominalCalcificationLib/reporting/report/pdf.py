"""The PDF of a report: its HTML page on paper."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from ...errors import InputError
from .fonts import FAMILY, Fonts
from .page_tree import page_tree
from .pdf_layout import Layout
from .templating import required

_MARGIN, _FOOT = 45.0, 30.0
_TITLE = "Calcification of the abdominal arteries"
_UNSHOWN = "Some characters have no font on the computer that made this PDF; the same report as HTML has them."


def pdf_of_page(page: str, program: str, fonts: Path | None = None, title: str = _TITLE) -> bytes:
    """Return a page as a PDF file (A4), with the text of its ``footer`` and the number at the foot of each page.

    The same page gives the same bytes. What tells about the file itself names nobody.

    Parameters
    ----------
    page : str
        HTML of the elements that :mod:`pdf_layout` knows.
    program : str
        That made it, for the file's properties.
    fonts : Path, optional
        Folder of fonts to be tried before the system's.
    title : str
        For the file's properties.

    Raises
    ------
    InputError
        Without the PDF library, and for a page that it cannot lay out.
    """
    required("reportlab")
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate
    from reportlab.platypus.doctemplate import LayoutError

    known, root = Fonts(fonts), page_tree(page)
    size = A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN
    layout = Layout(known, *size)
    foot = " ".join(layout.plain(each) for each in root.all("footer"))
    for parent in [root, *root.all("html", "body", "div")]:
        parent.parts = [part for part in parent.parts if isinstance(part, str) or part.tag != "footer"]
    flowables = layout.flowables(root)
    if known.unshown:
        flowables += layout.flowables(page_tree(f"<p><small>{_UNSHOWN}</small></p>"))
    made = BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN - 6)
    document = SimpleDocTemplate(
        made, pagesize=A4, **margins, title=title, author="", creator=program, lang="en", invariant=1
    )
    try:
        document.build(flowables, canvasmaker=_numbering(known, foot))
    except (LayoutError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"The templates of the report make no page that fits on paper ({reason}); correct them."
        ) from None
    return made.getvalue()


def _numbering(fonts, foot: str):
    """Return a canvas that writes the foot of each page once it is known how many there are."""
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):
        def __init__(self, *args, **options):
            super().__init__(*args, **{**options, "initialFontName": FAMILY})
            self._finished: list[dict] = []

        def showPage(self):
            self._finished.append(dict(self.__dict__))
            self._startPage()

        def save(self):
            for number, state in enumerate(self._finished, start=1):
                self.__dict__.update(state)
                self._write_foot(f"Page {number} of {len(self._finished)}")
                super().showPage()
            super().save()

        def _write_foot(self, page: str):
            self.setFillGray(0.4)
            x, room = _MARGIN, self._pagesize[0] - 2 * _MARGIN - 2 * self.stringWidth(page, FAMILY, 7)
            for font, run in fonts.runs(foot):
                name = font or FAMILY
                shown = run
                while shown and x - _MARGIN + self.stringWidth(shown, name, 7) > room:
                    shown = shown[:-1]
                self.setFont(name, 7)
                self.drawString(x, _FOOT - 6, shown)
                x += self.stringWidth(shown, name, 7)
                if shown != run:
                    break
            self.setFont(FAMILY, 7)
            self.drawRightString(self._pagesize[0] - _MARGIN, _FOOT - 6, page)

    return Numbered
