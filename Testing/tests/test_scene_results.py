"""Numbers and masks in the scene, saved and found again."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import CALCIFICATION_COLOR, TERRITORIES, territory
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reporting.documents import measurement_document
from AbdominalCalcificationLib.scene import edits, results
from AbdominalCalcificationLib.scene.bundle import load_scene
from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
from AbdominalCalcificationLib.scene.results import all_results, find_results, store_measurement
from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification, show_cut_off
from AbdominalCalcificationLib.scene.volumes import grid_of_node, matrix_of_array, volume_from_node, volume_node_from
from host.charts import seen_bars
from placements import OBLIQUE, affine, rotation
from scene_files import save_scene

pytestmark = pytest.mark.scene

SHAPE = (30, 24, 60)
FOUND = ("aorta", "renal_left")


@pytest.fixture(scope="module")
def case():
    """An aorta with two plaques and a left renal artery with one, on an oblique grid; and its measurement."""
    k, j, i = np.indices(SHAPE)
    arteries = np.zeros(SHAPE, np.uint8)
    arteries[np.hypot(j - 12, i - 15) <= 5] = territory("aorta").label
    arteries[(np.hypot(j - 12, k - 15) <= 2.5) & (i > 20)] = territory("renal_left").label
    calcification = np.zeros(SHAPE, np.uint8)
    calcification[3:6, 15, 12:17] = 1
    calcification[25, 9, 14] = 1
    calcification[14:16, 12, 26:29] = 1
    calcification[28, 2, 50] = 1  # near nothing
    ct = np.where(arteries > 0, 300, -50) + 600 * (calcification > 0)
    grid = Grid.from_spacing(SHAPE, (1.1, 0.9, 2.0), (40.0, -60.0, 800.0), OBLIQUE)
    ct, arteries, calcification = (
        Volume(each, grid) for each in (ct.astype(np.int16), arteries, calcification.astype(np.uint8))
    )
    models = [{"role": "arteries", "name": "tiny", "checksum": "12"}]
    provenance = {"time": "2026-01-01T00:00:00Z", "models": models, "parameters": {"arteries": "models"}}
    measurement = measure(
        ct, arteries, calcification, flags=[Flag("thick_slices", "Über 3 mm.")], provenance=provenance
    )
    return SimpleNamespace(
        ct=ct,
        arteries=arteries,
        calcification=calcification,
        measurement=measurement,
        origins={"arteries": {"models": models, "bundled": False}},
    )


@pytest.fixture
def ct_node(scene, case):
    return volume_node_from(case.ct, "Case 7")


def cells(table_node):
    table = table_node.GetTable()
    return [
        [table.GetValue(row, column).ToString() for column in range(table.GetNumberOfColumns())]
        for row in range(table.GetNumberOfRows())
    ]


def columns(table_node):
    return [table_node.GetColumnName(number) for number in range(table_node.GetNumberOfColumns())]


def test_the_table_has_every_territory_the_total_and_what_was_left_out(case, ct_node):
    rows = cells(store_measurement(case.measurement, ct_node).territories)
    assert [row[0] for row in rows] == [
        *(each.title for each in TERRITORIES),
        "Total",
        "Unassigned (near no artery)",
        "Beyond the kept length",
    ]
    aorta = case.measurement.territory("aorta")
    assert rows[0][1:] == [
        f"{100 * aorta.burden:.2f}",
        f"{aorta.calcified_volume_mm3:.1f}",
        "2",
        f"{aorta.artery_volume_mm3 / 1000:.2f}",
        f"{aorta.mean_cluster_volume_mm3:.1f}",
        f"{aorta.largest_cluster_volume_mm3:.1f}",
        "given",
    ]
    voxel_mm3 = 1.1 * 0.9 * 2.0
    assert rows[-2] == ["Unassigned (near no artery)", "", f"{voxel_mm3:.1f}", "", "", "", "", ""]


def test_a_unit_is_given_once(case, ct_node):
    table = store_measurement(case.measurement, ct_node).territories
    titles = {name: (table.GetColumnTitle(name), table.GetColumnUnitLabel(name)) for name in columns(table)}
    assert list(titles)[:5] == ["Territory", "Burden", "Calcified", "Clusters", "Artery"]
    assert titles["Burden"] == ("Burden", "%")
    assert titles["Artery"] == ("Artery", "mL")


def test_what_was_not_measured_is_a_dash_and_never_a_zero(case, ct_node):
    rows = cells(store_measurement(case.measurement, ct_node).territories)
    missing = [row for row, each in zip(rows, TERRITORIES, strict=False) if each.name not in FOUND]
    assert len(missing) == len(TERRITORIES) - len(FOUND)
    assert all(set(row[1:]) == {"–"} for row in missing)


def test_clusters_have_typed_columns_with_units_and_a_position(case, ct_node):
    table = store_measurement(case.measurement, ct_node).clusters
    assert len(cells(table)) == len(case.measurement.clusters) == 3
    assert table.GetTable().GetColumnByName("Volume").GetDataTypeAsString() == "double"
    assert table.GetColumnUnitLabel("Volume") == "mm³"
    for row, cluster in enumerate(case.measurement.clusters):
        assert cells(table)[row][1] == territory(cluster.territory).title
        position = [float(cells(table)[row][columns(table).index(axis)]) for axis in "RAS"]
        assert position == pytest.approx(cluster.centroid_ras, abs=0.006)


def test_values_that_are_not_known_are_dashes_in_the_cluster_table(case, ct_node):
    unknown = [replace(each, mean_hu=None, max_hu=None, path_distance_mm=None) for each in case.measurement.clusters]
    table = store_measurement(replace(case.measurement, clusters=tuple(unknown)), ct_node).clusters
    for row in cells(table):
        assert [row[columns(table).index(name)] for name in ("Mean", "Maximum", "Path distance")] == ["–"] * 3


def measured_with(measurement, burdens):
    """The measurement with these burdens, by territory; None for one that was not measured."""
    rows = tuple(replace(each, burden=burdens.get(each.name)) for each in measurement.territories)
    return replace(measurement, territories=rows)


@pytest.mark.parametrize(
    "names",
    [FOUND, ("aorta",), tuple(each.name for each in TERRITORIES)],
    ids=["two arteries", "the aorta alone", "all arteries"],
)
def test_every_territory_that_was_measured_has_a_bar_that_can_be_told(case, ct_node, names):
    burdens = {name: 0.01 * (number + 1) for number, name in enumerate(names)}
    results = store_measurement(measured_with(case.measurement, burdens), ct_node)
    assert seen_bars(results.chart) == [territory(name).short for name in names]
    for number, name in enumerate(names):
        series = results.chart.GetNthPlotSeriesNode(number)
        assert series.GetColor() == pytest.approx(territory(name).color)
        table = series.GetTableNode().GetTable()
        places, values = (
            [table.GetColumnByName(column).GetValue(row) for row in range(table.GetNumberOfRows())]
            for column in (series.GetXColumnName(), series.GetYColumnName())
        )
        place = [each.name for each in TERRITORIES].index(name)
        assert places == list(range(len(TERRITORIES)))
        assert values[place] == pytest.approx(100 * burdens[name])
        assert sum(values) == values[place]
    assert "%" in results.chart.GetTitle()


def test_measuring_again_updates_the_nodes_in_place(scene, case, ct_node):
    first = store_measurement(case.measurement, ct_node)
    nodes = scene.GetNumberOfNodes()
    second = store_measurement(replace(case.measurement, clusters=case.measurement.clusters[:1]), ct_node)
    assert scene.GetNumberOfNodes() == nodes
    assert second.territories is first.territories
    assert len(cells(first.clusters)) == 1
    assert len(second.document["clusters"]) == 1
    assert second.chart.GetNumberOfPlotSeriesNodes() == 2


def test_a_table_that_the_user_deleted_comes_back(scene, case, ct_node):
    first = store_measurement(case.measurement, ct_node)
    scene.RemoveNode(first.clusters)
    assert find_results(scene).clusters is None
    assert len(cells(store_measurement(case.measurement, ct_node).clusters)) == 3


def test_the_record_holds_the_whole_document(case, ct_node):
    document = store_measurement(case.measurement, ct_node).document
    assert document == measurement_document(case.measurement)


def test_a_record_is_read_once_however_often_results_are_asked_for(scene, case, ct_node, monkeypatch):
    store_measurement(case.measurement, ct_node)
    results._document.cache_clear()
    texts, loads = [], results.json.loads
    monkeypatch.setattr(results.json, "loads", lambda text: (texts.append(text), loads(text))[1])
    first = find_results(scene).document
    for _ in range(3):
        assert find_results(scene, ct_node).document == first
    assert len(texts) == 1
    find_results(scene).mark_outdated()  # changes the node, not what it says
    assert find_results(scene).document == first
    assert len(texts) == 1
    was_modifying = find_results(scene).record.StartModify()  # tells of no change meanwhile
    find_results(scene).record.SetText('{"total": 1}')
    assert find_results(scene).document == {"total": 1}
    find_results(scene).record.EndModify(was_modifying)


def test_results_are_found_by_their_ct_or_the_newest_first(scene, case, ct_node):
    assert find_results(scene) is None
    other = volume_node_from(case.ct, "Case 8")
    newer = replace(case.measurement, provenance={"time": "2026-06-01T00:00:00Z"})
    store_measurement(newer, other)
    store_measurement(case.measurement, ct_node)
    assert find_results(scene).ct is other
    assert find_results(scene, ct_node).ct is ct_node
    assert find_results(scene, volume_node_from(case.ct, "Not measured")) is None


@pytest.mark.parametrize("transformed", [False, True], ids=["untransformed", "transformed"])
def test_everything_survives_saving_and_loading_the_scene(scene, case, ct_node, tmp_path, transformed):
    import slicer

    if transformed:
        parent = None
        for matrix in (affine(rotation(1, 30), (5, -7, 9)), affine(rotation(2, 70), (-50, 1, 2))):
            transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
            transform.SetMatrixTransformToParent(matrix_of_array(matrix))
            transform.SetAndObserveTransformNodeID(parent.GetID() if parent else None)
            parent = transform
        ct_node.SetAndObserveTransformNodeID(parent.GetID())
    world = grid_of_node(ct_node)
    ct, arteries, calcification = (Volume(v.array, world) for v in (case.ct, case.arteries, case.calcification))
    measurement = measure(ct, arteries, calcification, provenance=case.measurement.provenance)
    artery_node = show_arteries(ct_node, arteries)
    edits.remember_origin(artery_node, arteries, {"models": ["tiny; with: separators"]})
    show_calcification(ct_node, calcification)
    show_cut_off(ct_node, Volume(measurement.cut_arteries.array, world))
    tables = store_measurement(measurement, ct_node)
    shown = cells(tables.territories), cells(tables.clusters)
    entry = artery_node.GetSegmentation().GetSegment("renal_left").GetTerminology()

    save_scene(tmp_path / "scene.mrb")
    scene.Clear(False)
    load_scene(tmp_path / "scene.mrb")

    results = find_results(scene)
    assert results.ct.GetName() == "Case 7"
    assert (cells(results.territories), cells(results.clusters)) == shown
    assert results.clusters.GetTable().GetColumnByName("Volume").GetDataTypeAsString() == "double"
    assert results.territories.GetTable().GetColumnByName("Burden").GetDataTypeAsString() == "string"
    assert results.document == measurement_document(measurement)
    assert results.chart.GetNumberOfPlotSeriesNodes() == 2
    assert volume_from_node(results.ct).grid.same_as(world)
    artery_node, calcification_node = (slicer.util.getNode(f"Case 7 {what}") for what in ("arteries", "calcification"))
    loaded = arteries_from_node(artery_node, results.ct)
    assert np.array_equal(loaded.array, arteries.array)
    assert np.array_equal(calcification_from_node(calcification_node, results.ct).array, calcification.array)
    segmentation = artery_node.GetSegmentation()
    assert list(segmentation.GetSegmentIDs()) == list(FOUND)
    assert segmentation.GetSegment("renal_left").GetTerminology() == entry
    assert segmentation.GetSegment("aorta").GetName() == "Aorta"
    assert segmentation.GetSegment("aorta").GetColor() == pytest.approx(territory("aorta").color, abs=1e-5)
    color = calcification_node.GetSegmentation().GetSegment("calcification").GetColor()
    assert color == pytest.approx(CALCIFICATION_COLOR, abs=1e-5)
    assert artery_node.GetDisplayNode().GetOpacity3D() == pytest.approx(0.4)
    assert edits.changed_voxels(artery_node, loaded) == 0
    assert edits.source_of(artery_node) == {"models": ["tiny; with: separators"]}


def test_hand_edits_and_their_count_survive_saving_again_and_again(scene, case, ct_node, tmp_path):
    import slicer

    edits.remember_origin(show_calcification(ct_node, case.calcification), case.calcification)
    expected = case.calcification.array.copy()
    for number, voxel in enumerate([(0, 0, 0), (1, 2, 3), (25, 9, 14)], start=1):  # two painted, one erased
        node, ct = slicer.util.getNode("Case 7 calcification"), slicer.util.getNode("Case 7")
        expected[voxel] = 1 - expected[voxel]
        slicer.util.updateSegmentBinaryLabelmapFromArray(expected, node, "calcification", ct)
        mask = calcification_from_node(node, ct)
        assert np.array_equal(mask.array, expected)
        edits.keep_note(node, edits.edit_note(node, mask, editor="Ann"))
        save_scene(tmp_path / f"{number}.mrb")
        scene.Clear(False)
        load_scene(tmp_path / f"{number}.mrb")
        node, ct = slicer.util.getNode("Case 7 calcification"), slicer.util.getNode("Case 7")
        assert np.array_equal(calcification_from_node(node, ct).array, expected)
        note = edits.kept_note(node).text
        assert (note["changed_voxels"], note["editor"]) == (number, "Ann")


def test_results_know_their_masks_and_whether_these_were_changed(scene, case, ct_node):
    arteries = show_arteries(ct_node, case.arteries)
    calcification = show_calcification(ct_node, case.calcification)
    masks = {"arteries": arteries, "calcification": calcification, "cut_off": None}
    results = store_measurement(case.measurement, ct_node, masks)
    assert results.masks == results.measured == {"arteries": arteries, "calcification": calcification}
    assert not results.outdated
    results.mark_outdated()
    assert find_results(scene, ct_node).outdated
    assert [each.record for each in all_results(scene)] == [results.record]
    results = store_measurement(case.measurement, ct_node)
    assert not results.outdated
    assert results.masks["arteries"] is arteries
    scene.RemoveNode(arteries)
    assert find_results(scene, ct_node).masks == {"calcification": calcification}


@pytest.mark.real_ct
def test_the_real_slab_keeps_every_voxel_through_the_scene(scene, real_ct, tmp_path):
    import slicer

    ct = read_ct(real_ct / "dicom").volume
    labels = align_labels(read_mask(real_ct / "totalsegmentator_labels.nii.gz"), ct.grid)
    aorta = ct.with_array((labels.array == 52).astype(np.uint8))
    ct_node = volume_node_from(ct, "Slab")
    show_arteries(ct_node, aorta)
    save_scene(tmp_path / "slab.mrb")
    load_scene(tmp_path / "slab.mrb")
    ct_node, node = slicer.util.getNode("Slab"), slicer.util.getNode("Slab arteries")
    assert np.array_equal(volume_from_node(ct_node).array, ct.array)
    back = arteries_from_node(node, ct_node)
    assert back.grid.same_as(ct.grid)
    assert np.array_equal(back.array, aorta.array)
    assert np.count_nonzero(back.array) == np.count_nonzero(labels.array == 52) > 10000
