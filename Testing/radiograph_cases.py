"""A small drawn radiograph with its vertebrae, and a result as an analysis makes one: no network runs.

The spine has lordosis and a sacrum, the aorta runs in front of it, deposits lie on its walls where they are asked for.
Everything is drawn facing left and mirrored where it is to face right.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.radiograph.coverage import Coverage, Walls, coverage, deposits_on, score_of
from AbdominalCalcificationLib.radiograph.image import Radiograph
from AbdominalCalcificationLib.radiograph.kauppila import PARTS, KauppilaScore, Segment, part_score
from AbdominalCalcificationLib.radiograph.result import RadiographResult
from AbdominalCalcificationLib.radiograph.spine import LABELS, borders_of, vertebrae_of
from AbdominalCalcificationLib.reporting.provenance import build_provenance

SHAPE = (420, 300)
PIXEL_MM = 0.6
NAMES = ("T12", "L1", "L2", "L3", "L4", "L5", "S1")
# Shares of each wall's length with deposits, in the order of PARTS: the parts are 0 1 0 2 1 3 2 0, the sum is 9.
EXTENTS = (0.0, 0.2, 0.0, 0.5, 0.3, 0.9, 0.4, 0.0)
_HEIGHT_MM, _DEPTH_MM, _DISC_MM = 24.0, 32.0, 8.0
# Middles of the vertebrae from the image's left edge (lordosis: L3 lies farthest to the front) and how they lean.
_X_MM = {"T12": 108.0, "L1": 102.0, "L2": 96.0, "L3": 92.0, "L4": 94.0, "L5": 103.0, "S1": 120.0}
_LEAN_DEG = {"T12": 12.0, "L1": 10.0, "L2": 6.0, "L3": 0.0, "L4": -8.0, "L5": -20.0, "S1": -42.0}


def body_of(name: str, scale: float = 1.0) -> np.ndarray:
    """Return the corners of a body, mm, facing left: (4, 2) as x, y in the order of spine.CORNERS."""
    y = 14.0 + NAMES.index(name) * (_HEIGHT_MM + _DISC_MM)
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [_DEPTH_MM / 2, _HEIGHT_MM / 2]
    angle = np.deg2rad(_LEAN_DEG[name])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (half @ turn + [_X_MM[name], y]) * scale


def drawn_labels(shape=SHAPE, step=PIXEL_MM, names=NAMES) -> np.ndarray:
    """Return the label map, facing left."""
    labels = np.zeros(shape, np.uint8)
    for name in names:
        labels[_inside(body_of(name), shape, step)] = LABELS[name]
    return labels


def _inside(corners: np.ndarray, shape, step: float) -> np.ndarray:
    """Return which pixels lie in a convex outline that runs clockwise on the screen."""
    rows, columns = np.indices(shape) * step
    ends = np.roll(corners, -1, axis=0)
    return np.logical_and.reduce(
        [
            (bx - ax) * (rows - ay) - (by - ay) * (columns - ax) >= 0
            for (ax, ay), (bx, by) in zip(corners, ends, strict=True)
        ]
    )


def walls() -> Walls:
    """Return both walls of the aorta in front of T12 to L4, mm, facing left."""
    fronts = np.array([body_of(name)[[0, 3]].mean(axis=0) for name in NAMES[:6]])
    y = np.linspace(fronts[0, 1] - 12, fronts[4, 1] + 18, 200)
    x = np.interp(y, fronts[:, 1], fronts[:, 0])
    return Walls(np.stack([x - 24, y], axis=1), np.stack([x - 6, y], axis=1))


def measured(extents=EXTENTS, names=NAMES) -> tuple[KauppilaScore, list[np.ndarray]]:
    """Return the score of deposits along `extents` of each wall, by the definition, and the deposits; facing left."""
    borders = borders_of(vertebrae_of(drawn_labels(names=names), (PIXEL_MM, PIXEL_MM)))
    empty = coverage(np.zeros((0, 2)), walls(), borders, PIXEL_MM / 2)
    covered, deposits = {}, []
    for part, extent in zip(PARTS, extents, strict=True):
        if part not in empty:
            continue
        own = empty[part]
        pieces = ((0.1 * (1 - extent), 0.1 * (1 - extent) + extent),) if extent else ()
        covered[part] = Coverage(extent, pieces, own.line, own.wall_share)
        deposits += deposits_on(np.array(own.line), pieces)
    return score_of(covered), deposits


def a_radiograph(faces: str = "left", extents=EXTENTS, spacing_mm=(PIXEL_MM, PIXEL_MM), seed: int = 0) -> Radiograph:
    """Return a drawn radiograph: soft tissue, bodies, aorta and deposits, noise; 12 bits."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(SHAPE)
    pixels = 900 + 500 * np.exp(-(((columns * PIXEL_MM - 100) / 60) ** 2)) + 0.3 * rows
    labels = drawn_labels()
    pixels += np.where(labels > 0, 600, 0)
    line, x, y = walls(), columns * PIXEL_MM, rows * PIXEL_MM
    front, back = (np.interp(y, wall[:, 1], wall[:, 0]) for wall in (line.anterior, line.posterior))
    pixels += 60 * ((x >= front) & (x <= back) & (y >= line.anterior[0, 1]) & (y <= line.anterior[-1, 1]))
    pixels += 130 * is_deposit(extents)
    pixels = np.clip(np.rint(pixels + rng.normal(0, 12, SHAPE)), 0, 4095).astype(np.float32)
    return Radiograph(pixels if faces == "left" else pixels[:, ::-1].copy(), spacing_mm, faces)


