"""Several files that make up one result, in the place of the earlier ones: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..durable import cannot_write, write_bytes
from ..errors import WriteError
from ..leftovers import unfinished_folder
from ..replacing import replacing


def publish(folder: Path, contents: Mapping[str, str | bytes], what: str) -> None:
    """Write files into `folder`.

    Parameters
    ----------
    folder : Path
    contents : mapping of str to str or bytes
        By name, also ``folder/name``; text is written in UTF-8. The last one appears last.
    what : str
        What they are, for the message ("evaluation").

    Raises
    ------
    WriteError
        Where that is impossible; then the earlier ones are as they were.
    """
    try:
        with unfinished_folder(folder, ".") as unfinished:
            for name, content in contents.items():
                (unfinished / name).parent.mkdir(exist_ok=True)
                try:
                    write_bytes(unfinished / name, content.encode("utf-8") if isinstance(content, str) else content)
                except WriteError as error:
                    raise error.of(folder / name) from None
            with replacing(folder, what) as replacement:
                for name in contents:
                    replacement.put_in(unfinished / name, name)
    except OSError as error:
        raise cannot_write(folder, error) from None
