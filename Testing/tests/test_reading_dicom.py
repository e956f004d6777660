"""DICOM series made on the fly: which slices are read, where they end up, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_ct
from dicom_files import REPORT, element, write_enhanced, write_file, write_series, write_slice

ROWS, COLUMNS = 20, 24
PIXEL_MM = (0.8, 0.7)  # between rows, between columns


def hu_at(points_lps) -> np.ndarray:
    """A smooth density that is linear along every axis, so that linear interpolation is exact."""
    x, y, z = np.moveaxis(np.asarray(points_lps, float), -1, 0)
    return 5 * x - 4 * y + 10 * z + 300


def plane(position, row=(1.0, 0, 0), column=(0, 1.0, 0)) -> np.ndarray:
    j, i = np.mgrid[0:ROWS, 0:COLUMNS]
    points = np.asarray(position, float) + i[..., None] * PIXEL_MM[1] * np.asarray(row, float)
    return np.rint(hu_at(points + j[..., None] * PIXEL_MM[0] * np.asarray(column, float)))


def write(folder, positions, row=(1.0, 0, 0), column=(0, 1.0, 0), **options):
    hu = np.stack([plane(position, row, column) for position in positions])
    return write_series(folder, hu, positions, orientation=(*row, *column), pixel_mm=PIXEL_MM, **options)


def stack(zs) -> list[tuple[float, float, float]]:
    return [(-10.0, 5.0, z) for z in zs]


def misplaced_hu(volume) -> float:
    """Greatest difference between the volume and the density at the voxels' own places, air left out."""
    indices = np.argwhere(volume.array > -1020)
    lps = volume.grid.ras_of_kji(indices) * [-1, -1, 1]
    return float(np.abs(volume.array[tuple(indices.T)] - hu_at(lps)).max())


def codes(ct) -> set[str]:
    return {flag.code for flag in ct.flags} - {"not_hu"}


def test_a_series_comes_with_its_geometry_and_its_hu(tmp_path):
    ct = read_ct(write(tmp_path, stack(2.5 * np.arange(8))))
    assert ct.volume.array.dtype == np.int16
    assert ct.volume.grid.shape == (8, ROWS, COLUMNS)
    assert ct.volume.grid.spacing_mm == pytest.approx((0.7, 0.8, 2.5))
    assert misplaced_hu(ct.volume) <= 0.51
    assert codes(ct) == set()


def test_slope_and_intercept_are_applied_and_fractions_kept(tmp_path):
    hu = np.stack([np.array([[-1000.0, 0.5], [300.5, 1200.0]])] * 3)
    ct = read_ct(write_series(tmp_path, hu, stack([0, 1, 2]), slope=0.5, intercept=-1000))
    assert ct.volume.array.dtype == np.float32
    assert np.array_equal(ct.volume.array, hu)


def test_the_identity_says_what_was_read_but_not_whose_it_is(tmp_path):
    folder = write(tmp_path / "case", stack(range(5)))
    ct = read_ct(folder)
    assert ct.identity["series_uid"] == "1.2.3.1"
    assert ct.identity["manufacturer"] == "Maker"
    assert ct.identity["kernel"] == "B30f"
    assert ct.identity["name"] == "case"
    text = json.dumps(ct.identity)
    assert "Secret" not in text
    assert str(tmp_path) not in text
    assert ct.identity["voxels_sha256"] == read_ct(folder).identity["voxels_sha256"]


@pytest.mark.parametrize(
    ("row", "column"), [((0, 1.0, 0), (0, 0, -1.0)), ((-1.0, 0, 0), (0, 1.0, 0)), ((0.8, 0.6, 0), (0, 0, -1))]
)
def test_other_orientations_are_placed_right(tmp_path, row, column):
    normal = np.cross(row, column)
    ct = read_ct(write(tmp_path, [np.array([3.0, 4.0, 5.0]) + 1.5 * n * normal for n in range(6)], row, column))
    assert misplaced_hu(ct.volume) <= 0.51


