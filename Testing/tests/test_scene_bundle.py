# ruff: noqa: F811 -- fixtures of another file
"""The scene of a result: written on its own, whole or not at all, and read back."""

import os
from types import SimpleNamespace

import numpy as np
import pytest
from test_scene_results import SHAPE, case, cells, ct_node  # noqa: F401  (fixtures)

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.reporting.documents import measurement_document
from AbdominalCalcificationLib.scene import edits
from AbdominalCalcificationLib.scene.bundle import load_scene, write_bundle
from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
from AbdominalCalcificationLib.scene.results import find_results
from AbdominalCalcificationLib.scene.segmentations import show_calcification
from AbdominalCalcificationLib.scene.volumes import volume_from_node

pytestmark = pytest.mark.scene


def test_a_bundle_tells_which_masks_were_made_and_which_somebody_drew(scene, case, tmp_path):
    import slicer

    write_bundle(case, case.ct, tmp_path / "case.mrb")
    load_scene(tmp_path / "case.mrb")
    known = {name: slicer.util.getNode(f"CT {name}") for name in ("arteries", "calcification")}
    assert edits.changed_voxels(known["arteries"], case.arteries) == 0
    assert edits.changed_voxels(known["calcification"], case.calcification) is None
    assert find_results(scene).measured == known


def test_what_goes_wrong_in_writing_a_scene_is_not_hidden(scene, case, tmp_path, monkeypatch):
    from vtkmodules.vtkCommonCore import vtkOutputWindow, vtkStringOutputWindow

    from AbdominalCalcificationLib.scene import bundle_writer

    monkeypatch.setattr(bundle_writer._Bundle, "_name", lambda self, _node: self._folder / "nowhere" / "a.nrrd")
    # An application's log; not the terminal, which C++ gives up for good once a full disk has refused its text.
    log, before = vtkStringOutputWindow(), vtkOutputWindow.GetInstance()
    vtkOutputWindow.SetInstance(log)
    try:
        with pytest.raises(InputError):
            write_bundle(case, case.ct, tmp_path / "scene.mrb")
        assert vtkOutputWindow.GetInstance() is log
    finally:
        vtkOutputWindow.SetInstance(before)
    assert "ERROR" in log.GetOutput()
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_is_written_without_touching_the_scene_at_hand(scene, case, ct_node, tmp_path, capfd):
    nodes = scene.GetNumberOfNodes()
    write_bundle(case, case.ct, tmp_path / "case.mrb")
    assert scene.GetNumberOfNodes() == nodes
    assert [each.name for each in tmp_path.iterdir()] == ["case.mrb"]
    assert capfd.readouterr() == ("", "")
    load_scene(tmp_path / "case.mrb")
    results = find_results(scene)
    assert results.document == measurement_document(case.measurement)
    import slicer

    node = slicer.util.getNode("CT arteries")
    mask = arteries_from_node(node, results.ct)
    assert np.array_equal(mask.array, case.arteries.array)
    assert edits.changed_voxels(node, mask) == 0
    assert edits.source_of(node)["models"][0]["name"] == "tiny"
    assert np.array_equal(volume_from_node(results.ct).array, case.ct.array)


def test_a_bundle_keeps_what_a_corrected_mask_was(scene, case, ct_node, tmp_path):
    import slicer

    node = show_calcification(ct_node, case.calcification)
    before = case.calcification.with_array(np.zeros(SHAPE, np.uint8))
    edits.remember_origin(node, before, {"models": ["tiny"]})
    note = edits.edit_note(node, case.calcification, editor="Ann")
    history = edits.history_of(node, note)
    assert edits.kept_note(node).text is None, "the note is kept with the result, not before"
    write_bundle(case, case.ct, tmp_path / "case.mrb", histories={"calcification": history})
    load_scene(tmp_path / "case.mrb")
    node, ct = slicer.util.getNode("CT calcification"), slicer.util.getNode("CT")
    mask = calcification_from_node(node, ct)
    assert np.array_equal(mask.array, case.calcification.array)
    assert not edits.origin_of(node, mask.grid).array.any()
    assert edits.kept_note(node) == note
    assert edits.source_of(node) == {"models": ["tiny"]}


def test_a_case_without_anything_found_is_written_and_read(scene, case, tmp_path):
    empty = case.arteries.with_array(np.zeros(SHAPE, np.uint8))
    nothing = SimpleNamespace(
        arteries=empty, calcification=empty, measurement=measure(case.ct, empty, empty), origins={}
    )
    write_bundle(nothing, case.ct, tmp_path / "case.mrb")
    load_scene(tmp_path / "case.mrb")
    results = find_results(scene)
    assert {cell for row in cells(results.territories)[:8] for cell in row[1:]} == {"–"}
    assert cells(results.clusters) == []
    assert results.chart.GetNumberOfPlotSeriesNodes() == 0


def test_a_scene_is_written_whole_or_not_at_all(scene, case, tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_bundle(case, case.ct, tmp_path / "nowhere" / "scene.mrb")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_scene_is_refused_and_the_working_directory_stays(scene, case, tmp_path):
    here = os.getcwd()
    with pytest.raises(InputError, match="There is no scene"):
        load_scene(tmp_path / "missing.mrb")
    write_bundle(case, case.ct, tmp_path / "whole.mrb")
    whole = (tmp_path / "whole.mrb").read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 3 : len(whole) // 2] = bytes(len(whole) // 2 - len(whole) // 3)
    for content in (b"not a scene", b"", whole[: len(whole) // 2], bytes(damaged)):
        (tmp_path / "other.mrb").write_bytes(content)
        with pytest.raises(InputError, match="cannot be read"):
            load_scene(tmp_path / "other.mrb")
        assert os.getcwd() == here
