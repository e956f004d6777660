"""Appearance beyond the realistic, drawn anew at each step: networks learn shape and place, not one scanner's HU.

Mild on purpose: extremes cost accuracy on ordinary CTs. Each works on one patch as nnU-Net hands it on (image
normalised, channels first, with its segmentation), and is a plain class that other processes can be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Between these places of the HU scale the curve is straight. Each part is as steep as before times a random factor.
_KNOTS_HU = (-200.0, -110.0, -40.0, 20.0, 70.0, 130.0, 200.0, 300.0, 450.0, 700.0, 1200.0)


@dataclass(frozen=True)
class RandomCurve:
    """A random curve of HU that rises throughout: what is brighter stays brighter.

    Attributes
    ----------
    chance : float
        Share of patches.
    strength : float
        Standard deviation of the logarithm of the factor by which a part of the curve is steeper.
    mean_hu, std_hu : float
        By which images are normalised.
    window_hu : tuple of float
        To which they are clipped: both ends stay.
    """

    chance: float
    strength: float
    mean_hu: float
    std_hu: float
    window_hu: tuple[float, float]

    def __call__(self, **patch) -> dict:
        """Return the patch with its image changed, or as it was."""
        import torch

        if float(torch.rand(1)) >= self.chance:
            return patch
        low, high = self.window_hu
        knots = np.array([low, *(hu for hu in _KNOTS_HU if low < hu < high), high])
        steep = np.exp(self.strength * torch.randn(len(knots) - 1).numpy())
        steps = np.diff(knots) * steep
        curve = low + np.concatenate([[0.0], np.cumsum(steps)]) * (high - low) / steps.sum()
        image = patch["image"]
        scaled = [(torch.from_numpy(each).float() - self.mean_hu) / self.std_hu for each in (knots, curve)]
        patch["image"] = _along(image, *scaled)
        return patch


def _along(image, knots, curve):
    """Return an image through a curve of straight parts (tensors; beyond the ends it keeps its distance from them)."""
    import torch

    result = image + (curve[0] - knots[0])
    slope = 1.0
    for n in range(len(knots) - 1):
        new = float((curve[n + 1] - curve[n]) / (knots[n + 1] - knots[n]))
        if n == 0:
            result = torch.where(image > knots[0], result + (new - 1.0) * (image - knots[0]), result)
        else:
            result += (new - slope) * torch.clamp(image - knots[n], min=0.0)
        slope = new
    return result.add_((1.0 - slope) * torch.clamp(image - knots[-1], min=0.0))


@dataclass(frozen=True)
class InvertedSurroundings:
    """Surroundings whose contrast is turned round in one part of the patch, away from what is labelled.

    Attributes
    ----------
    chance : float
        Share of patches.
    margin : int
        So many voxels around labels stay as they are.
    mean_hu, std_hu : float
        By which images are normalised.
    window_hu : tuple of float
        Within which the image stays.
    """

    chance: float
    margin: int
    mean_hu: float
    std_hu: float
    window_hu: tuple[float, float]

    def __call__(self, **patch) -> dict:
        """Return the patch with its image changed, or as it was."""
        import torch

        if float(torch.rand(1)) >= self.chance or patch.get("segmentation") is None:
            return patch
        image, labels = patch["image"], patch["segmentation"]
        share = _blob(image.shape[1:]) * (1.0 - _near(labels, self.margin))
        # Round about soft tissue: fat becomes bright and blood dark, half as much as it was.
        middle = (float(torch.empty(1).uniform_(0.0, 120.0)) - self.mean_hu) / self.std_hu
        strength = float(torch.empty(1).uniform_(0.4, 1.0))
        low, high = ((hu - self.mean_hu) / self.std_hu for hu in self.window_hu)
        turned = (middle - strength * (image - middle)).clamp_(low, high)
        patch["image"] = torch.lerp(image, turned, share)
        return patch


def _near(labels, margin: int):
    """Return 1 within some voxels of a label, falling to 0 over two more; shape (1, ...)."""
    import torch.nn.functional as functional

    grown = (labels > 0).amax(dim=0, keepdim=True).float()[None]
    # Along one axis after the other: many times quicker than a cube at once.
    for axis in range(3):
        size = [1, 1, 1]
        size[axis] = 2 * margin + 1
        grown = functional.max_pool3d(grown, size, stride=1, padding=[n // 2 for n in size])
    return functional.avg_pool3d(grown, 3, stride=1, padding=1, count_include_pad=False)[0]


def _blob(shape: Sequence[int]):
    """Return a soft random ellipsoid, 0 to 1, shape (1, ...)."""
    import torch

    away = torch.zeros(())
    for axis, size in enumerate(shape):
        middle = float(torch.empty(1).uniform_(0.0, 1.0)) * size
        radius = float(torch.empty(1).uniform_(0.25, 0.8)) * size
        view = [1, 1, 1]
        view[axis] = size
        away = away + ((torch.arange(size) + 0.5 - middle) / radius).square().reshape(view)
    return ((1.3 - away.sqrt()) / 0.3).clamp(0.0, 1.0)[None]