def test_the_largest_ct_series_is_taken_and_it_says_so(tmp_path):
    write(tmp_path / "a", stack(range(5)), series="1.2.3.1")
    write(tmp_path / "b", stack(range(9)), series="1.2.3.2")
    write(tmp_path / "c", stack(range(30)), series="1.2.3.3", modality="MR")
    ct = read_ct(tmp_path)
    assert ct.identity["series_uid"] == "1.2.3.2"
    assert codes(ct) == {"several_series", "files_passed_over"}
    named = read_ct(tmp_path, series="1.2.3.1")
    assert named.volume.grid.shape[0] == 5
    assert codes(named) == {"files_passed_over"}


def test_an_unknown_series_is_refused_with_the_ones_there_are(tmp_path):
    write(tmp_path, stack(range(5)))
    with pytest.raises(InputError, match=r"no series 9\.9; it has 1\.2\.3\.1 \(CT, Series 1, 5 images\)"):
        read_ct(tmp_path, series="9.9")


def test_what_is_no_ct_is_refused(tmp_path):
    write(tmp_path / "mr", stack(range(4)), modality="MR")
    with pytest.raises(InputError, match="MR images and no CT"):
        read_ct(tmp_path)
    with pytest.raises(InputError, match="MR images and no CT"):
        read_ct(tmp_path, series="1.2.3.1")


def test_localizers_copies_and_other_objects_are_left_out(tmp_path):
    write(tmp_path, stack(range(6)))
    write_slice(tmp_path / "scout.dcm", plane((0, 0, 0)), (0, 0, 50), image_type="ORIGINAL\\PRIMARY\\LOCALIZER")
    write_file(tmp_path / "report.dcm", REPORT, "1.2.9.5", {(0x0008, 0x0060): ("CS", "SR")})
    (tmp_path / "notes.txt").write_text("not an image")
    for name in ("x.dcm", "copy/x.dcm"):
        write_slice(tmp_path / name, plane((-10, 5, 6)), (-10, 5, 6), pixel_mm=PIXEL_MM, instance="1.2.9.1")
    ct = read_ct(tmp_path)
    assert ct.volume.grid.shape[0] == 7
    assert codes(ct) == {"files_passed_over"}
    message = next(flag.message for flag in ct.flags if flag.code == "files_passed_over")
    assert message == (
        "Not part of the volume that was read: 1 other file, 1 DICOM object that is no image, 1 localizer, "
        "1 copy of an image."
    )


def test_images_of_another_size_in_the_series_are_left_out_and_flagged(tmp_path):
    write(tmp_path, stack(range(6)))
    write_slice(tmp_path / "odd.dcm", np.zeros((9, 9)), (0, 0, 3), pixel_mm=PIXEL_MM)
    ct = read_ct(tmp_path)
    assert ct.volume.grid.shape == (6, ROWS, COLUMNS)
    assert codes(ct) == {"mixed_series"}


@pytest.mark.parametrize(("what", "least"), [("cosine", 0.0005), ("cosine", 0.0015), ("pixel", 0.70315)])
def test_rounding_in_the_headers_does_not_divide_a_series(tmp_path, what, least):
    """Values on both sides of where rounding to three or four decimals would tear the series apart."""
    for number in range(20):
        value = least + (1e-6 if number % 2 else -1e-6)
        layout = {"orientation": (1.0, value if what == "cosine" else 0.0, 0, 0, 1.0, 0)}
        layout["pixel_mm"] = (0.8, value if what == "pixel" else 0.7)
        position = (-10.0, 5.0, 2.0 * number)
        write_slice(tmp_path / f"{number:02}.dcm", plane(position), position, **layout)
    ct = read_ct(tmp_path)
    assert ct.volume.grid.shape == (20, ROWS, COLUMNS)
    assert ct.volume.grid.spacing_mm[2] == pytest.approx(2.0)
    assert codes(ct) == set()


@pytest.mark.parametrize("layout", [{"orientation": (1.0, 0.01, 0, -0.01, 1.0, 0)}, {"pixel_mm": (0.81, 0.7)}])
def test_images_of_another_direction_or_pixel_size_are_left_out_and_flagged(tmp_path, layout):
    write(tmp_path, stack(range(6)))
    write_slice(tmp_path / "odd.dcm", plane((-10, 5, 9)), (-10.0, 5.0, 9.0), **{"pixel_mm": PIXEL_MM, **layout})
    ct = read_ct(tmp_path)
    assert ct.volume.grid.shape == (6, ROWS, COLUMNS)
    assert codes(ct) == {"mixed_series"}


