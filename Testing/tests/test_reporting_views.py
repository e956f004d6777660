"""The picture of a result shows what is where in the patient, whatever the scan's grid."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOImage import vtkPNGReader

from AbdominalCalcificationLib.anatomy import CALCIFICATION_COLOR, TERRITORIES, territory
from AbdominalCalcificationLib.display import CUT_OFF_COLOR, VERDICT_COLORS
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reporting.drawing import rgb_bytes, write
from AbdominalCalcificationLib.reporting.view_surfaces import opengl_works
from AbdominalCalcificationLib.reporting.views import NO_OPENGL, render_views, render_views_steps
from AbdominalCalcificationLib.trust import headline, trust_of
from placements import OBLIQUE, PLAIN

PIXELS = 240
AORTA, RENAL = territory("aorta"), territory("renal_left")
PLAQUE_RAS = (-9.0, 12.0, 20.0)  # patient's left, in front, above


def patient(spacing=(1.4, 1.4, 1.4), directions=PLAIN, plaque_radius=6.0):
    """An upright aorta at R = A = 0, a renal artery to the patient's left, a ball of calcium. mm, RAS."""
    shape = tuple(round(140 / step) for step in spacing[::-1])
    grid = Grid.from_spacing(shape, spacing, (0, 0, 0), directions)
    matrix = np.array(grid.ijk_to_ras)
    matrix[:3, 3] -= grid.ras_of_kji([(np.array(shape) - 1) / 2])[0]
    grid = Grid(shape, matrix)
    points = grid.ras_of_kji(np.argwhere(np.ones(shape, bool))).reshape(*shape, 3)
    r, a, s = points[..., 0], points[..., 1], points[..., 2]
    arteries, cut = np.zeros((2, *shape), np.uint8)
    arteries[(np.hypot(r, a) < 10) & (abs(s) < 40)] = AORTA.label
    branch = (np.hypot(a, s) < 4) & (r < -10)
    arteries[branch & (r > -30)] = RENAL.label
    cut[branch & (r <= -30) & (r > -45)] = RENAL.label
    calcification = np.linalg.norm(points - PLAQUE_RAS, axis=-1) < plaque_radius
    ct = np.where(arteries > 0, 300, 50) + calcification * 700
    return tuple(Volume(each, grid) for each in (ct.astype(np.int16), arteries, cut, calcification))


def panels(picture):
    top, bottom = picture.image[:PIXELS], picture.image[PIXELS:]
    return {
        "3d": top[:, :PIXELS],
        "axial": top[:, PIXELS:],
        "coronal": bottom[:, :PIXELS],
        "sagittal": bottom[:, PIXELS:],
    }


def pixels_of(image, color, tolerance=2):
    """Rows and columns, from the middle of the panel, of pixels of a colour."""
    wanted = np.array(color) * 255
    return np.argwhere((abs(image.astype(float) - wanted) <= tolerance).all(axis=2)) - (len(image) - 1) / 2


@pytest.fixture(scope="module")
def picture():
    return render_views(*patient(), panel_pixels=PIXELS)


@pytest.mark.parametrize("panel", ["axial", "coronal", "sagittal"])
def test_calcification_is_outlined_where_it_lies_in_the_patient(picture, panel):
    # What is shown spans R -45..10, A -10..18, S -40..40; the middle of a slice is the middle of that.
    middle = {"axial": (-17.5, 4.0), "coronal": (-17.5, 0.0), "sagittal": (4.0, 0.0)}[panel]
    step = {"axial": 55 + 40, "coronal": 80 + 40, "sagittal": 80 + 40}[panel] / PIXELS
    r, a, s = PLAQUE_RAS
    across, upwards = {"axial": (-r, a), "coronal": (-r, s), "sagittal": (-a, s)}[panel]
    middle_across = -middle[0]
    expected = np.array([-(upwards - middle[1]), across - middle_across]) / step
    found = pixels_of(panels(picture)[panel], CALCIFICATION_COLOR)
    assert len(found) > 30
    assert np.allclose(found.mean(axis=0), expected, atol=1.5 / step)
    assert np.allclose(np.ptp(found, axis=0) * step, 12.0, atol=2.1), "a ball is round on every slice"


@pytest.mark.parametrize("spacing", [(0.7, 0.7, 3.0), (2.5, 0.9, 1.2)])
def test_a_ball_stays_round_on_anisotropic_grids(spacing):
    picture = render_views(*patient(spacing, plaque_radius=9.0), panel_pixels=PIXELS)
    for name in ("axial", "coronal", "sagittal"):
        rows, columns = np.ptp(pixels_of(panels(picture)[name], CALCIFICATION_COLOR), axis=0)
        step = {"axial": 55 + 40, "coronal": 80 + 40, "sagittal": 80 + 40}[name] / PIXELS
        assert abs(rows - columns) * step <= 2 * max(spacing)
        assert max(rows, columns) * step == pytest.approx(18, abs=2 * max(spacing))


