"""The self-test: of the module in a bare Slicer, and in the test host unchanged."""

import importlib
import tempfile
import time
import unittest
from pathlib import Path

import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleTest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.progress import drain

from .parameters import ArterySource, CalcificationSource
from .results_view import summary_text


class AbdominalCalcificationTest(ScriptedLoadableModuleTest):
    """Runs in a bare Slicer, without network and without torch; inference is skipped there, and says so."""

    def setUp(self):
        slicer.mrmlScene.Clear()
        self.module = importlib.import_module("AbdominalCalcification")
        self.logic = self.module.AbdominalCalcificationLogic()
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

        self.module.registerSampleData()
        node = SampleData.downloadSample(self.module.SAMPLE_NAME)
        self.assertEqual(node.GetName(), self.module.SAMPLE_NAME)
        self.assertGreater(node.GetImageData().GetScalarRange()[1], 300)

    def test_givenMasksAreMeasured(self):
        arteries, calcification = self._choose_sample_with_masks()
        analysis = drain(self.logic.analyzeSteps(self.parameters)).analysis
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

    def test_processMeasuresGivenSegmentations(self):
        self._choose_sample_with_masks()
        parameters = self.parameters
        result = self.logic.process(parameters.ct, parameters.arteries, parameters.calcification)
        self.assertGreater(result.measurement.territory("aorta").burden, 0)
        self.assertIs(result.case.arteries, parameters.arteries)

    def test_thresholdNeedsNoModel(self):
        self._choose_sample_with_masks()
        self.parameters.calcificationSource = CalcificationSource.THRESHOLD
        self.parameters.threshold = "fixed:400"
        self.assertFalse(self.logic.needsModels(self.parameters))
        own = self.parameters.calcification
        analysis = drain(self.logic.analyzeSteps(self.parameters)).analysis
        self.assertGreater(analysis.measurement.total.calcified_volume_mm3, 0)
        self.assertIs(self.parameters.calcification, own)
        self.assertEqual(len(self.logic.versions(own)), 1, "what was there is somebody's work")

    def test_modelsSegmentTheSample(self):
        missing = self.logic.missingPackages()
        if missing:
            self.skipTest(f"inference needs {', '.join(p.name for p in missing)}, not installed here")
        self._choose_middle_of_sample()
        analysis = drain(self.logic.analyzeSteps(self.parameters)).analysis
        self.assertTrue(analysis.measurement.territory("aorta").found)
        self.assertEqual(
            {model["role"] for model in analysis.measurement.provenance["models"]}, {"arteries", "calcification"}
        )
        self.assertIn("bundled_model", [flag.code for flag in analysis.measurement.flags])

    def test_correctionsAreNoticedAndCounted(self):
        self._choose_sample_with_masks()
        self.parameters.calcificationSource = CalcificationSource.THRESHOLD
        self.parameters.threshold = "fixed:400"
        drain(self.logic.analyzeSteps(self.parameters))
        self.assertEqual(self.logic.masksToAskAbout(self.parameters), [])
        removed = self._erase_half(self.parameters.calcification)
        self.assertEqual(self.logic.masksToAskAbout(self.parameters), [self.parameters.calcification])
        measurement = drain(self.logic.recomputeSteps(self.parameters)).analysis.measurement
        self.assertIn("edited_by_hand", [flag.code for flag in measurement.flags])
        self.assertEqual([edit["changed_voxels"] for edit in measurement.provenance["edits"]], [removed])

    def test_correctedIsComparedWithWhatWasMade(self):
        self._choose_sample_with_masks()
        self.parameters.calcificationSource = CalcificationSource.THRESHOLD
        self.parameters.threshold = "fixed:400"
        made = drain(self.logic.analyzeSteps(self.parameters)).analysis.calcification
        removed = self._erase_half(self.parameters.calcification) * made.grid.voxel_volume_mm3
        for reloaded in (False, True):
            table = drain(self.logic.compareSteps(self.parameters)).table.GetTable()
            whole = table.GetNumberOfRows() - 1
            corrected, before, both = (table.GetValueByName(whole, name).ToDouble() for name in ("A", "B", "Both"))
            self.assertAlmostEqual(before, (made.array != 0).sum() * made.grid.voxel_volume_mm3, delta=0.1)
            self.assertAlmostEqual(before - corrected, removed, delta=0.1)
            self.assertEqual(both, corrected)
            if not reloaded:
                self._save_and_load()
        self.assertEqual(self.logic.masksToAskAbout(self.parameters), [self.parameters.calcification])

    def test_resultsSurviveTheScene(self):
        self._choose_sample_with_masks()
        drain(self.logic.analyzeSteps(self.parameters))
        self.parameters.renalLengthMm = 25.0
        shown = summary_text(self.logic.foundResults(self.parameters).document)
        self._save_and_load()
        self.assertEqual(self.parameters.renalLengthMm, 25.0)
        self.assertIsNotNone(self.parameters.ct)
        self.assertIsNotNone(self.parameters.arteries)
        self.assertEqual(summary_text(self.logic.foundResults(self.parameters).document), shown)

    def test_exportWritesTheFilesOfTheCommandLine(self):
        self._choose_sample_with_masks()
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results"
            drain(self.logic.exportSteps(self.parameters, results))
            written = {path.name for path in results.iterdir()}
            for name in ("arteries.nii.gz", "calcification.nii.gz", "measurements.json", "territories.csv"):
                self.assertIn(name, written)
            with self.assertRaises(InputError):
                drain(self.logic.exportSteps(self.parameters, results))

    def test_radiographIsInTheSampleDataModule(self):
        import SampleData

        from AbdominalCalcificationLib.scene.radiograph.eligible import can_be_radiograph
        from AbdominalCalcificationLib.scene.radiograph.images import read_image

        self.module.registerSampleData()
        node = SampleData.downloadSample(self.module.RADIOGRAPH_NAME)
        self.assertEqual(node.GetName(), self.module.RADIOGRAPH_NAME)
        self.assertTrue(can_be_radiograph(node))
        self.assertGreater(read_image(node).radiograph.pixels.std(), 0)

    def test_modelsScoreTheRadiograph(self):
        from AbdominalCalcificationLib.resources import bundled_kauppila_model, bundled_vertebra_model

        missing = self.logic.missingPackages()
        if missing:
            self.skipTest(f"inference needs {', '.join(p.name for p in missing)}, not installed here")
        if not (bundled_vertebra_model().is_dir() and bundled_kauppila_model().is_dir()):
            self.skipTest("the models of radiographs are not here")
        record = drain(self.logic.analyzeRadiographSteps(self._load_radiograph()))
        self.assertIn("L3", record.result.vertebrae)
        self.assertEqual(len(record.result.score.segments), 8)

    def test_correctionsOfARadiographSurviveTheScene(self):
        from AbdominalCalcificationLib.radiograph.corrections import NAMES, SCORE, shifted
        from AbdominalCalcificationLib.scene.radiograph.record import correction, find_record

        record = self.show_true_radiograph()
        total = record.result.score.total
        part = record.result.score.part("L2", "anterior")
        record.add(correction(SCORE, vertebra="L2", wall="anterior", score=3))
        self.assertEqual(record.result.score.total, total + 3 - part.score)
        record.add(correction(NAMES, names=shifted(record.names, 1)))
        self.assertIsNone(record.result.score.total)
        self._save_and_load()
        again = find_record(self.parameters.radiograph)
        self.assertEqual([each.kind for each in again.corrections.standing], [SCORE, NAMES])
        again.undo()
        self.assertEqual(again.result.score.total, total + 3 - part.score)
        self.assertEqual(again.part("anterior").GetNumberOfControlPoints(), 9)

    def test_pageOfRadiographsShowsAndCorrects(self):
        self.show_true_radiograph()
        widget = self.module.AbdominalCalcificationWidget()
        try:
            widget.enter()
            widget.pages.currentIndex = 1
            ui = widget.radiographUi
            self.assertEqual(ui.scoresTable.model().rowCount(), 4)
            before = ui.summaryLabel.text
            ui.scoresTable.setCurrentIndex(ui.scoresTable.model().index(0, 0))
            ui.scoreNone.click()
            self.assertNotEqual(ui.summaryLabel.text, before)
            ui.undoButton.click()
            self.assertEqual(ui.summaryLabel.text, before)
            widget.exit()
        finally:
            widget.cleanup()
            widget.parent.deleteLater()

    def test_panelGoesFromSampleToResults(self):
        self._choose_sample_with_masks()
        widget = self.module.AbdominalCalcificationWidget()
        try:
            widget.ui.runButton.click()
            self._wait_for(widget)
            self.assertEqual(widget.ui.statusLabel.text, _("Done."))
            self.assertGreater(widget.ui.territoriesTable.model().rowCount(), 0)
            self.assertGreater(widget.ui.clustersTable.model().rowCount(), 0)
        finally:
            widget.cleanup()
            widget.parent.deleteLater()

    def _load_radiograph(self):
        from AbdominalCalcificationLib.resources import sample_radiograph

        self.parameters.radiograph = slicer.util.loadVolume(str(sample_radiograph()))
        return self.parameters.radiograph

    def show_true_radiograph(self):
        """Load the sample radiograph, and put what is true of it into the scene as its result; no network runs."""
        import json

        from AbdominalCalcificationLib.radiograph.kauppila import KauppilaScore, Segment
        from AbdominalCalcificationLib.radiograph.result import RadiographResult
        from AbdominalCalcificationLib.radiograph.spine import vertebrae_of
        from AbdominalCalcificationLib.reading import read_mask
        from AbdominalCalcificationLib.resources import sample_radiograph
        from AbdominalCalcificationLib.scene.radiograph.images import read_image
        from AbdominalCalcificationLib.scene.radiograph.record import store_result
        from AbdominalCalcificationLib.scene.radiograph.shown import show_result

        node = self._load_radiograph()
        read = read_image(node)
        beside = sample_radiograph().with_name
        truth = json.loads(beside("simulated_radiograph_truth.json").read_text(encoding="utf-8"))
        labels = read_mask(beside("simulated_radiograph_vertebrae.nii.gz")).array[0]
        parts = tuple(
            Segment(
                *(each["vertebra"], each["wall"], each["score"], None, each["extent_fraction"]),
                *(tuple(map(tuple, each[name])) for name in ("line", "deposits")),
                each["origin"],
            )
            for each in truth["segments"]
        )
        image = read.radiograph
        vertebrae = vertebrae_of(labels, image.step, image.faces)
        made = RadiographResult(image, labels, vertebrae, KauppilaScore(parts), provenance={"input": read.identity})
        record = store_result(made, node)
        show_result(record)
        return record

    def _choose_sample(self):
        from AbdominalCalcificationLib.resources import sample_case

        self.parameters.ct = slicer.util.loadVolume(str(sample_case()))

    def _choose_middle_of_sample(self):
        """Choose the part of the sample around the aortic bifurcation: few tiles, so that inference is quick."""
        from AbdominalCalcificationLib.scene.volumes import volume_from_node, volume_node_from

        self._choose_sample()
        middle = (slice(40, 112), slice(30, 105), slice(45, 120))
        self.parameters.ct = volume_node_from(volume_from_node(self.parameters.ct).cropped(middle), "sample, middle")

    def _choose_sample_with_masks(self):
        """Choose the sample CT and, as masks of the user's own, its exact truth; return the masks."""
        from AbdominalCalcificationLib.reading import read_mask
        from AbdominalCalcificationLib.resources import sample_case
        from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification

        self._choose_sample()
        arteries = read_mask(sample_case().with_name("simulated_cta_arteries.nrrd"))
        calcification = read_mask(sample_case().with_name("simulated_cta_calcification.nrrd"))
        self.parameters.arteries = show_arteries(self.parameters.ct, arteries)
        self.parameters.calcification = show_calcification(self.parameters.ct, calcification)
        self.parameters.arterySource = ArterySource.EXISTING
        self.parameters.calcificationSource = CalcificationSource.EXISTING
        return arteries, calcification

    def _erase_half(self, node):
        """Erase the lower half of the calcification and return how many voxels that were."""
        segment = node.GetSegmentation().GetNthSegmentID(0)
        array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, self.parameters.ct)
        middle = int(array.nonzero()[0].mean())
        removed = int((array[:middle] != 0).sum())
        array[:middle] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, self.parameters.ct)
        return removed

    def _save_and_load(self):
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "scene.mrb")
            self.assertTrue(slicer.util.saveScene(path))
            slicer.mrmlScene.Clear()
            slicer.util.loadScene(path)
        self.parameters = self.logic.getParameterNode()

    def _wait_for(self, widget, seconds=300):
        until = time.monotonic() + seconds
        while widget.isBusy and time.monotonic() < until:
            slicer.app.processEvents()
        self.assertFalse(widget.isBusy)