def test_a_missing_slice_is_interpolated_and_flagged(tmp_path):
    zs = [2.0 * n for n in range(20) if n != 7]
    ct = read_ct(write(tmp_path, stack(zs)))
    assert ct.volume.grid.shape[0] == 20
    assert ct.volume.grid.spacing_mm[2] == pytest.approx(2)
    assert misplaced_hu(ct.volume) <= 1
    assert codes(ct) == {"missing_slices"}
    # The slices that are there stay untouched.
    there = read_ct(write(tmp_path / "whole", stack(2.0 * np.arange(20))))
    kept = [n for n in range(20) if n != 7]
    assert np.array_equal(ct.volume.array[kept], there.volume.array[kept])


def test_too_many_missing_slices_are_refused(tmp_path):
    for n, gone in enumerate([range(8, 14), range(0, 20, 3)]):
        zs = [2.0 * k for k in range(20) if k not in gone]
        with pytest.raises(InputError, match=r"slices are missing\s+or several stacks"):
            read_ct(write(tmp_path / str(n), stack(zs)))


def test_uneven_slices_are_brought_onto_an_even_grid_and_flagged(tmp_path):
    zs = np.cumsum([0, 2, 2.5, 2, 1.5, 2, 2.4, 1.7, 2, 2])
    ct = read_ct(write(tmp_path, stack(zs)))
    assert misplaced_hu(ct.volume) <= 2  # slices within a tenth of a step of their place stay as they are
    assert codes(ct) == {"uneven_slices"}


def test_positions_rounded_by_the_scanner_count_as_even(tmp_path):
    ct = read_ct(write(tmp_path, stack(np.round(0.625 * np.arange(40), 1))))
    assert codes(ct) == set()
    assert ct.volume.grid.spacing_mm[2] == pytest.approx(0.625, rel=5e-3)


@pytest.mark.parametrize("tilt_degrees", [8.0, -20.0])
def test_gantry_tilt_is_undone_and_flagged(tmp_path, tilt_degrees):
    # The table moves along z while the slices are tilted about x: the stack is sheared.
    angle = np.radians(tilt_degrees)
    column = (0.0, float(np.cos(angle)), float(np.sin(angle)))
    step = 3.0
    ct = read_ct(write(tmp_path, stack(step * np.arange(8)), column=column))
    axes = ct.volume.grid.ijk_to_ras[:3, :3]
    gram = axes.T @ axes
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-9
    assert ct.volume.grid.voxel_volume_mm3 == pytest.approx(0.8 * 0.7 * step * np.cos(angle))
    inside = np.argwhere(ct.volume.array > 0)  # away from the air at the sheared edges
    expected = hu_at(ct.volume.grid.ras_of_kji(inside) * [-1, -1, 1])
    off = np.abs(ct.volume.array[tuple(inside.T)] - expected)
    assert np.count_nonzero(off <= 1.1) >= 8 * (ROWS - 1) * (COLUMNS - 1)
    assert codes(ct) == {"gantry_tilt"}


def test_a_cube_keeps_its_volume_through_gantry_tilt(tmp_path):
    """A cube of 12 mm, scanned with a tilt of 15 degrees, still has its volume and its centre."""
    angle = np.radians(15)
    column = np.array([0, np.cos(angle), np.sin(angle)])
    j, i = np.mgrid[0:60, 0:60]
    slices, positions = [], []
    for z in np.arange(-20, 20, 1.0):
        position = np.array([-24.0, -24.0, z + 6])
        points = position + i[..., None] * [0.8, 0, 0] + j[..., None] * 0.8 * column
        slices.append(np.where(np.abs(points).max(axis=-1) <= 6, 1000, -1000))
        positions.append(position)
    volume = read_ct(
        write_series(tmp_path, np.stack(slices), positions, orientation=(1, 0, 0, *column), pixel_mm=(0.8, 0.8))
    ).volume
    part = (np.clip(volume.array, -1000, None) + 1000) / 2000.0
    scanned_mm3 = np.count_nonzero(np.stack(slices) > 0) * 0.8 * 0.8 * np.cos(angle)
    assert part.sum() * volume.grid.voxel_volume_mm3 == pytest.approx(scanned_mm3, rel=1e-3)
    assert scanned_mm3 == pytest.approx(12**3, rel=0.05)
    centre = (volume.grid.ras_of_kji(np.argwhere(part > 0)) * part[part > 0][:, None]).sum(axis=0) / part.sum()
    assert centre == pytest.approx([0, 0, 0], abs=0.5)


