"""What the system or a library refuses, as one line for the user. What is not explained here is a bug."""

from __future__ import annotations

import csv
import errno
import json
import lzma
import pickle
import sys
import zipfile
import zlib
from xml.etree import ElementTree

NO_MEMORY = (
    "There is not enough memory for this; close other programs, crop the image to the abdomen, or use a computer "
    "with more."
)
# What ITK, PyTorch and its libraries say, in lower case.
_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "failed to allocate memory",
    "not enough memory",
    "bad allocation",
    "bad_alloc",
    "alloc_failed",  # CUDNN_STATUS_ALLOC_FAILED, CUBLAS_STATUS_ALLOC_FAILED
    "unable to find an engine",  # cuDNN, where no way to convolve fits
)
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ElementTree.ParseError,
    json.JSONDecodeError,
    csv.Error,
    pickle.UnpicklingError,
    EOFError,
)
_ADVICE = {
    errno.ENOSPC: "free some disk space",
    errno.EDQUOT: "free some of your disk space",
    errno.EFBIG: "the system allows no larger files here ('ulimit -f')",
    errno.EACCES: "check the permissions",
    errno.EPERM: "check the permissions",
    errno.EROFS: "choose a folder that can be written",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file",
    errno.ELOOP: "check the links",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "close other programs",
    errno.ENFILE: "close other programs",
    errno.EIO: "check the disk",
    errno.EAGAIN: "end other programs",
}
_LONGEST_PATH = 160


def explanation(error: BaseException) -> str | None:
    """Return one line that says what went wrong and what to do; None where only a bug explains `error`.

    Parameters
    ----------
    error : BaseException
        What nobody closer to the cause has turned into an error of this package.
    """
    if is_out_of_memory(error):
        return NO_MEMORY
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, RecursionError):
        return "A file is nested too deeply to be read; it is damaged, or made to harm."
    if isinstance(error, UnicodeError):
        return f"A name or a text has characters that cannot be read or written ({first_line(error)}); rename it."
    if isinstance(error, _DAMAGED):
        return f"A file is damaged ({first_line(error) or type(error).__name__}); copy or make it again."
    if isinstance(error, ImportError):
        return _of_import(error)
    if isinstance(error, RuntimeError):
        return _of_library(first_line(error), str(error))
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` says that memory ran out, on the CPU or on a GPU."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _OUT_OF_MEMORY)


def first_line(error: BaseException) -> str:
    """Return the first line of what an exception says."""
    return (str(error).strip().splitlines() or [""])[0]


def _of_system(error: OSError) -> str:
    path = error.filename
    if isinstance(path, bytes):
        path = path.decode("utf-8", "backslashreplace")
    where = f"'{_shortened(str(path))}' cannot be read or written" if path is not None else "Reading or writing failed"
    reason = error.strerror or first_line(error) or type(error).__name__
    return f"{where} ({reason}); {_ADVICE.get(error.errno or 0, 'check the disk and the permissions')}."


def _shortened(path: str) -> str:
    half = _LONGEST_PATH // 2
    return path if len(path) <= _LONGEST_PATH else f"{path[:half]}…{path[-half:]}"


def _of_import(error: ImportError) -> str | None:
    package = (error.name or "").partition(".")[0]
    if not package or package == __name__.partition(".")[0]:
        return None
    return (
        f"The package '{package}' is missing or broken in {sys.executable} ({first_line(error)}); "
        f"install it again with pip."
    )


def _of_library(line: str, text: str) -> str | None:
    if "home directory" in line:
        return "The system does not say where your home folder is; set HOME."
    if "can't start new thread" in line:
        return "The system allows no more threads or processes; end other programs."
    if "Exception thrown in SimpleITK" in text or "ITK ERROR" in text or "itk::ERROR" in text:
        reason = next((each.split("ERROR:")[-1].strip() for each in text.splitlines() if "ERROR:" in each), line)
        return f"An image cannot be read or written ({reason}); check the file and the disk space."
    return None
