"""Damage image files byte by byte and read them: python Testing/fuzz_images.py --count 2000 --seed 1 --folder DIR

Prints a line of JSON: how many were read, how many were refused, and what must not happen (anything but a refusal, a
reading that takes longer than 10 s), then the memory that was needed. A crash of a library ends the process; the file
it happened on is left in the folder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import SimpleITK as sitk

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "AbdominalCalcification"), str(REPOSITORY / "Testing")]

from AbdominalCalcificationLib.errors import InputError  # noqa: E402
from AbdominalCalcificationLib.reading import read_arteries, read_calcification, read_ct  # noqa: E402
from image_headers import a_ct, a_mask, write_meta, write_nifti, write_nrrd  # noqa: E402
from peak_memory import peak_mib  # noqa: E402
from time_limits import in_time  # noqa: E402

LONGEST_S = 10
# Digits make sizes giant, the others break numbers and fields.
_TEXT = b'0123456789.-:=() \n\r\tnaeE\x00\xff#"%'


def originals(folder: Path) -> list[tuple[Path, Path]]:
    """Write a file of each kind; return which one is given to the reader, and which one is damaged."""
    ct, mask = a_ct(), a_mask()
    segments = sitk.GetImageFromArray(mask)
    for key, value in {"ID": "aorta", "Name": "aorta", "LabelValue": "1", "Layer": "0"}.items():
        segments.SetMetaData(f"Segment0_{key}", value)
    sitk.WriteImage(segments, str(folder / "seg.seg.nrrd"), useCompression=True)
    sitk.WriteImage(sitk.GetImageFromArray(ct), str(folder / "packed.mha"), useCompression=True)
    made = [
        write_nifti(folder / "ct.nii", ct),
        write_nifti(folder / "ct.nii.gz", ct),
        write_nifti(folder / "float.nii", ct.astype(np.float32)),
        write_nrrd(folder / "ct.nrrd", ct),
        write_nrrd(folder / "packed.nrrd", ct, encoding="gzip"),
        write_nrrd(folder / "mask.nrrd", mask, encoding="gzip"),
        write_meta(folder / "ct.mha", ct),
        folder / "packed.mha",
        folder / "seg.seg.nrrd",
        write_nrrd(folder / "detached.nhdr", ct),
        write_meta(folder / "apart.mhd", ct),
    ]
    pairs = [(path, path) for path in made]
    content = (folder / "ct.nii").read_bytes()
    (folder / "pair.hdr").write_bytes(content[:344] + b"ni1\0")
    (folder / "pair.img").write_bytes(content)
    return [*pairs, (folder / "pair.img", folder / "pair.hdr"), (folder / "detached.nhdr", folder / "detached.raw")]


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Change, cut, repeat or add bytes, mostly of the header."""
    packed = content[:2] == b"\x1f\x8b" and rng.random() < 0.8
    changed = bytearray(gzip.decompress(content) if packed else content)
    text = changed[:4] in (b"NRRD", b"Obje")
    header = changed.find(b"\n\n") + 2 if changed[:4] == b"NRRD" else 352
    for _ in range(rng.integers(1, 4)):
        end = max(1, min(header, len(changed)) if rng.random() < 0.75 else len(changed))
        at = int(rng.integers(end))
        what = rng.random()
        if what < 0.6:
            changed[at : at + 1] = bytes([_TEXT[rng.integers(len(_TEXT))] if text else int(rng.integers(256))])
        elif what < 0.75:
            changed[at:at] = bytes(_TEXT[n] for n in rng.integers(len(_TEXT), size=rng.integers(1, 9)))
        elif what < 0.85:
            del changed[at : at + int(rng.integers(1, 20))]
        elif what < 0.95:
            del changed[int(rng.integers(len(changed) + 1)) :]
        else:
            changed += rng.bytes(int(rng.integers(1, 2000)))
    return gzip.compress(bytes(changed), 1) if packed else bytes(changed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    kinds = [(given, target, target.read_bytes()) for given, target in originals(options.folder)]
    readers = (read_ct, read_arteries, read_calcification)
    told = {"read": 0, "refused": 0, "wrong": [], "longest_s": 0.0}
    for number in range(options.count):
        given, target, content = kinds[number % len(kinds)]
        target.write_bytes(damaged(content, rng))
        reader = readers[rng.integers(len(readers))]
        started = time.process_time()
        try:
            with in_time(LONGEST_S):
                reader(given)
            told["read"] += 1
        except InputError as error:
            told["refused"] += 1
            if not str(error).isprintable():
                told["wrong"].append(f"{given.name}: {str(error)!r}")
        except BaseException:
            kept = options.folder / f"wrong-{number}-{target.name}"
            kept.write_bytes(target.read_bytes())
            told["wrong"].append(f"{kept.name}: {traceback.format_exc()}")
        told["longest_s"] = round(max(told["longest_s"], time.process_time() - started), 2)
        target.write_bytes(content)
    told["mib"] = round(peak_mib())
    print(json.dumps(told))


if __name__ == "__main__":
    main()
