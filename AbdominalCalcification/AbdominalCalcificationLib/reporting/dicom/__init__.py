"""Results as DICOM objects in the study of the CT.

They are made of the result's document (``measurements.json``), the masks and the headers of the source series alone,
so that they can be made again later.
"""

from .headers import SourceHeaders, read_headers
from .objects import content_moment, new_object, write_object
from .result import Result
from .uids import new_uid, uid_of

__all__ = [
    "Result",
    "SourceHeaders",
    "content_moment",
    "new_object",
    "new_uid",
    "read_headers",
    "uid_of",
    "write_object",
]
