"""The training loop of the Kauppila network: with a clock, stopped at any step, gone on with from its checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InferenceError, InputError
from ...explanations import first_line
from ...inference.checkpoint import load_checkpoint, save_checkpoint, saving
from ...inference.devices import choose_device, has_bfloat16
from ...inference.kauppila_network import KauppilaArchitecture, build_network
from ...radiograph.region import RegionGeometry, images_of, regions_of
from ...radiograph.spine import MEAN_DEPTH_MM
from ..film_appearance import OF_CALCIUM, unlike
from .films import Film
from .targets import Targets, targets_of
from .varied import Variation, varied_images, varied_vertebrae

LATEST = "checkpoint_latest.pth"
_SAVE_EVERY_S = 600.0
_BATCH = 8
LEARNING_RATE, FINE_TUNING_RATE = 2e-3, 3e-4
_WARM_UP_STEPS = 100
# Of the losses of rows, of walls and of the calcium's contrast, beside that of scores.
_ROWS, _WALLS, _CONTRAST = 1.0, 0.3, 1.0
# At this contrast a pixel is as much calcium as not; pixels with calcium are few, so they count this much more.
_HALF_CONTRAST, _RARE = 0.01, 8.0


class Learner:
    """A network at work on films.

    Parameters
    ----------
    architecture : KauppilaArchitecture
    geometry : RegionGeometry
    films : sequence of Film
        To learn from.
    device : str
        As for inference.
    folder : Path
        Of the checkpoint.
    minutes : float
        How long to learn in all.
    learning_rate : float
    """

    def __init__(
        self,
        architecture: KauppilaArchitecture,
        geometry: RegionGeometry,
        films: Sequence[Film],
        device: str,
        folder: Path,
        minutes: float,
        learning_rate: float = LEARNING_RATE,
    ):
        import torch

        torch.manual_seed(0)
        self.geometry, self.films, self.folder = geometry, list(films), folder
        self.device = torch.device(choose_device(device))
        self.network = build_network(architecture, geometry.margin_rows)
        self.network.to(self.device, memory_format=torch.channels_last)
        self._optimizer = torch.optim.AdamW(self.network.parameters(), learning_rate, weight_decay=5e-2)
        self._rate, self._budget_s = learning_rate, 60.0 * minutes
        self._half = torch.bfloat16 if self.device.type != "cpu" or has_bfloat16() else None
        self.steps, self.spent_s = 0, 0.0

    @property
    def part_done(self) -> float:
        return 1.0 if self._budget_s <= 0 else min(1.0, self.spent_s / self._budget_s)

    def resume(self) -> bool:
        """Go on from the checkpoint; return whether there was one."""
        file = self.folder / LATEST
        if not file.is_file():
            return False
        said = load_checkpoint(file)
        try:
            self.network.load_state_dict(said["network_weights"])
            self._optimizer.load_state_dict(said["optimizer"])
            self.steps, self.spent_s = int(said["steps"]), float(said["seconds"])
        except (RuntimeError, KeyError, ValueError, TypeError) as error:
            raise InputError(
                f"The checkpoint '{file}' does not fit or is damaged ({first_line(error)}); remove it to begin anew."
            ) from None
        return True

    def save(self) -> None:
        content = {
            "network_weights": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "steps": self.steps,
            "seconds": self.spent_s,
        }

        self.folder.mkdir(parents=True, exist_ok=True)
        save_checkpoint(self.folder / LATEST, saving(content))

    def learn(self, report: Callable[[str, float, float | None], None], stopped: Callable[[], bool]) -> bool:
        """Learn to the end and return True, or save and return False where `stopped` says so."""
        with ThreadPoolExecutor(1) as ahead:
            return self._learn(report, stopped, ahead)

    def _learn(self, report, stopped, ahead: Executor) -> bool:
        began = saved = time.monotonic()
        before, lost = self.spent_s, 0
        self.network.train()
        batch = ahead.submit(self._batch, self.steps)
        while self.part_done < 1.0:
            if stopped():
                self.save()
                return False
            # While the network works at one batch, the next is made.
            ready, batch = batch, ahead.submit(self._batch, self.steps + 1)
            loss = self._step(*ready.result())
            lost = 0 if np.isfinite(loss) else lost + 1
            if lost > 2:
                raise InferenceError(
                    "The training went astray (its loss is no number); begin anew in another work folder."
                )
            now = time.monotonic()
            self.spent_s = before + now - began
            report(f"Training, step {self.steps}, loss {loss:.2f}", self.part_done, self._budget_s - self.spent_s)
            if now - saved > _SAVE_EVERY_S:
                self.save()
                saved = now
        self.save()
        return True

    def _batch(self, step: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return what is learnt from at a step: images and targets, the same ones each time."""
        rng = np.random.default_rng([step, 7])
        chosen = rng.choice(len(self.films), _BATCH, replace=len(self.films) < _BATCH)
        samples = [sample_of(self.films[n], self.geometry, Variation(), rng) for n in chosen]
        names = [each.name for each in fields(Targets)]
        return np.stack([images for images, _ in samples]), {
            name: np.stack([getattr(targets, name) for _, targets in samples]) for name in names
        }

    def _step(self, images: np.ndarray, targets: dict[str, np.ndarray]) -> float:
        import torch

        for group in self._optimizer.param_groups:
            group["lr"] = (
                self._rate * min(1.0, (self.steps + 1) / _WARM_UP_STEPS) * max(1e-3, 1 - self.part_done) ** 0.9
            )
        self._optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, self._half, enabled=self._half is not None):
            said = self.network(torch.from_numpy(images).to(self.device))
        loss = loss_of(said, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimizer.step()
        self.steps += 1
        return float(loss.detach())

    def said_of(self, films: Sequence[Film], seed: int = 11) -> tuple[np.ndarray, np.ndarray]:
        """Return the logits of scores (n, 4, 2, 3) of films with vertebrae as a network finds them, and the truth."""
        self.network.eval()
        said = said_of(self.network, self.geometry, films, self.device, seed)
        self.network.train()
        return said


def said_of(
    network, geometry: RegionGeometry, films: Sequence[Film], device="cpu", seed: int = 11
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a network in its evaluation mode says of films, as :meth:`Learner.said_of` does."""
    import torch

    logits, scores = [], []
    for n, film in enumerate(films):
        variation = Variation(dropped=0.0, turned=0.0)
        images, targets = sample_of(film, geometry, variation, np.random.default_rng([seed, n]), False)
        with torch.inference_mode():
            logits.append(network(torch.from_numpy(images[None]).to(device))["scores"][0].cpu().numpy())
        scores.append(targets.scores)
    return np.array(logits), np.array(scores)


def sample_of(
    film: Film, geometry: RegionGeometry, variation: Variation, rng: np.random.Generator, other_looks: bool = True
) -> tuple[np.ndarray, Targets]:
    """Return what the network sees of a film, with vertebrae a little elsewhere, and what it is to say of it."""
    vertebrae = varied_vertebrae(film.vertebrae, variation, rng)
    regions = regions_of(vertebrae, geometry)
    raster = film.raster
    if other_looks and rng.random() < variation.unlike:
        depth = float(np.median([each.depth for each in vertebrae.values()]))
        mm = MEAN_DEPTH_MM * raster.step[0] / depth  # films of users may have no size
        raster = replace(raster, pixels=unlike(raster.pixels, None, mm, rng, OF_CALCIUM))
    images = images_of(raster, regions, vertebrae)
    if other_looks:
        images = varied_images(images, variation, rng)
    targets = targets_of(film, regions, geometry)
    for level in range(len(images)):
        if rng.random() < variation.dropped:
            images[level] = 0
            targets.leave_out(level)
    if rng.random() < variation.turned:
        images, targets = images[::-1, :, ::-1], targets.upside_down()
    return images, targets


def loss_of(said: dict[str, Any], targets: dict[str, np.ndarray]):
    """Return the loss of a batch: CORN of the scores, cross entropies of all that is in maps and rows, where known."""
    import torch
    from torch.nn import functional

    device = said["scores"].device
    scores = torch.from_numpy(targets["scores"]).to(device)[..., None]
    above = torch.arange(said["scores"].shape[-1], device=device)
    # A score says nothing of thresholds beyond the one that it did not pass.
    asked = (scores >= above).float()
    each = functional.binary_cross_entropy_with_logits(said["scores"], (scores > above).float(), reduction="none")
    loss = _mean(each, asked)
    calcium = torch.from_numpy(targets["calcium"]).to(device)
    known = (~calcium.isnan()).float()
    each = functional.binary_cross_entropy_with_logits(said["calcium"], calcium.nan_to_num(), reduction="none")
    loss = loss + _ROWS * _mean(each, known)
    loss = loss + _CONTRAST * _of_contrast(said["contrast"], torch.from_numpy(targets["contrast"]).to(device))
    return loss + _WALLS * _of_walls(said["walls"], torch.from_numpy(targets["walls"]).to(device))


def _of_contrast(said, contrast):
    from torch.nn import functional

    known = ~contrast.isnan()
    share = contrast.nan_to_num().clamp(min=0)
    share = share / (share + _HALF_CONTRAST)
    weight = (1 + _RARE * share) * known
    each = functional.binary_cross_entropy_with_logits(said, share, reduction="none")
    return _mean(each, weight)


def _of_walls(said, across):
    columns = said.shape[-1]
    known = ((across >= 0) & (across < 1)).float()
    # Shared between the two columns whose middles are nearest.
    place = (across.nan_to_num() * columns - 0.5).clamp(0, columns - 1 - 1e-3)
    low = place.floor().long()
    logs = said.log_softmax(dim=-1)
    part = place - low
    each = -(logs.gather(-1, low[..., None])[..., 0] * (1 - part) + logs.gather(-1, low[..., None] + 1)[..., 0] * part)
    return _mean(each, known)


def _mean(values, weights):
    """Return a weighted mean; 0 where nothing has a weight."""
    return (values * weights).sum() / weights.sum().clamp(min=1)
