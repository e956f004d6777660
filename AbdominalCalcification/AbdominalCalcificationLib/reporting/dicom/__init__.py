"""Results as DICOM objects in the study of the CT.

They are made of the result's document (``measurements.json``), the masks and the headers of the source series alone,
so that they can be made again later.
"""

from typing import TYPE_CHECKING

from ...on_demand import names_on_demand

if TYPE_CHECKING:
    from .files import write_dicom_steps
    from .headers import SourceHeaders, read_headers
    from .objects import content_moment, new_object, write_object
    from .result import Result
    from .uids import new_uid, uid_of
    from .wish import DicomWish, from_dicom, wish_for

__all__ = [
    "DicomWish",
    "Result",
    "SourceHeaders",
    "content_moment",
    "from_dicom",
    "new_object",
    "new_uid",
    "read_headers",
    "uid_of",
    "wish_for",
    "write_dicom_steps",
    "write_object",
]

__getattr__ = names_on_demand(
    __name__,
    files="write_dicom_steps",
    headers="SourceHeaders read_headers",
    objects="content_moment new_object write_object",
    result="Result",
    uids="new_uid uid_of",
    wish="DicomWish from_dicom wish_for",
)
