"""Random header fields: what is read is what the file itself says, or there is an error or a flag.

The truth of each file is worked out here from the fields that were written, by the text of the format's standard and
without the code under test. ABDOMINAL_CALCIFICATION_EXAMPLES sets how many headers of each format are tried.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reading.images import header_flags
from examples import tried
from image_headers import a_ct, a_mask, nifti_fields, write_meta, write_nifti, write_nrrd

SHAPE = (8, 10, 12)
CT, MASK = a_ct(), a_mask()
NIFTI_UNITS = {0: 1.0, 1: 1e3, 2: 1.0, 3: 1e-3}
TEXT_UNITS = {None: 1.0, "mm": 1.0, "um": 1e-3, "micron": 1e-3, "cm": 10.0, "m": 1e3}
LPS, SPACES = (-1, -1, 1), {
    "left-posterior-superior": (-1, -1, 1),
    "LPS": (-1, -1, 1),
    "RAS": (1, 1, 1),
    "right-anterior-superior": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
}  # fmt: skip

lengths = st.floats(0.25, 5)
odd = st.sampled_from([0.0, -0.0, -1.0, 1.0, 1e-3, 0.049, 21.0, 1e3, 1e30, float("nan"), float("inf"), -float("inf")])
number = st.one_of(odd, st.floats(-40, 40))
size = st.one_of(lengths, lengths, lengths, odd)
seldom = st.sampled_from([False, False, False, True])
turns = st.one_of(
    st.just(Rotation.identity()),
    st.tuples(*[st.floats(-180, 180)] * 3).map(lambda angles: Rotation.from_euler("xyz", angles, degrees=True)),
)


@dataclass
class Truth:
    """What a file says: every voxel size, and every matrix from i, j, k to RAS, in mm.

    `sizes` is empty where it says none; `is_plain` is False where it says something that is not known here.
    """

    sizes: list
    matrices: list
    is_plain: bool = True


counted: Counter = Counter()


def check(path, array, truth: Truth, values=None):
    """Read a CT or a mask, and compare it with the truth where nothing was said against it."""
    is_ct = array.dtype != np.uint8
    try:
        if is_ct:
            image = read_ct(path)
            volume, flags = image.volume, image.flags
        else:
            volume, flags = read_mask(path), header_flags(path)
    except InputError as error:
        counted["refused" if str(error).isprintable() else "unprintable"] += 1
        return
    codes = {flag.code for flag in flags}
    counted["flagged" if codes - {"not_hu", "padding"} else "read"] += 1
    assert truth.is_plain
    assert truth.sizes
    for sizes in truth.sizes:
        assert np.allclose(volume.grid.spacing_mm, sizes, rtol=2e-3), (volume.grid.spacing_mm, truth)
    assert 0.05 <= min(volume.grid.spacing_mm) <= max(volume.grid.spacing_mm) <= 20
    if "unknown_orientation" not in codes:
        assert truth.matrices
        for matrix in truth.matrices:
            assert np.allclose(volume.grid.ijk_to_ras[:3, :3], matrix[:3, :3], atol=0.01 * max(volume.grid.spacing_mm))
            place = volume.grid.ijk_to_ras[:3, 3] - matrix[:3, 3]
            assert "header_warning" in codes or np.abs(place).max() < max(volume.grid.spacing_mm)
    if not {"padding", "not_hu"} & codes:
        assert np.allclose(volume.array, array if values is None else values, rtol=1e-5, atol=1e-2)


def columns_of(turn, sizes, flip):
    return turn.as_matrix() * np.asarray(sizes) * (1, 1, flip)


@st.composite
def nifti_headers(draw):
    """Fields that agree, in any unit, then up to two of them changed."""
    turn, flip = draw(turns), draw(st.sampled_from([1, -1]))
    unit = draw(st.sampled_from([0, 2, 10, 1, 3]))
    sizes = np.array([draw(lengths) for _ in range(3)]) / NIFTI_UNITS[unit & 7]
    origin = np.array([draw(st.floats(-300, 300)) for _ in range(3)]) / NIFTI_UNITS[unit & 7]
    quaternion = turn.as_quat()
    quaternion *= 1 if quaternion[3] >= 0 else -1
    fields = {
        "pixdim": [flip, *sizes, 0, 0, 0, 0],
        "xyzt_units": unit,
        "qform_code": draw(st.sampled_from([0, 1, 1, 2])),
        "sform_code": draw(st.sampled_from([0, 1, 1, 2])),
        "quatern": list(quaternion[:3]),
        "qoffset": list(origin),
        "srow": list(np.column_stack([columns_of(turn, sizes, flip), origin]).ravel()),
    }
    for _ in range(draw(st.integers(0, 2))):
        name = draw(
            st.sampled_from(["pixdim", "pixdim", "quatern", "qoffset", "srow", "srow", "code", "unit", "scale"])
        )
        if name == "code":
            fields[draw(st.sampled_from(["qform_code", "sform_code"]))] = draw(st.sampled_from([0, 1, 4, -1]))
        elif name == "unit":
            fields["xyzt_units"] = draw(st.integers(0, 255))
        elif name == "scale":
            fields["scl_slope"] = draw(st.one_of(st.sampled_from([0.0, 1.0, 2.0, float("nan")]), number))
            fields["scl_inter"] = draw(st.one_of(st.sampled_from([0.0, -1024.0]), number))
        else:
            at = draw(st.integers(0, len(fields[name]) - 1 if name != "pixdim" else 3))
            fields[name][at] = draw(st.one_of(number, st.just(fields[name][at] * 1.01), st.just(-fields[name][at])))
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


_REAL = {"pixdim", "quatern", "qoffset", "srow", "scl_slope", "scl_inter"}


def truth_of_nifti(fields) -> tuple[Truth, float, float]:
    """Return what nifti1.h says that these fields mean (METHODS 1 to 3), and slope and intercept."""
    single = {name: np.float32(value).astype(float) for name, value in fields.items() if name in _REAL}
    unit = NIFTI_UNITS.get(fields["xyzt_units"] & 7)
    sizes = single["pixdim"][1:4]
    truth = Truth([sizes * (unit or 1)], [], unit is not None and bool(np.isfinite(sizes).all() and (sizes > 0).all()))
    if fields["sform_code"] > 0:
        matrix = single["srow"].reshape(3, 4) * (unit or 1)
        truth.sizes.append(np.linalg.norm(matrix[:, :3], axis=0))
        truth.matrices.append(matrix)
        truth.is_plain &= bool(np.isfinite(matrix).all())
    if fields["qform_code"] > 0:
        b, c, d = single["quatern"]
        squared = b * b + c * c + d * d
        truth.is_plain &= bool(squared < 1.01)
        if truth.is_plain:
            turn = Rotation.from_quat([b, c, d, math.sqrt(max(0.0, 1 - squared))])
            columns = columns_of(turn, sizes, -1 if single["pixdim"][0] < 0 else 1)
            truth.matrices.append(np.column_stack([columns, single["qoffset"]]) * (unit or 1))
    slope, intercept = (float(single.get(name, default)) for name, default in (("scl_slope", 1), ("scl_inter", 0)))
    if slope == 0 or math.isnan(slope):
        # The standard: no scaling. An intercept beside it contradicts that.
        truth.is_plain &= math.isnan(intercept) or intercept == 0
        slope, intercept = 1.0, 0.0
    truth.is_plain &= math.isfinite(slope) and math.isfinite(intercept)
    return truth, slope, intercept


@tried(100)
@given(fields=nifti_headers(), is_ct=st.booleans())
def test_nifti(tmp_path, fields, is_ct):
    array = CT if is_ct else MASK
    truth, slope, intercept = truth_of_nifti({**nifti_fields(array), **fields})
    values = array * slope + intercept if truth.is_plain else None
    check(write_nifti(tmp_path / "a.nii", array, **fields), array, truth, values)


def shown(values) -> str:
    return "(" + ",".join(repr(float(value)) for value in values) + ")"


@st.composite
def nrrd_headers(draw):
    """Return fields of a header, and their truth."""
    turn, flip = draw(turns), draw(st.sampled_from([1, -1]))
    unit = st.sampled_from(["mm", "mm", "um", "cm", "m", "micron"])
    same = unit.map(lambda each: (each,) * 3)
    unknown = st.just(("mm", "mm", "furlong"))
    units = draw(st.one_of(st.none(), st.none(), same, same, same, st.tuples(unit, unit, unit), unknown))
    factors = np.array([TEXT_UNITS.get(unit, np.nan) for unit in units] if units else [1.0] * 3)
    usual = np.where(np.isfinite(factors), factors, 1.0)
    sizes = np.array([draw(lengths) for _ in range(3)])
    columns = columns_of(turn, sizes, flip) / usual[:, None]
    origin = np.array([draw(st.floats(-300, 300)) for _ in range(3)]) / usual
    if draw(seldom):
        columns[draw(st.integers(0, 2)), draw(st.integers(0, 2))] = draw(number)
    space = draw(st.sampled_from([*SPACES, *SPACES, "scanner-xyz", "3D-right-handed", "3D-left-handed", "nonsense"]))
    fields = {
        "space": space,
        "space_directions": " ".join(shown(column) for column in columns.T),
        "space_origin": shown(origin),
    }
    if units:
        fields["space_units"] = " ".join(f'"{unit}"' for unit in units)
    to_ras = np.array(SPACES.get(space, LPS)) * factors
    matrix = np.column_stack([columns, origin]) * to_ras[:, None]
    truth = Truth([np.linalg.norm(matrix[:, :3], axis=0)], [matrix] if space in SPACES else [])
    truth.is_plain = bool(np.isfinite(matrix).all()) and space != "nonsense"
    what = draw(st.sampled_from(["", "", "", "no directions", "no origin", "spacings", "only spacings", "one none"]))
    if what == "no origin":
        fields["space_origin"] = None
    elif what == "spacings":
        own = [draw(size) for _ in range(3)]
        fields["spacings"] = " ".join(map(repr, own))
        truth.sizes.append(
            [size if math.isnan(other) else other for size, other in zip(truth.sizes[0], own, strict=True)]
        )
    elif what in ("only spacings", "no directions"):
        fields = {"space": None, "space_directions": None, "space_origin": None}
        truth = Truth([], [])
        if what == "only spacings":
            own = [draw(size) for _ in range(3)]
            unit = draw(st.sampled_from(list(TEXT_UNITS)))
            fields["spacings"] = " ".join(map(repr, own))
            if unit:
                fields["units"] = " ".join([f'"{unit}"'] * 3)
            truth.sizes = [np.array(own) * TEXT_UNITS[unit]]
    elif what == "one none":
        fields["space_directions"] = " ".join([*(shown(column) for column in columns.T[:2]), "none"])
        truth.sizes = []
    return fields, truth


@tried(100)
@given(header=nrrd_headers(), is_ct=st.booleans(), apart=st.booleans())
def test_nrrd(tmp_path, header, is_ct, apart):
    fields, truth = header
    array = CT if is_ct else MASK
    check(write_nrrd(tmp_path / ("a.nhdr" if apart else "a.nrrd"), array, **fields), array, truth)


@st.composite
def meta_headers(draw):
    """Return fields of a header, and their truth."""
    turn, flip = draw(turns), draw(st.sampled_from([1, -1]))
    unit = draw(st.sampled_from([*TEXT_UNITS, "cm", "cm", "furlong"]))
    factor = TEXT_UNITS.get(unit, 1.0)
    sizes = np.array([draw(lengths) for _ in range(3)]) / factor
    if draw(seldom):
        sizes[draw(st.integers(0, 2))] = draw(number)
    directions = columns_of(turn, (1, 1, 1), flip)
    if draw(seldom):
        directions[draw(st.integers(0, 2)), draw(st.integers(0, 2))] = draw(number)
    origin = np.array([draw(st.floats(-300, 300)) for _ in range(3)]) / factor
    slope, intercept = draw(st.sampled_from([(1, 0), (1, 0), (1, 0), (1, -24), (2, 0), (0, 5), (-1, 0)]))
    fields = {
        "ElementSpacing": " ".join(map(repr, map(float, sizes))),
        "TransformMatrix": " ".join(map(repr, map(float, directions.T.ravel()))),
        "Offset": " ".join(map(repr, map(float, origin))),
        "DistanceUnits": unit,
        "AnatomicalOrientation": None,
        "ElementToIntensityFunctionSlope": str(slope) if slope != 1 else None,
        "ElementToIntensityFunctionOffset": str(intercept) if intercept else None,
    }
    with np.errstate(invalid="ignore"):
        matrix = np.column_stack([directions * sizes, origin]) * factor * np.array(LPS)[:, None]
    is_plain = unit != "furlong" and slope > 0
    truth = Truth([sizes * factor], [matrix], is_plain and bool(np.isfinite(sizes).all() and (sizes > 0).all()))
    what = draw(
        st.sampled_from(["", "", "no spacing", "no matrix", "no offset", "size", "size", "only size", "orientation"])
    )
    own = np.array([draw(size) for _ in range(3)])
    if what == "no spacing":
        fields["ElementSpacing"], truth.sizes = None, []
    elif what == "no matrix":
        fields["TransformMatrix"], truth.matrices = None, []
    elif what == "no offset":
        fields["Offset"] = None
    elif what == "size":
        fields["ElementSize"] = " ".join(map(repr, map(float, own)))
        truth.sizes.append(own * factor)
    elif what == "only size":
        fields["ElementSize"], fields["ElementSpacing"] = " ".join(map(repr, map(float, own))), None
        truth.sizes = [own * factor]
        with np.errstate(invalid="ignore"):
            truth.matrices = [np.column_stack([directions * own, origin]) * factor * np.array(LPS)[:, None]]
        truth.is_plain = is_plain
    elif what == "orientation":
        letters = draw(st.permutations(["RL", "AP", "SI"]))
        stated = "".join(draw(st.sampled_from(pair)) for pair in letters)
        fields["AnatomicalOrientation"] = stated
        # The sides that the axes come from or go to; a matrix that agrees with neither contradicts it.
        rows = [0 if letter in "RL" else 1 if letter in "AP" else 2 for letter in stated]
        signs = np.array([1 if letter in "RAS" else -1 for letter in stated])
        cosines = signs * (directions * np.array(LPS)[:, None])[rows, [0, 1, 2]]
        if not ((cosines > 0).all() or (cosines < 0).all()):
            truth.matrices = []
    return fields, truth, slope, intercept


@tried(100)
@given(header=meta_headers(), is_ct=st.booleans(), apart=st.booleans())
def test_metaimage(tmp_path, header, is_ct, apart):
    fields, truth, slope, intercept = header
    array = CT if is_ct else MASK
    path = write_meta(tmp_path / ("a.mhd" if apart else "a.mha"), array, **fields)
    check(path, array, truth, array * float(slope) + intercept)


def test_headers_of_every_fate_were_tried():
    """A property that nothing reaches would hold as well."""
    if not counted:
        pytest.skip("none was tried")
    assert counted["unprintable"] == 0
    assert min(counted["read"], counted["flagged"], counted["refused"]) > 0.05 * sum(counted.values()) > 0
