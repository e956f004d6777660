"""A report as HTML and as PDF."""

from __future__ import annotations

from dataclasses import dataclass

from .content import Material, report_context
from .pdf import pdf_of_page
from .templating import rendered_html


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes
    ----------
    html : str
    pdf : bytes
    views : bytes
        The picture of the result, with its verdict above, as a PNG file; nothing where it is unusable and has none.
    """

    html: str
    pdf: bytes
    views: bytes = b""


def made_report(material: Material) -> Report:
    """Return the report of what it is made of; the same for the same.

    Raises
    ------
    InputError
        Without the packages that render it, and for templates that cannot be used.
    """
    context = report_context(material)
    page = rendered_html(context, material.choices.template)
    return Report(page, pdf_of_page(page, context["program"], material.choices.template))
