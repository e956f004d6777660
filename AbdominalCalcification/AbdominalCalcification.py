"""The scripted module: panel, logic and self-test. The work itself is in ``AbdominalCalcificationLib``.

Nothing heavy is imported while Slicer starts: what computes is imported where it is used.
"""

import enum
import html
import importlib
import logging
import tempfile
import time
import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.errors import AbdominalCalcificationError, InferenceError, InputError
from AbdominalCalcificationLib.progress import Progress, drain, duration_text, scaled

SAMPLE_NAME = "SimulatedAbdominalCTA"
# The event loop gets its turn this often while the pipeline works.
TICK_S = 0.05


class AbdominalCalcification(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Abdominal Calcification")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = ["Segmentations", "SubjectHierarchy", "Plots", "Tables"]
        self.parent.contributors = ["AbdominalCalcification contributors"]
        self.parent.helpText = _(
            "Measures calcification of the abdominal arteries on CT angiograms: segments the aorta, its visceral"
            " and renal branches and the common iliac arteries, finds calcification, and reports calcified"
            " volume, burden and clusters per artery. The models that ship with it were trained on simulated CT:"
            " for trying and testing, not for diagnosis."
        )
        self.parent.acknowledgementText = _(
            "The measures follow Halkoaho et al. 2026, Acta Radiologica Open, doi 10.1177/20584601261431608."
        )
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer the CT angiogram that ships with the extension in the Sample Data module."""
    import SampleData

    from AbdominalCalcificationLib.resources import resources_folder, sample_case

    path = sample_case()
    if not path.is_file():
        return
    thumbnail = resources_folder() / "Icons" / f"{SAMPLE_NAME}.png"
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=_("Abdominal Calcification"),
        sampleName=SAMPLE_NAME,
        thumbnailFileName=str(thumbnail) if thumbnail.is_file() else None,
        uris=path.as_uri(),
        fileNames=f"{SAMPLE_NAME}.nrrd",
        checksums="SHA256:" + slicer.util.computeChecksum("SHA256", str(path)),
        nodeNames=SAMPLE_NAME,
    )


class ArterySource(enum.Enum):
    BUNDLED = "bundled"
    MODELS = "models"
    EXISTING = "existing"

    def label(self):
        return {
            "bundled": _("Bundled model (trained on simulated CT)"),
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
            "bundled": _("Bundled model (trained on simulated CT)"),
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


class ComparedStructure(enum.Enum):
    CALCIFICATION = "calcification"
    ARTERIES = "arteries"

    def label(self):
        return {"calcification": _("Calcification"), "arteries": _("Arteries")}[self.value]


KEPT_LENGTH_MM = {each.group: each.kept_length_mm for each in TERRITORIES if each.group is not None}
Length = Annotated[float, WithinRange(0, 1000)]


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
    renalLengthMm: Length = KEPT_LENGTH_MM["renal"]
    mesentericLengthMm: Length = KEPT_LENGTH_MM["mesenteric"]
    commonIliacLengthMm: Length = KEPT_LENGTH_MM["common_iliac"]
    maxDistanceMm: Annotated[float, WithinRange(0, 100)] = 3.0
    minClusterVolumeMm3: Annotated[float, WithinRange(0, 10000)] = 0.0
    comparedStructure: ComparedStructure = ComparedStructure.CALCIFICATION
    comparedA: vtkMRMLSegmentationNode
    comparedB: vtkMRMLSegmentationNode
    disagreementShown: bool = True
    bothShown: bool = True
    onlyAShown: bool = True
    onlyBShown: bool = True


@dataclass(frozen=True, eq=False)
class _Measured:
    """What was measured, before it is in the scene.

    Nodes are those of the moment when the work began: the masks that were given, or that may be
    written to, with what their state was; None where a new node is to be made.
    """

    ct: object
    analysis: object
    nodes: dict
    states: dict
    given: frozenset
    bundled: dict


class AbdominalCalcificationLogic(ScriptedLoadableModuleLogic):
    """From the nodes in the scene to results in the scene, without a window.

    What takes long is a generator of ``Progress`` that returns its result (see
    ``AbdominalCalcificationLib.progress``). It touches the scene only in its last step, so
    that closing it earlier leaves the scene as it was.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self._worker = None
        self.keptMasks = []

    def getParameterNode(self):
        return AbdominalCalcificationParameterNode(super().getParameterNode())

    def cleanup(self):
        """End the worker process, if one runs."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def analyzeSteps(self, parameters, trust=False, replaceMasks=True):
        """Segment what is not there yet, measure, and show the result.

        A mask that somebody edits meanwhile is not written to; `keptMasks` names those afterwards.

        :param parameters: AbdominalCalcificationParameterNode
        :param trust: load checkpoints that can run code
        :param replaceMasks: write into the chosen mask nodes; False leaves them and makes new ones
        :return: generator of Progress that returns the Analysis
        """
        from AbdominalCalcificationLib.reading import parse_label_names

        sources = {}
        if parameters.arterySource == ArterySource.MODELS:
            sources["artery_models"] = self._folders(parameters.arteryModels, _("Arteries from"))
        if parameters.calcificationSource == CalcificationSource.MODEL:
            sources["calcification_model"] = self._folders(parameters.calcificationModel, _("Calcification from"))[0]
        if parameters.calcificationSource == CalcificationSource.THRESHOLD:
            sources["calcification_threshold"] = parameters.threshold.strip()
        if self.needsModels(parameters):
            names = parse_label_names(parameters.labelNames) if parameters.labelNames.strip() else None
            sources |= {"label_names": names, "trust": trust}
            sources |= {"device": parameters.device.value, "worker": self._startedWorker()}
        measured = yield from self._measuredSteps(
            parameters,
            givenArteries=parameters.arterySource == ArterySource.EXISTING,
            givenCalcification=parameters.calcificationSource == CalcificationSource.EXISTING,
            replaceMasks=replaceMasks,
            **sources,
        )
        self._show(parameters, measured)
        return measured.analysis

    def recomputeSteps(self, parameters):
        """Measure the masks as they are now, hand corrections included; no model is run."""
        measured = yield from self._measuredSteps(parameters, givenArteries=True, givenCalcification=True)
        self._show(parameters, measured)
        return measured.analysis

    def exportSteps(self, parameters, folder, overwrite=False):
        """Measure the masks as they are now and write the result folder of the command line.

        :return: generator of Progress that returns what could not be written on this machine
        """
        from AbdominalCalcificationLib.export import export_steps
        from AbdominalCalcificationLib.reporting import ResultFolder
        from AbdominalCalcificationLib.scene.edits import history_of
        from AbdominalCalcificationLib.scene.volumes import volume_from_node

        ResultFolder(folder, overwrite=overwrite)  # refuses here, before any work is done
        steps = self._measuredSteps(parameters, givenArteries=True, givenCalcification=True)
        measured = yield from scaled(steps, 0.0, 0.5)
        ct = volume_from_node(measured.ct)
        histories = {name: history_of(node) for name, node in measured.nodes.items()}
        steps = export_steps(measured.analysis, ct, folder, overwrite=overwrite, histories=histories)
        notes = yield from scaled(steps, 0.5, 1.0)
        self._show(parameters, measured)
        return notes

    def compareSteps(self, parameters):
        """Compare two masks of the CT, per artery, and show where they differ.

        A, the reference, is the segmentation chosen as A, else the mask under Inputs. B is the one
        chosen as B, else A as it was made, before anybody corrected it.

        :return: generator of Progress that returns the scene.comparison.Comparison
        """
        from AbdominalCalcificationLib.comparison.overlap import disagreement
        from AbdominalCalcificationLib.comparison.territories import compare_steps
        from AbdominalCalcificationLib.scene.comparison import store_comparison
        from AbdominalCalcificationLib.scene.segmentations import arteries_from_node

        ct, structure = parameters.ct, parameters.comparedStructure
        yield Progress(_("Reading the scene"), 0.0)
        nodes, masks, names, notes = self._comparedPair(parameters)
        arteries = parameters.arteries if structure == ComparedStructure.CALCIFICATION else None
        if structure == ComparedStructure.CALCIFICATION and arteries is None:
            notes.append(_("No artery masks are chosen under Inputs: only the whole masks are compared."))
        within = None if arteries is None else arteries_from_node(arteries, ct)
        rows = yield from scaled(
            compare_steps(structure.value, *masks, within, self.measurementParameters(parameters)), 0.0, 0.95
        )
        yield Progress(_("Showing the result"), 0.95)
        what = _("{structure}. A, the reference: {a}. B: {b}.")
        what = what.format(structure=structure.label(), a=names[0], b=names[1])
        return store_comparison(
            rows,
            disagreement(*masks),
            ct,
            nodes,
            names=[f"A ({names[0]})", f"B ({names[1]})"],
            description=" ".join([what, *notes]),
            arteries_node=arteries,
        )

    def comparedReference(self, parameters):
        """Return the segmentation that is compared as A: the chosen one, else that under Inputs."""
        return parameters.comparedA or getattr(parameters, parameters.comparedStructure.value)

    def foundComparison(self, parameters):
        """Return the comparison of the chosen CT (scene.comparison.Comparison); None where there is none."""
        from AbdominalCalcificationLib.scene.comparison import find_comparison

        return None if parameters.ct is None else find_comparison(parameters.ct)

    def showDisagreement(self, parameters, shown, both=True, onlyA=True, onlyB=True):
        """Show where the compared masks differ in their place, or the masks again."""
        from AbdominalCalcificationLib.scene.comparison import show_comparison

        found = self.foundComparison(parameters)
        if found is not None:
            show_comparison(found, shown, {"both": both, "only_first": onlyA, "only_second": onlyB})

    def masksToAskAbout(self, parameters):
        """Return the mask nodes that Run would overwrite though they hold somebody's work.

        That is: masks that were corrected since they were made, and masks that were not made here.
        """
        from AbdominalCalcificationLib.scene.edits import changed_voxels

        nodes = []
        for node, kept, read in self._maskNodes(parameters):
            if kept or self._ofCT(node, parameters.ct) is None:
                continue
            mask = read(node, parameters.ct)
            changed = changed_voxels(node, mask)
            if changed or (changed is None and node.GetSegmentation().GetNumberOfSegments() > 0):
                nodes.append(node)
        return nodes

    def needsModels(self, parameters):
        """Return whether a network has to run."""
        return parameters.arterySource != ArterySource.EXISTING or parameters.calcificationSource in (
            CalcificationSource.BUNDLED,
            CalcificationSource.MODEL,
        )

    def missingPackages(self):
        """Return the packages that models need and that are not installed (inference.packages.Package)."""
        from AbdominalCalcificationLib.inference.packages import missing_packages

        return missing_packages()

    def explainPackages(self, missing):
        """Return what would be installed, how large it is, and where it goes."""
        import sysconfig

        from AbdominalCalcificationLib.inference.packages import explain_missing

        where = _("It goes into {folder}. Measuring given masks and thresholding work without it.")
        return f"{explain_missing(missing)} {where.format(folder=sysconfig.get_paths()['purelib'])}"

    def installPackages(self, missing):
        """Install `missing`: through the PyTorch and NNUNet extensions where they are, else with pip.

        Raises InferenceError where a package is still missing afterwards.
        """
        torchLogic = self._torchLogic()
        for package in missing:
            if package.name == "torch" and torchLogic is not None:
                # The build for this computer's GPU.
                version = package.requirement.removeprefix(package.name)
                torchLogic.installTorch(askConfirmation=False, torchVersionRequirement=version)
            elif package.name == "nnunetv2" and torchLogic is not None and self._nnunetInstaller() is not None:
                self._nnunetInstaller().setupPythonRequirements(package.requirement)
            else:
                self._pipInstall(package.requirement)
        importlib.invalidate_caches()
        missing = self.missingPackages()
        if missing:
            raise InferenceError(
                _(
                    "{packages} could not be installed; check the network and the log, or install the PyTorch and"
                    " NNUNet extensions in the Extensions Manager."
                ).format(packages=", ".join(package.name for package in missing))
            )

    def foundResults(self, parameters):
        """Return the scene's results of the chosen CT (scene.results.Results); None where there are none."""
        from AbdominalCalcificationLib.scene.results import find_results

        return None if parameters.ct is None else find_results(slicer.mrmlScene, parameters.ct)

    def allResults(self):
        """Return the results of every CT in the scene (scene.results.Results)."""
        from AbdominalCalcificationLib.scene.results import all_results

        return all_results(slicer.mrmlScene)

    def outdatedText(self, parameters, found):
        """Return why results are not those of the masks and lengths that are chosen now; empty where they are."""
        from AbdominalCalcificationLib.reporting.documents import parameters_document

        if found.outdated:
            return _("The masks were changed: press Recompute for numbers that belong to them.")
        if any(found.masks.get(name, node) is not node for name, node in self._chosenMasks(parameters).items()):
            return _("Other masks are chosen than those that were measured: press Recompute for their numbers.")
        if found.document["parameters"] != parameters_document(self.measurementParameters(parameters)):
            return _("Other lengths are set under Advanced than those measured with: press Recompute to use them.")
        return ""

    def chooseMasksOfCT(self, parameters, insteadOfOthers):
        """Choose the masks that were measured with the chosen CT, where none are chosen.

        :param insteadOfOthers: also where masks of another CT are chosen
        """
        found = self.foundResults(parameters)
        masks = {} if found is None else found.masks
        for name, role in (("arteries", "arteries"), ("calcification", "calcification"), ("cutOff", "cut_off")):
            chosen, own = getattr(parameters, name), masks.get(role)
            free = chosen is None or (insteadOfOthers and self._otherCT(chosen, parameters.ct) is not None)
            if free and chosen is not own:
                setattr(parameters, name, own)
        for name in ("comparedA", "comparedB"):
            if insteadOfOthers and self._otherCT(getattr(parameters, name), parameters.ct) is not None:
                setattr(parameters, name, None)

    def maskState(self, node, ct):
        """Return what changes whenever the mask does that `node` holds of `ct`."""
        from AbdominalCalcificationLib.scene.segmentations import mask_state

        return mask_state(node, ct)

    def summaryText(self, found):
        """Return the totals in a sentence, and what counts in none of them."""
        document = found.document
        total = document["total"]
        if total["burden"] is None:
            text = _("No artery was found.")
        else:
            text = _(
                "Total burden <b>{burden:.2f} %</b>: {calcified:.1f} mm³ calcified of {artery:.2f} mL artery,"
                " in {clusters} clusters."
            ).format(
                burden=100 * total["burden"],
                calcified=total["calcified_volume_mm3"],
                artery=total["artery_volume_mm3"] / 1000,
                clusters=total["cluster_count"],
            )
        left = [
            f"{document[key]:.1f} mm³ {where}"
            for key, where in (
                ("beyond_kept_length_calcified_volume_mm3", _("beyond the kept lengths")),
                ("unassigned_calcified_volume_mm3", _("near no artery")),
            )
            if document[key] > 0
        ]
        return text + (" " + _("Not counted: {what}.").format(what=", ".join(left)) if left else "")

    def flagTexts(self, found):
        """Return the messages of the quality flags."""
        return [flag["message"] for flag in found.document["flags"]]

    def show3D(self, parameters, visible):
        """Show or hide arteries, calcification and cut-off ends in the 3D views."""
        for node in (parameters.arteries, parameters.calcification, parameters.cutOff):
            if node is None:
                continue
            if visible:
                node.CreateClosedSurfaceRepresentation()
            node.CreateDefaultDisplayNodes()
            node.GetDisplayNode().SetVisibility3D(visible)

    def jumpToCluster(self, found, row):
        """Centre all slice views on the cluster in a row of the clusters table, and put the crosshair there."""
        from AbdominalCalcificationLib.scene.tables import cluster_position

        ras = cluster_position(found.clusters, row)
        slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *ras, slicer.vtkMRMLSliceNode.CenteredJumpSlice)
        crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
        if crosshair is not None:
            crosshair.SetCrosshairRAS(ras)

    def measurementParameters(self, parameters):
        """Return the library's measurement parameters."""
        from AbdominalCalcificationLib.measurement import MeasurementParameters

        return MeasurementParameters(
            kept_length_mm={
                "renal": parameters.renalLengthMm,
                "mesenteric": parameters.mesentericLengthMm,
                "common_iliac": parameters.commonIliacLengthMm,
            },
            max_distance_mm=parameters.maxDistanceMm,
            min_cluster_volume_mm3=parameters.minClusterVolumeMm3,
        )

    def _measuredSteps(self, parameters, givenArteries, givenCalcification, replaceMasks=True, **sources):
        """Run the pipeline on the nodes and return what it found as `_Measured`; see `analyzeSteps`."""
        from AbdominalCalcificationLib.flags import Flag
        from AbdominalCalcificationLib.pipeline import BUNDLED_MODEL_FLAG, analyze_steps
        from AbdominalCalcificationLib.scene import edits, segmentations
        from AbdominalCalcificationLib.scene.volumes import volume_from_node

        if parameters.ct is None:
            raise InputError(_("No CT is chosen; choose a CT volume, or load the sample from the Sample Data module."))
        yield Progress(_("Reading the scene"), 0.0)
        ctNode, chosen = parameters.ct, self._chosenMasks(parameters)
        bundled = {
            "arteries": parameters.arterySource == ArterySource.BUNDLED,
            "calcification": parameters.calcificationSource == CalcificationSource.BUNDLED,
        }
        ct = volume_from_node(ctNode)
        given, made, notes, flags = {}, [], [], []
        for name, wanted, title, read in (
            ("arteries", givenArteries, _("artery masks"), segmentations.arteries_from_node),
            ("calcification", givenCalcification, _("calcification mask"), segmentations.calcification_from_node),
        ):
            if not wanted:
                continue
            node = chosen[name]
            if node is None:
                raise InputError(_("No {masks} are chosen; choose a segmentation, or press Run.").format(masks=title))
            given[name] = read(node, ctNode)
            made.append(edits.source_of(node))
            other = self._otherCT(node, ctNode)
            if other is not None:
                text = _("The {masks}: made on another CT, '{ct}'.").format(masks=title, ct=other.GetName())
                flags.append(Flag("mask_of_another_ct", text))
            # Voxels of another grid cannot be counted.
            note = edits.edits_of(node) if other is not None else edits.record_edits(node, given[name])
            if note is not None:
                notes.append(note)
                flags.append(Flag("edited_by_hand", _("The {masks} were corrected by hand.").format(masks=title)))
        if any(source.get("bundled") for source in made):
            flags.append(BUNDLED_MODEL_FLAG)
        unknown = segmentations.unknown_segments(*(chosen[name] if name in given else None for name in chosen))
        nodes = {
            name: node if name in given or (replaceMasks and self._ofCT(node, ctNode) is not None) else None
            for name, node in chosen.items()
        }
        states = {name: self.maskState(node, ctNode) for name, node in nodes.items() if node is not None}
        if unknown:
            yield Progress(
                _("Reading the scene"),
                0.0,
                message=_("Segments that stand for nothing measured here are left out: {names}.").format(
                    names=", ".join(unknown)
                ),
            )
        analysis = yield from scaled(
            analyze_steps(
                ct,
                **given,
                **sources,
                parameters=self.measurementParameters(parameters),
                flags=flags,
                edits=notes,
                identity=self._identity(ctNode),
            ),
            0.0,
            0.97,
        )
        # What made the masks that were given now is not in the pipeline's hands.
        provenance = analysis.measurement.provenance
        for source in made:
            provenance["models"].extend(source.get("models", ()))
            provenance["calcification_source"] = source.get("calcification_source", provenance["calcification_source"])
            if source.get("label_names"):
                provenance["parameters"]["label_names"] = source["label_names"]
        yield Progress(_("Showing the result"), 0.97)
        return _Measured(ctNode, analysis, nodes, states, frozenset(given), bundled)

    def _show(self, parameters, measured):
        """Put masks that were made, cut-off ends, tables and chart into the scene."""
        from AbdominalCalcificationLib.scene import edits, results, segmentations

        ct, analysis, nodes = measured.ct, measured.analysis, dict(measured.nodes)
        provenance = analysis.measurement.provenance
        scene = slicer.mrmlScene
        if not all(scene.IsNodePresent(node) for node in (ct, *(nodes[name] for name in measured.given))):
            raise InputError(_("The CT or a mask was removed from the scene meanwhile; nothing was stored."))
        changed = [name for name, state in measured.states.items() if self._changed(nodes[name], ct, state)]
        self.keptMasks = []
        for name, mask, show in (
            ("arteries", analysis.arteries, segmentations.show_arteries),
            ("calcification", analysis.calcification, segmentations.show_calcification),
        ):
            if name in measured.given:
                continue
            if name in changed:  # somebody's work, which nobody agreed to replace
                self.keptMasks.append(nodes[name].GetName())
                nodes[name] = None
            models = [model for model in provenance["models"] if model["role"] == name]
            source = {"models": models, "bundled": measured.bundled[name]}
            if models and provenance["parameters"].get("label_names"):
                source["label_names"] = provenance["parameters"]["label_names"]
            if name == "calcification":
                source["calcification_source"] = provenance["calcification_source"]
            nodes[name] = show(ct, mask, nodes[name])
            edits.remember_origin(nodes[name], mask, source)
            setattr(parameters, name, nodes[name])
        cut = analysis.measurement.cut_arteries
        parameters.cutOff = segmentations.show_cut_off(ct, cut, self._ofCT(parameters.cutOff, ct))
        stored = results.store_measurement(analysis.measurement, ct, {**nodes, "cut_off": parameters.cutOff})
        if measured.given.intersection(changed):
            stored.mark_outdated()

    def _changed(self, node, ct, state):
        """Return whether a mask is another one than it was; one that was removed is."""
        return not slicer.mrmlScene.IsNodePresent(node) or self.maskState(node, ct) != state

    def _chosenMasks(self, parameters):
        return {"arteries": parameters.arteries, "calcification": parameters.calcification}

    def _comparedPair(self, parameters):
        """Return the segmentations to compare (one, if with what it was), both masks, their names, and remarks."""
        from AbdominalCalcificationLib.scene.edits import origin_of

        ct, first, second = parameters.ct, self.comparedReference(parameters), parameters.comparedB
        if ct is None or first is None:
            raise InputError(_("There is nothing to compare; choose a CT volume and a segmentation as A."))
        if first is second:
            raise InputError(_("A and B are the same segmentation; choose another one as B, or none."))
        nodes = [first] if second is None else [first, second]
        names = [node.GetName() for node in nodes]
        masks, notes = [], []
        for node in nodes:
            mask, left = self._comparedMask(node, parameters.comparedStructure, ct)
            masks.append(mask)
            if left:
                notes.append(_("Left out of '{mask}': {names}.").format(mask=node.GetName(), names=", ".join(left)))
        if second is None:
            made = origin_of(first, masks[0].grid) if self._ofCT(first, ct) is not None else None
            if made is None:
                raise InputError(
                    _(
                        "What '{mask}' was before correction is not known, because it was not made here on this CT;"
                        " choose another segmentation as B."
                    ).format(mask=names[0])
                )
            masks.append(made)
            names.append(_("{mask} as it was made").format(mask=names[0]))
        return nodes, masks, names, notes

    def _comparedMask(self, node, structure, ct):
        """Return the mask that a segmentation holds of `structure`, and the segments that are neither structure."""
        from AbdominalCalcificationLib.scene import segmentations

        unknown = {
            ComparedStructure.ARTERIES: segmentations.unknown_segments(arteries_node=node),
            ComparedStructure.CALCIFICATION: segmentations.unknown_segments(calcification_node=node),
        }
        arteries = structure == ComparedStructure.ARTERIES
        mask = (segmentations.arteries_from_node if arteries else segmentations.calcification_from_node)(node, ct)
        if unknown[structure] and not mask.array.any():
            text = _("Nothing in '{mask}' is known as {what}; give its segments ({names}) names that say so.")
            what = structure.label().lower()
            raise InputError(text.format(mask=node.GetName(), what=what, names=", ".join(unknown[structure])))
        return mask, [name for name in unknown[structure] if all(name in names for names in unknown.values())]

    def _ofCT(self, node, ct):
        """Return `node` where it is a mask of `ct`, else None: the masks of another CT are never written to."""
        return node if ct is not None and self._referenceCT(node) is ct else None

    def _otherCT(self, node, ct):
        """Return the CT that `node` is a mask of where that is another one than `ct`, else None."""
        other = self._referenceCT(node)
        return other if ct is not None and other is not ct else None

    def _referenceCT(self, node):
        """Return the CT in whose geometry a segmentation is kept; None where there is none."""
        role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
        return None if node is None else node.GetNodeReference(role)

    def _maskNodes(self, parameters):
        """Return (node, whether Run only reads it, how to read it) of both masks."""
        from AbdominalCalcificationLib.scene.segmentations import arteries_from_node, calcification_from_node

        return (
            (parameters.arteries, parameters.arterySource == ArterySource.EXISTING, arteries_from_node),
            (
                parameters.calcification,
                parameters.calcificationSource == CalcificationSource.EXISTING,
                calcification_from_node,
            ),
        )

    def _folders(self, text, where):
        folders = [Path(part.strip()) for part in text.split(";") if part.strip()]
        if not folders:
            raise InputError(
                _("No model folder is named under '{field}'; choose an nnU-Net v2 model folder.").format(field=where)
            )
        return folders

    def _startedWorker(self):
        from AbdominalCalcificationLib.inference import Worker

        if self._worker is None:
            self._worker = Worker()
        return self._worker

    def _identity(self, ctNode):
        """Return what tells which image it was: its name and, where it came from DICOM, its series UID."""
        identity = {"name": ctNode.GetName(), "format": "scene"}
        hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
        item = hierarchy.GetItemByDataNode(ctNode) if hierarchy is not None else 0
        uid = hierarchy.GetItemUID(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName()) if item else ""
        return identity | ({"series_uid": uid} if uid else {})

    def _torchLogic(self):
        """Return the logic of the PyTorch extension; None where it is not installed."""
        try:
            import PyTorchUtils
        except ImportError:
            return None
        return PyTorchUtils.PyTorchUtilsLogic()

    def _nnunetInstaller(self):
        """Return the installer of the NNUNet extension; None where it is not installed."""
        try:
            from SlicerNNUNetLib import InstallLogic
        except ImportError:
            return None
        return InstallLogic(doAskConfirmation=False)

    def _pipInstall(self, requirement):
        # Slicer's own SimpleITK and requests must stay as they are.
        try:
            from slicer.packaging import pip_install
        except ImportError:  # before Slicer 5.12
            slicer.util.pip_install(requirement)
        else:
            pip_install([requirement], skip_packages=["SimpleITK", "requests"], requester="AbdominalCalcification")


class AbdominalCalcificationWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel. Long work advances in a timer, a few steps per tick, so that the window stays alive."""

    def __init__(self, parent=None):
        # First, because without a parent the base class goes on to setup(), which observes.
        VTKObservationMixin.__init__(self)
        ScriptedLoadableModuleWidget.__init__(self, parent)

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = AbdominalCalcificationLogic()
        self._parameterNode = None
        self._guiTag = None
        self._shownCT = None
        self._observedMasks = {}
        self._steps = None
        self._onDone = None
        self._ticking = False
        self._answers = ()

        panel = slicer.util.loadUI(self.resourcePath("UI/AbdominalCalcification.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self._timer = qt.QTimer()
        self._timer.interval = 0
        self._timer.connect("timeout()", self.onTick)

        self.ui.runButton.connect("clicked(bool)", self.onRun)
        self.ui.cancelButton.connect("clicked(bool)", self.onCancel)
        self.ui.recomputeButton.connect("clicked(bool)", self.onRecompute)
        self.ui.exportButton.connect("clicked(bool)", self.onExport)
        self.ui.show3DButton.connect("toggled(bool)", self.onShow3D)
        self.ui.showChartButton.connect("clicked(bool)", self.onShowChart)
        self.ui.compareButton.connect("clicked(bool)", self.onCompare)
        for toggle in self._disagreementToggles():
            toggle.connect("toggled(bool)", self.onDisagreementToggled)
        self.ui.installButton.connect("clicked(bool)", self.onInstall)
        self.ui.arteryModelsBrowse.connect("clicked(bool)", self.onBrowseArteryModels)
        self.ui.calcificationModelBrowse.connect("clicked(bool)", self.onBrowseCalcificationModel)
        self.ui.clustersTable.connect("selectionChanged()", self.onClusterSelected)
        self.ui.clustersTable.connect("clicked(QModelIndex)", lambda _index: self.onClusterSelected())
        for index, button in enumerate((self.ui.firstAnswer, self.ui.secondAnswer, self.ui.lastAnswer)):
            button.connect("clicked(bool)", lambda _checked=False, index=index: self.onAnswer(index))

        self._colorToggles()
        self.ui.progressBar.visible = False
        self.ui.questionFrame.visible = False
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneReplaced)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneReplaced)
        self.initializeParameterNode()

    def cleanup(self):
        """Called when the module is closed or reloaded: nothing may go on without its panel."""
        self._stop()
        self.setParameterNode(None)
        self.removeObservers()
        self.logic.cleanup()

    def enter(self):
        """Called each time the panel is opened."""
        self.initializeParameterNode()
        self._showPackages()

    def onSceneStartClose(self, caller, event):
        self._takeAnswers()
        self._stop()
        self.setParameterNode(None)

    def onSceneReplaced(self, caller, event):
        self.setParameterNode(None)
        self.initializeParameterNode()

    def initializeParameterNode(self):
        """Show the scene's choices and results; take the first CT where none is chosen."""
        parameterNode = self.logic.getParameterNode()
        # Connecting fills the combo boxes anew: not each time the panel is opened.
        if self._parameterNode is None or self._parameterNode.parameterNode is not parameterNode.parameterNode:
            self.setParameterNode(parameterNode)
        if self._parameterNode.ct is None:
            volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
            self._parameterNode.ct = next((v for v in volumes if v.GetClassName() == "vtkMRMLScalarVolumeNode"), None)
        self.logic.chooseMasksOfCT(self._parameterNode, insteadOfOthers=False)
        self.showResults()
        self.showComparison()

    def setParameterNode(self, parameterNode):
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)
            for changed in self._observedMasks:
                self.removeObservers(changed)
            self._observedMasks = {}
        self._parameterNode = parameterNode
        if parameterNode is not None:
            # Not connectGui: where Slicer's returns no tag, what it connects stays connected for ever.
            widgets = {widget.property("SlicerParameterName"): widget for widget in vars(self.ui).values()}
            self._guiTag = parameterNode.connectParametersToGui({name: w for name, w in widgets.items() if name})
            self.addObserver(parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)
        self.onParametersChanged()

    def onParametersChanged(self, caller=None, event=None):
        """Enable what can be done, and show only the fields that the chosen sources use."""
        parameters, busy = self._parameterNode, self._steps is not None
        asking = bool(self._answers)
        settable = parameters is not None and not busy and not asking
        self.ui.inputsButton.enabled = self.ui.advancedButton.enabled = settable
        self.ui.cancelButton.enabled = busy
        hasCT = parameters is not None and parameters.ct is not None
        hasMasks = hasCT and parameters.arteries is not None and parameters.calcification is not None
        self.ui.runButton.enabled = hasCT and not busy and not asking
        for button in (self.ui.recomputeButton, self.ui.exportButton):
            button.enabled = hasMasks and not busy and not asking
        self.ui.show3DButton.enabled = hasMasks
        comparable = hasCT and self.logic.comparedReference(parameters) is not None
        self.ui.compareButton.enabled = comparable and not busy and not asking
        if parameters is None:
            self._shownCT = None
            return
        if parameters.ct is not self._shownCT:
            changed, self._shownCT = self._shownCT is not None, parameters.ct
            if changed and not slicer.mrmlScene.IsBatchProcessing():  # what is being loaded has its own masks
                self.logic.chooseMasksOfCT(parameters, insteadOfOthers=True)
            self.showResults()
            self.showComparison()
        else:
            self._showFlags(self.logic.foundResults(parameters))
        for shown, names in (
            (parameters.arterySource == ArterySource.MODELS, ("arteryModelsLabel", "arteryModelsRow")),
            (
                parameters.calcificationSource == CalcificationSource.MODEL,
                ("calcificationModelLabel", "calcificationModelRow"),
            ),
            (
                parameters.arterySource == ArterySource.MODELS
                or parameters.calcificationSource == CalcificationSource.MODEL,
                ("labelNamesLabel", "labelNames"),
            ),
            (parameters.calcificationSource == CalcificationSource.THRESHOLD, ("thresholdLabel", "threshold")),
        ):
            for name in names:
                getattr(self.ui, name).visible = shown
        self._observeMasks()

    def onRun(self, checked=False):
        """Run, after asking what has to be asked."""
        missing = self.logic.missingPackages() if self.logic.needsModels(self._parameterNode) else []
        if missing:
            self._ask(
                self.logic.explainPackages(missing),
                (_("Install, then run"), lambda: self._install(missing) and self.onRun()),
            )
            return
        try:
            corrected = self.logic.masksToAskAbout(self._parameterNode)
        except AbdominalCalcificationError as error:
            self._showError(str(error))
            return
        if corrected:
            self._ask(
                _("{masks}: corrected by hand, or not made here. Running again would replace this work.").format(
                    masks=", ".join(f"'{node.GetName()}'" for node in corrected)
                ),
                (_("Keep, make new masks"), lambda: self._run(replaceMasks=False)),
                (_("Replace"), lambda: self._replace(corrected)),
            )
            return
        self._run(replaceMasks=True)

    def onCancel(self, checked=False):
        if self._steps is not None:
            self._stop()
            self._status(_("Cancelled; the scene is as it was."))

    def onRecompute(self, checked=False):
        self._start(self.logic.recomputeSteps(self._parameterNode), self._onMeasured)

    def onExport(self, checked=False):
        chosen = qt.QFileDialog.getExistingDirectory(self.parent, _("Folder for the result folder"))
        if not chosen:
            return
        folder = Path(chosen) / f"{self._fileName(self._parameterNode.ct.GetName())} calcification"
        if folder.exists():
            self._ask(
                _("'{folder}' exists already.").format(folder=folder),
                (_("Replace its results"), lambda: self._export(folder, overwrite=True)),
            )
        else:
            self._export(folder, overwrite=False)

    def onCompare(self, checked=False):
        self._start(self.logic.compareSteps(self._parameterNode), self._onCompared)

    def onDisagreementToggled(self, checked=False):
        """Show the disagreement as the check boxes say."""
        shown, *segments = (toggle.checked for toggle in self._disagreementToggles())
        for toggle in self._disagreementToggles()[1:]:
            toggle.enabled = shown
        if self._parameterNode is not None:
            self.logic.showDisagreement(self._parameterNode, shown, *segments)

    def onShow3D(self, shown):
        with slicer.util.WaitCursor():
            self.logic.show3D(self._parameterNode, shown)
        if shown and slicer.app.layoutManager() is not None:
            slicer.util.resetThreeDViews()

    def onShowChart(self, checked=False):
        found = self.logic.foundResults(self._parameterNode)
        if found is not None and found.chart is not None:
            slicer.modules.plots.logic().ShowChartInLayout(found.chart)

    def onClusterSelected(self):
        """Centre the views on the cluster of the selected row."""
        table = self.ui.clustersTable
        rows = [
            table.sortFilterProxyModel().mapToSource(index).row() for index in table.selectionModel().selectedRows()
        ]
        if len(rows) == 1 and self._parameterNode is not None:
            self.logic.jumpToCluster(self.logic.foundResults(self._parameterNode), rows[0])

    def onInstall(self, checked=False):
        missing = self.logic.missingPackages()
        self._ask(self.logic.explainPackages(missing), (_("Install"), lambda: self._install(missing)))

    def onBrowseArteryModels(self, checked=False):
        folder = qt.QFileDialog.getExistingDirectory(self.parent, _("nnU-Net v2 model folder for arteries"))
        if folder:
            before = self._parameterNode.arteryModels.strip().rstrip(";")
            self._parameterNode.arteryModels = f"{before}; {folder}" if before else folder

    def onBrowseCalcificationModel(self, checked=False):
        folder = qt.QFileDialog.getExistingDirectory(self.parent, _("nnU-Net v2 model folder for calcification"))
        if folder:
            self._parameterNode.calcificationModel = folder

    def onAnswer(self, index):
        """Act on a button of the question in the panel; the last one is always Cancel."""
        answers = self._takeAnswers()
        self.onParametersChanged()
        if index < len(answers):
            answers[index][1]()

    @property
    def isBusy(self):
        """Whether something is at work."""
        return self._steps is not None

    def onTick(self):
        """Advance the work for a short while."""
        if self._ticking or self._steps is None:
            return
        self._ticking = True
        try:
            self._advance(time.monotonic() + TICK_S)
        except StopIteration as finished:
            onDone = self._onDone
            self._stop()
            onDone(finished.value)
        except AbdominalCalcificationError as error:
            self._stop()
            self._showError(str(error))
            self._log(getattr(error, "details", ""))
        except Exception as error:
            self._stop()
            logging.exception("AbdominalCalcification")
            self._showError(_("Internal error: {error}; see the Python console.").format(error=error))
        finally:
            self._ticking = False

    def onMasksChanged(self, caller=None, event=None):
        """Note that the numbers no longer belong to the mask, and say so."""
        if self._parameterNode is None or not self._isChanged(self.onMasksChanged, caller):
            return
        current = [each for each in self.logic.allResults() if caller in each.measured.values() and not each.outdated]
        for each in current:
            each.mark_outdated()
        if not current:  # said before: this comes with every stroke of the brush
            return
        found = self.logic.foundResults(self._parameterNode)
        self._showFlags(found)
        if found is not None and found.outdated and not self.isBusy:
            self._status(self.logic.outdatedText(self._parameterNode, found))

    def onComparedChanged(self, caller=None, event=None):
        """Note that the comparison no longer belongs to the masks."""
        if not self._isChanged(self.onComparedChanged, caller):
            return
        found = self.logic.foundComparison(self._parameterNode) if self._parameterNode else None
        if found is not None and not found.outdated:
            found.mark_outdated()
            self.showComparison()

    def showResults(self):
        """Show the results of the chosen CT, or that there are none."""
        found = self.logic.foundResults(self._parameterNode)
        self.ui.territoriesTable.setMRMLTableNode(found.territories if found is not None else None)
        self.ui.clustersTable.setMRMLTableNode(found.clusters if found is not None else None)
        for widget in (self.ui.territoriesTable, self.ui.clustersLabel, self.ui.clustersTable):
            widget.visible = found is not None
        self.ui.showChartButton.enabled = found is not None
        self.ui.summaryLabel.text = self.logic.summaryText(found) if found is not None else _("Nothing measured yet.")
        self._showFlags(found)

    def _showFlags(self, found):
        """Show what is to be known about results, and whether they are still those of the masks."""
        outdated = self.logic.outdatedText(self._parameterNode, found) if found is not None else ""
        flags = ([outdated] if outdated else []) + (self.logic.flagTexts(found) if found is not None else [])
        self.ui.flagsLabel.text = "<br>".join(f"⚠ {text}" for text in flags)
        self.ui.flagsLabel.visible = bool(flags)

    def showComparison(self):
        """Show the comparison of the chosen CT, or that there is none."""
        found = self.logic.foundComparison(self._parameterNode)
        self.ui.comparisonTable.setMRMLTableNode(found.table if found is not None else None)
        for widget in (self.ui.comparisonTable, self.ui.disagreementRow):
            widget.visible = found is not None
        text = found.description if found is not None else _("Nothing compared yet.")
        if found is not None and found.outdated:
            text += " " + _("A mask was changed since: press Compare for numbers that belong to it.")
        self.ui.comparisonLabel.text = text

    def _replace(self, agreed):
        """Run over masks that the user agreed to lose; ask again where others were corrected since."""
        if set(self.logic.masksToAskAbout(self._parameterNode)) <= set(agreed):
            self._run(replaceMasks=True)
        else:
            self.onRun()

    def _run(self, replaceMasks):
        trust = self.ui.trustCheckBox.checked
        self._start(self.logic.analyzeSteps(self._parameterNode, trust, replaceMasks), self._onMeasured)

    def _export(self, folder, overwrite):
        def done(notes):
            self._onMeasured(None)
            for note in notes:
                self._log(note)
            self._status(_("Exported to {folder}").format(folder=folder))

        self._start(self.logic.exportSteps(self._parameterNode, folder, overwrite), done)

    def _install(self, missing):
        names = ", ".join(package.name for package in missing)
        self._status(_("Installing {packages}; this can take minutes…").format(packages=names))
        slicer.app.processEvents()
        try:
            with slicer.util.WaitCursor():
                self.logic.installPackages(missing)
        except Exception as error:  # pip and the extensions' installers raise what they like
            logging.exception("AbdominalCalcification")
            self._showError(str(error))
            return False
        finally:
            self._showPackages()
        self._status(_("Installed."))
        return True

    def _start(self, steps, onDone):
        self._steps, self._onDone = steps, onDone
        self.ui.log.clear()
        self.ui.progressBar.value = 0
        self.ui.progressBar.visible = True
        self._status(_("Starting"))
        self.onParametersChanged()
        self._timer.start()

    def _advance(self, until):
        while True:
            step = next(self._steps)
            if step.message:
                self._log(step.message)
            if step.waiting or time.monotonic() >= until:
                break
        # Another process is at work: no need to ask it in every turn of the event loop.
        self._timer.interval = int(1000 * TICK_S) if step.waiting else 0
        left = (
            "" if step.seconds_left is None else _(", about {time} left").format(time=duration_text(step.seconds_left))
        )
        self._status(step.stage + left)
        if step.fraction is not None:
            self.ui.progressBar.value = int(1000 * step.fraction)

    def _stop(self):
        """End the work, if any; closing the generator ends its process and removes its files."""
        self._timer.stop()
        steps, self._steps, self._onDone = self._steps, None, None
        if steps is not None:
            steps.close()
        self.ui.progressBar.visible = False
        self.onParametersChanged()

    def _onCompared(self, comparison):
        self.showComparison()
        self._status(_("Done."))
        self.ui.showDisagreement.checked = True
        self.onDisagreementToggled()  # also where it was checked already

    def _disagreementToggles(self):
        return self.ui.showDisagreement, self.ui.showBoth, self.ui.showOnlyA, self.ui.showOnlyB

    def _colorToggles(self):
        """Give the check boxes the colours of the segments that they show."""
        from AbdominalCalcificationLib.display import BOTH_COLOR, ONLY_FIRST_COLOR, ONLY_SECOND_COLOR

        for toggle, color in zip(
            self._disagreementToggles()[1:], (BOTH_COLOR, ONLY_FIRST_COLOR, ONLY_SECOND_COLOR), strict=True
        ):
            red, green, blue = (round(255 * part) for part in color)
            toggle.styleSheet = f"font-weight: bold; color: rgb({red}, {green}, {blue})"

    def _onMeasured(self, analysis):
        self.showResults()
        self.showComparison()
        if analysis is not None:  # what was compared may be another mask now; show the masks
            self.ui.showDisagreement.checked = False
        self._status(self._doneText())
        self.ui.resultsButton.collapsed = False
        if self.ui.show3DButton.checked:
            self.logic.show3D(self._parameterNode, True)
        else:
            self.ui.show3DButton.checked = True

    def _doneText(self):
        """Return what to say after measuring."""
        found = self.logic.foundResults(self._parameterNode)
        if found is not None and found.outdated:
            return self.logic.outdatedText(self._parameterNode, found)
        kept, self.logic.keptMasks = self.logic.keptMasks, []
        if kept:
            names = ", ".join(f"'{name}'" for name in kept)
            return _("Done. {masks}: edited meanwhile and kept; the new mask is beside it.").format(masks=names)
        return _("Done.")

    def _observeMasks(self):
        """Watch the masks that were measured, and those that were compared, for edits."""
        measured = [(node, each.ct) for each in self.logic.allResults() for node in each.measured.values()]
        found = self.logic.foundComparison(self._parameterNode)
        compared = (
            [] if found is None else [(node, self._parameterNode.ct) for node in (*found.compared, found.arteries)]
        )
        for changed, pairs in ((self.onMasksChanged, measured), (self.onComparedChanged, compared)):
            masks = {node: ct for node, ct in pairs if node is not None and ct is not None}
            observed = self._observedMasks.setdefault(changed, {})
            if masks == {node: ct for node, (ct, _state) in observed.items()}:
                continue
            self.removeObservers(changed)
            for node in masks:
                for event in (
                    slicer.vtkSegmentation.SourceRepresentationModified,
                    slicer.vtkSegmentation.SegmentAdded,
                    slicer.vtkSegmentation.SegmentRemoved,
                    slicer.vtkSegmentation.SegmentModified,  # undone, renamed
                    slicer.vtkMRMLTransformableNode.TransformModifiedEvent,
                ):
                    self.addObserver(node, event, changed)
            states = {node: (ct, self.logic.maskState(node, ct)) for node, ct in masks.items()}
            self._observedMasks[changed] = states | {node: kept for node, kept in observed.items() if node in masks}

    def _isChanged(self, changed, node):
        """Return whether an observed mask is another one than when this was asked last; colours do not count."""
        ct, before = self._observedMasks.get(changed, {}).get(node, (None, None))
        if ct is None:
            return True
        state = self.logic.maskState(node, ct)
        self._observedMasks[changed][node] = (ct, state)
        return state != before

    def _showPackages(self):
        missing = self.logic.missingPackages()
        self.ui.installButton.visible = bool(missing)
        self.ui.packagesLabel.text = (
            self.logic.explainPackages(missing) if missing else _("The packages that models need are installed.")
        )

    def _ask(self, text, *answers):
        """Ask in the panel, not in a dialog: buttons for `answers` (text, what to do), and Cancel."""
        self._answers = answers
        self.ui.questionLabel.text = text
        for index, button in enumerate((self.ui.firstAnswer, self.ui.secondAnswer)):
            button.visible = index < len(answers)
            button.text = answers[index][0] if index < len(answers) else ""
        self.ui.lastAnswer.text = _("Cancel")
        self.ui.questionFrame.visible = True
        self.onParametersChanged()

    def _takeAnswers(self):
        """Take the question away and return the answers it had."""
        answers, self._answers = self._answers, ()
        self.ui.questionFrame.visible = False
        return answers

    def _showError(self, message):
        self._status(f'<span style="color:#c0392b">{html.escape(message)}</span>')
        self._log(message)

    def _status(self, text):
        self.ui.statusLabel.text = text

    def _log(self, text):
        if text:
            self.ui.log.appendPlainText(text)

    @staticmethod
    def _fileName(name):
        return "".join(c if c.isalnum() or c in " ._-" else "_" for c in name).strip(" .") or "CT"


