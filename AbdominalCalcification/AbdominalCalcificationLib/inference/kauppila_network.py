"""The network of the Kauppila score: a residual encoder over the regions of L1 to L4, read along the aorta's walls.

It says where there is calcium of the aorta at all, finds each wall in each row, gathers what it sees along it, looks at
the rows of all four levels as one line, and says for each row whether there is calcium, and for each part the
conditional probabilities that its score exceeds 0, 1 and 2: CORN, an ordinal output without contradictions (Shi, Cao,
Raschka 2021, doi 10.1007/s10044-023-01181-9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..radiograph.kauppila import MOST_PART, WALLS

# The map in which calcium is looked for has half of the rows and columns, that of the walls a quarter.
FINE_STEP, MAP_STEP = 2, 4
# The film, its local contrast and the vertebrae; the first and the last are given.
_CHANNELS = 3
# Pixels across which contrast is local: deposits are thinner. Twice a mean over these, and the least spread.
_LOCAL, _LEAST_SPREAD = 13, 0.03


@dataclass(frozen=True)
class KauppilaArchitecture:
    """Size of the network.

    Attributes
    ----------
    features : tuple of int
        Of the residual encoder's stages, the first at half the resolution; each after it halves it again. At least
        three.
    blocks : tuple of int
        Residual blocks per stage.
    map_features : int
        Of the map at a quarter of the resolution.
    line_features : int
        Along the walls.
    """

    features: tuple[int, ...] = (32, 64, 96, 128)
    blocks: tuple[int, ...] = (2, 2, 2, 2)
    map_features: int = 48
    line_features: int = 64

    def to_json(self) -> dict:
        return asdict(self)


def build_network(architecture: KauppilaArchitecture, margin_rows: int):
    """Return the network, a ``torch.nn.Module``, with random weights.

    Its input has the shape (n, 4, 2, rows, columns), see :func:`.radiograph.region.images_of`; its output is a dict:

    - ``contrast`` (n, 4, fine rows, fine columns): logits of calcium of the aorta in each pixel of the finer map;
    - ``walls`` (n, 4, 2, map rows, map columns): logits of the wall's column in each row of the map;
    - ``calcium`` (n, 4, 2, level rows of the map): logits of calcium on the wall, from border to border;
    - ``scores`` (n, 4, 2, 3): logits of a score above 0, above 1 if above 0, above 2 if above 1.

    Parameters
    ----------
    architecture : KauppilaArchitecture
    margin_rows : int
        Rows of a region beyond either border (:class:`.radiograph.region.RegionGeometry`).
    """
    import torch
    from torch import nn
    from torch.nn import functional

    class KauppilaNetwork(nn.Module):
        def __init__(self):
            super().__init__()
            a = architecture
            self.margin = margin_rows // MAP_STEP
            self.encoder = _encoder(a)
            self.lateral = nn.ModuleList(nn.Conv2d(n, a.map_features, 1) for n in a.features[1:])
            self.mixed = _mixing(a.map_features)
            self.coarse = nn.Conv2d(a.map_features, a.features[0], 1)
            self.fine = _mixing(a.features[0])
            self.contrast = nn.Conv2d(a.features[0], 1, 1)
            walls = len(WALLS)
            self.walls = nn.Conv2d(a.map_features, walls, 1)
            self.narrow = nn.Conv1d(walls * (a.map_features + a.features[0] + 1), a.line_features, 1)
            self.line = nn.Sequential(*(_line(a.line_features, n) for n in (1, 2, 4)))
            self.calcium = nn.Conv1d(a.line_features, walls, 1)
            gathered = 2 * a.line_features + a.features[-1] + walls
            self.scores = nn.Sequential(
                nn.Linear(gathered, a.line_features),
                nn.GELU(),
                nn.Dropout(0.2),
                nn.Linear(a.line_features, walls * MOST_PART),
            )

        def forward(self, images):
            count, levels = images.shape[:2]
            skips = self.encoder(_with_contrast(images.flatten(0, 1)))
            mixed = self.mixed(sum(_at(m(skip), skips[1]) for m, skip in zip(self.lateral, skips[1:], strict=True)))
            fine = self.fine(skips[0] + _at(self.coarse(mixed), skips[0]))
            contrast = self.contrast(fine).float()
            walls = self.walls(mixed).float()
            # A deposit is thin: of the finer map, the most that lies within a pixel.
            details = functional.max_pool2d(torch.cat([fine, contrast.sigmoid().to(fine.dtype)], dim=1), 2)
            seen = torch.cat([mixed, details], dim=1)
            # What lies along each wall, row by row: (n · 4, features, rows) for each.
            share = walls.softmax(dim=3).to(seen.dtype)
            along = torch.cat([(seen * share[:, each, None]).sum(dim=3) for each in range(len(WALLS))], dim=1)
            level = along[:, :, self.margin : along.shape[2] - self.margin] if self.margin else along
            rows = level.shape[2]
            # The rows of the four levels one after the other.
            line = self.narrow(level).unflatten(0, (count, levels)).transpose(1, 2).flatten(2)
            line = self.line(line)
            calcium = self.calcium(line).float().unflatten(2, (levels, rows)).transpose(1, 2)
            own = line.unflatten(2, (levels, rows)).transpose(1, 2)
            deepest = skips[-1].mean(dim=(2, 3)).unflatten(0, (count, levels))
            gathered = [own.mean(dim=3), own.amax(dim=3), deepest, calcium.sigmoid().mean(dim=3).to(own.dtype)]
            scores = self.scores(torch.cat(gathered, dim=2)).float()
            return {
                "contrast": contrast[:, 0].unflatten(0, (count, levels)),
                "walls": walls.unflatten(0, (count, levels)),
                "calcium": calcium,
                "scores": scores.unflatten(2, (len(WALLS), MOST_PART)),
            }

    return KauppilaNetwork()


def _encoder(architecture: KauppilaArchitecture):
    from dynamic_network_architectures.building_blocks.residual import BasicBlockD
    from dynamic_network_architectures.building_blocks.residual_encoders import ResidualEncoder
    from torch import nn

    stages = len(architecture.features)
    return ResidualEncoder(
        _CHANNELS * FINE_STEP**2,
        stages,
        list(architecture.features),
        nn.Conv2d,
        3,
        [1] + [2] * (stages - 1),
        list(architecture.blocks),
        conv_bias=False,
        norm_op=nn.BatchNorm2d,
        norm_op_kwargs={},
        nonlin=nn.ReLU,
        nonlin_kwargs={"inplace": True},
        block=BasicBlockD,
        return_skips=True,
    )


def _mixing(features: int):
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(features, features, 3, padding=1, bias=False), nn.BatchNorm2d(features), nn.ReLU(inplace=True)
    )


def _line(features: int, dilation: int):
    """Return a residual block along a line."""
    from torch import nn
    from torch.nn import functional

    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Conv1d(features, features, 5, padding=2 * dilation, dilation=dilation)
            self.two = nn.Conv1d(features, features, 1)
            self.norm = nn.GroupNorm(8, features)

        def forward(self, x):
            return x + self.two(functional.gelu(self.norm(self.one(x))))

    return Line()


def _at(image, other):
    """Return an image at the resolution of another."""
    from torch.nn import functional

    if image.shape[2:] == other.shape[2:]:
        return image
    return functional.interpolate(image, other.shape[2:], mode="bilinear", align_corners=False)


def _with_contrast(images):
    """Return film, local contrast and vertebrae: deposits may be fainter than anything else on a film."""
    import torch
    from torch.nn import functional

    def mean(x):
        return functional.avg_pool2d(x, _LOCAL, 1, _LOCAL // 2, count_include_pad=False)

    film = images[:, :1]
    details = film - mean(mean(film))
    spread = mean(mean(details.square())).sqrt()
    contrast = (details / (spread + _LEAST_SPREAD)).clamp(-6.0, 6.0)
    seen = functional.pixel_unshuffle(torch.cat([film, contrast, images[:, 1:]], dim=1), FINE_STEP)
    return seen.contiguous(memory_format=torch.channels_last)


def probabilities_of(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the probabilities (..., 4) of the scores 0 to 3 from conditional logits (..., 3)."""
    above = np.cumprod(1 / (1 + np.exp(-np.asarray(logits, float) / temperature)), axis=-1)
    edges = np.concatenate([np.ones((*above.shape[:-1], 1)), above, np.zeros((*above.shape[:-1], 1))], axis=-1)
    return -np.diff(edges, axis=-1)


def architecture_from(said: Mapping) -> KauppilaArchitecture:
    """Return the architecture that a JSON file describes; ValueError where it is none that can be built."""
    known = KauppilaArchitecture().to_json()
    if not isinstance(said, Mapping) or said.keys() != known.keys():
        raise ValueError(f"it must name {', '.join(known)}")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    made = KauppilaArchitecture(**values)
    lists = (made.features, made.blocks)
    numbers = [n for each in lists if isinstance(each, tuple) for n in each] + [made.map_features, made.line_features]
    if not all(isinstance(each, tuple) for each in lists) or not all(type(n) is int and 0 < n <= 1024 for n in numbers):
        raise ValueError("its sizes must be whole numbers from 1 to 1024")
    if len(made.features) != len(made.blocks) or not 3 <= len(made.features) <= 6 or made.line_features % 8:
        raise ValueError("it needs three to six stages, each with features and blocks, and line_features in eights")
    return made
