"""Fonts of a report's PDF: one that comes with the PDF library, and for characters that it lacks what the system has.

All are embedded but the last resort, the standard fonts of PDF for Chinese, Japanese and Korean, which viewers have.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

# Of reportlab's own folder; normal, bold, italic, both.
_OWN = {"Vera": "Vera.ttf", "VeraBd": "VeraBd.ttf", "VeraIt": "VeraIt.ttf", "VeraBI": "VeraBI.ttf"}
FAMILY = "Vera"
# TrueType outlines, which can be embedded; those of a language before those that have a bit of everything.
_NAMES = (
    *("DejaVuSans.ttf", "arial.ttf", "Arial.ttf", "segoeui.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf"),
    *("ipag.ttf", "ipagp.ttf", "ipaexg.ttf", "TakaoGothic.ttf", "VL-Gothic-Regular.ttf", "YuGothM.ttc", "meiryo.ttc"),
    *("msgothic.ttc", "msyh.ttc", "simsun.ttc", "malgun.ttf", "wqy-zenhei.ttc", "wqy-microhei.ttc"),
    *("arialuni.ttf", "Arial Unicode.ttf", "ARIALUNI.TTF", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf"),
)
# Standard fonts of PDF that are not embedded, and the codecs that tell which characters they have.
_STANDARD = (("HeiseiKakuGo-W5", "cp932"), ("STSong-Light", "gbk"), ("HYSMyeongJo-Medium", "cp949"))
# Scripts that are written from the right, or whose signs join: single glyphs in a row would be another word.
_FROM_THE_RIGHT = ("R", "AL", "AN")
_JOINED = (range(0x0590, 0x0900), range(0x0900, 0x1100), range(0x1780, 0x1800), range(0xFB1D, 0xFE00))


class Fonts:
    """Tells which font has a character.

    Parameters
    ----------
    folder : Path, optional
        Fonts that a site gives (``*.ttf``, ``*.ttc``), looked at before those of the system.

    Attributes
    ----------
    unshown : set of str
        Characters that were asked for and that no font has.
    """

    def __init__(self, folder: Path | None = None):
        from reportlab.lib.fonts import addMapping

        self._folder = folder
        for name, file in _OWN.items():
            _registered(name, file, 0)
        for number, name in enumerate(_OWN):
            addMapping(FAMILY, number & 1, number >> 1, name)
        self._more: list[tuple[str, frozenset[int]]] | None = None
        self.unshown: set[str] = set()

    def runs(self, text: str) -> Iterator[tuple[str | None, str]]:
        """Yield parts of a text, each with the name of the font that has it: None for the family of its own."""
        text = unicodedata.normalize("NFC", text)
        for font, characters in groupby(text, self._font_of):
            part = "".join(characters)
            if font != "":
                yield font, part
                continue
            self.unshown.update(part)
            yield None, f"[{len(part)} character{'s' if len(part) > 1 else ''} without a font here]"

    def _font_of(self, character: str) -> str | None:
        """Return the name of a font, None for the own one, "" where none has the character."""
        code = ord(character)
        if code in _glyphs(FAMILY) or character.isspace():
            return None
        if unicodedata.bidirectional(character) in _FROM_THE_RIGHT or any(code in part for part in _JOINED):
            return ""
        if self._more is None:
            self._more = list(_found(self._folder))
        for name, glyphs in self._more:
            if code in glyphs:
                return name
        return next((name for name, codec in _STANDARD if _has(codec, character) and _standard(name)), "")


@cache
def _registered(name: str, file: str, number: int) -> frozenset[int]:
    """Make a font known to the PDF library, and return the code points that it has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(name, file, subfontIndex=number)
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def _glyphs(name: str) -> frozenset[int]:
    return _registered(name, _OWN[name], 0)


def _found(folder: Path | None) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield further fonts that there are and that can be embedded, with their code points."""
    given = [] if folder is None else sorted([*folder.glob("*.ttf"), *folder.glob("*.ttc")])
    on_system = _system_fonts()
    for path in [*given, *(on_system[name] for name in _NAMES if name in on_system)]:
        try:
            yield str(path), _registered(str(path), str(path), 0)
        except Exception:  # a damaged font, or one of another kind: the parser raises what it likes
            continue


@cache
def _system_fonts() -> dict[str, Path]:
    """Return the fonts of this computer by the names of their files."""
    home = Path.home()
    if sys.platform == "win32":
        places = [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"]
    elif sys.platform == "darwin":
        places = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    else:
        places = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local" / "share" / "fonts"]
    files = (Path(root) / name for place in places for root, _, names in os.walk(place) for name in names)
    return {path.name: path for path in sorted(files, reverse=True)}


def _has(codec: str, character: str) -> bool:
    try:
        return len(character.encode(codec)) == 2
    except UnicodeEncodeError:
        return False


@cache
def _standard(name: str) -> bool:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return True
