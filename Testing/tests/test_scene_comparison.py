"""Two segmentations of one case compared in the scene."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.comparison.overlap import disagreement
from AbdominalCalcificationLib.comparison.territories import calcification_rows, compare_steps
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.progress import drain, drained

pytestmark = pytest.mark.scene

SHAPE = (12, 16, 20)


@pytest.fixture
def masks():
    """CT, arteries, and the calcification of two readers who share half of a plaque."""
    grid = Grid.from_spacing(SHAPE, (0.8, 0.9, 1.5), (5, -7, 30))
    _, j, i = np.indices(SHAPE)
    arteries = np.where((i - 10) ** 2 + (j - 8) ** 2 <= 25, 1, 0).astype(np.uint8)
    first, second = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    first[4:6, 8, 7:11] = 1
    second[4:6, 8, 9:13] = 1
    ct = np.where(arteries > 0, 300, 0).astype(np.int16)
    return [Volume(array, grid) for array in (ct, arteries, first, second)]


def voxel_count(node, segment_id):
    import slicer

    from AbdominalCalcificationLib.scene.volumes import array_of_image

    image = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(segment_id, image)
    return int(np.count_nonzero(array_of_image(image)))


def test_disagreement_is_shown_as_three_segments(scene, masks):
    from AbdominalCalcificationLib.scene.segmentations import show_disagreement
    from AbdominalCalcificationLib.scene.volumes import volume_node_from

    ct, _, first, second = masks
    volume_node = volume_node_from(ct, "CT", scene)
    node = show_disagreement(volume_node, disagreement(first, second), ("model", "corrected"))
    segmentation = node.GetSegmentation()
    names = {s: segmentation.GetSegment(s).GetName() for s in ("both", "only_first", "only_second")}
    assert names == {"both": "Both", "only_first": "Only model", "only_second": "Only corrected"}
    assert [voxel_count(node, segment) for segment in names] == [4, 4, 4]

    assert show_disagreement(volume_node, disagreement(first, first), node=node) is node
    assert voxel_count(node, "both") == 8
    with pytest.raises(InputError, match="align it first"):
        show_disagreement(volume_node, disagreement(*(each.cropped(np.s_[:5, :, :]) for each in (first, second))))


def test_the_table_holds_what_either_mask_holds(scene, masks):
    from AbdominalCalcificationLib.scene.tables import fill_comparison_table

    ct, arteries, first, second = masks
    rows = drain(compare_steps("calcification", first, second, arteries))
    measured = [measure(ct, arteries, mask) for mask in (first, second)]
    for row, alone in zip(rows, calcification_rows(*measured, first, second), strict=True):
        assert {name: row[name] for name in alone} == alone
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", "comparison")
    fill_comparison_table(node, rows)
    table = node.GetTable()
    assert [table.GetValueByName(row, "Territory").ToString() for row in range(3)] == ["Aorta", "Total", "Whole mask"]
    assert table.GetNumberOfRows() == 3
    assert table.GetValueByName(0, "Dice").ToString() == "0.500"
    assert table.GetValueByName(0, "Both").ToDouble() == pytest.approx(4 * 0.8 * 0.9 * 1.5, abs=0.05)
    assert table.GetValueByName(0, "Lesion F1").ToString() == "1.000"
    for side, each in zip("AB", measured, strict=True):
        shown = [table.GetValueByName(row, f"Burden {side}").ToString() for row in range(3)]
        assert shown == [f"{100 * each.total.burden:.2f}"] * 2 + ["–"]


def test_a_comparison_is_found_again_after_saving_and_replaced_by_the_next(scene, masks, tmp_path):
    import slicer

    from AbdominalCalcificationLib.scene.bundle import load_scene
    from AbdominalCalcificationLib.scene.comparison import find_comparison, store_comparison
    from AbdominalCalcificationLib.scene.segmentations import (
        DISAGREEMENT,
        ready_steps,
        show_arteries,
        show_calcification,
    )
    from AbdominalCalcificationLib.scene.volumes import volume_node_from
    from scene_files import save_scene

    ct, arteries, first, second = masks
    volume_node = volume_node_from(ct, "CT", scene)
    assert find_comparison(volume_node) is None
    nodes = [show_calcification(volume_node, each) for each in (first, second)]
    artery_node = show_arteries(volume_node, arteries)

    def store(**more):
        rows = drain(compare_steps("calcification", first, second, arteries))
        ready = drained(ready_steps(DISAGREEMENT, volume_node, disagreement(first, second), names="AB"))
        return store_comparison(rows, ready, volume_node, nodes, description="A, B.", **more)

    store(arteries_node=artery_node).mark_outdated()
    save_scene(tmp_path / "case.mrb")
    load_scene(tmp_path / "case.mrb")
    volume_node = slicer.util.getNode("CT")
    found = find_comparison(volume_node)
    assert (found.description, found.outdated) == ("A, B.", True)
    assert [voxel_count(found.disagreement, each) for each in ("both", "only_first", "only_second")] == [4, 4, 4]
    assert [each.GetName() for each in (*found.compared, found.arteries)] == [
        "CT calcification", "CT calcification_1", "CT arteries",
    ]  # fmt: skip
    nodes = list(found.compared[:1])
    count = scene.GetNumberOfNodes()
    found = store()
    assert scene.GetNumberOfNodes() == count
    assert (found.outdated, found.compared, found.arteries) == (False, tuple(nodes), None)


def test_two_empty_masks_have_a_total_with_dashes(scene, masks):
    from AbdominalCalcificationLib.scene.tables import fill_comparison_table

    ct, arteries, first, _ = masks
    empty = first.with_array(np.zeros(SHAPE, np.uint8))
    measurement = measure(ct, arteries, empty)
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", "comparison")
    fill_comparison_table(node, calcification_rows(measurement, measurement, empty, empty))
    assert node.GetTable().GetNumberOfRows() == 1
    assert node.GetTable().GetValueByName(0, "Dice").ToString() == "–"
