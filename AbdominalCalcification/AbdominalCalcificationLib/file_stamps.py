"""What tells one version of a file, or of a folder's files, from another without reading it."""

from __future__ import annotations

from pathlib import Path


def stamp_of(path: Path | None, own: Path) -> list | str | None:
    """Return names, sizes and times of the files at `path`, as JSON values; None where there is nothing.

    Parameters
    ----------
    path : Path or None
        A file or a folder, which is searched to the bottom.
    own : Path
        Where results are written: they may be below a folder of images, and are left out.
    """
    if path is None:
        return None
    own = own.resolve()
    try:
        if not path.exists():
            return None
        if not path.is_dir():
            files = [path]
        else:
            files = sorted(each for each in path.rglob("*") if each.is_file() and own not in each.resolve().parents)
        return [[each.name, (stat := each.stat()).st_size, stat.st_mtime_ns] for each in files]
    except OSError as error:
        return f"unreadable: {error.strerror}"