def test_arteries_are_outlined_in_their_colours_and_cut_off_ends_in_grey(picture):
    # The largest plaque lies at S 20, where only the aorta is; the branch shows on no slice but in 3D.
    assert len(pixels_of(panels(picture)["axial"], AORTA.color)) > 50
    ct, arteries, cut, calcification = patient()
    at_branch = calcification.with_array(np.roll(calcification.array, -14, axis=0))
    axial = panels(render_views(ct, arteries, cut, at_branch, panel_pixels=PIXELS))["axial"]
    assert len(pixels_of(axial, RENAL.color)) > 30
    assert len(pixels_of(axial, CUT_OFF_COLOR)) > 30
    assert pixels_of(axial, RENAL.color)[:, 1].mean() > pixels_of(axial, AORTA.color)[:, 1].mean(), "left is right"


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_flipped_grid_gives_the_very_same_slices(picture, axes):
    volumes = []
    for volume in patient():
        matrix = np.array(volume.grid.ijk_to_ras)
        for axis in axes:
            column = 2 - axis
            matrix[:3, 3] += matrix[:3, column] * (volume.grid.shape[axis] - 1)
            matrix[:3, column] *= -1
        volumes.append(Volume(np.flip(volume.array, axes), Grid(volume.grid.shape, matrix)))
    flipped = panels(render_views(*volumes, panel_pixels=PIXELS))
    for name in ("axial", "coronal", "sagittal"):
        # Half a grey level of rounding where a pixel lies between voxels.
        assert abs(flipped[name].astype(int) - panels(picture)[name]).max() <= 1


def test_an_oblique_grid_shows_the_patient_upright(picture):
    oblique = panels(render_views(*patient(directions=OBLIQUE), panel_pixels=PIXELS))
    for name, color in (
        ("axial", AORTA.color),
        ("sagittal", AORTA.color),
        ("axial", CALCIFICATION_COLOR),
        ("coronal", CALCIFICATION_COLOR),
        ("sagittal", CALCIFICATION_COLOR),
    ):
        here, there = (pixels_of(each[name], color).mean(axis=0) for each in (oblique, panels(picture)))
        assert np.allclose(here, there, atol=4)


def test_the_grey_values_are_those_of_the_vessel_window():
    ct, _, _, calcification = patient((1.0, 1.0, 1.4))
    steps = np.array([-300, -150, 250, 650, 900])
    ct = ct.with_array(np.resize(np.repeat(steps, 28), ct.array.shape).astype(np.int16))
    empty = calcification.with_array(np.zeros_like(calcification.array))
    axial = panels(render_views(ct, empty, None, empty, panel_pixels=PIXELS))["axial"]
    row = axial[PIXELS // 2 + 30, :, 0]
    centres = PIXELS * (0.5 + (np.arange(5) * 28 + 13.5 - 69.5) / (139 + 40))
    assert list(row[np.round(centres).astype(int)][::-1]) == [0, 0, 127, 255, 255]


@pytest.fixture(scope="module")
def front():
    """The 3D view, large enough to keep the legend off the arteries; R -17.5, S 0 in the middle."""
    return render_views(*patient(), panel_pixels=2 * PIXELS).image[: 2 * PIXELS, : 2 * PIXELS].astype(int)


@pytest.mark.skipif(not opengl_works(), reason="this machine has no OpenGL")
class TestThreeD:
    STEP_MM = (80 + 40) / (2 * PIXELS)

    def pixel(self, r, s):
        return round(PIXELS - s / self.STEP_MM), round(PIXELS + (-r - 17.5) / self.STEP_MM)

    def test_calcification_is_opaque_and_where_it_lies(self, front):
        # Its own colour, or that behind the translucent red of the aorta.
        bluish = (front[..., 1:].min(axis=2) > 120) & (front[..., 2] > front[..., 0] + 40)
        row, column = self.pixel(PLAQUE_RAS[0], PLAQUE_RAS[2])
        around = bluish[row - 40 : row + 40, column - 40 : column + 40]
        assert around.sum() * self.STEP_MM**2 == pytest.approx(np.pi * 6**2, rel=0.4)
        found = np.argwhere(around).mean(axis=0) - 39.5
        assert np.abs(found * self.STEP_MM).max() < 1.5

    def test_arteries_are_translucent_in_their_colours_seen_from_the_front(self, front):
        for color, r, s in ((AORTA.color, 0, -20), (RENAL.color, -20, 0)):
            row, column = self.pixel(r, s)
            seen = front[row, column] / 255
            assert seen.argmax() == np.argmax(color)
            assert np.corrcoef(seen, color)[0, 1] > 0.95
            assert seen.max() < 0.95 * max(color), "the black behind shines through"

    def test_cut_off_ends_are_grey(self, front):
        row, column = self.pixel(-38, 0)
        assert np.ptp(front[row, column]) <= 2
        assert 30 < front[row, column, 0] < 200
        row, column = self.pixel(38, 0)
        assert front[row, column].max() == 0, "nothing lies to the patient's right"


@pytest.mark.parametrize("empty", ["arteries", "calcification", "both", "no cut"])
def test_empty_masks_are_drawn_as_such(empty):
    ct, arteries, cut, calcification = patient()
    if empty in ("arteries", "both"):
        arteries = arteries.with_array(np.zeros_like(arteries.array))
    if empty in ("calcification", "both"):
        calcification = calcification.with_array(np.zeros_like(calcification.array))
    picture = render_views(
        ct, arteries, None if empty in ("no cut", "both") else cut, calcification, panel_pixels=PIXELS
    )
    axial = panels(picture)["axial"]
    assert picture.image.shape == (2 * PIXELS, 2 * PIXELS, 3)
    assert bool(len(pixels_of(axial, AORTA.color))) == (empty not in ("arteries", "both"))
    assert bool(len(pixels_of(axial, CALCIFICATION_COLOR))) == (empty in ("arteries", "no cut"))


def test_the_file_holds_the_picture_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "views.png"
    picture = render_views(*patient(), path, panel_pixels=PIXELS)
    reader = vtkPNGReader()
    reader.SetFileName(str(path))
    reader.Update()
    read = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars()).reshape(picture.image.shape)[::-1]
    assert np.array_equal(read, picture.image)
    assert [each.name for each in tmp_path.iterdir()] == ["views.png"]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        render_views(*patient(), tmp_path / "nowhere" / "views.png", panel_pixels=PIXELS)


