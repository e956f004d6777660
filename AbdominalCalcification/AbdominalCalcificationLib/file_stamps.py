"""What tells one version of a file, or of a folder's files, from another without reading it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .reading.images import files_of_image

# Headers of these endings can keep their voxels in other files; of single files others are looked at too.
_DETACHED = (".mhd", ".nhdr", ".hdr")


def stamp_of(path: Path | None, own: Path) -> list | str | None:
    """Return names, sizes and times of the files at `path`, as JSON values; None where there is nothing.

    Files of voxels that a header names belong to it. The time of the last change of a file's status (``st_ctime``),
    which no program can set, tells one that was put in the place of another with the size and time of that.

    Parameters
    ----------
    path : Path or None
        A file or a folder, which is searched to the bottom, linked folders too, as readers of DICOM do.
    own : Path
        Where results are written: that may be below a folder of images, and is left out there. It does not matter
        where the images are below it.
    """
    if path is None:
        return None
    try:
        if not path.exists():
            return None
        if not path.is_dir():
            # What is neither, a pipe say, is not opened.
            return [
                _stamp(each, os.path.relpath(each, path.parent))
                for each in (files_of_image(path) if path.is_file() else [path])
            ]
        files: dict[str, Path] = {}
        for each in _files_below(path, own.resolve()):
            several = files_of_image(each) if each.name.lower().endswith(_DETACHED) else [each]
            files.update((os.path.relpath(one, path), one) for one in several)
        return [_stamp(files[name], name) for name in sorted(files)]
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _files_below(folder: Path, own: Path) -> Iterator[Path]:
    """Yield the files in a folder and below it, each folder once; what lies in `own` is left out if that lies below."""
    seen = set()
    top = folder.resolve()
    leaves_out = own != top and top in own.parents
    for root, folders, names in os.walk(folder, followlinks=True):
        status = os.stat(root)
        if (status.st_dev, status.st_ino) in seen or (leaves_out and _is_in(Path(root), own)):
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        yield from (each for name in names if (each := Path(root, name)).is_file())


def _is_in(folder: Path, own: Path) -> bool:
    resolved = folder.resolve()
    return resolved == own or own in resolved.parents


def _stamp(file: Path, name: str) -> list:
    stat = file.stat()
    # Of Windows it is the time when the file was made.
    return [Path(name).as_posix(), stat.st_size, stat.st_mtime_ns, None if os.name == "nt" else stat.st_ctime_ns]