def test_several_volumes_in_one_series_are_refused(tmp_path):
    write(tmp_path, stack(range(6)))
    for n in range(6):
        write_slice(tmp_path / f"second-{n}.dcm", plane((-10, 5, n)) - 90, (-10.0, 5.0, n), pixel_mm=PIXEL_MM)
    with pytest.raises(InputError, match="12 images at 6 positions, so it holds several volumes"):
        read_ct(tmp_path)


def test_a_single_slice_is_refused(tmp_path):
    file = write_slice(tmp_path / "one.dcm", plane((0, 0, 0)), (0, 0, 0))
    for path in (tmp_path, file):
        with pytest.raises(InputError, match="single slice"):
            read_ct(path)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused_by_name(tmp_path, share, capfd):
    write(tmp_path, stack(range(5)))
    victim = sorted(tmp_path.iterdir())[2]
    content = victim.read_bytes()
    victim.write_bytes(content[: max(140, int(len(content) * share))])
    with pytest.raises(InputError, match=victim.name):
        read_ct(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_folder_without_dicom_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(InputError, match="no DICOM images"):
        read_ct(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        read_ct(tmp_path / "elsewhere")


@pytest.mark.parametrize("order", [range(6), range(5, -1, -1), [0, 3, 1, 5, 2, 4]])
def test_an_enhanced_multi_frame_ct_is_read_in_any_frame_order(tmp_path, order):
    positions = [(-10.0, 5.0, 2.0 * n) for n in order]
    hu = np.stack([plane(position) for position in positions])
    ct = read_ct(write_enhanced(tmp_path / "multi.dcm", hu, positions, pixel_mm=PIXEL_MM))
    assert ct.volume.grid.shape == (6, ROWS, COLUMNS)
    assert misplaced_hu(ct.volume) <= 0.51
    assert codes(ct) == set()


def test_an_enhanced_ct_with_a_gap_is_flagged_and_with_several_phases_refused(tmp_path):
    positions = [(-10.0, 5.0, 2.0 * n) for n in range(20) if n != 4]
    ct = read_ct(
        write_enhanced(tmp_path / "gap.dcm", np.stack([plane(p) for p in positions]), positions, pixel_mm=PIXEL_MM)
    )
    assert codes(ct) == {"missing_slices"}
    assert misplaced_hu(ct.volume) <= 1
    phases = 2 * [(-10.0, 5.0, 2.0 * n) for n in range(5)]
    hu = np.stack([plane(position) - 90 * (n < 5) for n, position in enumerate(phases)])
    file = write_enhanced(tmp_path / "phases.dcm", hu, phases, pixel_mm=PIXEL_MM)
    with pytest.raises(InputError, match="several volumes"):
        read_ct(file)


def test_frames_without_positions_are_refused(tmp_path):
    file = write_enhanced(tmp_path / "multi.dcm", np.zeros((3, 8, 8)), [(0.0, 0.0, float(n)) for n in range(3)])
    content = file.read_bytes()
    broken = content.replace(
        element(0x0020, 0x0032, "DS", [0.0, 0.0, 1.0]), element(0x0020, 0x0033, "DS", [0.0, 0.0, 1.0])
    )
    assert broken != content
    file.write_bytes(broken)
    with pytest.raises(InputError, match="no position that can be read"):
        read_ct(file)


@pytest.mark.real_ct
def test_the_real_slab_is_read_as_its_readme_says(real_ct, capfd):
    ct = read_ct(real_ct / "dicom")
    assert ct.volume.array.dtype == np.int16
    assert ct.volume.grid.shape == (20, 512, 512)
    assert ct.volume.grid.spacing_mm == pytest.approx((0.9765625, 0.9765625, 2))
    assert ct.flags == ()
    assert capfd.readouterr() == ("", "")
