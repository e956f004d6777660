"""nnU-Net v2 model folders: checked before they are used, without importing torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ..anatomy import TERRITORIES, Territory, territories_of_name
from ..bounded import read_json
from ..errors import ModelError
from ..names import is_calcification_name, normalized
from ..radiograph.spine import LABELS
from .conventions import as_totalsegmentator_resamples, is_of_totalsegmentator
from .edges import read_edges
from .output_shifts import read_shifts
from .plans import check_settings, configuration_settings

CHECKPOINT_NAMES = ("checkpoint_final.pth", "checkpoint_best.pth")


@dataclass(frozen=True)
class ImageKind:
    """What a model looks at.

    Attributes
    ----------
    name : str
        Of nnU-Net's channel; nnU-Net normalises CT otherwise than all else.
    channels : tuple of str
        In lower case, what such a channel may be called.
    axes : int
        Of the network.
    configuration : str
        nnU-Net's configuration where a folder does not say which of several it is.
    """

    name: str
    channels: tuple[str, ...]
    axes: int
    configuration: str


CT = ImageKind("CT", ("ct", "cta"), 3, "3d_fullres")
RADIOGRAPH = ImageKind("radiograph", ("radiograph", "x-ray", "xray", "cr", "dx"), 2, "2d")
# Renal and mesenteric arteries are 4 to 8 mm wide: of larger voxels, half touch the wall. This project's own choice.
COARSE_MM = 2.0


@dataclass(frozen=True)
class ModelFolder:
    """One trained nnU-Net v2 model whose folder has passed every check that needs no torch.

    Use :meth:`open`. What only the checkpoint knows is checked when it is loaded, in the worker.

    Attributes
    ----------
    path : Path
        The folder that holds ``dataset.json``, ``plans.json`` and ``fold_X``.
    name : str
        Dataset name in the plans.
    configuration : str
        nnU-Net configuration, for example ``3d_fullres``.
    labels : dict of str to int
        Foreground labels: name to voxel value.
    folds : tuple of str
        Folds whose outputs are averaged, for example ``("0", "1")`` or ``("all",)``.
    checkpoints : tuple of Path
        One per fold.
    orientation : {'LPS', 'RAS'}
        Towards which side of the patient the i, j, k axes of the training images run. RAS for models of
        TotalSegmentator and where the plans name nnU-Net's reorienting reader, else LPS, the order in which DICOM
        slices are stored.
    kind : ImageKind
        CT or radiograph.
    shifts, edges : dict
        By label value what is added to its logits (:mod:`.output_shifts`) and to its edges (:mod:`.edges`).
    """

    path: Path
    name: str
    configuration: str
    labels: dict[str, int]
    folds: tuple[str, ...]
    checkpoints: tuple[Path, ...]
    orientation: str
    dataset: dict = field(repr=False, compare=False)
    plans: dict = field(repr=False, compare=False)
    kind: ImageKind = CT
    shifts: dict[int, list[tuple[float, float]]] = field(default_factory=dict, compare=False)
    edges: dict[int, float] = field(default_factory=dict, compare=False)

    @classmethod
    def open(cls, path: Path | str, folds: tuple[str, ...] | None = None, kind: ImageKind = CT) -> ModelFolder:
        """Check the model in `path` and describe it.

        Parameters
        ----------
        path : path
            The trainer folder, or a folder with exactly one such folder below it.
        folds : tuple of str, optional
            Folds to use; by default all that are there.
        kind : ImageKind
            What the model is to look at.

        Raises
        ------
        ModelError
            Naming the first thing that is wrong, and what to do about it.
        """
        folder = find_trainer_folder(Path(path))
        dataset = read_json_of_model(folder / "dataset.json")
        plans = read_json_of_model(folder / "plans.json")
        _check_channel(folder, dataset, kind)
        labels = _foreground_labels(folder, dataset)
        configuration = _configuration_of(folder, plans, kind.configuration)
        settings = configuration_settings(plans, configuration, folder)
        check_settings(folder, configuration, settings, plans, kind.axes)
        checkpoints = _find_checkpoints(folder, folds)
        readers = (plans.get("image_reader_writer"), dataset.get("overwrite_image_reader_writer"))
        name = str(plans.get("dataset_name") or dataset.get("name") or folder.name)
        of_totalsegmentator = is_of_totalsegmentator(name) or is_of_totalsegmentator(folder.parent.name)
        if of_totalsegmentator:
            plans = as_totalsegmentator_resamples(plans)
        return cls(
            path=folder,
            name=name,
            configuration=configuration,
            labels=labels,
            folds=tuple(checkpoints),
            checkpoints=tuple(checkpoints.values()),
            orientation="RAS" if of_totalsegmentator or "NibabelIOWithReorient" in readers else "LPS",
            dataset=dataset,
            plans=plans,
            kind=kind,
            shifts=read_shifts(folder, dataset, labels),
            edges=read_edges(folder, dataset, labels),
        )

    @property
    def settings(self) -> dict:
        """The plans' settings of :attr:`configuration`, inheritance resolved."""
        return configuration_settings(self.plans, self.configuration, self.path)

    @property
    def patch_size(self) -> tuple[int, ...]:
        """Tile size in voxels, in the network's axis order."""
        return tuple(int(n) for n in self.settings["patch_size"])

    @property
    def spacing_mm(self) -> tuple[float, ...]:
        """Voxel spacing that the network works at, in mm, in the network's axis order."""
        return tuple(float(s) for s in self.settings["spacing"])

    @property
    def checksum(self) -> str:
        """SHA-256 over the two JSON files and the checkpoints in use; the weights' identity."""
        files = (self.path / "dataset.json", self.path / "plans.json", *self.checkpoints)
        total = hashlib.sha256()
        for file in files:
            status = file.stat()
            digest = _sha256(str(file), status.st_size, status.st_mtime_ns)
            total.update(f"{file.relative_to(self.path).as_posix()} {digest}\n".encode())
        return total.hexdigest()

    def identity(self) -> dict:
        """Return what a result records about this model (``measurement.md#provenance``)."""
        return {
            "name": self.name,
            "configuration": self.configuration,
            "folds": list(self.folds),
            "spacing_mm": list(self.spacing_mm),
            "checksum": f"sha256:{self.checksum}",
        }

    def territory_mapping(self, overrides: Mapping[str, str] | None = None) -> dict[int, tuple[Territory, ...]]:
        """Return the territories of each label that stands for an artery.

        Parameters
        ----------
        overrides : mapping of str to str, optional
            Label name of the model to a territory name (or any name that is understood); an
            empty string leaves the label out. Names of other models' labels do no harm.

        Returns
        -------
        dict of int to tuple of Territory
            Label value to one territory, or to (left, right) where one label holds both sides.

        Raises
        ------
        ModelError
            For an override that names no territory.
        """
        overrides = {normalized(name): target for name, target in (overrides or {}).items()}
        mapping = {}
        for name, value in self.labels.items():
            target = overrides.get(normalized(name), name)
            territories = territories_of_name(target) if target else ()
            if target and not territories and name != target and not is_calcification_name(target):
                raise ModelError(
                    f"Label '{name}' is mapped to '{target}', which is no territory; "
                    f"use one of {', '.join(each.name for each in TERRITORIES)}."
                )
            if territories:
                mapping[value] = territories
        return mapping

    def unknown_labels(self) -> tuple[str, ...]:
        """Return the names of labels that stand for no territory and not for calcification."""
        return tuple(name for name in self.labels if not territories_of_name(name) and not is_calcification_name(name))

    def calcification_labels(self, overrides: Mapping[str, str] | None = None) -> tuple[int, ...]:
        """Return the values of the labels that stand for calcification, by their name or by `overrides`."""
        overrides = {normalized(name): target for name, target in (overrides or {}).items()}
        return tuple(
            value for name, value in self.labels.items() if is_calcification_name(overrides.get(normalized(name), name))
        )

    def is_calcification_model(self) -> bool:
        """Return whether a label is called calcification (or a synonym)."""
        return bool(self.calcification_labels())


