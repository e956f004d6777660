"""Every file of a folder: a DICOM image, or counted with the reason why it is none."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from .elements import DamagedFileError
from .header import CT_CLASSES, Image, NotDicomError, read_header

# What operating systems leave in folders; none of it was ever a part of a series.
_SYSTEM_FILES = {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".localized", ".directory", "icon\r"}
_SYSTEM_FOLDERS = {"__macosx", ".spotlight-v100", ".trashes", ".fseventsd", "$recycle.bin"}
_APPLE_DOUBLE = "._"
# How DICOM files are called, beside names without an ending and UIDs, which end in a number.
_DICOM_ENDINGS = {".dcm", ".dicom", ".dic", ".ima", ".dc3"}
_DIRECTORY = "1.2.840.10008.1.3.10"


class Left(Enum):
    """Why a file is not part of the volume: singular, plural, and whether a slice may be lost with it."""

    DANGLING = ("link that leads nowhere", "links that lead nowhere", True)
    UNREADABLE = ("file that cannot be opened", "files that cannot be opened", True)
    CLOSED_FOLDER = ("folder that cannot be opened", "folders that cannot be opened", True)
    EMPTY = ("empty file", "empty files", True)
    NO_IMAGE = (
        "file that is called like a slice and is no DICOM",
        "files that are called like slices and no DICOM",
        True,
    )
    UNPLACED = (
        "slice without position, direction or pixel size",
        "slices without position, direction or pixel size",
        True,
    )
    UNLIKE = ("slice of another size or direction", "slices of another size or direction", True)
    DERIVED_SLICE = ("derived slice", "derived slices", True)
    STRANGE = ("image that is not marked as a CT slice", "images that are not marked as CT slices", True)
    OTHER_FILE = ("other file", "other files", False)
    SYSTEM = ("file of the operating system", "files of the operating system", False)
    SPECIAL = ("pipe or device", "pipes or devices", False)
    DIRECTORY = ("table of contents (DICOMDIR)", "tables of contents (DICOMDIR)", False)
    OBJECT = ("DICOM object that is no image", "DICOM objects that are no images", False)
    MODALITY = ("image of another modality", "images of another modality", False)
    PICTURE = ("screenshot or other picture", "screenshots or other pictures", False)
    LOCALIZER = ("localizer", "localizers", False)
    MAP = ("map of another quantity than HU", "maps of another quantity than HU", False)
    COPY = ("copy of an image", "copies of images", False)
    OTHER_PATIENT = ("image of another patient", "images of another patient", False)
    OTHER_SERIES = ("image of another CT series", "images of another CT series", False)
    OTHER_VOLUME = ("image of another volume of the series", "images of other volumes of the series", False)

    @property
    def is_lost(self) -> bool:
        """Whether a slice of the volume may be lost with such a file."""
        return self.value[2]


@dataclass
class Folder:
    """What a folder holds.

    Attributes
    ----------
    images : list of Image
        DICOM images, sorted by path; multi-frame files as one.
    left : Counter of Left
        All other files.
    damaged : list of Path
        DICOM files that do not even say what they are.
    """

    images: list[Image] = field(default_factory=list)
    left: Counter = field(default_factory=Counter)
    damaged: list[Path] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of files, each image counting as one."""
        return len(self.images) + self.left.total() + len(self.damaged)


def read_folder(path: Path) -> Folder:
    """Read the headers of all DICOM images in a folder and all folders in it; `path` may be a single file."""
    folder = Folder()
    not_dicom: list[Path] = []
    for file in sorted(_files(path, folder.left)):
        try:
            kind = _kind(file)
            if kind is not None:
                folder.left[kind] += 1
                continue
            image = read_header(file)
        except NotDicomError:
            not_dicom.append(file)
        except DamagedFileError:
            folder.damaged.append(file)
        except OSError:
            folder.left[Left.UNREADABLE] += 1
        else:
            _sort_in(image, folder)
    endings = {image.path.suffix.lower() for image in folder.images}
    for file in not_dicom:
        folder.left[_what_else(file, endings)] += 1
    return folder


def described(left: Counter) -> str:
    """Return counts of files with their reasons as text: ``2 localizers, 1 empty file``."""
    return ", ".join(
        f"{left[reason]} {reason.value[0 if left[reason] == 1 else 1]}" for reason in Left if left[reason] > 0
    )


def _files(path: Path, left: Counter) -> Iterator[Path]:
    """Yield the files under `path`, those in linked folders too, each folder once."""
    if not path.is_dir():
        yield path
        return
    seen = set()

    def closed(error: OSError) -> None:
        left[Left.CLOSED_FOLDER] += 1

    for root, folders, names in os.walk(path, followlinks=True, onerror=closed):
        status = os.stat(root)
        if (status.st_dev, status.st_ino) in seen:  # a link back to where the walk was already
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        yield from (Path(root, name) for name in names)


def _kind(file: Path) -> Left | None:
    """Return why a file cannot be read at all; None where it can. Pipes would never end, so they are not opened."""
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return Left.DANGLING
    except OSError:  # a link to itself
        return Left.DANGLING if file.is_symlink() else Left.UNREADABLE
    if not stat.S_ISREG(status.st_mode):
        return Left.SPECIAL
    if status.st_size == 0:
        return Left.SYSTEM if _is_system(file) else Left.EMPTY
    return None


def _is_system(file: Path) -> bool:
    name = file.name.lower()
    folders = {part.lower() for part in file.parent.parts}
    return name in _SYSTEM_FILES or name.startswith(_APPLE_DOUBLE) or bool(folders & _SYSTEM_FOLDERS)


def _sort_in(image: Image, folder: Folder) -> None:
    if image.sop_class == _DIRECTORY:
        folder.left[Left.DIRECTORY] += 1
    elif image.rows and image.columns:
        folder.images.append(image)
    elif image.sop_class and not image.sop_class.startswith(CT_CLASSES):
        folder.left[Left.OBJECT] += 1
    elif image.series:
        folder.images.append(image)  # has a fault: it was to be an image
    else:
        folder.damaged.append(image.path)


def _what_else(file: Path, endings: set[str]) -> Left:
    """Return what a file is that is no DICOM: as far as its name and first bytes tell, a spoiled slice or none."""
    if _is_system(file):
        return Left.SYSTEM
    ending = file.suffix.lower()
    like_dicom = any(each.lower() in _DICOM_ENDINGS for each in file.suffixes) or ending[1:].isdigit()
    if like_dicom or (ending and ending in endings):
        return Left.NO_IMAGE
    if ending:
        return Left.OTHER_FILE
    with open(file, "rb") as opened:
        return Left.NO_IMAGE if b"\0" in opened.read(4096) else Left.OTHER_FILE  # text holds no zeros
