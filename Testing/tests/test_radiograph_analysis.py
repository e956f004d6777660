"""A radiograph from pixels to its result: what stands in for the networks is drawn, the worker is the real one."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError, ModelError
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.inference import Worker
from AbdominalCalcificationLib.inference.kauppila_predictor import Said
from AbdominalCalcificationLib.inference.radiograph_job import read, to_json
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.radiograph.analysis import RadiographChoices, analyze_radiograph_steps
from AbdominalCalcificationLib.radiograph.image import Radiograph
from AbdominalCalcificationLib.radiograph.region import RegionGeometry
from AbdominalCalcificationLib.radiograph.spine import LABELS, vertebrae_of
from kauppila_models import SeesLabels, a_kauppila_model, a_vertebra_folder
from radiograph_cases import NAMES, PIXEL_MM, a_radiograph, drawn_labels


class SaysTwo:
    """Stands in for the score's network: each part has 2, calcium in the upper half of each wall."""

    class model:
        geometry, decision = RegionGeometry(), "median"

    def say(self, images):
        self.images = images
        calcium = np.zeros((4, 2, 24))
        calcium[..., :12] = 1
        across = np.tile(np.array([0.45, 0.7])[None, :, None], (4, 1, 24))
        return Said(np.tile([0.1, 0.2, 0.6, 0.1], (4, 2, 1)), calcium, across)


class SeesOneSide(SeesLabels):
    """Recognises the spine where the front is on the left, and doubts otherwise."""

    def shares(self, pixels, step_mm):
        faces_left = np.allclose(pixels[:, :40], self.left[:, :40])
        self.sure = 0.95 if faces_left else 0.52
        return super().shares(pixels, step_mm)


def test_labels_lines_and_vertebrae_lie_on_the_image():
    radiograph, labels = a_radiograph(), drawn_labels()
    found = read(radiograph, SeesLabels(labels), SaysTwo())
    assert (found.labels == labels)[found.labels > 0].mean() > 0.99
    assert 2 * np.sum((found.labels > 0) & (labels > 0)) / np.sum((found.labels > 0) + (labels > 0)) > 0.95
    assert list(found.vertebrae) == list(NAMES)
    truth = vertebrae_of(labels, (PIXEL_MM, PIXEL_MM))
    for name, each in found.vertebrae.items():
        assert each.center == pytest.approx(truth[name].center, abs=0.5)
    assert [each.score for each in found.segments] == [2] * 8
    for each in found.segments:
        line = np.array(each.line)
        body = truth[each.vertebra]
        assert (line[:, 0] < body.center[0]).all()
        assert line[0, 1] < body.center[1] < line[-1, 1]
        assert each.deposits == ((0.0, 0.5),)
    json.dumps(to_json(found))


def test_an_image_that_faces_right_has_the_mirrored_result():
    left, right = a_radiograph("left"), a_radiograph("right")
    assert np.array_equal(right.pixels[:, ::-1], left.pixels)
    one, other = (read(each, SeesLabels(drawn_labels()), SaysTwo()) for each in (left, right))
    assert np.array_equal(other.labels[:, ::-1], one.labels)
    for a, b in zip(one.segments, other.segments, strict=True):
        assert np.array(b.line)[:, 0] == pytest.approx(left.width - np.array(a.line)[:, 0])
        assert a.score == b.score
    for name, each in one.vertebrae.items():
        assert other.vertebrae[name].center[0] == pytest.approx(left.width - each.center[0])


@pytest.mark.parametrize("faces", ["left", "right"])
def test_the_side_is_found_where_nothing_says_it(faces):
    known = a_radiograph(faces)
    network = SeesOneSide(drawn_labels())
    network.left = known.facing_left().pixels
    found = read(replace(known, faces=None), network, SaysTwo())
    assert found.faces == faces
    assert found.facing_lead > 0.5
    assert read(known, network, SaysTwo()).facing_lead is None


@pytest.mark.parametrize("faces", ["left", "right"])
def test_where_the_network_sees_as_much_on_both_sides_the_skin_of_the_back_tells(faces):
    labels = drawn_labels() if faces == "left" else drawn_labels()[:, ::-1]
    columns = np.arange(labels.shape[1])
    middle = np.median(np.nonzero(labels)[1])
    away = (columns - middle) * PIXEL_MM * (1 if faces == "left" else -1)
    pixels = np.where(away > 50, 10.0, 500.0) * np.ones((len(labels), 1))

    class SeesBothWays(SeesLabels):
        def shares(self, pixels, step_mm):
            self.labels = labels if np.argmin(pixels[0]) == np.argmin(film.pixels[0]) else labels[:, ::-1]
            return super().shares(pixels, step_mm)

    film = Radiograph(pixels, (PIXEL_MM, PIXEL_MM), None)
    found = read(film, SeesBothWays(labels), SaysTwo())
    assert found.faces == faces
    assert found.facing_lead == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize("aspect", [(1.0, 1.0), (2.0, 2.0)])
