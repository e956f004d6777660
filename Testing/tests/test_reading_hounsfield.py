"""Whether the values of a CT are HU, and what was filled in outside the scanned field."""

from __future__ import annotations

import re

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reading.hounsfield import AIR_HU, as_hounsfield, check_hu
from AbdominalCalcificationLib.resources import sample_case
from image_headers import write_nifti

BODIES = ["phantom", "whole", "crop"]


@pytest.fixture(scope="module")
def bodies() -> dict[str, np.ndarray]:
    """A vessel in something like fat; the sample case; a part of it without air."""
    rng = np.random.default_rng(0)
    _, j, i = np.indices((40, 64, 64))
    radius = np.hypot((i - 32) * 0.8, (j - 32) * 0.8)
    phantom = np.rint(rng.normal(-60, 12, radius.shape)).astype(np.int16)
    phantom[radius <= 9] = np.rint(rng.normal(350, 12, int((radius <= 9).sum())))
    phantom[12:25, 28:37, 39:43] = 900
    whole = read_ct(sample_case()).volume.array
    third = [slice(n // 3, 2 * n // 3) for n in whole.shape]
    return {"phantom": phantom, "whole": whole, "crop": whole[tuple(third)]}


def filled(array, value, share=0.1):
    """Return an array of which a border holds one value."""
    array = array.astype(np.result_type(array, np.min_scalar_type(value)))
    array[:, : max(1, int(share * array.shape[1]))] = value
    return array


def sprinkled(array, value, count=9):
    """Return an array of which a few voxels hold one value."""
    array = array.astype(np.result_type(array, np.min_scalar_type(value)))
    array.ravel()[np.random.default_rng(1).choice(array.size, count, replace=False)] = value
    return array


def scaled(array, low, high):
    return (np.clip(array, low, high).astype(np.float32) - low) / (high - low)


def magnitude(array):
    """Something like an MR image: no values below 0, noise where there is no body."""
    noise = np.random.default_rng(2).normal(0, 8, array.shape)
    return np.rint(np.abs(np.where(array < -500, 0, 400 - np.abs(array) / 3) + noise)).astype(np.int16)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_a_ct_in_hu_is_taken_as_it_is(bodies, body, dtype):
    array, flags = as_hounsfield(bodies[body].astype(dtype), "it")
    assert flags == ()
    assert array.dtype == (np.int16 if np.issubdtype(dtype, np.integer) else np.float32)
    assert np.array_equal(array, bodies[body])


def test_the_real_scans_are_taken_as_they_are(real_ct, real_cta):
    slab, angiogram = read_ct(real_ct / "dicom"), read_ct(real_cta / "ct.nii.gz")
    for ct in (slab, angiogram):
        assert not {"not_hu", "padding"} & {flag.code for flag in ct.flags}
    assert np.array_equal(angiogram.volume.array, sitk.GetArrayFromImage(sitk.ReadImage(str(real_cta / "ct.nii.gz"))))
    thorax, abdomen = angiogram.volume.array[80:], angiogram.volume.array[:40]
    fat_and_organs = slab.volume.array[:, 225:275, 230:280]
    assert fat_and_organs.min() > -800
    for part in (thorax, abdomen, fat_and_organs, thorax[:, 40:90, 40:90]):
        assert check_hu(part, "it") == ()


NOT_HU = {
    "offset 1024": lambda hu: hu + 1024,
    "offset 1000": lambda hu: hu + 1000,
    "offset 8192": lambda hu: hu.astype(np.int32) + 8192,
    "offset 32768": lambda hu: (hu.astype(np.int32) + 32768).astype(np.uint16),
    "offset 1024, unsigned": lambda hu: np.clip(hu.astype(np.int32) + 1024, 0, None).astype(np.uint16),
    "offset 1024, padded": lambda hu: filled(hu + 1024, -2000),
    "offset 1024, padded and one voxel below": lambda hu: sprinkled(filled(hu + 1024, -2000), -1, 1),
    "offset 1024, odd voxels": lambda hu: sprinkled(hu + 1024, -700),
    "z-scored": lambda hu: (hu - hu.mean()) / hu.std(),
    "z-scored, odd voxels": lambda hu: sprinkled((hu - hu.mean()) / hu.std(), -1000.0),
    "z-scored, padded": lambda hu: filled((hu - hu.mean()) / hu.std(), -3024.0),
    "0 to 1": lambda hu: scaled(hu, -1000, 2000),
    "-1 to 1": lambda hu: 2 * scaled(hu, -1000, 1000) - 1,
    "0 to 255": lambda hu: np.rint(255 * scaled(hu, -160, 400)).astype(np.uint8),
    "0 to 255, odd voxels": lambda hu: sprinkled(np.rint(255 * scaled(hu, -160, 400)).astype(np.int16), -1000),
    "0 to 4095": lambda hu: np.rint(4095 * scaled(hu, -1000, 2000)).astype(np.int16),
    "tenfold": lambda hu: hu.astype(np.int32) * 10,
    "nothing": lambda hu: np.zeros_like(hu),
}


@pytest.mark.parametrize("what", NOT_HU)
@pytest.mark.parametrize("body", BODIES)
def test_values_that_are_no_hu_for_certain_are_refused(bodies, body, what):
    if (body, what) == ("phantom", "tenfold"):
        pytest.skip("six times as much as metal, which no distribution rules out")
    with pytest.raises(InputError, match=r"^The values of it are no Hounsfield units: .*; export") as refusal:
        as_hounsfield(NOT_HU[what](bodies[body]), "it")
    assert str(refusal.value).isprintable()


DOUBTFUL = {
    "offset 500": (BODIES, lambda hu: hu + 500, "lie"),
    "an MR image": (BODIES, magnitude, r"0\.00 % lie below -30"),
    "an MR image, odd voxels": (BODIES, lambda hu: sprinkled(magnitude(hu), -1000), "lie below -30"),
    "organs only": (["phantom"], lambda hu: np.abs(hu), "lie below -30"),
    "upside down": (BODIES, lambda hu: -hu, "lie"),
    "cut off at 240": (BODIES, lambda hu: np.clip(hu, -160, 240), "exactly 240, the greatest"),
    "twice": (["whole"], lambda hu: hu * 2, "far below air"),
    "offset subtracted twice": (["whole"], lambda hu: hu - 1024, "far below air"),
}


@pytest.mark.parametrize(("body", "what"), [(body, what) for what in DOUBTFUL for body in DOUBTFUL[what][0]])
def test_values_that_are_hardly_hu_are_flagged(bodies, body, what):
    _, change, reason = DOUBTFUL[what]
    flags = check_hu(change(bodies[body]), "it")
    assert [flag.code for flag in flags] == ["not_hu"]
    assert flags[0].kind.effect.name == "UNUSABLE"
    assert re.search(reason, flags[0].message)


def test_half_the_scale_is_noticed_by_its_air():
    rng = np.random.default_rng(0)
    hu = rng.normal(-1000, 15, (30, 40, 50))
    hu[:, 10:30, 10:40] = rng.normal(-100, 15, (30, 20, 30))
    hu[:, 15:25, 15:35] = rng.normal(50, 15, (30, 10, 20))
    assert check_hu(hu, "it") == ()
    assert check_hu(np.clip(hu, -1000, None), "it") == ()
    (flag,) = check_hu(hu / 2, "it")
    assert "lie around -500, as air does around -1000" in flag.message


@pytest.mark.parametrize("value", [-2000, -3024, -32768, -1201, 63536, 65535, 32767, 1e20, -9999.5, -3.4e38])
@pytest.mark.parametrize("share", [0.03, 0.6])
@pytest.mark.parametrize("body", BODIES)
def test_what_was_filled_in_counts_as_air(bodies, body, share, value):
    stored = filled(bodies[body], value, share)
    kept = stored.copy()
    array, flags = as_hounsfield(stored, "it")
    assert np.array_equal(stored, kept)  # never changed in place
    where = stored == stored[0, 0, 0]
    assert (array[where] == AIR_HU).all()
    assert np.array_equal(array[~where], bodies[body][~where])
    assert [flag.code for flag in flags] == ["padding"]
    assert flags[0].message.startswith(f"{where.sum()} voxels ({100 * where.mean():.1f} %)")
    assert array.dtype == (np.int16 if np.issubdtype(stored.dtype, np.integer) else np.float32)


def test_several_fill_values_and_what_interpolation_made_of_them_count_as_air(bodies):
    stored = filled(filled(bodies["whole"], -2000, 0.2), -3024, 0.1).astype(np.float32)
    border = int(0.2 * stored.shape[1])
    stored[:, border] = (stored[:, border] - 2000) / 2
    array, flags = as_hounsfield(stored, "it")
    assert [flag.code for flag in flags] == ["padding"]
    assert array.min() >= -1200
    assert np.array_equal(array[:, border + 1 :], bodies["whole"][:, border + 1 :])


def test_noise_of_air_is_no_padding(bodies):
    noisy = bodies["whole"].copy()
    noisy[noisy < -1000] -= 70
    array, flags = as_hounsfield(noisy, "it")
    assert flags == ()
    assert np.array_equal(array, noisy)


def test_metal_on_a_wide_scale_is_no_padding(bodies):
    bright = bodies["whole"].astype(np.int32)
    bright[10:14, 20:30, 20:30] = np.geomspace(2000, 30710, 400).reshape(4, 10, 10)
    array, flags = as_hounsfield(bright, "it")
    assert flags == ()
    assert array.max() == 30710


def test_nothing_but_padding_is_refused():
    with pytest.raises(InputError, match="where nothing is measured"):
        as_hounsfield(np.full((10, 20, 30), -2000, np.int16), "it")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bodies, value):
    broken = bodies["crop"].astype(np.float32)
    broken[3, 3, 3] = value
    with pytest.raises(InputError, match="not numbers"):
        as_hounsfield(broken, "it")


def test_too_few_voxels_are_never_refused_for_their_distribution():
    assert [flag.code for flag in check_hu(np.full((3, 3, 3), 1500), "it")] == ["not_hu"]


def test_reading_a_ct_asks(bodies, tmp_path):
    phantom = bodies["phantom"]
    fields = {"dim": (3, 64, 64, 40, 1, 1, 1, 1)}
    with pytest.raises(
        InputError, match=r"The values of 'ct\.nii' are no Hounsfield units: 100 % lie above 700, around"
    ):
        read_ct(write_nifti(tmp_path / "ct.nii", filled(phantom + 1024, -2000), **fields))
    ct = read_ct(write_nifti(tmp_path / "ct.nii", filled(phantom, -2000), **fields))
    assert [flag.code for flag in ct.flags] == ["padding"]
    assert ct.volume.array.min() == AIR_HU