def describe(model: ModelFolder, unused: bool = True) -> str:
    """Return lines for people: what `model` is, what its labels (without `unused`: those in use) are used for."""
    territories = model.territory_mapping()
    calcification = model.calcification_labels()
    of_radiograph = model.kind is RADIOGRAPH
    lines = [
        f"{model.name} ({model.configuration}, {'folds' if len(model.folds) > 1 else 'fold'} {', '.join(model.folds)})",
        f"  folder:   {model.path}",
        f"  checksum: sha256:{model.checksum}",
        f"  network:  tiles of {_times(model.patch_size)} voxels of {_times(model.spacing_mm)} mm",
        *([] if of_radiograph else [f"  axes:     {model.orientation} (images are turned to these)"]),
        "  labels:",
    ]
    for name, value in model.labels.items():
        if of_radiograph:
            use = "vertebral body" if name in LABELS else "not used (no vertebra of that name)"
        elif value in territories:
            use = " and ".join(each.name for each in territories[value])
        elif not unused and value not in calcification:
            continue
        else:
            use = "calcification" if value in calcification else "not used (no territory of that name)"
        lines.append(f"    {value:3d} {name} -> {use}")
    if not territories and not calcification and not of_radiograph:
        lines.append("  Nothing of it can be used until its labels are mapped to territories.")
    return "\n".join(lines)


