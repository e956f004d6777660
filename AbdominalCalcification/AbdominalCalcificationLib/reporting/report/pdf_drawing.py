"""Pictures of a page in its PDF: PNG files in data URIs, and SVGs of a few elements."""

from __future__ import annotations

import binascii
from base64 import b64decode
from io import BytesIO

from ...errors import InputError
from .fonts import FAMILY
from .page_tree import Element

_ANCHORS = {"start": "start", "middle": "middle", "end": "end"}


def image_flowable(element: Element, width: float, most_high: float):
    """Return an ``img`` as wide as it may be, or as high.

    Raises
    ------
    InputError
        Where it is no picture within the page itself: a report fetches nothing.
    """
    from reportlab.platypus import Image

    source = element.attributes.get("src", "")
    head, _, data = source.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        raise InputError(
            "The templates of the report name a picture by its place; give it as a data URI (data:image/…)."
        )
    try:
        picture = Image(BytesIO(b64decode(data, validate=True)))
    except (binascii.Error, OSError, ValueError):
        raise InputError("The templates of the report hold a picture that is none; give a PNG as a data URI.") from None
    width *= element.width or 1.0
    scale = min(width / picture.imageWidth, most_high / picture.imageHeight)
    picture.drawWidth, picture.drawHeight = picture.imageWidth * scale, picture.imageHeight * scale
    picture.hAlign = "CENTER"
    return picture


def svg_flowable(element: Element, width: float):
    """Return an ``svg`` of lines, rectangles, polygons and texts as wide as it may be; other elements are left out."""
    from reportlab.graphics.shapes import Drawing, Group

    try:
        _, _, across, down = (float(part) for part in element.attributes.get("viewbox", "").split())
    except ValueError:
        raise InputError("An <svg> of the report's templates has no viewBox of four numbers; add it.") from None
    scale = width / across
    group = Group(transform=(scale, 0, 0, scale, 0, 0))
    for child in element.all("line", "rect", "polygon", "text"):
        group.add(_shape(child, down))
    drawing = Drawing(width, down * scale)
    drawing.add(group)
    return drawing


def _shape(element: Element, height: float):
    from reportlab.graphics.shapes import Line, Polygon, Rect, String

    def number(name: str, default: float = 0.0) -> float:
        return float(element.attributes.get(name, default))

    paint = {"strokeColor": _color(element, "stroke"), "strokeWidth": number("stroke-width", 1.0)}
    fill = {"fillColor": _color(element, "fill"), "fillOpacity": number("fill-opacity", 1.0)}
    if element.tag == "line":
        return Line(number("x1"), height - number("y1"), number("x2"), height - number("y2"), **paint)
    if element.tag == "rect":
        low = height - number("y") - number("height")
        return Rect(number("x"), low, number("width"), number("height"), **paint, **fill)
    if element.tag == "polygon":
        pairs = (pair.split(",") for pair in element.attributes.get("points", "").split())
        points = [value for x, y in pairs for value in (float(x), height - float(y))]
        return Polygon(points, **paint, **fill)
    text = "".join(part for part in element.parts if isinstance(part, str))
    anchor = _ANCHORS.get(element.attributes.get("text-anchor", "start"), "start")
    size = number("font-size", 12.0)
    place = number("x"), height - number("y")
    return String(*place, text, fontName=FAMILY, fontSize=0.9 * size, fillColor=fill["fillColor"], textAnchor=anchor)


def _color(element: Element, name: str):
    from reportlab.lib.colors import HexColor

    value = element.attributes.get(name, "")
    return HexColor(value) if value.startswith("#") else None
