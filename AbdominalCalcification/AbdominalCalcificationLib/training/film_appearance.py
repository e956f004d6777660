"""Films that look like no film: an image of vertebrae under another shade, contrast and clutter, its labels unchanged.

A network that learns from simulated films alone holds on to what they all have: an even background, outlines that are
always as bright, nothing before or beside the spine. Appearance is drawn wider than it is in any clinic, as SynthSeg
does with CT and MR (Billot et al. 2023, doi 10.1016/j.media.2023.102789); shape stays. The draws are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from ..radiograph.simulation.device import smooth

# What changes a film, and how often it does.
Changes = Sequence[tuple[Callable, float]]

# Standard deviations of broad shades that are taken off or put on, mm.
_SHADE_MM = (10.0, 60.0)
_CLOUD_MM = (30.0, 140.0)
# Added to a local deviation before it divides, of an image whose own is 1: flat places stay flat.
_LEAST_DEVIATION = 0.08
# Fat, folds and contents of bowel: how far apart, mm, and how bright, in standard deviations of a film.
_COARSEST_MM = 120.0
_FOLD_MM = (6.0, 40.0)
# Width of the band of their distances, of its logarithm.
_FOLD_BAND = 0.35
_TEXTURE = (0.03, 0.4)
# Where there is bowel, and where not, mm.
_LOOP_MM = (40.0, 200.0)
# The skin of the back is at least so far behind a body, mm.
_BACK_MM = (45.0, 110.0)


def unlike(
    pixels: np.ndarray,
    labels: np.ndarray | None,
    spacing_mm: float,
    rng: np.random.Generator,
    changes: Changes | None = None,
) -> np.ndarray:
    """Return a film with another appearance.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns)
        Grey values of a film that faces left, denser = brighter.
    labels : ndarray of int, shape (rows, columns), or None
        Vertebral bodies; not 0 in a body.
    spacing_mm : float
        Of both axes.
    rng : Generator
    changes : sequence of (callable, float), optional
        Which changes there may be, and how often; :data:`OF_VERTEBRAE` by default. Those of :data:`OF_CALCIUM` need no
        labels, and hide deposits no better than bowel and fat do.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Of mean 0 and standard deviation 1.
    """
    image = _standard(pixels.astype(np.float32))
    for change, probability in OF_VERTEBRAE if changes is None else changes:
        if rng.uniform() < probability:
            image = _standard(change(image, labels, spacing_mm, rng))
    return image


def _standard(image: np.ndarray) -> np.ndarray:
    return ((image - image.mean()) / max(float(image.std()), 1e-6)).astype(np.float32)


def _blurred(image: np.ndarray, sigma_mm: float, spacing_mm: float) -> np.ndarray:
    return smooth(image, sigma_mm / spacing_mm)


def _fainter(image, labels, spacing_mm, rng):
    """Bones of less contrast against what lies around them."""
    broad = _blurred(image, rng.uniform(6.0, 20.0), spacing_mm)
    return broad + rng.uniform(0.25, 1.0) * (image - broad)


def _evened(image, labels, spacing_mm, rng):
    """Broad shades taken off, as many vendors do, and places of little contrast brought up."""
    sigma_mm = np.exp(rng.uniform(*np.log(_SHADE_MM)))
    shade = _blurred(image, sigma_mm, spacing_mm)
    fine = image - rng.uniform(0.3, 1.0) * shade
    if rng.uniform() < 0.5:
        return fine
    deviation = np.sqrt(_blurred((image - shade) ** 2, sigma_mm, spacing_mm)) + _LEAST_DEVIATION
    return fine / deviation ** rng.uniform(0.3, 1.0)


def _clouded(image, labels, spacing_mm, rng):
    """Broad shades put on: a thick pelvis, thin flanks, an uneven field."""
    rows, columns = (axis / max(image.shape) - 0.5 for axis in np.indices(image.shape, dtype=np.float32))
    angle, slope = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.0, 4.0)
    ramp = slope * (rows * np.cos(angle) + columns * np.sin(angle))
    cloud = rng.standard_normal(image.shape, dtype=np.float32)
    cloud = _standard(_blurred(cloud, np.exp(rng.uniform(*np.log(_CLOUD_MM))), spacing_mm))
    return image + ramp + rng.uniform(0.1, 1.0) * cloud


def _curved(image, labels, spacing_mm, rng):
    """Another monotone curve of grey values."""
    share = ndimage.gaussian_filter1d(np.sort(image, axis=None)[:: max(1, image.size // 4096)], 1.0)
    even = np.interp(image, share, np.linspace(-1.7, 1.7, len(share)))
    low, high = np.quantile(image, (0.01, 0.99))
    power = np.exp(rng.uniform(-0.8, 0.8))
    bent = np.clip((image - low) / max(high - low, 1e-6), 0.0, 1.0) ** power
    return bent if rng.uniform() < 0.6 else image + rng.uniform(0.3, 1.0) * (even - image)


def _cut_off(image, labels, spacing_mm, rng):
    """Nothing but darkness behind the skin of the back, or in front of the belly, however far the film reaches."""
    rows, columns = np.nonzero(labels)
    if not len(rows):
        return image
    at = np.arange(image.shape[0], dtype=np.float32)
    knots = np.linspace(0, image.shape[0], 5)
    ending = []
    for side, edge in ((1.0, columns.max()), (-1.0, columns.min())):
        far = np.interp(at, knots, rng.uniform(*_BACK_MM, 5)) / spacing_mm * (1.0 if side > 0 else 1.8)
        ending.append(side * (np.arange(image.shape[1])[None] - (edge + side * far[:, None])))
    outside = ending[0] if rng.uniform() < 0.7 else np.maximum(*ending)
    dark = np.clip(outside * spacing_mm / rng.uniform(2.0, 25.0) + 0.5, 0.0, 1.0)
    return image + dark * (image.min() - rng.uniform(0.0, 1.0) - image)


def _gassy(image, labels, spacing_mm, rng):
    """Bubbles of gas and lumps of stool, anywhere."""
    return _spotted(image, spacing_mm, rng, int(rng.integers(5, 60)), (2.0, 14.0), lambda: -rng.uniform(0.1, 1.0))


def _crowded(image, labels, spacing_mm, rng):
    """Large round shadows: heads of femora, breasts, folds of skin, the bladder."""
    count = int(rng.integers(1, 5))
    return _spotted(image, spacing_mm, rng, count, (18.0, 90.0), lambda: rng.uniform(-0.4, 0.9))


def _spotted(image, spacing_mm, rng, count: int, radii_mm, depth: Callable[[], float]):
    image = image.copy()
    for _ in range(count):
        middle = rng.uniform(0.0, 1.0, 2) * image.shape
        radii = np.exp(rng.uniform(*np.log(radii_mm), 2)) / spacing_mm
        soft, amount, is_ring = rng.uniform(0.05, 0.6), depth(), rng.uniform() < 0.2
        first = np.maximum(np.floor(middle - 1.7 * radii), 0).astype(int)
        stop = np.minimum(np.ceil(middle + 1.7 * radii), image.shape).astype(int)
        if (stop <= first).any():
            continue
        y, x = np.ogrid[first[0] : stop[0], first[1] : stop[1]]
        away = np.hypot((y - middle[0]) / radii[0], (x - middle[1]) / radii[1])
        away = 4.0 * np.abs(away - 0.9) if is_ring else away
        image[first[0] : stop[0], first[1] : stop[1]] += amount * np.clip(0.5 - (away - 1.0) / soft, 0.0, 1.0)
    return image


def _lined(image, labels, spacing_mm, rng):
    """Bright and dark lines: ribs, wires, folds, borders of bowel, marks of a pen."""
    image = image.copy()
    for _ in range(int(rng.integers(1, 9))):
        ends = rng.uniform(-0.1, 1.1, (3, 2)) * image.shape
        t = np.linspace(0.0, 1.0, 2 * max(image.shape))[:, None]
        line = (1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * ends[1] + t**2 * ends[2]
        place = np.rint(line).astype(int)
        place = place[((place >= 0) & (place < image.shape)).all(axis=1)]
        drawn = np.zeros_like(image)
        drawn[place[:, 0], place[:, 1]] = 1.0
        wide = rng.uniform(0.4, 3.0) / spacing_mm
        drawn = ndimage.gaussian_filter(drawn, wide, truncate=3.0)
        image += rng.uniform(-0.4, 1.0) * drawn / max(float(drawn.max()), 1e-6)
    return image


def _mottled(image, labels, spacing_mm, rng):
    """Texture of every size, as muscle, fat and stool cast it, drawn out in one direction."""
    steepness = rng.uniform(1.0, 2.2)
    least = 1.0 / _COARSEST_MM
    texture = _noise(image.shape, spacing_mm, rng, lambda f: np.maximum(f, least) ** -steepness * (f > 0))
    return image + _amount(rng) * _here_and_there(image.shape, spacing_mm, rng) * texture


def _folded(image, labels, spacing_mm, rng):
    """Curved lines side by side: folds and walls of bowel, mostly bright ones between darker contents."""
    apart_mm, width = np.exp(rng.uniform(*np.log(_FOLD_MM))), rng.uniform(0.08, 0.4)
    lines = _noise(
        image.shape,
        spacing_mm,
        rng,
        lambda f: np.exp(-0.5 * (np.log(np.maximum(f, 1e-6) * apart_mm) / _FOLD_BAND) ** 2),
    )
    folds = np.exp(-((lines / width) ** 2))
    sign = 1.0 if rng.uniform() < 0.75 else -1.0
    return image + sign * 2.0 * _amount(rng) * _here_and_there(image.shape, spacing_mm, rng) * folds


def _amount(rng) -> float:
    return float(np.exp(rng.uniform(*np.log(_TEXTURE))))


def _here_and_there(shape, spacing_mm, rng):
    """Return where bowel is: 1 in loops of it and 0 elsewhere, or 1 all over."""
    if rng.uniform() < 0.3:
        return np.float32(1.0)
    size_mm = np.exp(rng.uniform(*np.log(_LOOP_MM)))
    where = _noise(shape, spacing_mm, rng, lambda f: np.exp(-0.5 * (f * size_mm) ** 2) * (f > 0))
    return np.clip(where * rng.uniform(0.7, 4.0) + rng.uniform(0.0, 1.0), 0.0, 1.0)


def _noise(shape, spacing_mm: float, rng, amplitude: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return noise of mean 0 and deviation 1, of an amplitude by cycles per mm, drawn out in one direction."""
    size = [fft.next_fast_len(n, real=True) for n in shape]
    turned, stretch = rng.uniform(0.0, np.pi), float(np.exp(rng.normal(0.0, 0.35)))
    y = fft.fftfreq(size[0], spacing_mm).astype(np.float32)[:, None]
    x = fft.rfftfreq(size[1], spacing_mm).astype(np.float32)[None]
    c, s = float(np.cos(turned)), float(np.sin(turned))
    along, across = y * c + x * s, x * c - y * s
    f = np.hypot(along * stretch, across / stretch)
    waves = fft.rfft2(rng.standard_normal(size, dtype=np.float32)) * amplitude(f)
    return _standard(fft.irfft2(waves, size)[: shape[0], : shape[1]])


