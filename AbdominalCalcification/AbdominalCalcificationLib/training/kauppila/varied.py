"""Films of other looks, and vertebrae as a network finds them: what makes one film many.

All is drawn from a generator that is handed in, so that a training can be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ...radiograph.spine import Vertebra


@dataclass(frozen=True)
class Variation:
    """How much films vary.

    Attributes
    ----------
    corner : float
        Standard deviation of a corner's place, in depths of the vertebra: how a network errs.
    shift, turn_degrees, scale : float
        Of all vertebrae together: standard deviations in depths, degrees, and of the logarithm.
    missing : float
        Chance that what is above L1, or below L4, is not found, so that a border is assumed.
    noise, contrast, bend : float
        Of the normalised image: greatest added noise (a deposit that changes what is detected by 4 % stands out by
        0.08 or so), and standard deviations of the logarithm of contrast and of its exponent.
    sharpness, shading : float
        Standard deviations of how much details are enhanced or blurred, and of the slope of a shade across a region.
    dropped : float
        Chance that a level is left out.
    turned : float
        Chance that all is turned upside down: deposits look no different then.
    unlike : float
        Chance that the film looks like none (:mod:`..film_appearance`).
    """

    corner: float = 0.025
    shift: float = 0.02
    turn_degrees: float = 1.5
    scale: float = 0.04
    missing: float = 0.05
    noise: float = 0.03
    contrast: float = 0.15
    bend: float = 0.15
    sharpness: float = 0.2
    shading: float = 0.4
    dropped: float = 0.05
    turned: float = 0.5
    unlike: float = 0.6


def varied_vertebrae(
    vertebrae: Mapping[str, Vertebra], variation: Variation, rng: np.random.Generator
) -> dict[str, Vertebra]:
    """Return vertebrae a little elsewhere, as a network may find them."""
    depth = float(np.median([each.depth for each in vertebrae.values()]))
    angle = np.deg2rad(variation.turn_degrees) * rng.standard_normal()
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]]) * np.exp(variation.scale * rng.standard_normal())
    shift = variation.shift * depth * rng.standard_normal(2)
    found = {}
    for name, each in vertebrae.items():
        corners = np.asarray(each.corners)
        center = corners.mean(axis=0)
        # A whole turned or grown vertebra stays where its spine is: only its frame errs.
        corners = center + (corners - center) @ turn.T + shift
        corners = corners + variation.corner * depth * rng.standard_normal((4, 2))
        found[name] = replace(each, corners=tuple((float(x), float(y)) for x, y in corners))
    for beyond in (("T12",), ("L5", "L6", "S1")):
        if rng.random() < variation.missing and len(found.keys() - set(beyond)) > 1:
            found = {name: each for name, each in found.items() if name not in beyond}
    return found


def varied_images(images: np.ndarray, variation: Variation, rng: np.random.Generator) -> np.ndarray:
    """Return images (4, 2, rows, columns) of another contrast and with more noise; the vertebrae stay."""
    images = images.copy()
    film = images[:, 0]
    film *= np.exp(variation.contrast * rng.standard_normal())
    bend = np.exp(variation.bend * rng.standard_normal())
    film[:] = np.sign(film) * np.abs(film) ** bend
    film += variation.noise * rng.random() * rng.standard_normal(film.shape).astype(np.float32)
    film += variation.sharpness * rng.standard_normal() * (film - ndimage.gaussian_filter(film, (0, 1.5, 1.5)))
    rows, columns = (np.linspace(-1, 1, n, dtype=np.float32) for n in film.shape[1:])
    down, across = variation.shading * rng.standard_normal(2)
    film += np.float32(0.2 * rng.standard_normal()) + np.float32(down) * rows[:, None] + np.float32(across) * columns
    return images
