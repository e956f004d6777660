"""UIDs of what is written: new for each object, the same again for what is tracked, replaced where nobody is named."""

from __future__ import annotations

import uuid

# Of this program's own, drawn once: names under it make UUIDs that are the same wherever they are made.
_NAMESPACE = uuid.UUID("5c5d2b0e-5f0d-4d1e-9f0c-6d0a7c1e8b42")


def new_uid() -> str:
    """Return a UID that nothing else has (DICOM PS3.5, B.2: derived from a UUID)."""
    return _as_uid(uuid.uuid4())


def uid_of(*names: str) -> str:
    """Return the UID that `names` always have; from it they cannot be told."""
    return _as_uid(uuid.uuid5(_NAMESPACE, "\n".join(names)))


def _as_uid(number: uuid.UUID) -> str:
    return f"2.25.{number.int}"
