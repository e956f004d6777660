"""How certain models are: calibrations bound to weights, and numbers that are gone once a mask is not the model's."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib.confidence import known
from AbdominalCalcificationLib.confidence.calibration import FILE_NAME, SIGNS, VERSION, Calibration, calibration_of
from AbdominalCalcificationLib.confidence.fitting import fit, held_out, reliability
from AbdominalCalcificationLib.confidence.known import CORRECTED, GIVEN, MODEL, Known, of_arteries, of_plaques
from AbdominalCalcificationLib.confidence.plaques import plaques_steps, shares
from AbdominalCalcificationLib.effort import Effort
from AbdominalCalcificationLib.errors import ModelError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import ModelFolder
from AbdominalCalcificationLib.inference.certainty import artery_signs, packed_signs, unpacked_signs
from AbdominalCalcificationLib.measurement import LiveMeasurement, measure
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reporting.documents import measurement_document
from AbdominalCalcificationLib.resources import bundled_artery_model, bundled_calcification_model
from tiny_models import a_model_folder_without_weights

# --- Calibrating -----------------------------------------------------------------------------------


def outcomes(count=3000, seed=0):
    """Two signs, of which the first alone tells: right as often as it says squared odds."""
    rng = np.random.default_rng(seed)
    signs = rng.uniform(0.02, 0.98, (count, 2))
    odds = (signs[:, 0] / (1 - signs[:, 0])) ** 2
    return signs.tolist(), (rng.uniform(size=count) < odds / (1 + odds)).tolist()


def test_a_calibration_says_how_often_what_has_these_signs_was_right():
    calibration = fit(*outcomes())
    for share, expected in ((0.3, 0.155), (0.5, 0.5), (0.8, 0.941)):
        assert calibration.probability((share, 0.5)) == pytest.approx(expected, abs=0.03)
    assert calibration.weights[1] == pytest.approx(0, abs=0.1), "a sign that tells nothing counts for nothing"


def test_a_sign_that_rises_where_less_is_right_is_not_used():
    signs, right = outcomes()
    weights = fit([(first, 1 - first) for first, _ in signs], right).weights
    assert weights[1] == 0
    assert weights[0] > 1


def test_nothing_is_said_to_be_certain():
    calibration = Calibration("", (50.0, 50.0), 0.0)
    assert (calibration.probability((0.0, 0.0)), calibration.probability((1.0, 1.0))) == (0.01, 0.99)


def test_patients_are_held_out_whole():
    signs, right = [(0.9,)] * 20 + [(0.2,)] * 20, [True] * 20 + [False] * 20
    patient = [n % 4 for n in range(40)]
    assert held_out(signs, right, patient)[0][:20].min() > 0.8
    # The one whose outcomes are the other way round is judged by the others.
    turned = [not each if n % 4 == 0 else each for n, each in enumerate(right)]
    probability, share = held_out(signs, turned, patient)
    assert probability[0] > 0.8
    assert share.tolist() == [0.5] * 40
    assert held_out([(0.9,)] * 6, [True, True, True, False, True, False], [0, 0, 1, 1, 2, 2])[1][0] == 0.5


def test_reliability_is_what_was_said_against_what_happened():
    told = reliability([0.95, 0.95, 0.95, 0.95, 0.15], [True, True, True, False, False], [0.6] * 5)
    assert told.brier == pytest.approx((3 * 0.05**2 + 0.95**2 + 0.15**2) / 5)
    assert told.brier_of_share == pytest.approx(0.24)
    assert told.ece == pytest.approx((4 * 0.2 + 0.15) / 5)
    assert [(each.count, round(each.observed, 2)) for each in told.bins] == [(1, 0.0), (4, 0.75)]
    assert json.loads(json.dumps(told.document()))["bins"][1] == {"count": 4, "predicted": 0.95, "observed": 0.75}


# --- Bound to weights ------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path) -> ModelFolder:
    return ModelFolder.open(a_model_folder_without_weights(tmp_path, ["aorta"]))


def written(model: ModelFolder, **changes) -> None:
    document = {
        "version": VERSION,
        "model": f"sha256:{model.checksum}",
        "tile_step": 0.5,
        "mirroring": False,
        "calibration": Calibration("it is right", (1.0, 2.0), -0.5).document(),
    }
    (model.path / FILE_NAME).write_text(json.dumps(document | changes))


def test_a_calibration_is_that_of_the_weights_it_was_made_with(model):
    assert calibration_of(model) is None
    written(model)
    assert calibration_of(model) == Calibration("it is right", (1.0, 2.0), -0.5)
    assert calibration_of(model, Effort(tile_step=0.25)) is None, "other tiles have other margins"
    assert calibration_of(model, Effort(mirroring=True)) is None
    model.checkpoints[0].write_bytes(b"other weights")
    assert calibration_of(ModelFolder.open(model.path)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 99},
        {"calibration": None},
        {"calibration": {"predicts": "", "weights": ["x"], "intercept": 0}},
        {"calibration": {"predicts": "", "weights": [-1.0, 1.0], "intercept": 0}},
        {"calibration": {"predicts": "", "weights": [1.0], "intercept": 0}},
    ],
)
def test_a_damaged_calibration_is_refused_in_one_line(model, changes):
    written(model, **changes)
    with pytest.raises(ModelError, match="calibrate the model again") as caught:
        calibration_of(model)
    assert "\n" not in str(caught.value)


# --- Signs -----------------------------------------------------------------------------------------


def test_signs_of_arteries_are_margins_and_what_a_second_look_finds_again():
    labels = np.zeros((4, 4, 10), np.uint8)
    labels[1, 1, :8], labels[3, 1, :4] = 1, 5
    margins = np.where(labels == 1, 200, 20).astype(np.uint8)
    again = labels.copy()
    again[1, 1, 6:], again[3, 1, 2:6] = 0, [0, 0, 5, 5]
    signs = artery_signs(labels, margins, again, np.ones(labels.shape, bool))
    assert list(signs) == ["aorta", "renal_left"]
    assert signs["aorta"] == pytest.approx((1 / (1 + np.exp(-10)), 2 * 6 / (8 + 6)))
    assert signs["renal_left"] == pytest.approx((1 / (1 + np.exp(-1)), 2 * 2 / (4 + 4)))
    nowhere = artery_signs(labels, margins, again, np.zeros(labels.shape, bool))
    assert nowhere["aorta"][0] == nowhere["aorta"][1], "without a second look the first stands for both"


def test_signs_of_calcification_go_through_one_byte():
    found = np.array([[[1, 1, 1, 0]]], np.uint8)
    packed = packed_signs(found, np.array([[[255, 40, 1, 77]]], np.uint8), np.array([[[1, 0, 1, 1]]]))
    probability, again = unpacked_signs(packed.reshape(-1)[:3])
    assert again.tolist() == [True, False, True]
    assert probability == pytest.approx([1, 1 / (1 + np.exp(-2)), 0.525], abs=0.01)
    assert packed.reshape(-1)[3] == 0


# --- What stays known, and what does not -----------------------------------------------------------

AORTA = (slice(5, 55), slice(10, 20), slice(10, 20))


@pytest.fixture
def case():
    """An aorta and a left renal artery with two plaques, and how certain a model was of them."""
    grid = Grid.from_spacing((60, 30, 50))
    labels, calcified = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.uint8)
    labels[AORTA] = 1
    labels[30:35, 13:18, 20:45] = 5
    calcified[10:14, 10:12, 12:16] = calcified[20:22, 10:12, 12:16] = 1
    plaques = drain(plaques_steps(Volume(calcified, grid), np.full(grid.shape, 200, np.uint8)))
    kji = {"aorta": np.argwhere(labels == 1), "renal_left": np.argwhere(labels == 5)}
    arteries = of_arteries({"aorta": 0.9, "renal_left": 0.3}, kji, grid.shape)
    of_calcium = of_plaques([0.8, 0.2], plaques.voxels, plaques.number, grid.shape)
    origins = [{"confidence": {"arteries": arteries}}, {"confidence": {"calcification": of_calcium}}]
    live = LiveMeasurement(None, Volume(labels, grid), Volume(calcified, grid))
    live.certainty.known = Known.of(json.loads(json.dumps(origins)))
    return live


def told(live) -> dict:
    """Return the confidence of territories, of clusters by where they are, and the flags about it."""
    measurement = drain(live.update_steps())
    found = {each.name: (each.confidence, each.confidence_basis) for each in measurement.territories if each.found}
    found |= {round(each.centroid_ras[2]): (each.confidence, each.confidence_basis) for each in measurement.clusters}
    found["flags"] = [flag.territory for flag in measurement.flags if flag.code == "low_confidence"]
    return found


def test_what_was_not_edited_has_the_confidence_of_its_model(case):
    assert told(case) == {
        "aorta": (0.9, MODEL),
        "renal_left": (0.3, MODEL),
        12: (0.8, MODEL),
        20: (0.2, MODEL),
        "flags": ["aorta", "renal_left"],
    }
    document = measurement_document(drain(case.update_steps()))
    assert document["trust"]["verdict"] == "review"
    assert document["total"]["confidence"] is document["total"]["confidence_basis"] is None


def test_an_edited_artery_has_none_until_it_is_undone(case):
    told(case)
    box = (slice(30, 35), slice(13, 14), slice(40, 45))
    case.edit("arteries", box, np.zeros((5, 1, 5), np.uint8))
    edited = told(case)
    assert edited["renal_left"] == (None, CORRECTED)
    assert edited["aorta"] == (0.9, MODEL)
    assert edited["flags"] == ["aorta"], "nothing is said any more of the one that was corrected"
    case.edit("arteries", box, np.full((5, 1, 5), 5, np.uint8))
    assert told(case)["renal_left"] == (0.3, MODEL)


def test_a_voxel_that_changes_hands_takes_the_confidence_of_both(case):
    case.edit("arteries", (slice(31, 32), slice(14, 15), slice(20, 21)), np.ones((1, 1, 1), np.uint8))
    found = told(case)
    assert found["aorta"] == found["renal_left"] == (None, CORRECTED)


@pytest.mark.parametrize(("value", "at"), [(0, 13), (1, 14)], ids=["erased", "painted"])
def test_a_plaque_of_which_voxels_went_or_came_has_none(case, value, at):
    told(case)
    case.edit("calcification", (slice(at, at + 1), slice(10, 11), slice(12, 13)), np.full((1, 1, 1), value, np.uint8))
    found = told(case)
    assert (None, CORRECTED) in found.values()
    assert found[20] == (0.2, MODEL)
    assert (0.8, MODEL) not in found.values()
    case.edit(
        "calcification", (slice(at, at + 1), slice(10, 11), slice(12, 13)), np.full((1, 1, 1), 1 - value, np.uint8)
    )
    assert told(case)[12] == (0.8, MODEL)


def test_plaques_that_were_joined_and_parts_of_one_have_none(case):
    bridge = (slice(14, 20), slice(10, 11), slice(12, 13))
    case.edit("calcification", bridge, np.ones((6, 1, 1), np.uint8))
    assert [each for each in told(case).values() if each == (None, CORRECTED)] == [(None, CORRECTED)]
    case.edit("calcification", bridge, np.zeros((6, 1, 1), np.uint8))
    case.edit("calcification", (slice(20, 22), slice(10, 12), slice(14, 15)), np.zeros((2, 2, 1), np.uint8))
    parts = drain(case.update_steps()).clusters
    assert (
        sorted((each.confidence, each.confidence_basis) for each in parts if each.voxel_count < 32)
        == [(None, CORRECTED)] * 2
    )


def test_a_new_plaque_has_none_and_one_that_was_rejected_and_restored_its_own(case):
    new = (slice(40, 42), slice(10, 12), slice(12, 14))
    case.edit("calcification", new, np.ones((2, 2, 2), np.uint8))
    assert told(case)[40] == (None, CORRECTED)
    whole = (slice(20, 22), slice(10, 12), slice(12, 16))
    case.edit("calcification", whole, np.zeros((2, 2, 4), np.uint8))
    assert 20 not in told(case)
    case.edit("calcification", whole, np.ones((2, 2, 4), np.uint8))
    assert told(case)[20] == (0.2, MODEL)


def test_masks_that_nobody_knows_are_given_ones():
    grid = Grid.from_spacing((20, 20, 20))
    labels, calcified = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.uint8)
    labels[2:18, 5:15, 5:15] = 1
    calcified[4:6, 5:7, 5:9] = 1
    found = measure(None, Volume(labels, grid), Volume(calcified, grid))
    assert (found.territory("aorta").confidence, found.territory("aorta").confidence_basis) == (None, GIVEN)
    assert (found.clusters[0].confidence, found.clusters[0].confidence_basis) == (None, GIVEN)
    missing = found.territory("renal_left")
    assert (missing.confidence, missing.confidence_basis) == (None, None)


def test_masks_on_other_voxels_have_none(case):
    measured = Known.of([{"confidence": {"arteries": case.certainty.known.arteries}}])
    kji = np.argwhere(np.ones((3, 3, 3)))
    assert measured.of_territory("aorta", kji, (3, 3, 3)) == (None, CORRECTED)
    assert case.certainty.known.of_clusters(np.ones((3, 3, 3)), kji, np.ones(27, int), 1) == [(None, CORRECTED)]


def test_every_reason_is_one_that_the_schema_knows():
    from AbdominalCalcificationLib.reporting.documents import measurements_schema

    assert measurements_schema()["$defs"]["confidence_basis"]["enum"] == [*known.BASES, None]


def test_a_speck_says_less_than_a_plaque():
    assert shares((0.9, 1.0, 10.0)) == pytest.approx((0.7, 0.75))
    assert shares((0.9, 0.0, 1e9)) == pytest.approx((0.9, 0.0), abs=1e-6)
    assert shares((0.9, 0.0, 1e-9)) == pytest.approx((0.5, 0.5), abs=1e-6)


# --- The bundled models ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script():
    """Testing/training/calibrate_confidence.py."""
    path = Path(__file__).parents[1] / "training" / "calibrate_confidence.py"
    spec = importlib.util.spec_from_file_location("calibrate_confidence", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("role", ["arteries", "calcification"])
def test_bundled_models_are_calibrated_and_their_cards_say_how_well(script, role):
    model = {"arteries": bundled_artery_model, "calcification": bundled_calcification_model}[role]()
    model = ModelFolder.open(model)
    calibration = calibration_of(model)
    assert calibration is not None, "other weights: run Testing/training/calibrate_confidence.py --write again"
    assert calibration.probability([0.95] * SIGNS) > calibration.probability([0.6] * SIGNS)
    document = json.loads((model.path / FILE_NAME).read_text(encoding="utf-8"))
    assert not set(document["seeds"]) & {*range(90000, 90040), *range(91000, 91040)}, "those are for tests"
    card = (model.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert script.with_section(card, script.section(document)) == card
    assert (model.path / "reliability.svg").read_text(encoding="utf-8") == script.diagram(document)


def test_a_card_has_one_section_about_confidence(script):
    card = "# Card\n\n## Results\nGood.\n\n## The real slab (far away)\nBad.\n"
    once = script.with_section(card, "## Confidence\nHigh.\n")
    assert once == "# Card\n\n## Results\nGood.\n\n## Confidence\nHigh.\n\n## The real slab (far away)\nBad.\n"
    assert script.with_section(once, "## Confidence\nLow.\n") == once.replace("High", "Low")


@pytest.mark.parametrize("model", [bundled_artery_model, bundled_calcification_model])
def test_the_bundled_models_are_calibrated(model):
    assert calibration_of(ModelFolder.open(model())) is not None
