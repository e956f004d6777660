"""Where line integrals are gathered: the detector, in several resolutions; each object takes the one it needs."""

from __future__ import annotations

import numpy as np

from ..projection import Detector, LateralGeometry


class Screen:
    """Line integrals of small bodies, mm of patient space.

    Fine things are projected onto the pixels, coarse ones onto larger pixels that are enlarged in the end, which takes
    a fraction of the points.

    Parameters
    ----------
    geometry : LateralGeometry
    detector : Detector
    mirrored : bool
        The patient's x changes its sign (situs inversus).
    """

    def __init__(self, geometry: LateralGeometry, detector: Detector, mirrored: bool = False):
        self.geometry, self.detector, self._mirrored = geometry, detector, mirrored
        turn = geometry.rotation().astype(np.float32)
        if mirrored:
            turn = turn @ np.diag([-1.0, 1.0, 1.0]).astype(np.float32)
        self._turn = turn
        center = np.asarray(geometry.isocenter_ras, np.float32)
        self._center = center * [-1.0, 1.0, 1.0] if mirrored else center
        self._layers: dict[tuple[str, int], np.ndarray] = {}

    def places(self, points_ras: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return places (..., 2) in mm of the isocentre's plane, and the magnification, as the geometry says it."""
        points = np.asarray(points_ras, float)
        return self.geometry.project(points * [-1.0, 1.0, 1.0] if self._mirrored else points)

    def _pixels(self, points: np.ndarray, every: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return fractional columns and rows of a layer, and the magnification, float32."""
        turned = (np.asarray(points, np.float32) - self._center.astype(np.float32)) @ self._turn.T
        geometry = self.geometry
        if np.isfinite(geometry.source_detector_mm):
            reach = np.float32(geometry.source_detector_mm - geometry.object_detector_mm)
            scale = reach / np.maximum(reach - (turned[:, 0] if geometry.side == "left" else -turned[:, 0]), 1.0)
        else:
            scale = np.ones(len(turned), np.float32)
        step = np.float32(self.detector.pixel_mm)
        column = (-turned[:, 1] * scale - np.float32(self.detector.corner[0])) / step
        row = (-turned[:, 2] * scale - np.float32(self.detector.corner[1])) / step
        half = np.float32((every - 1) / 2)
        return (column - half) / every, (row - half) / every, scale

    def layer_shape(self, every: int) -> tuple[int, int]:
        """Return rows and columns of a layer, without its margin."""
        rows, columns = self.detector.shape
        return -(-rows // every), -(-columns // every)

    def spread(self, points: np.ndarray, amounts: list[np.ndarray], every: int = 1):
        """Return line integrals of points (n, 3), a part of a layer with its first row and column, for each of amounts.

        Amounts are value times volume, mm³; each is shared out linearly among the four pixels around its place.
        """
        column, row, scale = self._pixels(points, every)
        rows, columns = self.layer_shape(every)
        inside = (column > -2) & (column < columns + 1) & (row > -2) & (row < rows + 1)
        if not inside.any():
            return [], (0, 0)
        if not inside.all():
            column, row, scale = column[inside], row[inside], scale[inside]
            amounts = [each[inside] for each in amounts]
        area = scale**2 / np.float32((self.detector.pixel_mm * every) ** 2)
        left, top = np.floor(column), np.floor(row)
        right_share, low_share = column - left, row - top
        first = int(top.min()), int(left.min())
        shape = int(top.max()) - first[0] + 2, int(left.max()) - first[1] + 2
        index = ((top - first[0]) * shape[1] + (left - first[1])).astype(np.int64)
        found = []
        for amount in amounts:
            own = amount * area
            image = np.zeros(shape[0] * shape[1])
            for down, vertical in ((0, 1 - low_share), (1, low_share)):
                weight = own * vertical
                for aside, share in ((0, 1 - right_share), (1, right_share)):
                    step = down * shape[1] + aside
                    image += np.bincount(index + step, weight * share, minlength=len(image))[: len(image)]
            found.append(image.reshape(shape).astype(np.float32))
        return found, first

    def add(self, channel: str, points: np.ndarray, amounts: np.ndarray, every: int = 1) -> None:
        """Add points (n, 3) with amounts (n,) to a channel."""
        images, first = self.spread(points, [np.asarray(amounts, np.float32)], every)
        if images:
            self.add_part(channel, images[0], first, every)

    def add_part(self, channel: str, image: np.ndarray, first: tuple[int, int], every: int = 1) -> None:
        """Add a part of a layer, as :meth:`spread` gives it."""
        rows, columns = self.layer_shape(every)
        layer = self._layers.setdefault((channel, every), np.zeros((rows + 4, columns + 4), np.float32))
        paste(layer, image, (first[0] + 2, first[1] + 2))

    def image(self, channel: str) -> np.ndarray:
        """Return the line integrals of a channel, float32 (rows, columns), mm."""
        rows, columns = self.detector.shape
        total = np.zeros((rows, columns), np.float32)
        for (name, every), layer in self._layers.items():
            if name != channel:
                continue
            if every > 1:
                layer = enlarged(layer, every)
            total += layer[2 * every : 2 * every + rows, 2 * every : 2 * every + columns]
        return total


def enlarged(image: np.ndarray, every: int) -> np.ndarray:
    """Return an image on pixels `every` times smaller: between its values linearly, of large pixels as a B-spline."""
    for _ in (0, 1):
        image = (_weights(len(image), every) @ image).T
    return image


def _weights(count: int, every: int) -> np.ndarray:
    """Return how much each of `count` values counts for each small pixel, float32 (count * every, count)."""
    place = (np.arange(count * every, dtype=np.float32) + 0.5) / every - 0.5
    away = np.abs(place[:, None] - np.arange(count, dtype=np.float32))
    if every <= 3:
        return np.clip(1.0 - away, 0.0, None)
    inner, outer = 2.0 / 3.0 - away**2 + 0.5 * away**3, np.clip(2.0 - away, 0.0, None) ** 3 / 6.0
    return np.where(away < 1.0, inner, outer)


def paste(image: np.ndarray, part: np.ndarray, first: tuple[int, int]) -> None:
    """Add `part` to `image` at a row and column, as far as it lies within."""
    top, left = max(first[0], 0), max(first[1], 0)
    low, right = min(first[0] + part.shape[0], image.shape[0]), min(first[1] + part.shape[1], image.shape[1])
    if top < low and left < right:
        image[top:low, left:right] += part[top - first[0] : low - first[0], left - first[1] : right - first[1]]
