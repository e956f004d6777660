"""Thirty broken inputs among a hundred: are all listed with their reasons, and the rest done?

    python Testing/benchmarks/cohort_at_scale.py make FOLDER --cases 70
    python Testing/benchmarks/cohort_of_broken_inputs.py FOLDER OUT [--faults MORE]

`--faults` is a folder of inputs of kinds that users have reported (image files and DICOM folders beginning with
``F``), with the masks ``art.nii`` and ``cal.nii``; what of them can be measured is to be flagged. Prints what was said.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from cohort_at_scale import LIBRARY, environment, first_of

GOOD = 70


def nifti(path: Path, *patches: tuple) -> None:
    """Write a NIfTI of 40 × 24 × 24 voxels; each patch is (offset, struct format, values...)."""
    array = np.full((40, 24, 24), -50, np.int16)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((0.8, 0.8, 2.0))
    sitk.WriteImage(image, str(path))
    content = bytearray(path.read_bytes())
    for offset, form, *values in patches:
        struct.pack_into(form, content, offset, *values)
    path.write_bytes(content)


def nrrd(path: Path, sizes: str, **fields: str) -> None:
    given = {
        "type": "short",
        "dimension": str(len(sizes.split())),
        "sizes": sizes,
        "encoding": "raw",
        "endian": "little",
    }
    header = "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in {**given, **fields}.items())
    path.write_bytes(f"NRRD0004\n{header}\n\n".encode() + bytes(2 * 24**3))


def image(path: Path, array: np.ndarray) -> None:
    made = sitk.GetImageFromArray(array)
    made.SetSpacing((1.0, 1.0, 1.0))
    sitk.WriteImage(made, str(path))


def a_folder(path: Path, **files: bytes) -> None:
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)


def a_link(path: Path) -> None:
    path.symlink_to("nowhere.nii.gz")


def cut(source: Path, part: float) -> Callable[[Path], object]:
    content = source.read_bytes()
    return lambda path: path.write_bytes(content[: int(part * len(content))])


def changed(source: Path) -> Callable[[Path], object]:
    content = bytearray(source.read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 200):
        content[place] ^= 0x5A
    return lambda path: path.write_bytes(content)


SPACING_3D = (80, "<3f")


def broken_cts(folder: Path) -> dict[str, Callable[[Path], object]]:
    """Return what makes a CT that cannot be used, by the name of its file."""
    ct, spaced = folder / "ct0.nii.gz", "(0,0,0) (0,1,0) (0,0,1)"
    space = {"space": "left-posterior-superior"}
    return {
        "missing.nii.gz": lambda path: None,
        "empty.nii.gz": lambda path: path.write_bytes(b""),
        "text.nii.gz": lambda path: path.write_bytes(b"this is no image"),
        "text.nrrd": lambda path: path.write_bytes(b"this is no image"),
        "half.nii.gz": cut(ct, 0.5),
        "tenth.nii.gz": cut(ct, 0.1),
        "bits.nii.gz": changed(ct),
        "empty_gzip.nii.gz": lambda path: path.write_bytes(gzip.compress(b"")),
        "picture.png": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"),
        "cut.nii": lambda path: (nifti(path), path.write_bytes(path.read_bytes()[:3000])),
        "huge.nii": lambda path: nifti(path, (40, "<8h", 3, 32767, 32767, 32767, 1, 1, 1, 1)),
        "negative.nii": lambda path: nifti(path, (40, "<8h", 3, -24, 24, 40, 1, 1, 1, 1)),
        "nan_spacing.nii": lambda path: nifti(path, (*SPACING_3D, *[float("nan")] * 3), (252, "<hh", 0, 0)),
        "five_dimensions.nii": lambda path: nifti(path, (40, "<8h", 5, 24, 24, 10, 2, 2, 1, 1)),
        "colours.nii": lambda path: nifti(path, (70, "<hh", 128, 24)),
        "one_slice.nrrd": lambda path: image(path, np.zeros((1, 64, 64), np.int16)),
        "plane.nrrd": lambda path: nrrd(path, "24 24"),
        "flat_axis.nrrd": lambda path: nrrd(path, "24 24 24", space_directions=spaced, **space),
        "no_spacing.nrrd": lambda path: nrrd(path, "24 24 24"),
        "empty_folder": lambda path: path.mkdir(),
        "folder_of_text": lambda path: a_folder(path, a=b"nothing", b=b"here"),
        "cut_dicom": lambda path: a_folder(path, a=bytes(128) + b"DICM" + b"\x02\x00\x00\x00"),
        "link.nii.gz": a_link,
        "stored.nrrd": lambda path: image(path, np.full((24, 24, 24), 3e9, np.float32)),
    }


def broken_masks(folder: Path) -> dict[str, Callable[[Path], object]]:
    """Return what makes an artery mask that cannot be used."""
    return {
        "missing_mask.nii.gz": lambda path: None,
        "empty_mask.nii.gz": lambda path: path.write_bytes(b""),
        "elsewhere.nrrd": lambda path: elsewhere(path),
        "half_mask.nii.gz": cut(folder / "arteries0.nii.gz", 0.5),
        "ct_as_mask.nii.gz": lambda path: path.write_bytes((folder / "ct1.nii.gz").read_bytes()),
    }


def elsewhere(path: Path) -> None:
    made = sitk.GetImageFromArray(np.ones((8, 8, 8), np.uint8))
    made.SetOrigin((9000.0, 9000.0, 9000.0))
    sitk.WriteImage(made, str(path))


def table_of(folder: Path, faults: Path | None) -> tuple[Path, set[str]]:
    """Write the table; return it and the ids of what is broken."""
    place = folder / "broken"
    place.mkdir()
    with open(first_of(folder, GOOD), encoding="utf-8") as file:
        rows = [{**row, "artery_labels": ""} for row in csv.DictReader(file)]
    broken = set()
    masks = {"arteries": "arteries0.nii.gz", "calcification": "calcification0.nii.gz"}
    common = {"patient": "", "age": "", "sex": "", "artery_labels": "", **masks}
    for name, make in broken_cts(folder).items():
        make(place / name)
        rows.append({**common, "id": f"ct {name}", "ct": f"broken/{name}"})
        broken.add(rows[-1]["id"])
    for name, make in broken_masks(folder).items():
        make(place / name)
        rows.append({**common, "id": f"mask {name}", "ct": "ct0.nii.gz", "arteries": f"broken/{name}"})
        broken.add(rows[-1]["id"])
    rows.append({**common, "id": "no ct", "ct": ""})
    broken.add("no ct")
    if faults is not None:
        for path in sorted(faults.glob("F*")):
            if path.is_dir() or "_ct." in path.name:
                own = [path.with_name(path.name.replace("_ct.", f"_{kind}.")) for kind in ("art", "cal")]
                kind = "dicom_{}.nii.gz" if path.is_dir() else "{}.nii"
                other = [faults / kind.format(name) for name in ("art", "cal")]
                of = [
                    str(mine if not path.is_dir() and mine.is_file() else its)
                    for mine, its in zip(own, other, strict=True)
                ]
                given = {"arteries": of[0], "calcification": of[1], "artery_labels": "1=aorta"}
                rows.append({**common, **given, "id": f"fault {path.name}", "ct": str(path)})
    table = folder / "with_broken.csv"
    with open(table, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table, broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--faults", type=Path)
    options = parser.parse_args()
    table, broken = table_of(options.folder.absolute(), options.faults and options.faults.absolute())
    command = [sys.executable, "-m", "AbdominalCalcificationLib", "cohort", table, "--output", options.output]
    ended = subprocess.run([*map(str, command), "--jobs", "2", "--quiet"], env=environment(), check=False)
    print(f"exit code {ended.returncode}; library at {LIBRARY.name}")
    with open(options.output / "failed.csv", encoding="utf-8") as file:
        failed = {row["id"]: row for row in csv.DictReader(file)}
    with open(options.output / "cohort.csv", encoding="utf-8") as file:
        done = {row["id"]: row for row in csv.DictReader(file)}
    for name, row in failed.items():
        print(f"{name}: {row['reason']} -> {row['what_to_do']}")
    for name, row in done.items():
        if not name.startswith("case_"):
            print(f"{name}: {row['trust']} {row['flags']}")
    good = sum(name.startswith("case_") for name in done)
    missing = [name for name in broken if name not in failed and done.get(name, {}).get("trust") != "unusable"]
    print(json.dumps({"good": good, "broken": len(broken), "failed": len(failed), "neither": sorted(missing)}))
    raise SystemExit(good != GOOD or bool(missing) or ended.returncode)


if __name__ == "__main__":
    main()
