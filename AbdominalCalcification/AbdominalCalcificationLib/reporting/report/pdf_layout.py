"""From the elements of a page to what the PDF library lays out.

Known are headings, paragraphs, lists, tables, pictures and boxes; what else there is in a page counts as what it holds.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from .fonts import FAMILY, Fonts
from .page_tree import Element
from .pdf_drawing import image_flowable, svg_flowable

_BLOCKS = frozenset(
    {"h1", "h2", "h3", "p", "ul", "ol", "table", "figure", "div", "hr", "img", "svg", "section", "header"}
)
_INLINE = {"b": "b", "strong": "b", "i": "i", "em": "i", "sub": "sub", "sup": "super"}
_SIZES = {"h1": 15.0, "h2": 11.0, "h3": 9.5}
TEXT_SIZE, SMALL_SIZE = 8.5, 7.5
_GREY, _LINE, _LIGHT, _LOOK = "#666666", "#cccccc", "#f4f4f4", "#fff4d6"
_BOXES = {"ok": "#388e3c", "review": "#f0a000", "unusable": "#d32f2f"}
# A part of a page: what is higher than it cannot be placed at all.
_MOST_HIGH = 0.8


class Layout:
    """Lays out the elements of a page.

    Parameters
    ----------
    fonts : Fonts
    width, height : float
        Of the part of the paper that text fills, points.
    """

    def __init__(self, fonts: Fonts, width: float, height: float):
        self._fonts, self._width, self._height = fonts, width, height

    def flowables(self, element: Element, width: float | None = None) -> list:
        """Return what stands for the content of an element."""
        width = self._width if width is None else width
        made: list[Any] = []
        text: list[Element | str] = []

        def end_of_text() -> None:
            if "".join(self._markup(part) for part in text).strip():
                made.append(self.paragraph(Element("p", parts=list(text))))
            text.clear()

        for part in element.parts:
            if isinstance(part, Element) and part.tag in _BLOCKS:
                end_of_text()
                made += self._block(part, width)
            elif isinstance(part, Element) and part.all(*_BLOCKS):
                end_of_text()
                made += self.flowables(part, width)
            else:
                text.append(part)
        end_of_text()
        return made

    def paragraph(self, element: Element, *, bold: bool = False, right: bool = False, color: str = "#222222"):
        """Return an element without blocks as a paragraph."""
        from reportlab.lib.enums import TA_LEFT, TA_RIGHT
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.platypus import Paragraph

        size = _SIZES.get(element.tag, TEXT_SIZE)
        markup = "".join(self._markup(part) for part in element.parts).strip()
        if bold or element.tag in _SIZES:
            markup = f"<b>{markup}</b>"
        style = ParagraphStyle(
            element.tag,
            fontName=FAMILY,
            fontSize=size,
            leading=1.3 * size,
            textColor=color,
            alignment=TA_RIGHT if right else TA_LEFT,
            spaceBefore=6 if element.tag in ("h2", "h3") else 1,
            spaceAfter=3 if element.tag in _SIZES else 2,
            keepWithNext=element.tag in _SIZES,
        )
        return Paragraph(re.sub(r"\s+", " ", markup), style)

    def plain(self, element: Element) -> str:
        """Return the text of an element without its marks."""
        parts = (part if isinstance(part, str) else self.plain(part) for part in element.parts)
        return " ".join("".join(parts).split())

    def _markup(self, part: Element | str) -> str:
        """Return text as the paragraphs of the PDF library take it."""
        if isinstance(part, str):
            runs = ((font, escape(run, quote=False)) for font, run in self._fonts.runs(part))
            return "".join(run if font is None else f'<font name="{escape(font)}">{run}</font>' for font, run in runs)
        if part.tag == "br":
            return "<br/>"
        inner = "".join(self._markup(each) for each in part.parts)
        if part.tag == "small":
            return f'<font size="{SMALL_SIZE}" color="{_GREY}">{inner}</font>'
        tag = _INLINE.get(part.tag)
        return f"<{tag}>{inner}</{tag}>" if tag else inner

    def _block(self, element: Element, width: float) -> list:
        from reportlab.platypus import HRFlowable, PageBreak

        if "newpage" in element.classes:
            rest = Element(element.tag, {**element.attributes, "class": ""}, element.parts)
            return [PageBreak(), *self._block(rest, width)]
        if element.tag in ("h1", "h2", "h3", "p"):
            return [self.paragraph(element)]
        if element.tag in ("ul", "ol"):
            return self._list(element)
        if element.tag == "table":
            return self._table(element, width)
        if element.tag == "hr":
            return [HRFlowable(width="100%", thickness=0.5, color=_LINE)]
        if element.tag == "img":
            return [image_flowable(element, width, _MOST_HIGH * self._height)]
        if element.tag == "svg":
            return [svg_flowable(element, width)]
        inner = self.flowables(element, width * (element.width or 1.0))
        return self._box(inner, element, width) if "verdict" in element.classes else inner

    def _list(self, element: Element) -> list:
        from reportlab.platypus import ListFlowable, ListItem

        items = [ListItem(self.flowables(each), leftIndent=12) for each in element.children if each.tag == "li"]
        kind = {"bulletType": "1"} if element.tag == "ol" else {"bulletType": "bullet", "start": "•"}
        return [ListFlowable(items, leftIndent=12, bulletFontName=FAMILY, bulletFontSize=TEXT_SIZE, **kind)]

    def _box(self, inner: list, element: Element, width: float) -> list:
        from reportlab.platypus import Spacer, Table

        color = next((_BOXES[name] for name in element.classes if name in _BOXES), _LINE)
        style = [
            ("BACKGROUND", (0, 0), (-1, -1), _LIGHT),
            ("LINEBEFORE", (0, 0), (0, -1), 6, color),
            ("LEFTPADDING", (0, 0), (-1, -1), 12),
        ]
        return [Spacer(1, 4), Table([[inner]], colWidths=[width], style=style), Spacer(1, 4)]

    def _table(self, element: Element, width: float) -> list:
        from reportlab.platypus import Spacer, Table

        rows = [[cell for cell in row.children if cell.tag in ("td", "th")] for row in element.all("tr")]
        columns = max((len(row) for row in rows), default=0)
        if not columns:
            return []
        widths = self._column_widths(element, columns, width)
        kind = next((name for name in ("facts", "numbers", "pictures") if name in element.classes), "")
        heads = len([row for head in element.all("thead") for row in head.children if row.tag == "tr"])
        cells = []
        for number, row in enumerate(rows):
            bold = "total" in element.all("tr")[number].classes or (number < heads)
            made = [
                self._cell(cell, widths[column], kind, bold, right=kind == "numbers" and column > 0)
                for column, cell in enumerate(row)
            ]
            cells.append(made + [""] * (columns - len(made)))
        made = Table(cells, colWidths=widths, repeatRows=heads, style=self._table_style(element, kind))
        return [made, Spacer(1, 3)]

    def _cell(self, cell: Element, width: float, kind: str, bold: bool, right: bool):
        if cell.all(*_BLOCKS):
            return self.flowables(cell, width - 8)
        is_name = kind == "facts" and cell.tag == "th"
        return self.paragraph(
            Element("p", parts=cell.parts), bold=bold, right=right, color=_GREY if is_name else "#222222"
        )

    def _table_style(self, element: Element, kind: str) -> list:
        pad = 4 if kind == "pictures" else 1.5
        style: list[tuple] = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), pad),
            ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ]
        if kind not in ("facts", "pictures"):
            style.append(("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE))
        for number, row in enumerate(element.all("tr")):
            if "review" in row.classes:
                style.append(("BACKGROUND", (0, number), (-1, number), _LOOK))
        return style

    def _column_widths(self, element: Element, columns: int, width: float) -> list[float]:
        said = [each.width for each in element.all("col") if each.width]
        if len(said) == columns:
            return [width * part / sum(said) for part in said]
        if "numbers" in element.classes and columns > 1:
            first = 0.3
            return [first * width, *[(1 - first) * width / (columns - 1)] * (columns - 1)]
        return [width / columns] * columns
