"""A result as a document for people: one HTML page and the same as a PDF, made from text that a site can change.

Everything in it comes from the result's document (``measurements.json``), its masks, the CT and the headers of the CT:
the same of them give the same bytes, whenever it is made again.
"""

from .content import ReportChoices
from .documents import Report, made_report

__all__ = ["Report", "ReportChoices", "made_report"]