def is_deposit(extents=EXTENTS) -> np.ndarray:
    """Return which pixels show a deposit, facing left."""
    shown = np.zeros(SHAPE, bool)
    for deposit in measured(extents)[1]:
        for x, y in deposit / PIXEL_MM:
            shown[round(y), max(0, round(x) - 1) : round(x) + 2] = True
    return shown


def modelled(score: KauppilaScore) -> KauppilaScore:
    """Return a score as a network says it: with probabilities of each part, most of them at its own."""

    def part(each: Segment) -> Segment:
        shares = np.exp(-1.6 * np.abs(np.arange(4) - each.score))
        shares = np.round(shares / shares.sum(), 4)
        shares[each.score] += 1 - shares.sum()
        probabilities = tuple(float(share) for share in shares)
        return Segment(
            *(each.vertebra, each.wall, each.score, probabilities), each.extent_fraction, each.line, each.deposits
        )

    return KauppilaScore(tuple(part(each) if each.score is not None else each for each in score.segments))


def a_result(
    faces: str = "left",
    extents=EXTENTS,
    names=NAMES,
    flags: tuple[Flag, ...] = (),
    spacing_mm=(PIXEL_MM, PIXEL_MM),
    identity: dict | None = None,
) -> RadiographResult:
    """Return a plausible result of the drawn radiograph; without spacing, its points are in pixels."""
    radiograph = a_radiograph(faces, extents, spacing_mm)
    labels = drawn_labels(names=names)
    labels = labels if faces == "left" else np.ascontiguousarray(labels[:, ::-1])
    score = modelled(measured(extents, names)[0])
    unit = PIXEL_MM / radiograph.step[1]

    def placed(each: Segment) -> Segment:
        line = np.array(each.line, float).reshape(-1, 2) / unit
        line = line if faces == "left" else radiograph.mirrored_points(line)
        return Segment(
            *(each.vertebra, each.wall, each.score, each.probabilities, each.extent_fraction),
            tuple((float(x), float(y)) for x, y in line),
            each.deposits,
        )

    models = [{"name": "vertebrae", "checksum": "0" * 64, "role": "vertebrae"}]
    return RadiographResult(
        radiograph,
        labels,
        vertebrae_of(labels, radiograph.step, faces),
        KauppilaScore(tuple(placed(each) for each in score.segments)),
        1.2,
        flags,
        {"device": "cpu"},
        build_provenance(identity or {"name": "drawn.dcm", "format": "DICOM"}, models=models),
    )


def write_dicom(path: Path, radiograph: Radiograph, pixels: np.ndarray | None = None, **elements) -> Path:
    """Write a radiograph as a DX image; `elements` are set by keyword, or left out where they are None.

    Parameters
    ----------
    pixels : ndarray, optional
        Stored values, of any integer type; those of the radiograph in 12 of 16 bits by default.
    """
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

    stored = radiograph.pixels.astype(np.uint16) if pixels is None else pixels
    about = Dataset()
    about.file_meta = FileMetaDataset()
    about.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    about.file_meta.MediaStorageSOPClassUID = about.SOPClassUID = DigitalXRayImageStorageForPresentation
    about.file_meta.MediaStorageSOPInstanceUID = about.SOPInstanceUID = generate_uid(entropy_srcs=[str(path)])
    about.StudyInstanceUID, about.SeriesInstanceUID = (
        generate_uid(entropy_srcs=[name]) for name in ("study", "series")
    )
    about.Modality, about.BodyPartExamined, about.ViewPosition = "DX", "LSPINE", "LL"
    about.PatientName, about.PatientID, about.Manufacturer = "Secret^Patient", "ID4711", "Maker"
    about.PatientOrientation = ["P" if radiograph.faces == "left" else "A", "F"]
    about.Rows, about.Columns = stored.shape[-2:] if stored.ndim != 3 or stored.shape[-1] != 3 else stored.shape[:2]
    about.SamplesPerPixel, about.PhotometricInterpretation = 1, "MONOCHROME2"
    about.PixelIntensityRelationship, about.PixelIntensityRelationshipSign = "LOG", -1
    bits = 8 * stored.dtype.itemsize
    about.BitsAllocated, about.BitsStored, about.PixelRepresentation = bits, bits, int(stored.dtype.kind == "i")
    if pixels is None:
        about.BitsStored = 12
    about.ImagerPixelSpacing = [step * 1.25 for step in radiograph.spacing_mm or (1.0, 1.0)]
    about.EstimatedRadiographicMagnificationFactor = 1.25
    about.PixelData = stored.tobytes()
    for keyword, value in elements.items():
        if value is None:
            delattr(about, keyword)
        else:
            setattr(about, keyword, value)
    if "HighBit" not in elements:
        about.HighBit = about.BitsStored - 1
    path.parent.mkdir(parents=True, exist_ok=True)
    about.save_as(path, enforce_file_format=True)
    return path


def of_extents(extents) -> list[int]:
    """Return the part scores of shares of walls."""
    return [part_score(each) for each in extents]