def test_a_size_that_is_not_known_is_found_by_the_vertebrae(aspect):
    radiograph = a_radiograph()
    unknown = Radiograph(radiograph.pixels, None, "left", aspect)
    seen = SeesLabels(drawn_labels())
    asked = []
    shares = seen.shares
    seen.shares = lambda pixels, step: asked.append(step) or shares(pixels, step)
    found = read(unknown, seen, SaysTwo())
    # The drawn bodies are 32 mm deep; the network is shown them as deep as it has learnt, 38 mm.
    assert asked[-1][0] == pytest.approx(PIXEL_MM * 38 / 32, rel=0.05)
    scale = aspect[0] / PIXEL_MM
    truth = vertebrae_of(drawn_labels(), (PIXEL_MM, PIXEL_MM))
    assert found.vertebrae["L3"].center == pytest.approx(np.multiply(truth["L3"].center, scale), abs=0.6 * scale)


def test_what_is_not_found_has_no_score():
    names = tuple(name for name in NAMES if name not in ("L1", "T12"))
    found = read(a_radiograph(), SeesLabels(drawn_labels(names=names)), SaysTwo())
    assert [each.score for each in found.segments] == [None, None, 2, 2, 2, 2, 2, 2]
    nothing = read(a_radiograph(), SeesLabels(np.zeros_like(drawn_labels())), SaysTwo())
    assert [each.score for each in nothing.segments] == [None] * 8
    assert not nothing.labels.any()
    assert nothing.vertebrae == {}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    pytest.importorskip("nnunetv2")
    folder = tmp_path_factory.mktemp("models")
    return RadiographChoices(
        a_vertebra_folder(folder / "vertebrae"), a_kauppila_model(folder / "kauppila"), device="cpu"
    )


def test_the_worker_reads_a_radiograph_and_keeps_its_models(models):
    radiograph = a_radiograph()
    assumed = Flag("facing_assumed", "Nothing says which way the patient faces.")
    with Worker() as worker:
        first = drain(analyze_radiograph_steps(radiograph, models, identity={"name": "a"}, worker=worker))
        process = worker.pid
        again = drain(analyze_radiograph_steps(radiograph, models, flags=(assumed,), worker=worker))
        assert worker.pid == process
        assert not any(each.is_dir() for each in worker.folder.glob("radiograph-*"))
    # Random weights find nothing worth a number, and that is what the result says.
    assert first.labels.shape == radiograph.pixels.shape
    assert set(np.unique(first.labels)) <= {0, *LABELS.values()}
    assert first.trust.verdict.value in ("unusable", "review")
    assert first.score.total is None
    assert [each["role"] for each in first.provenance["models"]] == ["vertebrae", "kauppila"]
    assert first.provenance["input"] == {"name": "a"}
    assert first.parameters["device"] == "cpu"
    assert first.inflation == 1.1
    assert any(flag.code in ("facing_assumed", "facing_by_network") for flag in again.flags)


def test_models_that_cannot_be_used_are_told_before_a_process_is_started(models, tmp_path):
    worker = Worker()
    for choices, said in (
        (replace(models, vertebra_model=tmp_path), "no nnU-Net v2 model"),
        (replace(models, kauppila_model=tmp_path), "model.json is missing"),
        (replace(models, kauppila_model=models.vertebra_model), "model.json is missing"),
    ):
        with pytest.raises(ModelError, match=said):
            next(analyze_radiograph_steps(a_radiograph(), choices, worker=worker))
    with pytest.raises(InputError, match="no device"):
        next(analyze_radiograph_steps(a_radiograph(), replace(models, device="gpu"), worker=worker))
    assert not worker.is_alive


def test_cancelling_ends_the_process(models):
    worker = Worker()
    steps = analyze_radiograph_steps(a_radiograph(), models, worker=worker)
    next(steps)
    next(steps)
    assert worker.is_alive
    steps.close()
    assert not worker.is_alive


def test_damaged_weights_are_told_in_one_line(models, tmp_path):
    folder = a_kauppila_model(tmp_path / "k")
    (folder / "checkpoint.pth").write_bytes(b"PK\3\4 no weights")
    with pytest.raises(ModelError, match="damaged") as told:
        drain(analyze_radiograph_steps(a_radiograph(), replace(models, kauppila_model=folder)))
    assert "\n" not in str(told.value)
