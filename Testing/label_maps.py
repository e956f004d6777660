"""A small label map of a body: a few structures in the right places, for tests of patients made from label maps."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reporting.images import sitk_image

NAMES = {
    3: "liver",
    4: "spleen",
    7: "aorta",
    8: "inferior_vena_cava",
    9: "colon",
    22: "superior_mesenteric_artery",
    26: "splenic_artery",
    29: "left_renal_artery",
    51: "right_kidney",
    52: "left_kidney",
    71: "right_common_iliac_artery",
    72: "left_common_iliac_artery",
    126: "right_renal_artery",
    131: "right_psoas_muscle",
    231: "left_psoas_muscle",
    503: "lumbar3",
}
SPACING_MM = 2.0
SHAPE = (60, 50, 60)
BIFURCATION = (0.0, 0.0, 40.0)
# Courses, RAS mm: x to the right, and radii.
COURSES = {
    7: ([(-4, -4, 130), (-2, 1, 90), BIFURCATION], 7.0),
    71: ([BIFURCATION, (9, -1, 26), (22, -4, 2)], 4.0),
    72: ([BIFURCATION, (-9, -1, 26), (-22, -4, 2)], 4.0),
    22: ([(-2, 1, 96), (-2, 16, 90), (-3, 22, 70), (-4, 24, 50)], 3.0),
    29: ([(-2, 1, 80), (-18, -4, 78), (-34, -8, 76)], 3.0),
    126: ([(-2, 1, 78), (18, -6, 76), (34, -8, 74)], 3.0),
    26: ([(-12, 30, 108), (-34, 24, 112)], 2.5),  # touches nothing: a gap
}


def label_map(courses=COURSES) -> Volume:
    """Return the label map, i to the left and j to the back as DICOM has it."""
    step = np.array([-SPACING_MM, -SPACING_MM, SPACING_MM])
    origin = (58.0, 48.0, 0.0)
    grid = Grid.from_spacing(SHAPE, (SPACING_MM,) * 3, origin, np.diag(np.sign(step)))
    x, y, z = np.moveaxis(grid.ras_of_kji(np.argwhere(np.ones(SHAPE))).reshape(*SHAPE, 3), -1, 0)
    labels = np.zeros(SHAPE, np.int16)

    def ellipsoid(value, center, radii):
        away = sum(((axis - c) / r) ** 2 for axis, c, r in zip((x, y, z), center, radii, strict=True))
        labels[away < 1] = value

    labels[(np.hypot(x, y + 26) < 15)] = 503
    for side, value in ((1, 131), (-1, 231)):
        labels[np.hypot((x - side * 26) / 8, (y + 26) / 9) < 1] = value
    ellipsoid(3, (30, 14, 104), (24, 24, 16))
    ellipsoid(4, (-40, -4, 106), (12, 16, 12))
    ellipsoid(51, (42, -12, 74), (12, 12, 22))
    ellipsoid(52, (-42, -12, 76), (12, 12, 22))
    ellipsoid(9, (-30, 24, 40), (18, 14, 26))
    labels[np.hypot(x - 18, y + 2) < 6] = 8
    for value, (points, radius) in courses.items():
        line = np.concatenate(
            [np.linspace(a, b, 40) for a, b in zip(points[:-1], np.array(points[1:], float), strict=True)]
        )
        near = np.full(SHAPE, np.inf)
        for point in line:
            near = np.minimum(near, np.sqrt((x - point[0]) ** 2 + (y - point[1]) ** 2 + (z - point[2]) ** 2))
        free = np.isin(labels, [0, 8, 9, 131, 231, 51, 52, 503, 3])
        labels[(near < radius) & free] = value
    return Volume(labels, grid)


def write_label_map(folder: Path, volume: Volume | None = None, names=None) -> tuple[Path, Path]:
    """Write a label map and its table; return both files."""
    folder.mkdir(parents=True, exist_ok=True)
    labels, table = folder / "labels.nrrd", folder / "labels.csv"
    sitk.WriteImage(sitk_image(volume or label_map()), str(labels), True)
    with open(table, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("label", "name"), *sorted((names or NAMES).items())])
    return labels, table
