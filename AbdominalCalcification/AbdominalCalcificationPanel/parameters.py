"""What the user chooses, kept with the scene, and what it means to the library."""

import enum
from pathlib import Path
from typing import Annotated

from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.effort import TILE_STEP, TILE_STEPS, Effort, parse_folds
from AbdominalCalcificationLib.errors import InputError

from .kept_lengths import group_lengths_mm, own_lengths_mm
from .radiograph_pixel_size import pixel_size_of


class ArterySource(enum.Enum):
    BUNDLED = "bundled"
    TOTALSEGMENTATOR = "totalsegmentator"
    MODELS = "models"
    EXISTING = "existing"

    def label(self):
        return {
            "bundled": _("Bundled model (simulated CT)"),
            "totalsegmentator": _("TotalSegmentator weights on this computer"),
            "models": _("nnU-Net models of your own"),
            "existing": _("Artery masks in the scene"),
        }[self.value]


class CalcificationSource(enum.Enum):
    BUNDLED = "bundled"
    MODEL = "model"
    THRESHOLD = "threshold"
    EXISTING = "existing"

    def label(self):
        return {
            "bundled": _("Bundled model (simulated CT)"),
            "model": _("nnU-Net model of your own"),
            "threshold": _("Threshold"),
            "existing": _("Calcification mask in the scene"),
        }[self.value]


class Device(enum.Enum):
    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"

    def label(self):
        return {
            "auto": _("Automatic"),
            "cpu": _("CPU"),
            "cuda": _("NVIDIA GPU (CUDA)"),
            "mps": _("Apple GPU (MPS)"),
        }[self.value]


class RetrainTask(enum.Enum):
    ARTERIES = "arteries"
    CALCIFICATION = "calcification"

    def label(self):
        return {"arteries": _("Arteries"), "calcification": _("Calcification")}[self.value]


class ComparedStructure(enum.Enum):
    CALCIFICATION = "calcification"
    ARTERIES = "arteries"

    def label(self):
        return {"calcification": _("Calcification"), "arteries": _("Arteries")}[self.value]


class Faces(enum.Enum):
    AUTO = "auto"
    LEFT = "left"
    RIGHT = "right"

    def label(self):
        return {
            "auto": _("Automatic"),
            "left": _("To the left of the image"),
            "right": _("To the right of the image"),
        }[self.value]


class Severity(enum.Enum):
    """The tables of radiograph.severity, by their names; the default first."""

    ML_AAC24 = "ml-aac24"
    DIALYSIS = "dialysis"
    NONE_TO_SEVERE = "none-to-severe"

    def label(self):
        return {
            "ml-aac24": _("ML-AAC24: 0–1, 2–5, 6 and more"),
            "dialysis": _("Dialysis: 0–4, 5–15, 16–24"),
            "none-to-severe": _("None to severe: 0, 1–4, 5–15, 16–24"),
        }[self.value]


KEPT_LENGTH_MM = {each.group: each.kept_length_mm for each in TERRITORIES if each.group is not None}
Length = Annotated[float, WithinRange(0, 1000)]
# Parameters that hold a segmentation.
MASKS = ("arteries", "calcification", "cutOff", "comparedA", "comparedB")
# Parameters that hold a node.
NODES = ("ct", "radiograph", "ctVertebrae", *MASKS)


@parameterNodeWrapper
class AbdominalCalcificationParameterNode:
    """What the user chose; kept with the scene.

    Lengths are in mm, volumes in mm³. Whether checkpoints are trusted to run code is not among
    them: a scene from somebody else must not decide that.
    """

    ct: vtkMRMLScalarVolumeNode
    arterySource: ArterySource = ArterySource.BUNDLED
    arteryModels: str = ""
    calcificationSource: CalcificationSource = CalcificationSource.BUNDLED
    calcificationModel: str = ""
    labelNames: str = ""
    threshold: str = "realistic"
    arteries: vtkMRMLSegmentationNode
    calcification: vtkMRMLSegmentationNode
    cutOff: vtkMRMLSegmentationNode
    device: Device = Device.AUTO
    tileStep: Annotated[float, WithinRange(*TILE_STEPS)] = TILE_STEP
    mirroring: bool = False
    folds: str = ""
    renalLengthMm: Length = KEPT_LENGTH_MM["renal"]
    mesentericLengthMm: Length = KEPT_LENGTH_MM["mesenteric"]
    commonIliacLengthMm: Length = KEPT_LENGTH_MM["common_iliac"]
    branchLengths: str = ""
    maxDistanceMm: Annotated[float, WithinRange(0, 100)] = 3.0
    minClusterVolumeMm3: Annotated[float, WithinRange(0, 10000)] = 0.0
    paintLimited: bool = True
    paintAboveHu: Annotated[float, WithinRange(-200, 3000)] = 300.0
    paintAboveOf: str = ""  # the case that the HU was proposed for
    exportAnonymous: bool = False
    exportDicom: bool = False
    exportReport: bool = False
    retrainTask: RetrainTask = RetrainTask.ARTERIES
    retrainMinutes: Annotated[float, WithinRange(1, 10000)] = 40.0
    comparedStructure: ComparedStructure = ComparedStructure.CALCIFICATION
    comparedA: vtkMRMLSegmentationNode
    comparedB: vtkMRMLSegmentationNode
    disagreementShown: bool = True
    bothShown: bool = True
    onlyAShown: bool = True
    onlyBShown: bool = True
    radiograph: vtkMRMLScalarVolumeNode
    radiographFaces: Faces = Faces.AUTO
    radiographInverted: bool = False
    radiographModels: str = ""
    radiographSeverity: Severity = Severity.ML_AAC24
    ctVertebrae: vtkMRMLSegmentationNode


