"""Vertebrae as solids: their bodies with endplates, shell and trabecular bone, and the arches behind."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ...geometry.lines import path_lengths
from .lumbar import Bone
from .screen import Screen

SOFT_HU = 45.0
# Slabs across the beam in which solids are cut, mm.
_SLAB_MM, _ARCH_SLAB_MM = 2.0, 2.5


def _soft(distance, width):
    return np.clip(0.5 - distance / width, 0.0, 1.0)


def _plate(heights: tuple[float, float, float], y: np.ndarray, x: np.ndarray):
    """Return the height of an endplate at shares of half the depth and half the width: its rim is the highest."""
    front, middle, back = heights
    line = 0.5 * (front + back) + 0.5 * (front - back) * y
    sunk = 0.5 * (front + back) - middle
    return line - sunk * np.clip(1.0 - y**2, 0.0, 1.0) * np.clip(1.0 - 0.7 * x**2, 0.0, 1.0)


def _inside(bone: Bone, x, y, z, step: float, shell: float, endplate: float, uneven: np.ndarray) -> np.ndarray:
    """Return the share of each cell of a slab that lies within a body, `shell` and `endplate` mm below its surface."""
    tall = max(bone.top[0] + bone.bottom[0], bone.top[2] + bone.bottom[2])
    beat = np.clip(z / (0.5 * tall), -1.3, 1.3)
    narrow = bone.waist * (1.0 - np.minimum(beat**2, 1.0))
    less = 1.0 - bone.taper * np.clip(0.5 - 0.5 * beat, 0.0, 1.0)
    half_width = (bone.half_width - narrow) * less - shell
    rim = np.clip(np.abs(beat), 0.0, 1.0) ** 6 * np.where(z > 0, bone.lips[0], bone.lips[1])
    # The front stays where the spine's curve is, the back comes nearer where the body tapers.
    shift = bone.half_depth * (1.0 - less)
    depth = (bone.half_depth - 0.5 * narrow) * less
    front, back = depth + rim - 0.3 * narrow - shell, depth - shell
    from_middle = y - shift
    share_y = np.where(from_middle > 0, np.abs(from_middle) / front, np.abs(from_middle) / back)
    power = np.where(from_middle > 0, 2.3, 5.0)
    chord = half_width * np.clip(1.0 - share_y**power, 0.0, 1.0) ** (1 / 2.3)
    edge = np.minimum(front - from_middle, from_middle + back)
    y_share, x_share = y / bone.half_depth, np.minimum(np.abs(x) / bone.half_width, 1.0)
    above = z - _plate(bone.top, y_share, x_share) + endplate
    below = -z - _plate(bone.bottom, y_share, x_share) + endplate
    distance = _rounded(np.maximum(above, below) + uneven, 0.7 * uneven - edge, bone.round_mm)
    across = np.clip((chord - np.abs(x)) / _SLAB_MM + 0.5, 0.0, 1.0)
    return across * _soft(distance, step)


def _rounded(one: np.ndarray, other: np.ndarray, radius: float) -> np.ndarray:
    """Return the distance to what lies within two surfaces, where they meet rounded off."""
    a, b = one + np.float32(radius), other + np.float32(radius)
    return np.where((a > 0) & (b > 0), np.hypot(a, b), np.maximum(a, b)) - np.float32(radius)


def add_body(screen: Screen, bone: Bone, channel: str, rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, int]]:
    """Add a vertebral body to the screen; return how thick it is, mm, a part of the image with its first pixel."""
    step = screen.detector.pixel_mm
    reach_y = bone.half_depth + max(bone.lips) + 2.0
    reach_z = max(*bone.top, *bone.bottom) + 1.5
    y = np.arange(-reach_y, reach_y + step, step, dtype=np.float32)
    z = np.arange(-reach_z, reach_z + step, step, dtype=np.float32)
    slabs = int(np.ceil(2 * bone.half_width / _SLAB_MM)) + 1
    x = ((np.arange(slabs) - (slabs - 1) / 2) * _SLAB_MM).astype(np.float32)
    place = x[:, None, None], y[None, None, :], z[None, :, None]
    turns = rng.uniform(0.0, 2 * np.pi, 5).astype(np.float32)
    uneven = np.sin(place[1] / 4.3 + turns[0]) * np.sin(place[2] / 3.9 + turns[1]) * np.cos(place[0] / 9.0 + turns[2])
    uneven = np.float32(bone.uneven_mm) * (
        uneven + 0.8 * np.sin(place[1] / 9.1 + turns[3] + place[0] / 14.0 + turns[4])
    )
    whole = _inside(bone, *place, step, 0.0, 0.0, uneven)
    core = _inside(bone, *place, step, bone.shell_mm, bone.endplate_mm, uneven)
    hu = (bone.cortical_hu - SOFT_HU) * (whole - core)
    hu += (bone.trabecular_hu - SOFT_HU) * core * _trabeculae(rng, len(z), len(y), step)
    used = whole > 0
    points = bone.ras(np.stack(np.broadcast_arrays(*place), axis=-1)[used].astype(np.float32)).astype(np.float32)
    volume = np.float32(step * step * _SLAB_MM)
    images, first = screen.spread(points, [hu[used] * (volume / 1000), whole[used] * volume])
    if not images:
        return np.zeros((0, 0), np.float32), (0, 0)
    screen.add_part(channel, images[0], first)
    return images[1], first


def _trabeculae(rng: np.random.Generator, rows: int, columns: int, step: float) -> np.ndarray:
    """Return a texture of mean 1: struts that run along the body, and patches."""
    grain = rng.standard_normal((rows, columns)).astype(np.float32)
    struts = ndimage.gaussian_filter(grain, (2.2 / step, 0.45 / step))
    patches = ndimage.gaussian_filter(grain[::-1], 3.0 / step)
    struts /= max(float(struts.std()), 1e-6)
    patches /= max(float(patches.std()), 1e-6)
    return 1.0 + 0.09 * struts + 0.06 * patches


def add_arch(screen: Screen, bone: Bone, channel: str, rng: np.random.Generator) -> None:
    """Add pedicles, laminae, facets, spinous and transverse processes; below the pedicles the foramen stays free."""
    every = 2
    step = screen.detector.pixel_mm * every
    back = -bone.half_depth
    high = bone.top[2]
    y = np.arange(back - 62.0, back + 3.0, step, dtype=np.float32)
    z = np.arange(-32.0, 28.0, step, dtype=np.float32)
    x = np.arange(_ARCH_SLAB_MM / 2, 44.0, _ARCH_SLAB_MM, dtype=np.float32)
    ax, by, cz = x[:, None, None], y[None, None, :] - np.float32(back), z[None, :, None]
    # Bones are no drawings: their surfaces waver.
    phases = rng.uniform(0.0, 2 * np.pi, 3)
    uneven = 0.7 * np.sin(by / 4.1 + phases[0]) * np.sin(cz / 3.7 + phases[1]) * np.cos(ax / 5.3 + phases[2])
    u = rng.uniform
    thoracic = bone.name.startswith("T")
    long, thick, droop = u(15, 20) * (0.8 if thoracic else 1.0), u(6.5, 10.0), (0.9 if thoracic else u(0.1, 0.35))
    pedicle_z, reach = high - u(7.5, 9.5), u(10, 13)
    pedicle = np.maximum(np.maximum(np.abs(ax - 0.66 * bone.half_width) - 4.2, np.abs(by + 8.0) - 10.5),
                         np.abs(cz - pedicle_z) - 6.2)  # fmt: skip
    lamina = np.maximum(np.abs(by + 31.0 - 0.6 * ax + 0.3 * cz) - 3.0, np.maximum(ax - 17.0, np.abs(cz + 4.0) - 11.0))
    spine_z = cz + 8.0 - droop * (by + 30.0)
    spinous = np.maximum(
        np.abs(by + 30.0 + long) - long, np.maximum(ax - 3.8, np.abs(spine_z) - thick - 0.08 * (-by - 30.0))
    )
    upper = np.sqrt((ax - 18.0) ** 2 + (by + 17.0) ** 2 + (0.55 * (cz - high - 1.0)) ** 2) - 6.5
    lower = np.sqrt((ax - 16.0) ** 2 + (by + 23.0) ** 2 + (0.5 * (cz + bone.bottom[2] + 3.0)) ** 2) - 6.5
    transverse = np.maximum(np.hypot(by + 16.0 + 0.2 * (ax - 20.0), cz - pedicle_z + 2.0) - 3.8,
                            np.abs(ax - 20.0 - reach) - reach)  # fmt: skip
    parts = [pedicle, lamina, spinous, upper, lower]
    if not thoracic:
        parts.append(transverse)
    distance = np.minimum.reduce(np.broadcast_arrays(*parts)) + uneven
    whole, core = _soft(distance, 1.4), _soft(distance + 1.3, 1.4)
    hu = 0.8 * (bone.cortical_hu - SOFT_HU) * (whole - core) + (bone.trabecular_hu + 40.0 - SOFT_HU) * core
    used = whole > 0.02
    local = np.stack(np.broadcast_arrays(ax, y[None, None, :], cz), axis=-1)[used].astype(np.float32)
    amount = hu[used] * np.float32(step * step * _ARCH_SLAB_MM / 1000)
    for side in (-1.0, 1.0):
        screen.add(channel, bone.ras(local * np.array([side, 1.0, 1.0], np.float32)), amount, every)


def add_ribs(screen: Screen, bone: Bone, channel: str, rng: np.random.Generator) -> None:
    """Add both ribs of a thoracic vertebra; the twelfth is short."""
    number = int(bone.name[1:])
    u = rng.uniform
    length = u(55, 140) if number == 12 else u(150, 200) if number == 11 else 245.0
    drop, cortical = u(0.3, 0.6), 1.05 * bone.cortical_hu
    half_height, half_thick = u(4.5, 6.5), u(2.8, 3.8)
    for side in (-1.0, 1.0):
        turn = np.linspace(0.0, 1.0, 7)
        span = length * (1.0 + 0.06 * rng.normal())
        # Back and out from the vertebra, then along the flank to the front and down.
        angle = np.clip(span / 105.0, 0.3, 2.7) * turn
        out = 24.0 + 108.0 * np.sin(angle) ** 0.8
        ahead = -bone.half_depth - 8.0 - 18.0 * np.sin(np.minimum(angle * 2.5, np.pi)) + 100.0 * (1 - np.cos(angle))
        fall = 5.0 - drop * span * turn**1.25
        knots = np.stack([side * out, ahead, fall], axis=1)
        # Ribs follow the trunk, not the tilt of their vertebra.
        line = bone.center + knots
        arc = path_lengths(line)
        at = np.arange(0.0, arc[-1], 0.8)
        middle = np.stack([np.interp(at, arc, ndimage.gaussian_filter1d(line[:, a], 0.4)) for a in range(3)], axis=1)
        _add_tube(screen, middle, half_height, half_thick, cortical, bone.trabecular_hu, channel)


def _add_tube(screen, middle, half_height, half_thick, cortical_hu, core_hu, channel) -> None:
    """Add a flat tube of bone along a line of points 0.8 mm apart."""
    ahead = np.gradient(middle, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    up = np.array([0.0, 0.0, 1.0]) - ahead[:, 2:] * ahead
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    aside = np.cross(ahead, up)
    step = 0.8
    v, w = np.meshgrid(np.arange(-8.4, 8.5, step), np.arange(-5.2, 5.3, step), indexing="ij")
    distance = (np.hypot(v / half_height, w / half_thick) - 1.0) * half_thick
    whole, core = _soft(distance, step), _soft(distance + 1.1, step)
    hu = (cortical_hu - SOFT_HU) * (whole - core) + (core_hu - SOFT_HU) * core
    used = whole > 0
    points = middle[:, None] + up[:, None] * v[used][:, None] + aside[:, None] * w[used][:, None]
    amounts = np.broadcast_to(hu[used] * step**3 / 1000, points.shape[:2])
    screen.add(channel, points.reshape(-1, 3), amounts.ravel(), 2)
