"""Small cohorts of radiographs with known scores for the tests of evaluation; no image and no network is needed."""

from __future__ import annotations

import json

import numpy as np
import SimpleITK as sitk

from AbdominalCalcificationLib.evaluation.radiographs.cohort import PART_COLUMNS, read_radiographs
from AbdominalCalcificationLib.evaluation.radiographs.run import evaluate_radiographs_steps
from AbdominalCalcificationLib.evaluation.radiographs.settings import RadiographSettings
from AbdominalCalcificationLib.progress import Progress, drain
from AbdominalCalcificationLib.radiograph.kauppila import PARTS, KauppilaScore, interval
from AbdominalCalcificationLib.radiograph.spine import LABELS
from cohorts import write_table

NAMES = ("L1", "L2", "L3", "L4", "L5", "S1")


def bodies(names=NAMES, shape=(140, 60), shift=0):
    """Return a label map of square bodies one below the other, called `names`."""
    labels = np.zeros(shape, np.uint8)
    for place, name in enumerate(names):
        labels[6 + 22 * place : 22 + 22 * place, 20 + shift : 40 + shift] = LABELS[name]
    return labels


def write_labels(path, labels):
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(path))
    return path.name


def shares_of(scores, certain=0.85):
    """Return probabilities of the four scores of each part, `certain` for that which is given."""
    rows = np.full((len(scores), 4), (1 - certain) / 3)
    rows[np.arange(len(scores)), scores] = certain
    return rows.tolist()


def document_of(scores, shares=None, **more):
    """Return what a radiograph.json says of eight part scores, as far as an evaluation reads it."""
    segments = []
    for place, (vertebra, wall) in enumerate(PARTS):
        segments.append({"vertebra": vertebra, "wall": wall, "score": scores[place]})
        if shares is not None:
            segments[-1]["probabilities"] = shares[place]
    return {"score": KauppilaScore.of(scores).total, "segments": segments, **more}


def drawn_scores(count, seed=0):
    """Return part scores (count, 8) of patients with little and much, and of a reader who is off now and then."""
    rng = np.random.default_rng(seed)
    burden = rng.uniform(0, 3, count)
    truth = np.clip(np.rint(burden[:, None] + rng.normal(0, 0.7, (count, 8))), 0, 3).astype(int)
    found = np.clip(truth + rng.choice([-1, 0, 0, 0, 0, 1, 1], truth.shape), 0, 3)
    return truth, found


def a_radiograph_cohort(folder, count=12, seed=0):
    """Write a truth, a model's result with vertebrae, and a reader's parts for each radiograph; two of a patient."""
    folder.mkdir()
    truth, found = drawn_scores(count, seed)
    rows = []
    for number in range(count):
        own = folder / f"film{number}"
        own.mkdir()
        (own / "truth.json").write_text(
            json.dumps(
                document_of(
                    truth[number].tolist(), seed=number, device={"kind": "vfa" if number % 2 else "radiography"}
                )
            )
        )
        write_labels(own / "vertebrae.nii.gz", bodies())
        model = folder / f"model{number}"
        model.mkdir()
        shares = shares_of(found[number])
        result = document_of(found[number].tolist(), shares, trust={"verdict": "ok"}, provenance={})
        (model / "radiograph.json").write_text(json.dumps(result))
        # In one image all levels are named one too high.
        named = ("T12", *NAMES[:5]) if number == 3 else NAMES
        write_labels(model / "vertebrae.nii.gz", bodies(named, shift=number % 3))
        cells = dict(zip((f"{column}:Anna" for column in PART_COLUMNS), truth[number].tolist(), strict=True))
        rows.append(
            {
                "case": f"film {number}",
                "patient": f"patient {number // 2}",
                "result": f"film{number}",
                "result:model": f"model{number}/radiograph.json",
                **cells,
                "group:site": "north" if number < count // 2 else "south",
            }
        )
    return write_table(folder / "radiographs.csv", rows)


def evaluate_radiographs(table, output, *, jobs=1, resamples=100, **settings):
    """Evaluate a cohort, in so many processes, or within this one."""
    chosen = RadiographSettings(resamples=resamples, **settings)
    return drain(evaluate_radiographs_steps(read_radiographs(table), output, chosen, jobs=jobs, table=table))


def intervals_of(shares, level):
    """Return the interval that probabilities of eight parts make."""
    document = document_of([0] * 8, shares)
    from AbdominalCalcificationLib.evaluation.radiographs.readings import reading_of_document

    return interval(reading_of_document({**document, "score": None}).score.segments, level)


def stand_in_steps(path, choices=None, worker=None):
    """Read a radiograph as `radiograph` does, and score the drawn one in place of what networks would say."""
    from dataclasses import replace

    from AbdominalCalcificationLib.radiograph.reading import read_radiograph
    from radiograph_cases import EXTENTS, a_result

    yield Progress("Reading", 0.0)
    image = read_radiograph(path, choices.reading)
    # Of every other one a part is taken away, by its own pixels.
    none = int(image.radiograph.pixels[0, 0]) % 2
    extents = tuple(0.0 for _ in EXTENTS) if none else EXTENTS
    film = replace(image.radiograph, faces=image.radiograph.faces or "left")
    drawn = a_result(film.faces, extents, flags=image.flags, spacing_mm=film.spacing_mm, identity=image.identity)
    return replace(drawn, radiograph=film), image


def films_below(folder):
    """Write radiographs of several forms, what is none, and broken ones; return the ids of those that can be read."""
    import SimpleITK as sitk

    from radiograph_cases import a_radiograph, write_dicom

    write_dicom(folder / "a.dcm", a_radiograph(seed=1))
    write_dicom(folder / "ward 2" / "without ending", a_radiograph("right", seed=2))
    write_dicom(folder / "seed_7" / "radiograph.dcm", a_radiograph(seed=3))
    (folder / "seed_7" / "vertebrae.nii.gz").write_bytes(b"no radiograph")
    (folder / "seed_7" / "truth.json").write_text("{}")
    pixels = np.clip(a_radiograph(seed=4).pixels / 16, 0, 255).astype(np.uint8)
    sitk.WriteImage(sitk.GetImageFromArray(pixels), str(folder / "photo.png"))
    (folder / "broken.dcm").write_bytes(b"DICM" * 40)
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.txt").write_text("read these first")
    return ["a", "photo", "seed_7", "ward 2/without ending"]