def read_nodes_anew(parameters):
    """Let every wrapper of the node, and what it is connected with, know the nodes that are chosen.

    A wrapper keeps them and reads them where the parameter node is modified. While a scene is read
    that is before the nodes are there, or before they got other IDs beside a scene, and no event follows.
    """
    node = parameters.parameterNode
    if any(getattr(parameters, name) is not node.GetNodeReference(name) for name in NODES):
        node.Modified()


def case_of(parameters):
    """Return the chosen nodes (scene.ownership.SceneCase)."""
    from AbdominalCalcificationLib.scene.ownership import SceneCase

    return SceneCase(parameters.ct, parameters.arteries, parameters.calcification, parameters.cutOff)


def given_masks(parameters) -> frozenset[str]:
    """Return which of the two masks a run only reads."""
    given = {
        "arteries": parameters.arterySource == ArterySource.EXISTING,
        "calcification": parameters.calcificationSource == CalcificationSource.EXISTING,
    }
    return frozenset(role for role, is_given in given.items() if is_given)


def radiograph_choices_of(parameters, trust: bool = False):
    """Return what was chosen about the analysis of a radiograph (radiograph.case.CaseChoices).

    Raises InputError for what cannot be.
    """
    from AbdominalCalcificationLib.radiograph.case import CaseChoices
    from AbdominalCalcificationLib.radiograph.reading import ReadingChoices, parse_spacing

    given = pixel_size_of(parameters.radiograph)
    faces = None if parameters.radiographFaces == Faces.AUTO else parameters.radiographFaces.value
    reading = ReadingChoices(parse_spacing(given) if given else None, faces, invert=parameters.radiographInverted)
    return CaseChoices(reading, folders_in(parameters.radiographModels), parameters.device.value, trust)


def needs_models(parameters) -> bool:
    """Return whether a network has to run."""
    return parameters.arterySource != ArterySource.EXISTING or parameters.calcificationSource in (
        CalcificationSource.BUNDLED,
        CalcificationSource.MODEL,
    )


def measurement_parameters(parameters):
    """Return the library's measurement parameters."""
    from AbdominalCalcificationLib.measurement import MeasurementParameters

    return MeasurementParameters(
        kept_length_mm=group_lengths_mm(parameters) | own_lengths_mm(parameters),
        max_distance_mm=parameters.maxDistanceMm,
        min_cluster_volume_mm3=parameters.minClusterVolumeMm3,
        reassigned=_reassigned(parameters.ct),
    )


def _reassigned(ct):
    """Return what was given to arteries on a CT, as measurement parameters have it."""
    from AbdominalCalcificationLib.measurement import Reassignment
    from AbdominalCalcificationLib.scene.reviewed import given_to_territories

    given = () if ct is None else given_to_territories(ct)
    return tuple(Reassignment(name, tuple(map(tuple, points.tolist()))) for name, points in given)


def choices_of(parameters, trust: bool = False):
    """Return what was chosen about an analysis (pipeline.Choices).

    Raises InputError where a source is chosen and not named.
    """
    from AbdominalCalcificationLib.inference.totalsegmentator import usable_weights
    from AbdominalCalcificationLib.pipeline import Choices
    from AbdominalCalcificationLib.reading import parse_label_names

    chosen = {}
    if parameters.arterySource == ArterySource.TOTALSEGMENTATOR:
        chosen["artery_models"] = [model.path for model in usable_weights().models]
    if parameters.arterySource == ArterySource.MODELS:
        chosen["artery_models"] = _folders(parameters.arteryModels, _("Arteries from"))
    if parameters.calcificationSource == CalcificationSource.MODEL:
        chosen["calcification_model"] = _folders(parameters.calcificationModel, _("Calcification from"))[0]
    if parameters.calcificationSource == CalcificationSource.THRESHOLD:
        chosen["calcification_threshold"] = parameters.threshold.strip()
    if needs_models(parameters):
        names = parse_label_names(parameters.labelNames) if parameters.labelNames.strip() else None
        # Bundled models have one fold each: folds that were typed for others are no obstacle.
        of_folders = bool(chosen.get("artery_models") or chosen.get("calcification_model"))
        folds = parse_folds(parameters.folds) if of_folders else ()
        effort = Effort(parameters.tileStep, parameters.mirroring, folds)
        chosen |= {"label_names": names, "trust": trust, "device": parameters.device.value, "effort": effort}
    return Choices(measurement=measurement_parameters(parameters), **chosen)


def folders_in(text) -> list[Path]:
    """Return the folders that a field names, separated by ';'."""
    return [Path(part.strip()) for part in text.split(";") if part.strip()]


def _folders(text, where):
    folders = folders_in(text)
    if not folders:
        raise InputError(
            _("No model folder is named under '{field}'; choose an nnU-Net v2 model folder.").format(field=where)
        )
    return folders
