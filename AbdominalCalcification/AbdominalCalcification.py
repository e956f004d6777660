"""The scripted module: what Slicer looks for by name. The panel's parts are in ``AbdominalCalcificationPanel``,
the work itself is in ``AbdominalCalcificationLib``.

Nothing heavy is imported while Slicer starts: what computes is imported where it is used.
"""

import sys

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleWidget,
)

from AbdominalCalcificationPanel import about, installer
from AbdominalCalcificationPanel.panel import Panel
from AbdominalCalcificationPanel.parameters import (
    AbdominalCalcificationParameterNode,
    case_of,
    choices_of,
    given_masks,
    measurement_parameters,
    needs_models,
    read_nodes_anew,
)
from AbdominalCalcificationPanel.radiograph_page import RadiographPage
from AbdominalCalcificationPanel.self_test import AbdominalCalcificationTest  # noqa: F401  (Slicer finds it here)

SAMPLE_NAME = "SimulatedAbdominalCTA"
RADIOGRAPH_NAME = "SimulatedLumbarRadiograph"


class AbdominalCalcification(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Abdominal Calcification")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = ["Segmentations", "SubjectHierarchy", "Plots", "Tables", "Markups"]
        self.parent.contributors = ["AbdominalCalcification contributors"]
        self.parent.helpText = about.help_text()
        self.parent.acknowledgementText = about.acknowledgement()
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer the CT angiogram and the radiograph that ship with the extension in the Sample Data module."""
    from AbdominalCalcificationLib import resources

    _registerSample(SAMPLE_NAME, resources.sample_case(), resources.SAMPLE_SHA256)
    _registerSample(RADIOGRAPH_NAME, resources.sample_radiograph(), resources.SAMPLE_RADIOGRAPH_SHA256)


def _registerSample(name, path, sha256):
    import SampleData

    from AbdominalCalcificationLib.resources import resources_folder

    if not path.is_file():
        return
    thumbnail = resources_folder() / "Icons" / f"{name}.png"
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=_("Abdominal Calcification"),
        sampleName=name,
        thumbnailFileName=str(thumbnail) if thumbnail.is_file() else None,
        uris=path.as_uri(),
        fileNames=f"{name}{path.suffix}",
        checksums=f"SHA256:{sha256}",
        nodeNames=name,
    )


class AbdominalCalcificationLogic(ScriptedLoadableModuleLogic):
    """From the nodes in the scene to results in the scene, without a window.

    What takes long is a generator of ``Progress`` that returns its result (see
    ``AbdominalCalcificationLib.progress``). It touches the scene only in its last step, so
    that closing it earlier leaves the scene as it was.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self._session = None
        self._radiographs = None
        self._parameters = None

    @property
    def session(self):
        """What does the work (AbdominalCalcificationLib.scene.session.Session)."""
        if self._session is None:
            from AbdominalCalcificationLib.scene.session import Session

            self._session = Session()
        return self._session

    @property
    def radiographs(self):
        """What does the work on radiographs (AbdominalCalcificationLib.scene.radiograph.session.RadiographSession)."""
        if self._radiographs is None:
            from AbdominalCalcificationLib.scene.radiograph.session import RadiographSession

            self._radiographs = RadiographSession(lambda: self.session.worker)
        return self._radiographs

    def getParameterNode(self):
        """Return the AbdominalCalcificationParameterNode: one for the node, since each leaves observers behind."""
        node = super().getParameterNode()
        if self._parameters is None or self._parameters.parameterNode is not node:
            self._parameters = AbdominalCalcificationParameterNode(node)
        read_nodes_anew(self._parameters)
        return self._parameters

    def cleanup(self):
        """End the worker process, if one runs."""
        if self._session is not None:
            self._session.close()

    def process(self, ct, arteries=None, calcification=None, progress=None, **choices):
        """Segment what is not given, measure, and show the result; returns when all is done.

        For scripts and other extensions; nothing that is chosen in the panel matters or changes.

        :param ct: CT volume node
        :param arteries: segmentation node to measure; without it a model writes a new one
        :param calcification: segmentation node to measure; without it a model or a threshold writes a new one
        :param progress: called with each AbdominalCalcificationLib.progress.Progress
        :param choices: of AbdominalCalcificationLib.pipeline.Choices, such as calcification_threshold="realistic"
        :return: AbdominalCalcificationLib.scene.session.Outcome; its measurement has the numbers, its case the nodes
        """
        from AbdominalCalcificationLib.pipeline import Choices
        from AbdominalCalcificationLib.progress import drain
        from AbdominalCalcificationLib.scene.ownership import SceneCase

        case = SceneCase(ct, arteries, calcification)
        given = [role for role, node in case.masks.items() if node is not None]
        return drain(self.session.analyze_steps(case, Choices(**choices), given), progress)

    def analyzeSteps(self, parameters, trust=False, keepVersions=True):
        """Segment what is not there yet, measure, and show the result.

        :param parameters: AbdominalCalcificationParameterNode
        :param trust: load checkpoints that can run code
        :param keepVersions: keep corrected masks that are written to as earlier versions; otherwise they are lost
        :return: generator of Progress that returns the scene.session.Outcome
        """
        choices = choices_of(parameters, trust)
        steps = self.session.analyze_steps(case_of(parameters), choices, given_masks(parameters), keepVersions)
        return (yield from self._choosingSteps(parameters, steps))

    def recomputeSteps(self, parameters):
        """Measure the masks as they are now, hand corrections included; no model is run. See analyzeSteps."""
        steps = self.session.recompute_steps(case_of(parameters), measurement_parameters(parameters))
        return (yield from self._choosingSteps(parameters, steps))

    def exportSteps(self, parameters, folder, overwrite=False):
        """Measure the masks as they are now and write the result folder of the command line. See analyzeSteps."""
        from AbdominalCalcificationLib.scene.dicom_files import is_from_dicom

        lengths = measurement_parameters(parameters)
        dicom = parameters.exportDicom and is_from_dicom(parameters.ct)  # else the box is grey
        wishes = {"anonymous": parameters.exportAnonymous, "dicom": dicom, "report": parameters.exportReport}
        steps = self.session.export_steps(case_of(parameters), lengths, folder, overwrite, **wishes)
        return (yield from self._choosingSteps(parameters, steps))

    def _choosingSteps(self, parameters, steps):
        """Choose the masks and cut-off ends that `steps` leave in the scene."""
        outcome = yield from steps
        chosen = {"arteries": outcome.case.arteries, "calcification": outcome.case.calcification}
        for name, node in (chosen | {"cutOff": outcome.case.cut_off}).items():
            if getattr(parameters, name) is not node:
                setattr(parameters, name, node)
        return outcome

    def compareSteps(self, parameters):
        """Compare two masks of the CT, per artery, and show where they differ.

        A, the reference, is the segmentation chosen as A, else the mask under Inputs. B is the one
        chosen as B, else A as it was made, before anybody corrected it.

        :return: generator of Progress that returns the scene.comparison.Comparison
        """
        return self.session.compare_steps(
            case_of(parameters),
            parameters.comparedStructure.value,
            parameters.comparedA,
            parameters.comparedB,
            measurement_parameters(parameters),
        )

    def comparedReference(self, parameters):
        """Return the segmentation that is compared as A: the chosen one, else that under Inputs."""
        return parameters.comparedA or getattr(parameters, parameters.comparedStructure.value)

    def analyzeRadiographSteps(self, image, choices=None, keepCorrected=True):
        """Find the vertebrae of a radiograph, score the aorta in front of L1 to L4, and show the result.

        :param image: volume node of one slice
        :param choices: AbdominalCalcificationLib.radiograph.case.CaseChoices; the defaults without it
        :param keepCorrected: keep a result that was corrected as an earlier version; otherwise it is lost
        :return: generator of Progress that returns the scene.radiograph.record.RadiographRecord
        """
        return self.radiographs.analyze_steps(image, choices, keepCorrected)

    def scoreCtSteps(self, case, vertebrae, parameters):
        """Score the masks of a CT on the radiograph that is simulated of it. See analyzeRadiographSteps.

        :param case: scene.ownership.SceneCase with a CT and both masks
        :param vertebrae: segmentation node, its segments called L1, L2 and so on
        :param parameters: measurement.MeasurementParameters
        """
        from AbdominalCalcificationLib.scene.radiograph.of_ct import score_ct_steps

        return score_ct_steps(case, vertebrae, parameters)

    def exportRadiographSteps(self, image, folder, overwrite=False, anonymous=False, report=False, severity=None):
        """Write the result of a radiograph, as it is now, as the command line does. See analyzeRadiographSteps."""
        from AbdominalCalcificationLib.scene.radiograph.record import find_record

        wishes = {"anonymous": anonymous, "report": report, "severity": severity}
        return self.radiographs.export_steps(find_record(image), folder, overwrite, **wishes)

    def masksToAskAbout(self, parameters):
        """Return the mask nodes that Run would overwrite though they hold somebody's work."""
        return self.session.masks_to_ask_about(case_of(parameters), given_masks(parameters))

    def versions(self, mask):
        """Return the earlier versions of a mask node (scene.versions.Version), the newest first."""
        from AbdominalCalcificationLib.scene.versions import versions_of

        return [] if mask is None else versions_of(mask)

    def restoreVersionSteps(self, mask, role, key, ct):
        """Put an earlier version of a mask back; what it holds now becomes one. See analyzeSteps.

        :param mask: segmentation node
        :param role: "arteries" or "calcification"
        :param key: of the Version
        :param ct: CT volume node that it is a mask of
        """
        from AbdominalCalcificationLib.scene.versions import restore_version_steps

        return restore_version_steps(mask, role, ct, key)

    def recoverSteps(self, case):
        """Put the corrections of a case that was not saved onto its image. See analyzeSteps.

        :param case: AbdominalCalcificationLib.history.recovery.RecoveredCase
        :return: generator of Progress that returns the CT and the mask nodes by role, or the radiograph and its results
        """
        from AbdominalCalcificationLib.history.recovery import RADIOGRAPH

        volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        if case.kind == RADIOGRAPH:
            from AbdominalCalcificationLib.scene.radiograph.autosave import recover_radiograph_steps

            return recover_radiograph_steps(case, volumes)
        from AbdominalCalcificationLib.scene.autosave import recover_steps

        return recover_steps(case, volumes)

    def needsModels(self, parameters):
        """Return whether a network has to run."""
        return needs_models(parameters)

    def missingPackages(self):
        """Return the packages that models need and that are not installed (inference.packages.Package)."""
        from AbdominalCalcificationLib.inference.packages import missing_packages

        return missing_packages()

    def installPackages(self, missing):
        """Install `missing`; raises InferenceError where a package is still missing afterwards."""
        installer.install(missing, self.missingPackages)

    def foundResults(self, parameters):
        """Return the scene's results of the chosen CT (scene.results.Results); None where there are none."""
        from AbdominalCalcificationLib.scene.results import find_results

        return None if parameters.ct is None else find_results(slicer.mrmlScene, parameters.ct)

    def foundComparison(self, parameters):
        """Return the comparison of the chosen CT (scene.comparison.Comparison); None where there is none."""
        from AbdominalCalcificationLib.scene.comparison import find_comparison

        return None if parameters.ct is None else find_comparison(parameters.ct)


class AbdominalCalcificationWidget(ScriptedLoadableModuleWidget):
    """The panel as Slicer knows it: a page for CTs (panel.py) and one for radiographs (radiograph_page.py)."""

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = AbdominalCalcificationLogic()
        # Its pages are empty: with theirs in it, either page would be as high as the higher one.
        self.pages = qt.QTabWidget()
        self.pages.documentMode = True
        self.pages.sizePolicy = qt.QSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Fixed)
        self.layout.addWidget(self.pages)
        self._widgets = []
        self.ui = self._addPage("AbdominalCalcification", _("CT"), _("Calcification of the abdominal arteries on CT"))
        tip = _("Calcification of the aorta on a lateral radiograph: the Kauppila score")
        self.radiographUi = self._addPage("Radiograph", _("Radiograph"), tip)
        self.panel = Panel(self.ui, self.logic)
        self.radiographPage = RadiographPage(self.radiographUi, self.logic)
        self._isEntered = False
        self.pages.connect("currentChanged(int)", self._enterPage)

    def _addPage(self, name, title, tip):
        """Add the page of a .ui file and return its widgets by name."""
        widget = slicer.util.loadUI(self.resourcePath(f"UI/{name}.ui"))
        self.pages.setTabToolTip(self.pages.addTab(qt.QWidget(), title), tip)
        self.layout.addWidget(widget)
        widget.visible = not self._widgets
        self._widgets.append(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        return slicer.util.childWidgetVariables(widget)

    def cleanup(self):
        """Called when the module is closed or reloaded: nothing may go on without its panel."""
        self.radiographPage.close()
        self.panel.close()
        self.logic.cleanup()

    def enter(self):
        """Called each time the module is opened."""
        self._isEntered = True
        self._enterPage()

    def exit(self):
        """Called each time another module is opened; what is at work goes on."""
        self._isEntered = False
        # Also what was begun while neither was open, by a script.
        for page in (self.panel, self.radiographPage):
            page.exit()

    def _enterPage(self, _index=None):
        """Open the page that is in sight, where the module is, and leave the other."""
        for number, widget in enumerate(self._widgets):
            widget.visible = number == self.pages.currentIndex
        pages = (self.panel, self.radiographPage)
        current = pages[self.pages.currentIndex] if self._isEntered else None
        for page in pages:
            if page is not current and page.is_open:
                page.exit()
        if current is not None:
            current.enter()

    def onReload(self):
        """Reload the panel's parts and the library too."""
        self.cleanup()
        for name in list(sys.modules):
            if name.partition(".")[0] in ("AbdominalCalcificationLib", "AbdominalCalcificationPanel"):
                del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    @property
    def isBusy(self):
        """Whether something is at work."""
        return self.panel.state.runner.is_busy or self.radiographPage.state.runner.is_busy