def find_trainer_folder(path: Path) -> Path:
    """Return the one folder at or below `path` (three levels) that holds ``plans.json``; ModelError otherwise."""
    if path.is_file():
        raise ModelError(
            f"{path} is a file, not a model folder; import a zip first ('models import'), or name the folder."
        )
    if not path.is_dir():
        raise ModelError(f"There is no model folder {path}; check the path.")
    if (path / "plans.json").is_file() or (path / "dataset.json").is_file():
        return path.resolve()
    found = sorted({p.parent for depth in ("*/", "*/*/", "*/*/*/") for p in path.glob(f"{depth}plans.json")})
    if not found:
        raise ModelError(
            f"{path} holds no nnU-Net v2 model (no plans.json); name the folder with dataset.json, plans.json, fold_0."
        )
    if len(found) > 1:
        names = ", ".join(str(p.relative_to(path)) for p in found)
        raise ModelError(f"{path} holds several models ({names}); name one of them.")
    return found[0].resolve()


def read_json_of_model(file: Path) -> dict:
    """Return what a JSON file of a model folder says; ModelError where it cannot be read."""
    try:
        content = read_json(file)
    except FileNotFoundError:
        raise ModelError(f"{file.name} is missing in {file.parent}; copy it there from the trained model.") from None
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{file} cannot be read ({reason}); copy it again from the trained model.") from None
    if not isinstance(content, dict):
        raise ModelError(f"{file} is not an nnU-Net v2 file (no JSON object); copy it again from the trained model.")
    return content


def _check_channel(folder: Path, dataset: dict, kind: ImageKind) -> None:
    channels = dataset.get("channel_names", dataset.get("modality"))
    if not isinstance(channels, dict) or not channels:
        raise ModelError(
            f"dataset.json of {folder} names no input channels; this needs an nnU-Net v2 model of one {kind.name}."
        )
    names = [str(name) for name in channels.values()]
    if len(names) != 1:
        raise ModelError(
            f"The model in {folder} wants {len(names)} input channels ({', '.join(names)}); "
            f"use one with a single {kind.name} channel."
        )
    if names[0].casefold() not in kind.channels:
        raise ModelError(
            f"The model in {folder} was trained on '{names[0]}', not {kind.name}; if that is {kind.name}, write "
            f"{kind.name} in its dataset.json."
        )


