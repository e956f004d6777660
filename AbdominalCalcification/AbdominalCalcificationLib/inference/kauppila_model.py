"""The model folder of the Kauppila score: ``model.json`` and ``checkpoint.pth``, checked before they are used.

The format is this project's own, since no other has what is needed: how regions are cut out, how large the network is,
what its probabilities are worth. The checkpoint holds weights alone and is read with torch's weights-only loader.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ..bounded import read_json
from ..errors import ModelError
from ..radiograph.kauppila_parts import DECISIONS
from ..radiograph.region import RegionGeometry
from .kauppila_network import FINE_STEP, MAP_STEP, KauppilaArchitecture, architecture_from

FORMAT, FORMAT_VERSION = "abdominal-calcification kauppila model", 2
MODEL_FILE, CHECKPOINT_FILE = "model.json", "checkpoint.pth"


@dataclass(frozen=True)
class KauppilaModel:
    """A model folder that has passed every check that needs no torch; see :meth:`open`.

    Attributes
    ----------
    path : Path
    name : str
    architecture : KauppilaArchitecture
    geometry : RegionGeometry
    temperature, inflation : float
    decision : str
    document : dict
        All of ``model.json``.
    """

    path: Path
    name: str
    architecture: KauppilaArchitecture
    geometry: RegionGeometry
    temperature: float
    inflation: float
    decision: str
    document: dict

    @classmethod
    def open(cls, path: Path | str) -> KauppilaModel:
        """Check the model in `path` and describe it.

        Raises
        ------
        ModelError
            Naming the first thing that is wrong, and what to do about it.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise ModelError(f"There is no model folder {folder}; check the path.")
        document = _read(folder)
        checkpoint = folder / CHECKPOINT_FILE
        if not checkpoint.is_file() or checkpoint.stat().st_size == 0:
            raise ModelError(f"{checkpoint} is missing or empty; copy it there from the trained model.")
        try:
            calibration = document["calibration"]
            if not isinstance(calibration, Mapping):
                raise ValueError("'calibration' is no object")
            decision = calibration["decision"]
            if decision not in DECISIONS:
                raise ValueError(f"the decision must be one of {', '.join(DECISIONS)}")
            architecture = architecture_from(document["architecture"])
            return cls(
                folder.resolve(),
                str(document.get("name") or folder.name),
                architecture,
                _geometry(document["regions"], architecture),
                _positive(calibration, "temperature"),
                _positive(calibration, "inflation"),
                decision,
                document,
            )
        except KeyError as error:
            raise ModelError(
                f"{folder / MODEL_FILE} does not say {error}; copy it again from the trained model."
            ) from None
        except (ValueError, TypeError) as error:
            raise ModelError(
                f"{folder / MODEL_FILE} cannot be used ({error}); copy it again from the trained model."
            ) from None

    @property
    def checksum(self) -> str:
        """SHA-256 over both files."""
        total = hashlib.sha256()
        for name in (MODEL_FILE, CHECKPOINT_FILE):
            total.update(f"{name} {hashlib.sha256((self.path / name).read_bytes()).hexdigest()}\n".encode())
        return total.hexdigest()

    def identity(self) -> dict:
        """Return what a result records about this model."""
        return {"name": self.name, "checksum": f"sha256:{self.checksum}"}


def model_document(
    name: str,
    architecture: KauppilaArchitecture,
    geometry: RegionGeometry,
    calibration: Mapping,
    training: Mapping,
    software_version: str,
) -> dict:
    """Return what ``model.json`` says."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": name,
        "architecture": architecture.to_json(),
        "regions": asdict(geometry),
        "normalisation": "median and quartiles of the four regions together",
        "calibration": dict(calibration),
        "training": dict(training),
        "software_version": software_version,
    }


def describe_kauppila(model: KauppilaModel) -> str:
    """Return several lines for people about what `model` is."""
    calibration, training = model.document["calibration"], model.document.get("training", {})
    lines = [
        f"{model.name} (Kauppila score)",
        f"  folder:   {model.path}",
        f"  checksum: sha256:{model.checksum}",
        f"  network:  regions of {model.geometry.rows} × {model.geometry.columns} pixels, "
        f"{model.architecture.features[0]} to {model.architecture.features[-1]} features",
    ]
    if isinstance(training, Mapping) and "films" in training:
        lines.append(f"  learnt:   {training['films']} radiographs, {training.get('steps')} steps")
    if (error := calibration.get("mean_absolute_error")) is not None:
        lines.append(f"  held out: {calibration.get('films')} radiographs, mean absolute error {error:.2f} of 24")
    return "\n".join(lines)


def _read(folder: Path) -> dict:
    file = folder / MODEL_FILE
    try:
        document = read_json(file)
    except FileNotFoundError:
        raise ModelError(f"{MODEL_FILE} is missing in {folder}; name a model that train kauppila made.") from None
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{file} cannot be read ({reason}); copy it again from the trained model.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelError(f"{file} is not of a model of the Kauppila score; name a model that train kauppila made.")
    if (version := document.get("format_version")) != FORMAT_VERSION:
        what = "train the model again with train kauppila" if version == 1 else "update this software"
        raise ModelError(f"{file} has format {version}, this software reads {FORMAT_VERSION}; {what}.")
    return document


def _geometry(said: Mapping, architecture: KauppilaArchitecture) -> RegionGeometry:
    known = {each.name for each in fields(RegionGeometry)}
    if not isinstance(said, Mapping) or said.keys() != known:
        raise ValueError(f"'regions' must name {', '.join(sorted(known))}")
    numbers = {name: _number(said[name], name) for name in known}
    whole = {name: int(numbers[name]) for name in ("rows", "columns", "margin_rows")}
    if any(whole[name] != numbers[name] for name in whole):
        raise ValueError("rows and columns must be whole numbers")
    geometry = RegionGeometry(**whole, front=numbers["front"], back=numbers["back"])
    step = FINE_STEP ** len(architecture.features)
    fits = not geometry.rows % step and not geometry.columns % step and not geometry.margin_rows % MAP_STEP
    if not fits or not (geometry.margin_rows >= 0 and geometry.level_rows >= 16 and geometry.rows <= 1024):
        raise ValueError(f"rows and columns of regions must be multiples of {step}, the margin one of {MAP_STEP}")
    if not (16 <= geometry.columns <= 1024 and 0 < geometry.front < 10 and 0 <= geometry.back < 10):
        raise ValueError("the extent of regions is out of range")
    return geometry


def _positive(said: Mapping, name: str) -> float:
    value = _number(said[name], name)
    if not 0 < value < 100:
        raise ValueError(f"'{name}' must be a number above 0")
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"'{name}' is no number")
    return float(value)
