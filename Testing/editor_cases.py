"""A small case under review: an aorta with a plaque, bone beside it, and a panel whose editor is open."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.anatomy import TERRITORIES, territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
from AbdominalCalcificationLib.scene.volumes import volume_node_from
from host.segment_strokes import stroke
from panels import heads, parameters_of, ready
from phantoms import rotation_about

SHAPE = (36, 40, 44)
AXIS_KJI = (slice(None), 20, 16)
RADIUS_MM = 6.0
PLAQUE = np.s_[14:18, 19:22, 20:25]  # in the wall and out of it
BONE = np.s_[10:26, 16:24, 36:42]
BLOOD_HU, PLAQUE_HU, BONE_HU, FAT_HU = 260, 720, 800, -90


class Case:
    """The nodes, and where things are."""

    def __init__(self, dtype=np.int16):
        self.grid = Grid.from_spacing(SHAPE, (0.83, 0.91, 1.3), (12, -30, 55), rotation_about((1, 2, 5), 25))
        k, j, i = np.indices(SHAPE)
        from_axis_mm = np.hypot((j - AXIS_KJI[1]) * 0.91, (i - AXIS_KJI[2]) * 0.83)
        self.aorta = from_axis_mm <= RADIUS_MM
        hu = np.where(self.aorta, BLOOD_HU + (k + j + i) % 5, FAT_HU).astype(dtype)
        hu[PLAQUE], hu[BONE] = PLAQUE_HU, BONE_HU
        self.hu = hu
        self.ct = volume_node_from(Volume(hu, self.grid), "ct")
        labels = np.where(self.aorta, territory("aorta").label, 0).astype(np.uint8)
        self.arteries = show_arteries(self.ct, Volume(labels, self.grid))
        self.calcification = show_calcification(self.ct, Volume(np.zeros(SHAPE, np.uint8), self.grid))

    def ras(self, k, j, i):
        return self.grid.ras_of_kji([[k, j, i]])[0]

    def voxels(self, node, segment):
        """The voxels of a segment, on the grid of the CT."""
        return slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, self.ct) != 0

    def calcified(self):
        return self.voxels(self.calcification, "calcification")


def brush(case, place_kji, radius_mm, is_sphere, normal_axis=0):
    """The voxels under a brush."""
    kji = np.indices(SHAPE).reshape(3, -1).T
    away = np.linalg.norm(case.grid.ras_of_kji(kji) - case.ras(*place_kji), axis=1).reshape(SHAPE)
    inside = away <= radius_mm
    return inside if is_sphere else inside & (np.indices(SHAPE)[normal_axis] == place_kji[normal_axis])


def pressed(key) -> None:
    """Press a key in the main window: two shortcuts of one key are ambiguous and do nothing in Qt."""
    shortcuts = [child for child in slicer.util.mainWindow().children() if child.inherits("QShortcut")]
    fitting = [each for each in shortcuts if each.enabled and each.key.toString() == key]
    assert len(fitting) <= 1, f"{len(fitting)} shortcuts for {key}"
    assert fitting, f"no shortcut for {key}"
    fitting[0].activated.emit()


def keys() -> list[str]:
    """The keys that work in the main window, one for each shortcut."""
    shortcuts = [child for child in slicer.util.mainWindow().children() if child.inherits("QShortcut")]
    return sorted(each.key.toString() for each in shortcuts if each.enabled)


def editor_of(panel):
    return panel.panel.review.editor_widget


def editor_nodes():
    return slicer.util.getNodesByClass("vtkMRMLSegmentEditorNode")


@pytest.fixture
def case(panel):
    """A case with masks, the panel open, the section not."""
    case = Case()
    parameters = parameters_of(panel)
    parameters.ct, parameters.arteries, parameters.calcification = case.ct, case.arteries, case.calcification
    panel.enter()
    yield case
    panel.exit()


@pytest.fixture
def arteries(case, panel):
    """The case with its arteries under review."""
    panel.ui.reviewSection.collapsed = False
    return case


@pytest.fixture
def calcification(case, panel):
    """The case with its calcification under review."""
    panel.ui.reviewSection.collapsed = False
    panel.ui.reviewCalcification.click()
    ready(panel)
    return case


def paint(panel, *places, effect="Paint"):
    ready(panel)
    editor_of(panel).setActiveEffectByName(effect)
    stroke(editor_of(panel), places)
    slicer.app.processEvents()


def texts(box):
    return [box.itemText(index) for index in range(box.count)]


def choose(panel, name):
    """Choose a territory as the user does."""
    box = panel.ui.reviewTerritory
    box.currentIndex = [each.name for each in TERRITORIES].index(name)
    box.activated.emit(box.currentIndex)


def undo_text(panel):
    return panel.ui.undoButton.text


def choose_row(panel, name):
    """Click a row of the territories' table."""
    table = panel.ui.territoriesTable
    table.selectRow(heads(table).index(name))