def _foreground_labels(folder: Path, dataset: dict) -> dict[str, int]:
    declared = dataset.get("labels")
    if not isinstance(declared, dict) or "background" not in declared:
        raise ModelError(f"dataset.json of {folder} has no nnU-Net v2 labels; convert the model to nnU-Net v2.")
    labels = {}
    for name, value in declared.items():
        if isinstance(value, (list, tuple)) and len(value) > 1:
            raise ModelError(
                f"The model in {folder} has region-based labels ('{name}'), which are not supported; "
                "train with plain labels."
            )
        value = value[0] if isinstance(value, (list, tuple)) and value else value
        if isinstance(value, bool) or not isinstance(value, int):
            raise ModelError(f"Label '{name}' in dataset.json of {folder} has no integer value; correct the file.")
        if name != "ignore":
            labels[str(name)] = value
    if sorted(labels.values()) != list(range(len(labels))) or labels["background"] != 0:
        raise ModelError(f"The labels in dataset.json of {folder} are not numbered 0, 1, 2, …; correct the file.")
    del labels["background"]
    if not labels:
        raise ModelError(f"dataset.json of {folder} has no label but background; use another model.")
    return labels


def _configuration_of(folder: Path, plans: dict, default: str) -> str:
    """Return the configuration that the folder's name ends with, else the default or only one in the plans."""
    configurations = plans.get("configurations")
    if not isinstance(configurations, dict) or not configurations:
        raise ModelError(f"plans.json of {folder} has no configurations; it is not from nnU-Net v2.")
    parts = folder.name.split("__")
    if len(parts) == 3:
        name = parts[2]
    elif default in configurations:
        name = default
    elif len(configurations) == 1:
        name = next(iter(configurations))
    else:
        raise ModelError(
            f"It is unclear which of {', '.join(configurations)} the model in {folder} is; "
            "name the folder as nnU-Net does (trainer__plans__configuration)."
        )
    if name not in configurations:
        raise ModelError(
            f"The configuration '{name}' of {folder} is not in its plans.json ({', '.join(configurations)}); "
            "keep the folder name that nnU-Net gave it."
        )
    return name


def _find_checkpoints(folder: Path, wanted: tuple[str, ...] | None) -> dict[str, Path]:
    """Return the checkpoint of each fold: the final ones where there are any, else the best ones."""
    folds = {p.name.removeprefix("fold_"): p for p in sorted(folder.glob("fold_*")) if p.is_dir()}
    if not folds:
        raise ModelError(
            f"{folder} has no fold (no folder fold_0 … or fold_all); copy it there from the trained model."
        )
    if wanted is not None:
        missing = [fold for fold in wanted if fold not in folds]
        if missing:
            raise ModelError(f"{folder} has no fold {', '.join(missing)}, only {', '.join(folds)}; choose among these.")
        folds = {fold: folds[fold] for fold in wanted}
    elif len(folds) > 1:
        folds.pop("all", None)
    for name in CHECKPOINT_NAMES:
        found = {fold: place / name for fold, place in folds.items() if (place / name).is_file()}
        if found and (wanted is None or len(found) == len(folds)):
            break
    else:
        raise ModelError(
            f"{folder} has no checkpoint ({' or '.join(CHECKPOINT_NAMES)} in fold {', '.join(folds)}); "
            "finish the training or copy the file there."
        )
    for file in found.values():
        if file.stat().st_size == 0:
            raise ModelError(f"The checkpoint {file} is empty; copy or download it again.")
    return found


def _times(values) -> str:
    return " × ".join(f"{value:g}" for value in values)


@lru_cache(maxsize=64)
def _sha256(file: str, size: int, modified_ns: int) -> str:
    """Digest of a file; its size and time are part of the key, so that a changed file is read again."""
    digest = hashlib.sha256()
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
