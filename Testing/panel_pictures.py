"""The panel with the sample case, worked with as its user does, and pictures of it: alone and beside Slicer's views."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import slicer
from matplotlib import image
from PIL import Image

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.reporting.view_surfaces import picture_of_window
from host import start
from host.application import run_until
from host.slice_views import click

CT = resources.sample_case()
MASKS = {name: CT.with_name(f"{CT.stem}_{name}.nrrd") for name in ("arteries", "calcification")}

# PySide6 can crash where it ends the widgets of a panel that is no longer referred to.
_panels = []


def keep(path: Path, picture: np.ndarray) -> None:
    """Keep a picture, uint8 (height, width, 3), with 256 colours: a third of the bytes, and nobody sees it."""
    few = Image.fromarray(picture).quantize(256, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def panel_of(load):
    """Return a panel and its parameters, with the CT that `load`, given the scene, puts there."""
    slicer.mrmlScene.Clear()
    slicer.mrmlScene.GetSubjectHierarchyNode()
    panel = start().module.AbdominalCalcificationWidget()
    _panels.append(panel)
    parameters = panel.logic.getParameterNode()
    parameters.ct = load(slicer.mrmlScene)
    return panel, parameters


def panel_of_the_sample_case():
    return panel_of(lambda scene: slicer.util.loadVolume(str(CT)))


def panel_of_the_exact_masks():
    """Return a panel and its parameters, with the sample case and its exact masks, measured."""
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from AbdominalCalcificationPanel.parameters import ArterySource, CalcificationSource

    panel, parameters = panel_of_the_sample_case()
    parameters.arteries = show_arteries(parameters.ct, read_mask(MASKS["arteries"]))
    parameters.calcification = show_calcification(parameters.ct, read_mask(MASKS["calcification"]))
    parameters.arterySource = ArterySource.EXISTING
    parameters.calcificationSource = CalcificationSource.EXISTING
    press(panel, panel.ui.runButton)
    return panel, parameters


def press(panel, button) -> None:
    button.click()
    if not run_until(lambda: not panel.isBusy, 600) or panel.ui.statusLabel.text != "Done.":
        raise SystemExit(f"The panel says: {panel.ui.statusLabel.text}")


def open_review(panel, role: str) -> None:
    """Open the module and its review section alone, with the brush in hand."""
    panel.enter()
    panel.ui.inputsButton.collapsed = True
    panel.ui.reviewSection.collapsed = False
    {"arteries": panel.ui.reviewArteries, "calcification": panel.ui.reviewCalcification}[role].click()
    if not run_until(lambda: not panel.panel.review.is_preparing, 600):
        raise SystemExit("The limits of painting do not get ready.")
    panel.panel.review.editor_widget.setActiveEffectByName("Paint")


def use(panel, tool, place) -> None:
    """Click on a place with a tool, and wait until it is done."""
    tool.checked = True
    click(tuple(place))
    follow(panel)


def reject_two(panel) -> None:
    for _ in range(2):
        panel.ui.clustersTable.selectRow(0)
        panel.ui.rejectCluster.click()
        follow(panel)


def follow(panel) -> None:
    """Wait until work is done and the numbers have followed."""
    live = panel.panel.live
    if not run_until(lambda: not panel.isBusy and not live.is_following and live.is_settled, 600):
        raise SystemExit(f"The panel says: {panel.ui.statusLabel.text}")


def picture_of(panel, width: int, height: int) -> np.ndarray:
    """Return the panel as it is in Slicer's scroll area: or as high as it must be; (height, width, 3)."""
    window = panel.parent
    window.show()
    for _ in range(20):  # wrapped text gets its place once it is shown
        start().qt_application.processEvents()
    window.resize(width, max(height, window.heightForWidth(width)))
    for _ in range(20):
        start().qt_application.processEvents()
    with tempfile.TemporaryDirectory() as folder:
        window.grab().save(f"{folder}/panel.png")
        return (255 * image.imread(f"{folder}/panel.png")[:, :, :3]).round().astype(np.uint8)


def picture_of_view(view, width: int, height: int, offset_mm: float | None = None) -> np.ndarray:
    """Return the view with everything in it, a slice view at that place; shape (height, width, 3)."""
    window = view.render_window()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetAlphaBitPlanes(1)  # or what is translucent is not drawn
    window.SetSize(width, height)
    view.fit_view_to_content()
    if offset_mm is not None:
        view.get_view_node().SetSliceOffset(offset_mm)
    return picture_of_window(window)


def beside_radiograph(panel, path: Path) -> None:
    """Keep the page of radiographs beside the slice view of the chosen radiograph, with what is shown on it."""
    from trame_slicer.views import SliceView

    from AbdominalCalcificationLib.scene.application import ensure_application

    _panels.append(panel)
    logic = ensure_application().logic
    view = SliceView(slicer.mrmlScene, logic, f"radiograph {path.stem}")
    view.set_orientation("Axial")
    image = panel.radiographPage.state.image
    logic.GetSliceLogic(view.get_view_node()).GetSliceCompositeNode().SetBackgroundVolumeID(image.GetID())
    page = picture_of(panel, 437, 700)
    keep(path, np.concatenate([page, picture_of_view(view, 620, len(page))], axis=1))


def beside_views(panel, parameters, path: Path, place=None) -> None:
    """Keep the panel beside the 3D view and a coronal slice: through a place, or with most calcification."""
    from trame_slicer.views import SliceView, ThreeDView

    from AbdominalCalcificationLib.scene.application import ensure_application

    logic = ensure_application().logic
    # Names of their own: views of a scene that was cleared do not come back.
    front = ThreeDView(slicer.mrmlScene, logic, f"front {path.stem}")
    front.set_box_visible(False)
    front.set_background_color([255, 255, 255])
    coronal = SliceView(slicer.mrmlScene, logic, f"coronal {path.stem}")
    coronal.set_orientation("Coronal")
    logic.GetSliceLogic(coronal.get_view_node()).GetSliceCompositeNode().SetBackgroundVolumeID(parameters.ct.GetID())
    exact = read_mask(MASKS["calcification"])
    most_calcified = exact.array.sum(axis=(0, 2)).argmax()
    anterior_mm = exact.grid.ras_of_kji(np.array([[0, most_calcified, 0]]))[0, 1] if place is None else place[1]
    parts = [picture_of(panel, 437, 760)]  # or as high as it must be
    height = len(parts[0])
    parts += [picture_of_view(front, 430, height), picture_of_view(coronal, 430, height, float(anterior_mm))]
    keep(path, np.concatenate(parts, axis=1))
