"""Where calcification can be painted under review: above a HU, and near arteries."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer
from scipy.spatial import cKDTree

from editor_cases import (  # noqa: F401  (fixtures)
    BONE,
    PLAQUE,
    Case,
    arteries,
    brush,
    calcification,
    case,
    editor_of,
    paint,
    pressed,
)
from host.segment_strokes import apply
from panels import nodes_in_scene, parameters_of, ready


def test_calcification_is_painted_above_the_threshold_and_near_arteries_alone(calcification, panel):
    panel.ui.reviewCalcification.click()
    editor = editor_of(panel)
    editor.setActiveEffectByName("Paint")
    editor.mrmlSegmentEditorNode().SetAttribute("BrushAbsoluteDiameter", "40")
    editor.mrmlSegmentEditorNode().SetAttribute("BrushSphere", "1")
    at = (16, 20, 24)
    paint(panel, calcification.ras(*at))
    kji = np.indices(calcification.hu.shape).reshape(3, -1).T
    ras = calcification.grid.ras_of_kji(kji)
    away = cKDTree(ras[calcification.aorta.ravel()]).query(ras)[0].reshape(calcification.hu.shape)
    bright = calcification.hu > parameters_of(panel).paintAboveHu
    expected = brush(calcification, at, 20.0, True) & bright & (away <= 3.0)
    assert expected.sum() > 30
    assert np.array_equal(calcification.calcified(), expected)
    assert bright[BONE].all(), "bone is bright, and not near"
    assert not calcification.calcified()[BONE].any()


def test_painting_calcification_leaves_the_arteries_as_they_are(calcification, panel):
    from AbdominalCalcificationLib.scene.segmentations import segments_state

    before = segments_state(calcification.arteries)
    paint(panel, calcification.ras(16, 20, 22))
    paint(panel, calcification.ras(16, 20, 22), effect="Erase")
    assert segments_state(calcification.arteries) == before
    panel.ui.reviewArteries.click()
    before = segments_state(calcification.calcification)
    paint(panel, calcification.ras(16, 20, 22))
    assert segments_state(calcification.calcification) == before


def test_the_threshold_is_that_of_the_blood_of_the_case(calcification, panel):
    from AbdominalCalcificationLib.comparison.thresholds import threshold_calcification
    from AbdominalCalcificationLib.scene.masks import arteries_from_node
    from AbdominalCalcificationLib.scene.volumes import volume_from_node

    arteries = arteries_from_node(calcification.arteries, calcification.ct)
    found = threshold_calcification(volume_from_node(calcification.ct), arteries)
    assert parameters_of(panel).paintAboveHu == round(found.threshold_hu)
    assert panel.ui.paintAboveHu.value == round(found.threshold_hu)
    assert f"Proposed: {found.threshold_hu:.0f} HU" in panel.ui.paintAboveHu.toolTip


def test_the_threshold_by_which_a_mask_was_made_comes_first_and_a_moved_slider_stays(case, panel):
    from AbdominalCalcificationLib.scene import edits
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    mask = calcification_from_node(case.calcification, case.ct)
    edits.remember_origin(case.calcification, mask, {"kind": "threshold", "threshold_hu": 431.0})
    panel.ui.reviewSection.collapsed = False
    panel.ui.reviewCalcification.click()
    ready(panel)
    assert panel.ui.paintAboveHu.value == 431
    panel.ui.paintAboveHu.value = 500
    panel.ui.reviewArteries.click()
    panel.ui.reviewCalcification.click()
    assert panel.ui.paintAboveHu.value == 500
    other = Case()
    parameters_of(panel).ct, parameters_of(panel).arteries = other.ct, other.arteries
    parameters_of(panel).calcification = other.calcification
    ready(panel)
    assert panel.ui.paintAboveHu.value != 500


def test_the_slider_moves_the_limit(calcification, panel):
    panel.ui.paintAboveHu.value = 719
    paint(panel, calcification.ras(16, 20, 22))
    painted = calcification.calcified()
    assert painted.any()
    panel.ui.paintAboveHu.value = 720  # not above it
    paint(panel, calcification.ras(15, 20, 22))
    assert np.array_equal(calcification.calcified(), painted)
    panel.ui.undoButton.click()
    assert not panel.ui.undoButton.enabled, "where nothing was painted there was nothing to take back"


def test_one_key_inverts_the_limit(calcification, panel):
    at = (16, 20, 20)
    pressed("X")
    assert panel.ui.paintLimited.text == "Only up to"
    paint(panel, calcification.ras(*at))
    dark = calcification.hu <= panel.ui.paintAboveHu.value
    assert calcification.calcified().any()
    assert not (calcification.calcified() & ~dark).any()
    pressed("X")
    assert panel.ui.paintLimited.text == "Only above"
    paint(panel, calcification.ras(*at))
    assert calcification.calcified()[16, 20, 20]


def test_inverted_it_is_near_arteries_too(calcification, panel):
    pressed("X")
    paint(panel, calcification.ras(30, 4, 40))
    assert not calcification.calcified().any()


def test_the_key_of_the_editor_switches_the_limits_off_and_on(calcification, panel):
    editor_of(panel).setActiveEffectByName("Paint")
    pressed("I")
    assert not panel.ui.paintLimited.checked
    at = (30, 4, 40)
    paint(panel, calcification.ras(*at))
    assert np.array_equal(calcification.calcified(), brush(calcification, at, 2.0, False))
    pressed("I")
    assert panel.ui.paintLimited.checked
    before = calcification.calcified()
    paint(panel, calcification.ras(25, 4, 40))
    assert np.array_equal(calcification.calcified(), before)


def test_what_only_removes_is_not_limited(calcification, panel):
    pressed("I")
    at = (30, 4, 40)  # dark, and far away
    paint(panel, calcification.ras(*at))
    pressed("I")
    paint(panel, calcification.ras(*at), effect="Erase")
    assert not calcification.calcified().any()
    editor_of(panel).setActiveEffectByName("Paint")
    paint(panel, calcification.ras(*at))
    assert not calcification.calcified().any(), "painting is limited again"


def test_small_islands_go_wherever_they_lie(calcification, panel):
    pressed("I")
    paint(panel, calcification.ras(30, 4, 40))
    pressed("I")
    paint(panel, calcification.ras(16, 20, 22), calcification.ras(15, 20, 22))
    editor = editor_of(panel)
    editor.setActiveEffectByName("Islands")
    assert calcification.calcified()[30, 4, 40]
    editor.mrmlSegmentEditorNode().SetAttribute("Islands.Operation", "KEEP_LARGEST_ISLAND")
    apply(editor)
    assert not calcification.calcified()[30, 4, 40]
    assert calcification.calcified().any()


def test_a_threshold_stays_within_the_limits(calcification, panel):
    editor = editor_of(panel)
    editor.setActiveEffectByName("Threshold")
    node = editor.mrmlSegmentEditorNode()
    node.SetAttribute("Threshold.MinimumThreshold", "200")
    node.SetAttribute("Threshold.MaximumThreshold", "3000")
    apply(editor)
    calcified = calcification.calcified()
    assert calcified[PLAQUE].any()
    assert (calcification.hu[calcified] > panel.ui.paintAboveHu.value).all()
    assert not calcified[BONE].any()


def test_what_is_near_follows_the_arteries(calcification, panel):
    pressed("I")
    pressed("I")
    far = (18, 20, 39)  # in the bone
    paint(panel, calcification.ras(*far))
    assert not calcification.calcified().any()
    panel.ui.reviewArteries.click()
    paint(panel, calcification.ras(*far))
    panel.ui.reviewCalcification.click()
    paint(panel, calcification.ras(*far))
    assert calcification.calcified().any()


def test_how_near_is_as_far_as_calcification_is_assigned(calcification, panel):
    at = (16, 20, 24)
    parameters_of(panel).maxDistanceMm = 0.0
    ready(panel)
    paint(panel, calcification.ras(*at))
    assert calcification.calcified().any()
    assert not (calcification.calcified() & ~calcification.aorta).any()
    assert "within 0 mm" in panel.ui.paintLimitsLabel.text


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.uint16])
def test_the_limits_are_exact_for_every_kind_of_voxel(panel, dtype):
    case = Case(np.float32)
    array = slicer.util.arrayFromVolume(case.ct).copy()
    if dtype == np.uint16:
        array += 1000
    if dtype == np.float32:
        array += 0.25
    slicer.util.updateVolumeFromArray(case.ct, array.astype(dtype))
    parameters = parameters_of(panel)
    parameters.ct, parameters.arteries, parameters.calcification = case.ct, case.arteries, case.calcification
    panel.enter()
    panel.ui.reviewSection.collapsed = False
    panel.ui.reviewCalcification.click()
    ready(panel)
    limit = 261.25 if dtype == np.float32 else 261 + 1000 * (dtype == np.uint16)
    parameters.paintAboveHu = float(limit)
    at = (16, 20, 18)
    paint(panel, case.ras(*at))
    under = brush(case, at, 2.0, False)
    assert np.array_equal(case.calcified(), under & (array > limit))
    pressed("X")
    paint(panel, case.ras(*at))
    assert np.array_equal(case.calcified(), under)
    panel.exit()


def test_without_arteries_it_says_that_nothing_is_near(case, panel):
    parameters_of(panel).arteries = None
    panel.ui.reviewSection.collapsed = False
    assert panel.ui.reviewCalcification.checked
    ready(panel)
    assert "there is no artery" in panel.ui.paintLimitsLabel.text
    paint(panel, case.ras(18, 20, 39))
    assert case.calcified()[BONE].any(), "bright enough"


def test_the_views_go_on_showing_the_ct(calcification, panel):
    view = slicer.mrmlScene.AddNode(slicer.vtkMRMLSliceCompositeNode())
    view.SetBackgroundVolumeID(calcification.ct.GetID())
    panel.ui.reviewArteries.click()
    panel.ui.reviewCalcification.click()
    assert view.GetBackgroundVolumeID() == calcification.ct.GetID()


def test_the_copy_that_limits_is_no_ct_to_anybody(calcification, panel):
    parameters_of(panel).ct = None
    panel.exit()
    slicer.mrmlScene.RemoveNode(calcification.ct)
    panel.enter()
    assert parameters_of(panel).ct is None


def test_an_editor_whose_source_is_changed_gets_its_limits_back(calcification, panel):
    editor_of(panel).setSourceVolumeNode(calcification.ct)
    paint(panel, calcification.ras(18, 20, 39))
    assert not calcification.calcified().any()


def test_both_brushes_are_kept(calcification, panel):
    node = editor_of(panel).mrmlSegmentEditorNode()
    node.SetAttribute("BrushAbsoluteDiameter", "2.5")
    panel.ui.reviewArteries.click()
    assert (node.GetAttribute("BrushSphere"), node.GetAttribute("BrushAbsoluteDiameter")) == ("1", "6")
    panel.ui.reviewCalcification.click()
    assert (node.GetAttribute("BrushSphere"), node.GetAttribute("BrushAbsoluteDiameter")) == ("0", "2.5")


def test_the_brush_goes_on_with_the_other_mask(calcification, panel):
    editor_of(panel).setActiveEffectByName("Paint")
    panel.ui.reviewArteries.click()
    assert editor_of(panel).activeEffect().name == "Paint"
    editor_of(panel).setActiveEffectByName("Islands")
    panel.ui.reviewCalcification.click()
    assert editor_of(panel).activeEffect() is None


def test_while_the_limits_are_prepared_nothing_can_be_painted_and_it_says_so(arteries, panel):
    editor_of(panel).setActiveEffectByName("Paint")
    panel.ui.reviewCalcification.click()
    assert panel.panel.review.is_preparing
    assert editor_of(panel).activeEffect() is None
    assert not panel.ui.editorFrame.enabled
    assert not panel.ui.paintAboveHu.enabled
    assert panel.ui.paintLimitsLabel.text.startswith("Preparing")
    ready(panel)
    assert editor_of(panel).activeEffect().name == "Paint"
    assert panel.ui.editorFrame.enabled
    assert panel.ui.paintAboveHu.enabled
    assert panel.ui.paintLimitsLabel.text == "And only within 3 mm of an artery."


def test_going_back_to_the_arteries_ends_the_preparation_and_no_limit_needs_none(arteries, panel):
    nodes = nodes_in_scene()
    panel.ui.reviewCalcification.click()
    panel.ui.reviewArteries.click()
    assert not panel.panel.review.is_preparing
    assert panel.ui.editorFrame.enabled
    assert nodes_in_scene() == nodes
    panel.ui.reviewCalcification.click()
    pressed("I")
    assert panel.ui.editorFrame.enabled
    panel.exit()
    assert not panel.panel.review.is_preparing


def test_preparing_the_limits_takes_short_steps(panel):
    from AbdominalCalcificationLib.geometry import Grid, Volume
    from AbdominalCalcificationLib.scene.editable import put_editable_steps
    from AbdominalCalcificationLib.scene.volumes import volume_node_from

    labels = np.zeros((160, 90, 90), np.uint8)
    labels[:, 30:60, 30:60] = 1
    grid = Grid.from_spacing(labels.shape)
    ct = volume_node_from(Volume(np.full(labels.shape, 40, np.int16), grid), "ct")
    steps, nodes = put_editable_steps(ct, Volume(labels, grid), 3.0), nodes_in_scene()
    for number, _step in enumerate(steps):  # noqa: B007
        assert nodes_in_scene() == nodes
    assert number >= 12
    assert nodes_in_scene() != nodes


def test_the_threshold_effect_begins_with_what_may_be_painted(calcification, panel):
    def threshold():
        node = editor_of(panel).mrmlSegmentEditorNode()
        return [float(node.GetAttribute(f"Threshold.{end}Threshold")) for end in ("Minimum", "Maximum")]

    parameters = parameters_of(panel)
    editor_of(panel).setActiveEffectByName("Threshold")
    # Of what may be painted: voxels near an artery.
    brightest = editor_of(panel).sourceVolumeNode().GetImageData().GetScalarRange()[1]
    assert threshold() == [parameters.paintAboveHu + 1, brightest]
    panel.ui.paintAboveHu.value = 500
    assert threshold()[0] == 501
    # What the user sets there stays.
    editor_of(panel).mrmlSegmentEditorNode().SetAttribute("Threshold.MinimumThreshold", "620")
    editor_of(panel).setActiveEffectByName("Paint")
    editor_of(panel).setActiveEffectByName("Threshold")
    assert threshold()[0] == 620
