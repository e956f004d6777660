"""HTML as a tree of elements: what the PDF of a report is laid out from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"br", "hr", "img", "meta", "col", "link", "input"})
_UNSHOWN = frozenset({"head", "style", "script", "title"})
_WIDTH = re.compile(r"width:\s*([\d.]+)%")


@dataclass(eq=False)
class Element:
    """An element of a page.

    Attributes
    ----------
    tag : str
    attributes : dict of str to str
    parts : list of Element or str
        Its content in order.
    """

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """Names in its ``class``."""
        return self.attributes.get("class", "").split()

    @property
    def width(self) -> float | None:
        """The ``width`` of its style as a part of the place that it has, 0 to 1; None where it says none."""
        found = _WIDTH.search(self.attributes.get("style", ""))
        return None if found is None else min(max(float(found[1]), 1.0), 100.0) / 100

    @property
    def children(self) -> list[Element]:
        """The elements in it."""
        return [part for part in self.parts if isinstance(part, Element)]

    def all(self, *tags: str) -> list[Element]:
        """Return the elements of some kinds below it, in order."""
        found = []
        for child in self.children:
            found += [child] if child.tag in tags else []
            found += child.all(*tags)
        return found


class _Builder(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Element("page")
        self._open = [self.root]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].parts.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self._open[-1].parts.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        places = [place for place, element in enumerate(self._open) if element.tag == tag and place]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data):
        self._open[-1].parts.append(data)


def page_tree(page: str) -> Element:
    """Return the root of the elements of a page that are shown."""
    builder = _Builder()
    builder.feed(page)
    builder.close()
    _drop_unshown(builder.root)
    return builder.root


def _drop_unshown(element: Element) -> None:
    is_picture = element.tag == "svg"
    element.parts = [
        part
        for part in element.parts
        if isinstance(part, str) or part.tag not in _UNSHOWN or (is_picture and part.tag == "title")
    ]
    for child in element.children:
        _drop_unshown(child)