class AbdominalCalcificationTest(ScriptedLoadableModuleTest):
    """Runs in a bare Slicer, without network and without torch; inference is skipped there, and says so."""

    def setUp(self):
        slicer.mrmlScene.Clear()
        self.logic = AbdominalCalcificationLogic()
        self.parameters = self.logic.getParameterNode()

    def tearDown(self):
        self.logic.cleanup()
        slicer.mrmlScene.Clear()

    def runTest(self, **kwargs):
        """Run every test; the Reload & Test button comes here. A skipped test is no failure."""
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(type(self)).run(result)
        for test, reason in result.skipped:
            self.delayDisplay(f"Skipped {test.id()}: {reason}")
        problems = [f"{test.id()}: {trace}" for test, trace in result.failures + result.errors]
        if problems:
            raise AssertionError("\n".join(problems))
        self.delayDisplay(f"{result.testsRun} tests passed or skipped")

    def test_sampleIsInTheSampleDataModule(self):
        import SampleData

        registerSampleData()
        node = SampleData.downloadSample(SAMPLE_NAME)
        self.assertEqual(node.GetName(), SAMPLE_NAME)
        self.assertGreater(node.GetImageData().GetScalarRange()[1], 300)

    def test_givenMasksAreMeasured(self):
        arteries, calcification = self._chooseSampleWithMasks()
        analysis = drain(self.logic.analyzeSteps(self.parameters))
        measurement = analysis.measurement
        voxel = calcification.grid.voxel_volume_mm3
        everything = (
            measurement.total.calcified_volume_mm3
            + measurement.unassigned_calcified_volume_mm3
            + measurement.beyond_kept_length_calcified_volume_mm3
            + measurement.below_minimum_calcified_volume_mm3
        )
        self.assertAlmostEqual(everything, (calcification.array != 0).sum() * voxel, places=3)
        self.assertTrue(measurement.territory("aorta").found)
        self.assertEqual(analysis.arteries.array.tolist(), arteries.array.tolist())

    def test_thresholdNeedsNoModel(self):
        self._chooseSampleWithMasks()
        self.parameters.calcificationSource = CalcificationSource.THRESHOLD
        self.parameters.threshold = "fixed:400"
        self.assertFalse(self.logic.needsModels(self.parameters))
        own = self.parameters.calcification
        analysis = drain(self.logic.analyzeSteps(self.parameters, replaceMasks=False))
        self.assertGreater(analysis.measurement.total.calcified_volume_mm3, 0)
        self.assertIsNot(self.parameters.calcification, own)

    def test_modelsSegmentTheSample(self):
        missing = self.logic.missingPackages()
        if missing:
            self.skipTest(f"inference needs {', '.join(p.name for p in missing)}, not installed here")
        self._chooseMiddleOfSample()
        analysis = drain(self.logic.analyzeSteps(self.parameters))
        self.assertTrue(analysis.measurement.territory("aorta").found)
        self.assertEqual(
            {model["role"] for model in analysis.measurement.provenance["models"]}, {"arteries", "calcification"}
        )
        self.assertIn("bundled_model", [flag.code for flag in analysis.measurement.flags])

    def test_correctionsAreNoticedAndCounted(self):
        self._chooseSampleWithMasks()
        self.parameters.calcificationSource = CalcificationSource.THRESHOLD
        self.parameters.threshold = "fixed:400"
        drain(self.logic.analyzeSteps(self.parameters, replaceMasks=False))
        self.assertEqual(self.logic.masksToAskAbout(self.parameters), [])
        removed = self._eraseHalf(self.parameters.calcification)
        self.assertEqual(self.logic.masksToAskAbout(self.parameters), [self.parameters.calcification])
        measurement = drain(self.logic.recomputeSteps(self.parameters)).measurement
        self.assertIn("edited_by_hand", [flag.code for flag in measurement.flags])
        self.assertEqual([edit["changed_voxels"] for edit in measurement.provenance["edits"]], [removed])

    def test_correctedIsComparedWithWhatWasMade(self):
        self._chooseSampleWithMasks()
        self.parameters.calcificationSource = CalcificationSource.THRESHOLD
        self.parameters.threshold = "fixed:400"
        made = drain(self.logic.analyzeSteps(self.parameters, replaceMasks=False)).calcification
        removed = self._eraseHalf(self.parameters.calcification) * made.grid.voxel_volume_mm3
        for reloaded in (False, True):
            table = drain(self.logic.compareSteps(self.parameters)).table.GetTable()
            whole = table.GetNumberOfRows() - 1
            corrected, before, both = (table.GetValueByName(whole, name).ToDouble() for name in ("A", "B", "Both"))
            self.assertAlmostEqual(before, (made.array != 0).sum() * made.grid.voxel_volume_mm3, delta=0.1)
            self.assertAlmostEqual(before - corrected, removed, delta=0.1)
            self.assertEqual(both, corrected)
            if not reloaded:
                self._saveAndLoad()
        self.assertEqual(self.logic.masksToAskAbout(self.parameters), [self.parameters.calcification])

    def test_resultsSurviveTheScene(self):
        self._chooseSampleWithMasks()
        drain(self.logic.analyzeSteps(self.parameters))
        self.parameters.renalLengthMm = 25.0
        shown = self.logic.summaryText(self.logic.foundResults(self.parameters))
        self._saveAndLoad()
        self.assertEqual(self.parameters.renalLengthMm, 25.0)
        self.assertIsNotNone(self.parameters.ct)
        self.assertIsNotNone(self.parameters.arteries)
        self.assertEqual(self.logic.summaryText(self.logic.foundResults(self.parameters)), shown)

    def test_exportWritesTheFilesOfTheCommandLine(self):
        self._chooseSampleWithMasks()
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results"
            drain(self.logic.exportSteps(self.parameters, results))
            written = {path.name for path in results.iterdir()}
            for name in ("arteries.nii.gz", "calcification.nii.gz", "measurements.json", "territories.csv"):
                self.assertIn(name, written)
            with self.assertRaises(InputError):
                drain(self.logic.exportSteps(self.parameters, results))

    def test_panelGoesFromSampleToResults(self):
        self._chooseSampleWithMasks()
        widget = AbdominalCalcificationWidget()
        try:
            widget.ui.runButton.click()
            self._waitFor(widget)
            self.assertEqual(widget.ui.statusLabel.text, _("Done."))
            self.assertIsNotNone(widget.ui.territoriesTable.mrmlTableNode())
            self.assertIsNotNone(widget.ui.clustersTable.mrmlTableNode())
        finally:
            widget.cleanup()
            widget.parent.deleteLater()

    def _chooseSample(self):
        from AbdominalCalcificationLib.resources import sample_case

        self.parameters.ct = slicer.util.loadVolume(str(sample_case()))

    def _chooseMiddleOfSample(self):
        """Choose the part of the sample around the aortic bifurcation: few tiles, so that inference is quick."""
        from AbdominalCalcificationLib.scene.volumes import volume_from_node, volume_node_from

        self._chooseSample()
        middle = (slice(40, 112), slice(30, 105), slice(45, 120))
        self.parameters.ct = volume_node_from(volume_from_node(self.parameters.ct).cropped(middle), "sample, middle")

    def _chooseSampleWithMasks(self):
        """Choose the sample CT and, as masks of the user's own, its exact truth; return the masks."""
        from AbdominalCalcificationLib.reading import read_mask
        from AbdominalCalcificationLib.resources import sample_case
        from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification

        self._chooseSample()
        arteries = read_mask(sample_case().with_name("simulated_cta_arteries.nrrd"))
        calcification = read_mask(sample_case().with_name("simulated_cta_calcification.nrrd"))
        self.parameters.arteries = show_arteries(self.parameters.ct, arteries)
        self.parameters.calcification = show_calcification(self.parameters.ct, calcification)
        self.parameters.arterySource = ArterySource.EXISTING
        self.parameters.calcificationSource = CalcificationSource.EXISTING
        return arteries, calcification

    def _eraseHalf(self, node):
        """Erase the lower half of the calcification and return how many voxels that were."""
        segment = node.GetSegmentation().GetNthSegmentID(0)
        array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, self.parameters.ct)
        middle = int(array.nonzero()[0].mean())
        removed = int((array[:middle] != 0).sum())
        array[:middle] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, self.parameters.ct)
        return removed

    def _saveAndLoad(self):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "scene.mrb")
            self.assertTrue(slicer.util.saveScene(path))
            slicer.mrmlScene.Clear()
            slicer.util.loadScene(path)
        self.parameters = self.logic.getParameterNode()

    def _waitFor(self, widget, seconds=300):
        until = time.monotonic() + seconds
        while widget.isBusy and time.monotonic() < until:
            slicer.app.processEvents()
        self.assertFalse(widget.isBusy)