def _coarser(image, labels, spacing_mm, rng):
    """Less sharp, or sharpened, with noise."""
    sigma = rng.uniform(0.4, 2.2)
    soft = ndimage.gaussian_filter(image, sigma)
    image = soft if rng.uniform() < 0.5 else image + rng.uniform(0.3, 2.0) * (image - soft)
    grain = ndimage.gaussian_filter(rng.standard_normal(image.shape, dtype=np.float32), rng.uniform(0.0, 1.2))
    return image + rng.uniform(0.0, 0.15) * _standard(grain)


OF_VERTEBRAE: Changes = (
    (_fainter, 0.5),
    (_gassy, 0.5),
    (_crowded, 0.4),
    (_lined, 0.4),
    (_clouded, 0.6),
    (_cut_off, 0.35),
    (_curved, 0.5),
    (_evened, 0.4),
    (_coarser, 0.4),
)
OF_CALCIUM: Changes = (
    (_mottled, 0.6),
    (_folded, 0.5),
    (_gassy, 0.5),
    (_crowded, 0.4),
    (_lined, 0.4),
    (_clouded, 0.6),
    (_curved, 0.4),
    (_evened, 0.4),
)
# On patches of films that were changed already, by other draws each time.
OF_PATCHES: Changes = (
    (_mottled, 0.6),
    (_folded, 0.5),
    (_gassy, 0.3),
    (_crowded, 0.2),
    (_lined, 0.3),
    (_clouded, 0.3),
)


@dataclass(frozen=True)
class FilmClutter:
    """Texture, folds and clutter, drawn anew at each step, on a patch of a film as nnU-Net hands it on.

    Attributes
    ----------
    chance : float
        Share of patches.
    spacing_mm : float
        Of both axes.
    """

    chance: float
    spacing_mm: float

    def __call__(self, **patch) -> dict:
        """Return the patch with its image (1, rows, columns) changed, or as it was; mean and deviation stay."""
        import torch

        if float(torch.rand(1)) >= self.chance:
            return patch
        rng = np.random.default_rng(int(torch.randint(2**31, (1,))))
        image = patch["image"]
        changed = torch.from_numpy(unlike(image[0].numpy(), None, self.spacing_mm, rng, OF_PATCHES))
        patch["image"] = (changed * image.std() + image.mean())[None].to(image.dtype)
        return patch
