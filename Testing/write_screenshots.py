"""Draw the pictures of the README anew: ``python Testing/write_screenshots.py [FOLDER]``.

Needs what the tests need. ``views.png`` and ``panel.png`` show the sample case with its exact masks,
``compare.png`` how these differ from what the bundled models make of it, ``start.png``, ``install.png`` and ``run.png``
the tutorial's first steps with the bundled models, ``review.png`` and ``review-….png`` the correction of their masks,
``vessel.png`` an artery laid out straight, ``reopened.png`` a corrected case whose scene was saved and loaded again,
``recover.png`` what is offered after a crash, ``export.png`` the panel after an export, ``report.png`` the first page
of a report (that needs ``pdftoppm``), and ``radiograph-page.png`` the page of radiographs with what is true of the
sample. The panel is that of the test host, the views are Slicer's own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "AbdominalCalcification"))

import numpy as np
import slicer
from PIL import Image

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.history.recovery import RECOVERY_VARIABLE
from AbdominalCalcificationLib.inference.packages import PACKAGES
from AbdominalCalcificationLib.measurement import LiveMeasurement
from AbdominalCalcificationLib.profiles import Vessels
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reporting.drawing import write_png
from AbdominalCalcificationLib.reporting.vessel_picture import vessel_picture
from host import start
from host.application import run_until
from host.segment_strokes import stroke
from panel_pictures import (
    CT,
    MASKS,
    beside_radiograph,
    beside_views,
    follow,
    keep,
    open_review,
    panel_of_the_exact_masks,
    panel_of_the_sample_case,
    picture_of,
    press,
    reject_two,
    use,
)


def views_of(result: Path) -> np.ndarray:
    """Return the picture of a result folder, small enough for a page."""
    picture = Image.open(result / "views.png").convert("RGB")
    picture.thumbnail((820, 2000))
    return np.array(picture)


def write_views(path: Path) -> None:
    """Keep the picture of the result folder."""
    with tempfile.TemporaryDirectory() as folder:
        given = [argument for name, file in MASKS.items() for argument in (f"--{name}", str(file))]
        if cli.main(["analyze", str(CT), "--output", f"{folder}/result", *given]):
            raise SystemExit("The sample case could not be analysed.")
        keep(path, views_of(Path(folder, "result")))


def write_panel(path: Path) -> None:
    panel, _ = panel_of_the_exact_masks()
    keep(path, picture_of(panel, 520, 980))
    panel.cleanup()


def write_first_steps(start_path: Path, run_path: Path) -> None:
    """The panel as it opens with a CT, and what the bundled models make of it."""
    panel, parameters = panel_of_the_sample_case()
    panel.ui.resultsButton.collapsed = True
    keep(start_path, picture_of(panel, 400, 360))
    panel.ui.resultsButton.collapsed = False
    press(panel, panel.ui.runButton)
    beside_views(panel, parameters, run_path)
    panel.cleanup()


def write_install(path: Path) -> None:
    """What the first run asks in a Slicer in which nothing is installed yet."""
    panel, _ = panel_of_the_sample_case()
    there = "/opt/Slicer/lib/Python/lib/python3.12/site-packages"  # instead of where it goes on this computer
    with (
        mock.patch.object(panel.logic, "missingPackages", return_value=list(PACKAGES)),
        mock.patch("sysconfig.get_paths", return_value={"purelib": there}),
    ):
        panel.ui.resultsButton.collapsed = True
        panel.ui.runButton.click()
        if not run_until(lambda: not panel.ui.questionFrame.isHidden(), 60):
            raise SystemExit(f"The panel says: {panel.ui.statusLabel.text}")
        keep(path, picture_of(panel, 400, 360))
    panel.cleanup()


def write_review(path: Path) -> None:
    """Calcification of the bundled models under review, after a stroke."""
    panel, parameters = panel_of_the_sample_case()
    press(panel, panel.ui.runButton)
    open_review(panel, "calcification")
    exact = read_mask(MASKS["calcification"])
    where = np.argwhere(exact.array != 0)
    stroke(panel.panel.review.editor_widget, exact.grid.ras_of_kji(where[len(where) // 2]))
    panel.ui.resultsButton.collapsed = True
    beside_views(panel, parameters, path)
    write_corrections(panel, parameters, exact, path.parent)
    panel.exit()
    panel.cleanup()


def write_corrections(panel, parameters, exact, folder: Path) -> None:
    """The steps of a review: clusters rejected, a plaque added, an artery repaired, a kept length changed."""
    from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node

    ui = panel.ui
    calcified = calcification_from_node(parameters.calcification, parameters.ct)
    arteries = arteries_from_node(parameters.arteries, parameters.ct)
    panel.panel.review.editor_widget.setActiveEffect(None)
    write_rejected(panel, parameters, folder)
    missed = (exact.array != 0) & (calcified.array == 0)
    hu = slicer.util.arrayFromVolume(parameters.ct)
    for place in exact.grid.ras_of_kji(brightest(np.where(missed, hu, -1024))):
        use(panel, ui.plaqueTool, place)
        if not ui.acceptPlaque.isHidden():
            break
    beside_views(panel, parameters, folder / "review-plaque.png", place)
    if not ui.acceptPlaque.isHidden():
        ui.acceptPlaque.click()
        follow(panel)
    ui.plaqueTool.checked = False

    ui.reviewArteries.click()
    for name in ("renal_left", "renal_right"):
        voxels = np.argwhere(arteries.array == territory(name).label)
        points = arteries.grid.ras_of_kji(voxels)
        place = points[np.abs(points[:, 0]).argmax()]
        use(panel, ui.joinTool, place)
        if "joined" in ui.statusLabel.text:
            break
    beside_views(panel, parameters, folder / "review-repair.png", place)
    ui.joinTool.checked = False
    write_kept_length(panel, parameters, folder, place)


def write_rejected(panel, parameters, folder: Path) -> None:
    """Two clusters rejected; they are taken back afterwards."""
    ui = panel.ui
    ui.resultsButton.collapsed = False
    reject_two(panel)
    beside_views(panel, parameters, folder / "review-reject.png")
    ui.undoButton.click()
    ui.undoButton.click()
    follow(panel)
    ui.resultsButton.collapsed = True


def write_saved(reopened_path: Path, export_path: Path, recover_path: Path) -> None:
    """A corrected case after its scene was loaded again, exported, and what is offered where it was not saved."""
    panel, _ = panel_of_the_exact_masks()
    panel.enter()
    reject_two(panel)
    with tempfile.TemporaryDirectory() as folder:
        scene = f"{folder}/corrected.mrb"
        slicer.util.saveScene(scene)
        slicer.mrmlScene.Clear()
        slicer.util.loadScene(scene)
        panel.ui.inputsButton.collapsed = True
        beside_views(panel, panel.logic.getParameterNode(), reopened_path)
        panel.panel.export.export_to(Path(folder, "simulated_cta calcification"), overwrite=False)
        follow(panel)
        panel.ui.resultsButton.collapsed = True
        said = panel.ui.statusLabel.text  # another folder stands for the one that is only for this picture
        panel.ui.statusLabel.text = said.replace(folder, "/home/reader/results")
        keep(export_path, picture_of(panel, 400, 360))
        reject_two(panel)
        ended_by_a_crash(panel, Path(folder, "kept"))
    again, _ = panel_of_the_sample_case()
    again.enter()
    again.ui.resultsButton.collapsed = True
    keep(recover_path, picture_of(again, 400, 360))
    again.cleanup()


def ended_by_a_crash(panel, place: Path) -> None:
    """End a panel, and leave on the disk what a crash would leave there."""
    recovery = Path(os.environ[RECOVERY_VARIABLE])
    if not run_until(lambda: panel.panel.history.is_written, 600):
        raise SystemExit("The corrections are not written.")
    shutil.copytree(recovery, place)
    panel.exit()
    panel.cleanup()
    slicer.mrmlScene.Clear()
    shutil.copytree(place, recovery, dirs_exist_ok=True)


def write_report(path: Path) -> None:
    """Keep the first page of the report of the sample case."""
    program = shutil.which("pdftoppm")
    if program is None:
        print("report.png stays as it is: there is no pdftoppm here.")
        return
    with tempfile.TemporaryDirectory() as folder:
        given = [argument for name, file in MASKS.items() for argument in (f"--{name}", str(file))]
        if cli.main(["analyze", str(CT), "--output", f"{folder}/result", "--report", *given]):
            raise SystemExit("The sample case could not be analysed.")
        (report,) = Path(folder, "result").glob("*.pdf")
        subprocess.run([program, "-png", "-r", "75", "-singlefile", str(report), f"{folder}/page"], check=True)
        keep(path, np.array(Image.open(f"{folder}/page.png").convert("RGB")))


def write_kept_length(panel, parameters, folder: Path, place) -> None:
    """Kept lengths of the renal arteries that are shorter than proposed."""
    panel.ui.cutPointsButton.checked = True
    follow(panel)
    parameters.renalLengthMm = 20.0
    follow(panel)
    beside_views(panel, parameters, folder / "review-length.png", place)
    panel.ui.cutPointsButton.checked = False
    follow(panel)


def brightest(hu: np.ndarray, count: int = 2000) -> np.ndarray:
    """Return some voxels of the brightest ones, each hundredth of them, shape (n, 3)."""
    order = np.argsort(hu, axis=None)[::-1][:count:100]
    return np.stack(np.unravel_index(order, hu.shape), axis=1)


def write_vessel(path: Path) -> None:
    """An iliac artery of the sample case laid out straight, above its areas."""
    ct, *masks = (read_ct(CT).volume, *map(read_mask, MASKS.values()))
    live = LiveMeasurement(ct, *masks)
    measurement = drain(live.update_steps())
    vessels = Vessels(measurement, drain(live.courses_steps()))
    name = "common_iliac_left"
    picture = vessel_picture(vessels.laid_out(name), ct, measurement, vessels.profile(name), width=480)
    write_png(picture.with_cursor(23.0), path)


def write_compare(path: Path) -> None:
    """The models' masks, corrected to the exact ones, beside what the models had made."""
    panel, parameters = panel_of_the_sample_case()
    press(panel, panel.ui.runButton)
    node = parameters.calcification
    segment = node.GetSegmentation().GetNthSegmentID(0)
    exact = read_mask(MASKS["calcification"])
    slicer.util.updateSegmentBinaryLabelmapFromArray(exact.array.astype(np.uint8), node, segment, parameters.ct)
    press(panel, panel.ui.recomputeButton)
    press(panel, panel.ui.compareButton)
    panel.ui.inputsButton.collapsed = panel.ui.resultsButton.collapsed = True
    panel.ui.compareSection.collapsed = False
    beside_views(panel, parameters, path)
    panel.cleanup()


