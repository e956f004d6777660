"""Disks that are full, and files that may not grow, for real: the system refuses what is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse to make any file larger than `size` bytes."""
    resource = pytest.importorskip("resource", reason="limits are POSIX's")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python before 3.12.8 keeps compiled modules that are cut.
    compiles, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = compiles
        monkeypatch.undo()


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a disk of `size` bytes in `folder`; skips where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not sys.platform.startswith("linux") or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def sizes_below(folder: Path) -> dict[str, int]:
    """Return the sizes of all files below a folder."""
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def contents_below(folder: Path) -> dict[str, bytes | None]:
    """Return what is below a folder: files with their content, folders with None."""
    return {p.relative_to(folder).as_posix(): None if p.is_dir() else p.read_bytes() for p in folder.rglob("*")}
