"""Text that fits into the panel: a label wraps at spaces only, and clips what is longer than its line."""

import html
import re

# So many characters without a space fit into the panel as Slicer opens it.
LONGEST = 40


def fitted(text):
    """Return `text` with the middle of each long word, such as a path, replaced by an ellipsis."""
    return re.sub(rf"\S{{{LONGEST + 1},}}", lambda word: _elided(word.group()), text)


def show_fitted(label, text):
    """Show text in a label, of plain text too, with the whole of it in the tooltip where it had to be shortened."""
    label.text = fitted(text)
    label.toolTip = "" if label.text == text else text


def say_fitted(label, text, style=""):
    """Show plain text in a label; what had to be shortened is whole in its tooltip."""
    shown = html.escape(fitted(text), quote=False)
    label.text = f'<span style="{style}">{shown}</span>' if style else shown
    label.toolTip = "" if fitted(text) == text else html.escape(text, quote=False)


def _elided(word):
    kept = LONGEST - 1
    end = kept * 2 // 3  # the end of a path says more than its beginning
    return f"{word[: kept - end]}…{word[-end:]}"