def write_radiograph_page(path: Path) -> None:
    """The page of radiographs with what is true of the sample, a score corrected, beside the radiograph."""
    module = start().module
    sample = module.AbdominalCalcificationTest("test_pageOfRadiographsShowsAndCorrects")
    sample.setUp()
    sample.show_true_radiograph()
    panel = module.AbdominalCalcificationWidget()
    panel.enter()
    panel.pages.currentIndex = 1
    ui = panel.radiographUi
    ui.scoresTable.setCurrentIndex(ui.scoresTable.model().index(2, 0))
    ui.score3.click()
    beside_radiograph(panel, path)
    panel.cleanup()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as recovery:
        os.environ[RECOVERY_VARIABLE] = recovery  # what a crash left on this computer is in no picture
        write_all(folder)


def write_all(folder: Path) -> None:
    start()
    write_views(folder / "views.png")
    write_panel(folder / "panel.png")
    write_first_steps(folder / "start.png", folder / "run.png")
    write_install(folder / "install.png")
    write_review(folder / "review.png")
    write_vessel(folder / "vessel.png")
    write_saved(folder / "reopened.png", folder / "export.png", folder / "recover.png")
    write_report(folder / "report.png")
    write_compare(folder / "compare.png")
    write_radiograph_page(folder / "radiograph-page.png")


if __name__ == "__main__":
    shipped = Path(__file__).resolve().parents[1] / "Resources" / "Screenshots"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else shipped)
