"""Where an editor works while painting is limited: around the arteries alone, and nobody notices."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from editor_cases import calcification, case, editor_of, paint, pressed  # noqa: F401  (fixtures)
from panels import parameters_of, ready


def extent(case):
    """The voxels in which an editor works on the calcification: first and last i, j and k."""
    kind = slicer.vtkSegmentationConverter
    text = case.calcification.GetSegmentation().GetConversionParameter(kind.GetReferenceImageGeometryParameterName())
    geometry = slicer.vtkOrientedImageData()
    kind.DeserializeImageGeometry(text, geometry, False)
    return geometry.GetExtent()


def test_while_painting_is_limited_the_editor_works_around_the_arteries_alone(calcification, panel):
    whole = (0, 43, 0, 39, 0, 35)
    editor_of(panel).setActiveEffectByName("Paint")
    reached = np.argwhere(calcification.aorta)
    first, last = extent(calcification)[::2], extent(calcification)[1::2]
    assert (np.array(first) <= reached.min(axis=0)[::-1]).all()
    assert (np.array(last) >= reached.max(axis=0)[::-1]).all()
    assert np.prod(np.array(last) - first + 1) < 0.6 * calcification.hu.size
    limited = extent(calcification)
    for leave, come_back in (
        (lambda: pressed("I"), lambda: pressed("I")),
        (panel.ui.reviewArteries.click, panel.ui.reviewCalcification.click),
        (panel.exit, panel.enter),
        (lambda: collapse(panel, True), lambda: collapse(panel, False)),
    ):
        leave()
        assert extent(calcification) == whole
        come_back()
        ready(panel)
        editor_of(panel).setActiveEffectByName("Paint")
        assert extent(calcification) == limited


def test_a_mask_on_finer_voxels_than_the_ct_keeps_them(case, panel):
    kind = slicer.vtkSegmentationConverter
    name, segmentation = kind.GetReferenceImageGeometryParameterName(), case.calcification.GetSegmentation()
    geometry = slicer.vtkOrientedImageData()
    kind.DeserializeImageGeometry(segmentation.GetConversionParameter(name), geometry, False)
    geometry.SetSpacing([step / 2 for step in geometry.GetSpacing()])
    geometry.SetExtent(0, 87, 0, 79, 0, 71)
    finer = kind.SerializeImageGeometry(geometry)
    segmentation.SetConversionParameter(name, finer)
    panel.ui.reviewSection.collapsed = False
    panel.ui.reviewCalcification.click()
    editor_of(panel).setActiveEffectByName("Paint")
    assert segmentation.GetConversionParameter(name) == finer
    panel.exit()
    assert segmentation.GetConversionParameter(name) == finer


def collapse(panel, collapsed):
    panel.ui.reviewSection.collapsed = collapsed


def test_a_scene_that_was_saved_meanwhile_can_be_edited_everywhere(calcification, panel, tmp_path):
    pressed("I")
    paint(panel, calcification.ras(30, 4, 40))  # out of what is near
    pressed("I")
    paint(panel, calcification.ras(16, 20, 22))
    painted = calcification.calcified()
    assert painted[30, 4, 40]
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear()
    panel.ui.reviewSection.collapsed = True
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    parameters = parameters_of(panel)
    calcification.calcification, calcification.ct = parameters.calcification, parameters.ct
    assert extent(calcification) == (0, 43, 0, 39, 0, 35)
    assert np.array_equal(calcification.calcified(), painted)
