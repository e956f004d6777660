"""Numbers in the scene that follow every edit of a mask: random edits on real nodes, against measuring everything."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

pytest.importorskip("slicer", reason="needs slicer-core")

import slicer

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.measurement import LiveMeasurement, MeasurementParameters, Reassignment, measure
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading.meanings import Wanted
from AbdominalCalcificationLib.scene.masks import mask_from_node
from AbdominalCalcificationLib.scene.mirror import MaskMirror
from AbdominalCalcificationLib.scene.segmentations import add_territory, show_arteries, show_calcification
from AbdominalCalcificationLib.scene.volumes import volume_node_from
from live_cases import a_small_case, differences, random_box

pytestmark = pytest.mark.scene

# Edits of the random test: a few by default, several hundred where this says so.
EDITS = int(os.environ.get("ABDOMINAL_CALCIFICATION_EDITS", "24"))
SEEDS = st.integers(0, 2**32 - 1)


class Edits(RuleBasedStateMachine):
    """A case in the scene, edited as people and programs do."""

    @initialize()
    def a_case(self):
        from AbdominalCalcificationLib.scene.application import ensure_application

        scene = ensure_application().scene
        scene.Clear(False)
        self.ct, labels, calcified = a_small_case((2.2, 2.0, 2.4))
        self.ct_node = volume_node_from(self.ct, "CT", scene)
        self.arteries = show_arteries(self.ct_node, self.ct.with_array(labels))
        self.calcification = show_calcification(self.ct_node, self.ct.with_array(calcified))
        self.nodes = {Wanted.ARTERIES: self.arteries, Wanted.CALCIFICATION: self.calcification}
        self.mirrors = {wanted: MaskMirror(node, self.ct_node, wanted) for wanted, node in self.nodes.items()}
        for mirror in self.mirrors.values():
            mirror.changes()
        self.parameters = MeasurementParameters()
        self.live = LiveMeasurement(self.ct, *(mirror.volume for mirror in self.mirrors.values()), self.parameters)
        self.result = drain(self.live.update_steps())
        self.histories = []
        for node in self.nodes.values():
            history = slicer.vtkSegmentationHistory()
            history.SetSegmentation(node.GetSegmentation())
            self.histories.append(history)

    def array_of(self, wanted):
        return self.mirrors[wanted].volume.array

    def paint(self, node, segment_id, box, inside, value):
        """Set a part of a segment, or take it away, as an editor does: after the state was saved for undo."""
        for history in self.histories:
            history.SaveState()
        array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, self.ct_node)
        array[box][inside] = value
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment_id, self.ct_node)

    @rule(seed=SEEDS, adds=st.booleans())
    def brush_calcification(self, seed, adds):
        rng = np.random.default_rng(seed)
        near = np.argwhere(self.array_of(Wanted.ARTERIES if adds else Wanted.CALCIFICATION))
        box = random_box(rng, near, self.ct.grid.shape)
        inside = rng.random([part.stop - part.start for part in box]) < 0.8
        self.paint(self.calcification, "calcification", box, inside, adds)

    @rule(seed=SEEDS, adds=st.booleans(), which=st.integers(0, len(TERRITORIES) - 1))
    def brush_an_artery(self, seed, adds, which):
        rng, each = np.random.default_rng(seed), TERRITORIES[which]
        labels = self.array_of(Wanted.ARTERIES)
        box = random_box(rng, np.argwhere(labels == each.label), self.ct.grid.shape)
        inside = rng.random([part.stop - part.start for part in box]) < 0.8
        if adds:
            add_territory(self.arteries, each.name)
        if self.arteries.GetSegmentation().GetSegment(each.name) is not None:
            self.paint(self.arteries, each.name, box, inside, adds)

    @precondition(lambda self: len(self.result.clusters) > 0)
    @rule(which=st.integers(0, 500))
    def remove_an_island(self, which):
        number = self.result.clusters[which % len(self.result.clusters)].id
        inside = self.result.clusters_map.array == number
        self.paint(self.calcification, "calcification", (slice(None),) * 3, inside, 0)

    @precondition(lambda self: len(self.result.clusters) > 1)
    @rule(which=st.integers(0, 500), other=st.integers(0, 500))
    def join_two_plaques(self, which, other):
        ends = [self.result.clusters[n % len(self.result.clusters)].centroid_ras for n in (which, other)]
        points = np.linspace(*ends, 60)
        kji = np.rint(self.ct.grid.kji_of_ras(points)).astype(int).clip(0, np.array(self.ct.grid.shape) - 1)
        inside = np.zeros(self.ct.grid.shape, bool)
        inside[tuple(kji.T)] = True
        self.paint(self.calcification, "calcification", (slice(None),) * 3, inside, 1)

    @rule(name=st.sampled_from(["renal", "renal_left", "common_iliac_right", "mesenteric"]), length=st.floats(0, 40))
    def move_a_cut(self, name, length):
        lengths = {**self.parameters.kept_length_mm, name: length}
        self.parameters = MeasurementParameters(lengths, reassigned=self.parameters.reassigned)

    @precondition(lambda self: len(self.result.clusters) > 0)
    @rule(which=st.integers(0, 500), to=st.sampled_from([each.name for each in TERRITORIES]))
    def give_a_cluster_to_another_artery(self, which, to):
        number = self.result.clusters[which % len(self.result.clusters)].id
        points = self.ct.grid.ras_of_kji(np.argwhere(self.result.clusters_map.array == number))
        given = (*self.parameters.reassigned, Reassignment(to, points))
        self.parameters = MeasurementParameters(self.parameters.kept_length_mm, reassigned=given)

    @rule(which=st.integers(0, len(TERRITORIES) - 1))
    def remove_or_add_a_segment(self, which):
        each, segmentation = TERRITORIES[which], self.arteries.GetSegmentation()
        if segmentation.GetSegment(each.name) is None:
            add_territory(self.arteries, each.name)
        elif segmentation.GetNumberOfSegments() > 1:
            segmentation.RemoveSegment(each.name)

    @rule(seed=SEEDS)
    def draw_over_another_artery(self, seed):
        """Add a segment of its own label map, which overlaps others."""
        rng = np.random.default_rng(seed)
        array = np.zeros(self.ct.grid.shape, np.uint8)
        array[random_box(rng, np.argwhere(self.array_of(Wanted.ARTERIES)), array.shape, 9)] = 1
        segmentation = self.arteries.GetSegmentation()
        segment_id = segmentation.AddEmptySegment("", "Left renal artery")
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, self.arteries, segment_id, self.ct_node)

    @rule(which=st.integers(0, 1))
    def undo(self, which):
        self.histories[which].RestorePreviousState()

    @rule(steps=st.integers(1, 80))
    def begin_an_update_that_is_overtaken(self, steps):
        self.follow()
        update = self.live.update_steps()
        for _ in range(steps):
            if next(update, None) is None:
                break
        update.close()

    def follow(self):
        for wanted, mirror in self.mirrors.items():
            for box, values in mirror.changes():
                self.live.edit(wanted.value, box, values)
        self.live.set_parameters(self.parameters)

    @invariant()
    def numbers_are_those_of_measuring_everything(self):
        if not hasattr(self, "live"):
            return
        self.follow()
        masks = [mask_from_node(node, self.ct_node, wanted) for wanted, node in self.nodes.items()]
        for mask, mirror in zip(masks, self.mirrors.values(), strict=True):
            assert np.array_equal(mask.volume.array, mirror.volume.array)
            assert mask.flags == mirror.flags
        self.result = drain(self.live.update_steps())
        assert differences(self.result, measure(self.ct, *(mask.volume for mask in masks), self.parameters)) == []


def test_after_each_random_edit_the_numbers_are_those_of_measuring_everything():
    chosen = settings(
        max_examples=max(1, EDITS // 12),
        stateful_step_count=min(EDITS, 12),
        deadline=None,
        derandomize=EDITS <= 24,
        phases=(Phase.generate,) if EDITS <= 24 else (Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Edits, settings=chosen)