def test_masks_on_another_grid_are_refused():
    ct, arteries, cut, calcification = patient()
    other = Volume(arteries.array, Grid(arteries.grid.shape))
    with pytest.raises(InputError, match="align"):
        render_views(ct, other, cut, calcification)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can be without OpenGL")
def test_without_opengl_the_slices_are_drawn_and_the_caller_is_told(tmp_path):
    """OSMesa is what VTK falls back to; where that is missing too, it would end in a segmentation fault."""
    script = (
        "import sys; from test_reporting_views import *\n"
        "if opengl_works(): sys.exit(77)\n"
        "picture = render_views(*patient(), sys.argv[1], panel_pixels=PIXELS)\n"
        "print(*picture.notes)\n"
        "assert len(pixels_of(panels(picture)['axial'], CALCIFICATION_COLOR)) > 30\n"
    )
    path = tmp_path / "views.png"
    here = Path(__file__).parent
    library = here.parent.parent / "AbdominalCalcification"
    environment = {
        **os.environ,
        "VTK_DEFAULT_OPENGL_WINDOW": "vtkOSOpenGLRenderWindow",
        "PYTHONPATH": os.pathsep.join(map(str, (here, here.parent, library))),
    }
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], env=environment, capture_output=True, text=True, timeout=120
    )
    if done.returncode == 77:
        pytest.skip("this machine has OSMesa")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == NO_OPENGL
    assert path.is_file()


def test_calcification_stands_out_from_the_ct_and_from_every_artery():
    assert np.ptp(CALCIFICATION_COLOR) > 0.5, "not grey"
    assert all(np.abs(np.subtract(CALCIFICATION_COLOR, each.color)).max() > 0.25 for each in TERRITORIES)


def test_the_verdict_stands_above_the_panels_in_as_many_lines_as_it_needs(picture):
    long = Flag("not_hu", "The values are no Hounsfield units: " + "there is neither air nor fat in them, " * 8)
    heights = []
    for flags in ((), (Flag("metal", "Aorta: metal.", "aorta"),), (long,)):
        trust = trust_of(flags)
        image = render_views(*patient(), trust=trust, panel_pixels=PIXELS).image
        strip, rest = image[: len(image) - 2 * PIXELS], image[len(image) - 2 * PIXELS :]
        assert np.array_equal(rest, picture.image)
        assert np.array_equal(strip[len(strip) // 2, 2], rgb_bytes(VERDICT_COLORS[trust.verdict.value]))
        right_edge = strip[:, -20:]
        assert (right_edge == right_edge[0, 0]).all(), "nothing is cut off at the edge"
        written = (strip[:, 20:].max(axis=2) > 200).sum()
        assert written > 20 * len(headline(trust).split())
        heights.append(len(strip))
    assert heights[0] < heights[2]


def test_the_picture_is_drawn_in_many_steps():
    steps = render_views_steps(*patient(), panel_pixels=PIXELS)
    assert len(list(steps)) > 8


@pytest.mark.parametrize("place", [(-60, 20), (-8, 20), (20, -60), (200, 20), (20, 200), (30, 20)])
def test_text_beyond_the_edge_of_an_image_is_left_out(place):
    image = np.zeros((40, 60, 3), np.uint8)
    write(image, "L3", place, size=24, centred=True)
    assert image.any() == (place in ((-8, 20), (30, 20)))
