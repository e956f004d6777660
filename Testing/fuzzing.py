"""Damaged and hostile inputs: files with changed bytes, given to the readers one after the other.

    PYTHONPATH=AbdominalCalcification python Testing/fuzzing.py KIND EXAMPLES [SEED]

prints what became of them as JSON. Every example must be read, or refused with one line; a reader that takes more
than :data:`LONGEST_S` seconds of the processor is ended. The process is one of its own, so that a crash and its
memory are seen. Without arguments it does one kind after the other, as they are asked for: lines of JSON,
``["KIND", EXAMPLES]``, each of which is answered with such a line.
"""

from __future__ import annotations

import copy
import functools
import io
import json
import os
import random
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

import radiograph_fuzzing as radiographs
from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.errors import AbdominalCalcificationError
from AbdominalCalcificationLib.library_output import captured
from peak_memory import peak_mib
from seg_files import CODES, Described, with_label_table, write_seg
from time_limits import TooSlow, in_time

LONGEST_S = 10.0
_TELLING = (
    *(b"\0", b"\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"),
    *(b"-1", b"1e999", b"'", b'"', b"<", b"&", b"["),
)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Return `content` with one to five changes: bits, bytes, pieces removed, doubled, moved or cut off."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(data) + 1)
        length = min(rng.choice((1, 1, 2, 8, 64, 1024)), len(data) - at)
        change = rng.randrange(7)
        if change == 0 and length:
            data[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            data[at : at + length] = rng.randbytes(length)
        elif change == 2:
            del data[at : at + length]
        elif change == 3:
            data[at:at] = data[at : at + length] * rng.choice((1, 3, 200))
        elif change == 4:
            piece = rng.choice(_TELLING)
            data[at : at + len(piece)] = piece
        elif change == 5:
            other = rng.randrange(len(data) + 1)
            data[at:at] = data[other : other + length]
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


def mutated_zip(content: bytes, rng: random.Random, ending: str = "") -> bytes:
    """Return a zip with changed bytes; most often one whose members are changed and whose sums are right."""
    if rng.random() < 0.3:
        return mutated(content, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        names = [name for name in given.namelist() if name.endswith(ending)]
        chosen = rng.choice(names)
        for name in given.namelist():
            piece = given.read(name)
            made.writestr(name, mutated(piece, rng) if name == chosen else piece)
    return out.getvalue()


_ODD = (None, True, 0, -1, 1e308, float("nan"), "", "x", "../..", [], {}, [[]], {"a": {}}, "9" * 5000, [1] * 5000)


def odd_json(content: bytes, rng: random.Random) -> bytes:
    """Return a JSON text in which one to three values, wherever they are, are of another kind."""
    document = json.loads(content)
    for _ in range(rng.randint(1, 3)):
        holders = [document]
        for each in holders:
            parts = each.values() if isinstance(each, dict) else each
            holders += [part for part in parts if isinstance(part, dict | list) and part]
        holder = rng.choice(holders)
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if rng.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(rng.choice(_ODD))
        if not document:
            break
    if rng.random() < 0.02:
        return b"[" * 100_000
    return json.dumps(document).encode()


def odd_json_in_zip(content: bytes, rng: random.Random) -> bytes:
    """Do so with one of the JSON files of a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        chosen = rng.choice([name for name in given.namelist() if name.endswith(".json")])
        for name in given.namelist():
            piece = given.read(name)
            made.writestr(name, odd_json(piece, rng) if name == chosen else piece)
    return out.getvalue()


@functools.cache
def _a_scene() -> bytes:
    """Return a .mrb, one in a process: the application numbers what it makes, and a second one would be another."""
    from AbdominalCalcificationLib.geometry import Grid, Volume
    from AbdominalCalcificationLib.measurement import measure
    from AbdominalCalcificationLib.pipeline import Analysis
    from AbdominalCalcificationLib.scene.bundle import write_bundle

    arteries, plaques, ct = _phantom()
    grid = Grid(ct.shape)
    volumes = [Volume(each, grid) for each in (ct, arteries, plaques)]
    analysis = Analysis(measure(*volumes), volumes[1], volumes[2], volumes[0], messages=())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scene.mrb")
        write_bundle(analysis, volumes[0], path)
        return path.read_bytes()


def a_scene(_folder: Path) -> bytes:
    """Return a .mrb with a CT, arteries and calcification, as this program writes them."""
    return _a_scene()


def _phantom():
    _, j, i = np.indices((20, 16, 16))
    arteries = ((i - 8) ** 2 + (j - 8) ** 2 <= 16).astype(np.uint8)
    plaques = np.zeros_like(arteries)
    plaques[5:8, 8, 11] = 1
    ct = np.where(arteries, 350, -50).astype(np.int16)
    ct[plaques > 0] = 800
    return arteries, plaques, ct


def a_model(_folder: Path) -> bytes:
    """Return a model folder as a zip."""
    model = resources.bundled_calcification_model()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for path in sorted(model.rglob("*")):
            if path.is_file() and path.suffix == ".json":
                made.write(path, path.relative_to(model.parent).as_posix())
        made.writestr(f"{model.name}/fold_0/checkpoint_final.pth", b"weights")
    return out.getvalue()


def a_checkpoint(folder: Path) -> bytes:
    """Return a checkpoint as nnU-Net saves one."""
    import torch

    content = {
        "network_weights": {"a.weight": torch.zeros(2, 3), "a.bias": torch.zeros(2)},
        "optimizer_state": {"state": {}, "param_groups": [{"lr": 0.1}]},
        "logging": {"train_losses": [np.float32(1.0), np.float64(2.0)]},
        "init_args": {"fold": 0, "device": torch.device("cpu")},
        "trainer_name": "nnUNetTrainer",
    }
    torch.save(content, folder / "checkpoint.pth")
    return (folder / "checkpoint.pth").read_bytes()


def a_cohort(folder: Path) -> bytes:
    """Return a table of cases whose files are there."""
    for name, array in zip(("a", "c", "ct"), _phantom(), strict=True):
        sitk.WriteImage(sitk.GetImageFromArray(array), str(folder / f"{name}.nii.gz"))
    lines = ["case,patient,ct,arteries,artery_labels,calcification,calcification:net,group:phase"]
    lines += [f"case {n},p{n},ct.nii.gz,a.nii.gz,1=aorta,c.nii.gz,c.nii.gz,arterial" for n in range(30)]
    return "\n".join(lines).encode()


def a_dicom_seg(folder: Path) -> bytes:
    """Return a DICOM segmentation of an artery and of calcification."""
    arteries, plaques, _ = _phantom()
    segments = [Described(1, "Aorta", CODES["aorta"]), Described(2, "Kalk", CODES["calcification"])]
    return write_seg(folder / "x.dcm", {1: arteries, 2: plaques}, segments, shuffled=True).read_bytes()


def a_fractional_seg(folder: Path) -> bytes:
    """Return probabilities, compressed."""
    import pydicom

    arteries, plaques, _ = _phantom()
    segments = [Described(1, "aorta"), Described(2, "", CODES["calcification"])]
    path = write_seg(
        folder / "x.dcm", {1: 255 * arteries, 2: 180 * plaques}, segments, kind="FRACTIONAL", per_frame=True
    )
    dataset = pydicom.dcmread(path)
    dataset.compress(pydicom.uid.RLELossless)
    dataset.save_as(path)
    return path.read_bytes()


def a_label_map_seg(folder: Path) -> bytes:
    """Return a DICOM label map segmentation."""
    arteries, plaques, _ = _phantom()
    segments = [Described(1, "Aorta"), Described(2, "plaque")]
    return write_seg(folder / "x.dcm", {0: arteries + plaques}, segments, kind="LABELMAP").read_bytes()


def some_segments(folder: Path) -> bytes:
    """Return Slicer's segments, which overlap."""
    arteries, plaques, _ = _phantom()
    image = sitk.GetImageFromArray(np.stack([arteries, plaques], axis=-1))
    for number, name in enumerate(("Aorta", "Kalk")):
        image.SetMetaData(f"Segment{number}_Name", name)
        image.SetMetaData(f"Segment{number}_Layer", str(number))
        image.SetMetaData(f"Segment{number}_LabelValue", "1")
    sitk.WriteImage(image, str(folder / "x.seg.nrrd"))
    return (folder / "x.seg.nrrd").read_bytes()


def a_named_label_map(folder: Path) -> bytes:
    """Return a NIfTI label map with a table of names, as TotalSegmentator writes it."""
    arteries, plaques, _ = _phantom()
    sitk.WriteImage(sitk.GetImageFromArray(arteries + plaques), str(folder / "x.nii"))
    return with_label_table(folder / "x.nii", {1: "aorta", 2: "calcification"}).read_bytes()


def some_settings(_folder: Path) -> bytes:
    """Return changes to the small configuration."""
    return json.dumps({"features": [4, 8, 8], "patch": [24, 24, 24], "window_hu": [-200, 1200], "batch": 2}).encode()


def read_masks(path: Path) -> None:
    """Read both masks; the second one too where the first is refused."""
    from AbdominalCalcificationLib.reading import read_arteries, read_calcification

    try:
        read_arteries(path)
    finally:
        read_calcification(path)


def read_scene(path: Path) -> None:
    from AbdominalCalcificationLib.scene.saved import read_saved_cases

    for _ in read_saved_cases(path):
        pass


def read_model(path: Path) -> None:
    from AbdominalCalcificationLib.inference import describe, import_model

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        describe(import_model(path, folder))


def read_checkpoint(path: Path) -> None:
    from AbdominalCalcificationLib.inference.checkpoint import load_checkpoint

    load_checkpoint(path)


def read_table(path: Path) -> None:
    from AbdominalCalcificationLib.evaluation import read_cohort

    read_cohort(path)


def read_settings(path: Path) -> None:
    from AbdominalCalcificationLib.training.small import SmallConfiguration, read_configuration

    read_configuration(path, SmallConfiguration())


Change = Callable[[bytes, random.Random], bytes]
KINDS: dict[str, tuple[str, Callable, Change, Callable]] = {
    "scene": ("scene.mrb", a_scene, mutated_zip, read_scene),
    "mrml": ("scene.mrb", a_scene, lambda content, rng: mutated_zip(content, rng, ".mrml"), read_scene),
    "model": ("model.zip", a_model, mutated_zip, read_model),
    "model values": ("model.zip", a_model, odd_json_in_zip, read_model),
    "settings values": ("settings.json", some_settings, odd_json, read_settings),
    "segmentation": ("seg.dcm", a_dicom_seg, mutated, read_masks),
    "probabilities": ("seg.dcm", a_fractional_seg, mutated, read_masks),
    "label map segmentation": ("seg", a_label_map_seg, mutated, read_masks),
    "segments": ("x.seg.nrrd", some_segments, mutated, read_masks),
    "named labels": ("x.nii", a_named_label_map, mutated, read_masks),
    "checkpoint": ("checkpoint.pth", a_checkpoint, mutated_zip, read_checkpoint),
    "table": ("cohort.csv", a_cohort, mutated, read_table),
    "settings": ("settings.json", some_settings, mutated, read_settings),
    "radiograph": ("x.dcm", radiographs.a_dicom_radiograph, mutated, radiographs.read_image),
    "compressed radiograph": ("x.dcm", radiographs.a_compressed_radiograph, mutated, radiographs.read_image),
    "png": ("x.png", radiographs.a_picture("png"), mutated, radiographs.read_image),
    "tiff": ("x.tif", radiographs.a_picture("tif"), mutated, radiographs.read_image),
    "jpeg": ("x.jpg", radiographs.a_picture("jpg"), mutated, radiographs.read_image),
    "score": ("radiograph.json", radiographs.a_stored_result, radiographs.odd_of(odd_json), radiographs.read_result),
}


def fuzz(kind: str, examples: int, seed: int = 0) -> dict:
    """Return what became of `examples` changed files: how many were read and refused, and every failure."""
    name, make, change, read = KINDS[kind]
    result = {"kind": kind, "examples": examples, "read": 0, "refused": 0, "slowest_s": 0.0, "failures": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        content = make(Path(folder))
        path.write_bytes(content)
        read(path)  # unchanged, it is read; this also imports what is needed
        before_mib = peak_mib()
        for number in range(examples):
            rng = random.Random(f"{kind} {seed} {number}")
            path.write_bytes(change(content, rng))
            begin = time.process_time()
            try:
                with in_time(LONGEST_S), captured() as said:
                    read(path)
                result["read"] += 1
            except AbdominalCalcificationError as error:
                result["refused"] += 1
                if "\n" in str(error) or not str(error).strip():
                    result["failures"].append(f"{number}: not one line: {error}")
            except (Exception, TooSlow):
                result["failures"].append(f"{number}: {traceback.format_exc(limit=-4)}")
                del said
            result["slowest_s"] = max(result["slowest_s"], round(time.process_time() - begin, 2))
    result["memory_mib"] = round(peak_mib())
    result["memory_before_mib"] = round(before_mib)
    return result


def answer_orders() -> None:
    """Do what the lines of the standard input ask for, until it is closed."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what libraries print is no answer
        for line in sys.stdin:
            print(json.dumps(fuzz(*json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    if os.name != "nt":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))
    if len(sys.argv) > 1:
        print(json.dumps(fuzz(sys.argv[1], *map(int, sys.argv[2:]))))
    else:
        answer_orders()
