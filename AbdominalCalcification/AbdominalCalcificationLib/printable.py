"""Text as one line that can be printed and stored, whatever a file or its name holds."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return `text` as one line: what cannot be printed is written as ``\\xe9`` or ``\\n``."""
    if text.isprintable():
        return text
    shown = []
    for letter in text:
        if 0xDC80 <= ord(letter) <= 0xDCFF:  # a byte that Python could not decode
            shown.append(f"\\x{ord(letter) - 0xDC00:02x}")
        elif letter.isprintable():
            shown.append(letter)
        else:
            shown.append(letter.encode("unicode_escape").decode("ascii"))
    return "".join(shown)
