"""Files that say something unusual or wrong: the right number, or one line and exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.common_grid import bring_together
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.reading import read_arteries, read_calcification, read_ct
from image_headers import write_meta, write_nifti, write_nrrd

SHAPE, SIZES = (40, 64, 64), (0.8, 0.8, 2.0)
VOXEL_MM3 = 0.8 * 0.8 * 2


@pytest.fixture(scope="module")
def phantom() -> dict[str, np.ndarray]:
    """A vertical aorta with one plaque, in something like fat."""
    k, j, i = np.indices(SHAPE)
    radius = np.hypot((i - 32) * 0.8, (j - 32) * 0.8)
    rng = np.random.default_rng(0)
    artery = radius <= 9
    plaque = artery & (radius > 6) & (i > 32) & (abs(j - 32) < 5) & (k > 10) & (k < 25)
    ct = np.rint(rng.normal(-60, 12, SHAPE)).astype(np.int16)
    ct[artery] = np.rint(rng.normal(350, 12, int(artery.sum())))
    ct[plaque] = 900
    return {"ct": ct, "arteries": artery.astype(np.uint8), "calcification": plaque.astype(np.uint8)}


def nifti(factor=1.0, **changed):
    """Return fields of a header whose lengths are in a unit of `factor` mm."""
    i, j, k = (size / factor for size in SIZES)
    x, y, z = (place / factor for place in (-25, -25, -400))
    return {
        "pixdim": (1, i, j, k, 0, 0, 0, 0),
        "qoffset": (x, y, z),
        "srow": (i, 0, 0, x, 0, j, 0, y, 0, 0, k, z),
        **changed,
    }


def nrrd(unit=None, factor=1.0, **changed):
    i, j, k = (size / factor for size in SIZES)
    x, y, z = (place / factor for place in (-25, -25, -400))
    fields = {"space_directions": f"({i},0,0) (0,{j},0) (0,0,{k})", "space_origin": f"({x},{y},{z})"}
    if unit:
        fields["space_units"] = f'"{unit}" "{unit}" "{unit}"'
    return {**fields, **changed}


def meta(unit=None, factor=1.0, **changed):
    i, j, k = (size / factor for size in SIZES)
    x, y, z = (place / factor for place in (-25, -25, -400))
    return {"ElementSpacing": f"{i} {j} {k}", "Offset": f"{x} {y} {z}", "DistanceUnits": unit, **changed}


WRITERS = {".nii": write_nifti, ".nii.gz": write_nifti, ".nrrd": write_nrrd, ".nhdr": write_nrrd}
WRITERS |= {".mha": write_meta, ".mhd": write_meta}


def written(folder, phantom, suffix, fields, fields_of_masks=None) -> list[Path]:
    """Write CT, arteries and calcification."""
    return [
        WRITERS[suffix](
            folder / f"{name}{suffix}",
            array,
            **(fields if name == "ct" or fields_of_masks is None else fields_of_masks),
        )
        for name, array in phantom.items()
    ]


def analyze(folder, ct, arteries, calcification):
    """Measure files by the command line and return the exit code."""
    masks = ["--arteries", arteries, "--calcification", calcification]
    return cli.main([str(part) for part in ("analyze", ct, *masks, "--output", folder / "out")])


def measured(ct, arteries, calcification):
    """Measure files as the command line does, and return artery volume, calcified volume and codes of flags."""
    image, masks = read_ct(ct), [read_arteries(arteries), read_calcification(calcification)]
    flags = [*image.flags, *(flag for mask in masks for flag in mask.flags)]
    together = bring_together(image.volume, *(mask.volume for mask in masks))
    found = measure(together.ct, together.arteries, together.calcification, flags=[*flags, *together.flags])
    return found.total.artery_volume_mm3, found.total.calcified_volume_mm3, {flag.code for flag in found.flags}


def truth(phantom):
    return [
        pytest.approx(np.count_nonzero(phantom[name]) * VOXEL_MM3, rel=1e-4) for name in ("arteries", "calcification")
    ]


MEASURED = {
    "as it should be": (".nii", nifti()),
    "NIfTI in metres": (".nii.gz", nifti(1000.0, xyzt_units=1)),
    "NIfTI in micrometres": (".nii", nifti(1e-3, xyzt_units=3)),
    "NIfTI in micrometres, sform alone": (".nii", nifti(1e-3, xyzt_units=3, qform_code=0)),
    "NIfTI, other byte order": (".nii", nifti(order=">")),
    "NRRD in micrometres": (".nrrd", nrrd("um", 1e-3)),
    "NRRD in micrometres, detached": (".nhdr", nrrd("µm", 1e-3)),
    "NRRD in metres": (".nrrd", nrrd("m", 1000.0)),
    "NRRD in centimetres, RAS": (".nrrd", nrrd("cm", 10.0, space="RAS")),
    "MetaImage in centimetres": (".mha", meta("cm", 10.0)),
    "MetaImage in micrometres, detached": (".mhd", meta("um", 1e-3)),
    "MetaImage with sizes only": (".mha", meta(ElementSpacing=None, ElementSize="0.8 0.8 2")),
}


DOUBTS = {"unknown_orientation", "header_warning", "not_hu", "padding", "mask_resampled", "mask_grid"}


@pytest.mark.parametrize("what", MEASURED)
def test_a_file_that_is_unusual_but_clear_gives_the_right_number(tmp_path, phantom, what):
    suffix, fields = MEASURED[what]
    *volumes, codes = measured(*written(tmp_path, phantom, suffix, fields))
    assert volumes == truth(phantom)
    assert not DOUBTS & codes


def test_the_command_line_measures_micrometres(tmp_path, phantom):
    suffix, fields = MEASURED["NRRD in micrometres"]
    assert analyze(tmp_path, *written(tmp_path, phantom, suffix, fields)) == 0
    result = json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))
    assert [result["total"][name] for name in ("artery_volume_mm3", "calcified_volume_mm3")] == truth(phantom)
    assert not DOUBTS & {flag["code"] for flag in result["flags"]}


REFUSED = {
    "sform and pixdim": (".nii", nifti(srow=(0.8, 0, 0, -25, 0, 0.8, 0, -25, 0, 0, 5, -400)), "5 mm by its sform"),
    "sform alone and pixdim": (
        ".nii.gz",
        nifti(srow=(0.8, 0, 0, -25, 0, 0.8, 0, -25, 0, 0, 5, -400), qform_code=0),
        "2 mm by pixdim",
    ),
    "mirrored": (".nii", nifti(srow=(-0.8, 0, 0, 25, 0, 0.8, 0, -25, 0, 0, 2, -400)), "LAS by its sform"),
    "qform elsewhere": (".nii", nifti(qoffset=(0, 0, 0)), "begins at (0, 0, 0) mm"),
    "no pixdim": (".nii", nifti(pixdim=(0,) * 8), "does not say how large its voxels are (pixdim: 0"),
    "NaN pixdim": (".nii", nifti(pixdim=(1, 0.8, 0.8, float("nan"), 0, 0, 0, 0)), "nan"),
    "no directions": (".nrrd", nrrd(space_directions=None), "no space directions"),
    "no direction of the slices": (".nrrd", nrrd(space_directions="(0.8,0,0) (0,0.8,0) none"), "for k"),
    "no spacing": (".mha", meta(ElementSpacing=None), "no ElementSpacing"),
    "zero spacing": (".mhd", meta(ElementSpacing="0.8 0.8 0"), "0.8 × 0.8 × 0"),
    "spacing and size": (".mha", meta(ElementSize="0.8 0.8 5"), "5 mm by ElementSize"),
    "millimetres called micrometres": (".nii", nifti(xyzt_units=3), "which no CT has"),
    "micrometres called millimetres": (".nrrd", nrrd(None, 1e-3), "800 × 800 × 2000 mm, which no CT has"),
    "inches": (".nrrd", nrrd("inch", 25.4), "'inch', a unit that is not known"),
    "an intercept without a slope": (".nii", nifti(scl_slope=0, scl_inter=-1024), "an intercept without a slope"),
    "a slope below zero": (".nii", nifti(scl_slope=-1), "in a way that no CT does"),
}


@pytest.mark.parametrize("role", ["ct", "masks"])
@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_not_clear_is_refused_with_both_values(tmp_path, phantom, what, role, capsys):
    suffix, fields, text = REFUSED[what]
    good = {".nii": nifti, ".nii.gz": nifti, ".nrrd": nrrd, ".mha": meta, ".mhd": meta}[suffix]()
    files = written(tmp_path, phantom, suffix, *((fields, good) if role == "ct" else (good, fields)))
    assert analyze(tmp_path, *files) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert text in last
    assert ("arteries" if role == "masks" else "ct") + suffix in last
    assert not (tmp_path / "out").exists()


VALUES = {
    "offset 1024, padded": lambda hu: np.where(np.indices(SHAPE)[1] < 3, -2000, hu + 1024),
    "offset 1000": lambda hu: hu + 1000,
    "offset 8192": lambda hu: hu + 8192,
    "z-scored": lambda hu: ((hu - hu.mean()) / hu.std()).astype(np.float32),
    "0 to 1": lambda hu: ((hu + 1000) / 2000).astype(np.float32),
    "0 to 255": lambda hu: np.clip((hu + 200) / 3, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("what", VALUES)
@pytest.mark.parametrize("suffix", [".nii", ".nrrd", ".mha"])
def test_values_that_are_no_hu_are_refused(tmp_path, phantom, what, suffix, capsys):
    values = VALUES[what](phantom["ct"].astype(np.float32))
    values = values.astype(np.int16) if what.startswith("offset") else values
    fields = {".nii": nifti, ".nrrd": nrrd, ".mha": meta}[suffix]()
    assert analyze(tmp_path, *written(tmp_path, {**phantom, "ct": values}, suffix, fields)) == 2
    assert "are no Hounsfield units" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", [-2000, -3024, -32768])
def test_padding_changes_no_number(tmp_path, phantom, value):
    (tmp_path / "plain").mkdir()
    padded = phantom["ct"].copy()
    padded[:, :3] = value
    *expected, plain = measured(*written(tmp_path / "plain", phantom, ".nii", nifti()))
    *volumes, codes = measured(*written(tmp_path, {**phantom, "ct": padded}, ".nii", nifti()))
    assert volumes == expected == truth(phantom)
    assert codes - plain == {"padding"}


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
@pytest.mark.parametrize("name", [b"caf\xe9", b"two\nlines", b"a" * 300])
@pytest.mark.parametrize("role", ["ct", "arteries", "calcification", "folder"])
def test_a_name_that_no_library_can_be_given_is_refused_and_ends_no_process(tmp_path, phantom, name, role):
    odd = name.decode("utf-8", "surrogateescape")
    command = [sys.executable, "-m", "AbdominalCalcificationLib", "analyze"]
    for each, array in phantom.items():
        path = write_nifti(tmp_path / f"{each}.nii", array, **nifti())
        if each == role:
            path = path.with_name(f"{odd}.nii")
            if len(name) < 250:
                (tmp_path / f"{each}.nii").rename(path)
        if role == "folder" and each == "ct":
            path = tmp_path / odd / "ct.nii"
            if len(name) < 250:
                path.parent.mkdir()
                (tmp_path / "ct.nii").rename(path)
        command += {"ct": [], "arteries": ["--arteries"], "calcification": ["--calcification"]}[each] + [str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    run = subprocess.run([*command, "--output", str(tmp_path / "out")], capture_output=True, env=environment)
    assert run.returncode == 2, run.stderr
    last = run.stderr.decode("utf-8").splitlines()[-1]
    assert "rename it" in last or "shorten it" in last
    assert b"Traceback" not in run.stderr
    assert not (tmp_path / "out").exists()
