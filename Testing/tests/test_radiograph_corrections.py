"""Corrections of a radiograph's result: what they leave it as, and that nothing of them is lost."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.radiograph.corrected import corrected, names_of, wall_of
from AbdominalCalcificationLib.radiograph.corrections import (
    BODIES,
    NAMES,
    RESTORED,
    SCORE,
    WALL,
    Correction,
    Corrections,
    renamed,
    shifted,
)
from AbdominalCalcificationLib.radiograph.kauppila import PARTS, KauppilaScore
from AbdominalCalcificationLib.radiograph.readings import Readings, read_reading
from AbdominalCalcificationLib.radiograph.sense import sensible
from AbdominalCalcificationLib.radiograph.spine import LABELS
from radiograph_cases import EXTENTS, a_result

MADE = [0, 1, 0, 2, 1, 3, 2, 0]


def made_by(kind, **about):
    return Correction(kind, "2026-01-02T03:04:05+00:00", "reader", **about)


def after(made, *entries):
    return corrected(made, Corrections(tuple(entries)))


def scores(result):
    return [each.score for each in result.score.segments]


def moved(line, by):
    points = tuple((float(x), float(y)) for x, y in np.asarray(line) + by)
    return {"points": points[:: max(1, len(points) // 8)], "line": points}


@pytest.fixture(scope="module", params=["left", "right"])
def made(request):
    """Nobody changes it."""
    return a_result(request.param)


def test_without_corrections_it_is_what_was_made(made):
    assert corrected(made, Corrections()) is made
    assert scores(made) == MADE


def test_a_score_is_the_readers_and_the_sum_follows(made):
    result = after(made, made_by(SCORE, vertebra="L2", wall="anterior", score=3))
    assert result.score.total == made.score.total + 3
    part = result.score.part("L2", "anterior")
    assert (part.score, part.origin, part.probabilities) == (
        3,
        "reader",
        made.score.part("L2", "anterior").probabilities,
    )
    before, narrower = made.interval(), result.interval()
    assert narrower[1] - narrower[0] <= before[1] - before[0], "what a reader says is certain"
    assert result.provenance["edits"][0] == {
        "kind": "score",
        "time": "2026-01-02T03:04:05+00:00",
        "editor": "reader",
        "vertebra": "L2",
        "wall": "anterior",
        "score": 3,
    }


def test_not_assessable_leaves_no_sum_and_no_interval(made):
    result = after(made, made_by(SCORE, vertebra="L4", wall="posterior", score=None))
    assert result.score.total is None
    assert result.interval() is None


def test_a_reader_who_scores_what_the_model_was_unsure_of_settles_the_sum():
    shares = (0.25, 0.25, 0.25, 0.25)
    parts = tuple(
        replace(each, score=1, probabilities=shares, extent_fraction=0.2) for each in a_result().score.segments
    )
    unsure = sensible(a_result().with_score(KauppilaScore(parts)))
    unsure = replace(unsure, flags=(Flag("score_unproven", "Of little worth."), *unsure.flags))
    assert [flag.code for flag in unsure.flags] == ["score_unproven", "score_uncertain"]
    some = after(unsure, made_by(SCORE, vertebra="L1", wall="anterior", score=2))
    assert {flag.code for flag in some.flags} >= {"score_unproven", "score_uncertain"}
    read = after(unsure, *(made_by(SCORE, vertebra=part[0], wall=part[1], score=2) for part in PARTS))
    assert [flag.code for flag in read.flags] == ["edited_by_hand"]


def test_a_score_that_the_model_did_not_know_is_the_readers_once_every_part_is():
    unknown = replace(a_result(), flags=(Flag("score_unknown", "The network does not know the score."),))
    some = after(unknown, made_by(SCORE, vertebra="L1", wall="anterior", score=2))
    assert "score_unknown" in {flag.code for flag in some.flags}
    read = after(unknown, *(made_by(SCORE, vertebra=part[0], wall=part[1], score=2) for part in PARTS))
    assert [flag.code for flag in read.flags] == ["edited_by_hand"]
    assert read.score.total == 16


def test_a_part_goes_back_to_what_the_model_had(made):
    score = made_by(SCORE, vertebra="L3", wall="posterior", score=0)
    assert scores(after(made, score)) != MADE
    assert scores(after(made, score, made_by(RESTORED, vertebra="L3", wall="posterior"))) == MADE


def test_what_was_undone_stays_and_says_so(made):
    all_of_them = Corrections().with_entry(made_by(SCORE, vertebra="L1", wall="anterior", score=2))
    all_of_them = all_of_them.with_entry(made_by(SCORE, vertebra="L1", wall="anterior", score=3))
    undone = all_of_them.undone("2026-01-02T04:00:00+00:00", "another")
    assert corrected(made, undone).score.part("L1", "anterior").score == 2
    assert [(each.stands, each.undone_by) for each in undone.entries] == [(True, ""), (False, "another")]
    nothing = undone.undone("t", "e").undone("t", "e")
    assert scores(corrected(made, nothing)) == MADE
    assert len(nothing.entries) == 2


def test_scores_go_with_their_vertebrae_when_all_levels_shift(made):
    reader = made_by(SCORE, vertebra="L1", wall="anterior", score=3)
    down = after(made, reader, made_by(NAMES, names=shifted({name: name for name in made.vertebrae}, -1)))
    # What was in front of L1 is in front of L2; nobody looked in front of what was T12.
    assert scores(down) == [None, None, 3, *MADE[1:6]]
    assert down.score.total is None
    assert list(down.vertebrae) == ["L1", "L2", "L3", "L4", "L5", "S1"]
    body = made.labels == LABELS["L2"]
    assert set(np.unique(down.labels[body])) == {LABELS["L3"]}
    assert not (down.labels[made.labels == LABELS["S1"]]).any(), "S2 is none that a label map knows"
    up = after(made, made_by(NAMES, names=shifted({name: name for name in made.vertebrae}, 1)))
    assert scores(up) == [*MADE[2:], None, None]
    both = shifted(shifted({name: name for name in made.vertebrae}, 1), -1)
    assert scores(after(made, made_by(NAMES, names=both))) == MADE


def test_a_level_that_nobody_looked_at_can_be_scored(made):
    names = made_by(NAMES, names=shifted({name: name for name in made.vertebrae}, -1))
    read = [made_by(SCORE, vertebra="L1", wall=wall, score=1) for wall in ("anterior", "posterior")]
    assert scores(after(made, names, *read)) == [1, 1, *MADE[:6]]


def test_a_vertebra_that_was_not_found_keeps_its_scores():
    made = a_result(names=("L1", "L2", "L3", "L5", "S1"))
    assert scores(made)[6:] == [None, None]
    read = made_by(SCORE, vertebra="L4", wall="anterior", score=2)
    assert after(made, read).score.part("L4", "anterior").score == 2
    later = after(made, read, made_by(NAMES, names=renamed({name: name for name in made.vertebrae}, "L5", "L4")))
    assert later.score.part("L4", "anterior").score is None, "another place is called so now"


def test_names_are_refused_that_cannot_be(made):
    names = {name: name for name in made.vertebrae}
    with pytest.raises(InputError, match="L2 is another vertebra"):
        renamed(names, "L3", "L2")
    with pytest.raises(InputError, match="no vertebra L6"):
        renamed(names, "L6", "L5")
    with pytest.raises(InputError, match="cannot be shifted further up"):
        shifted(shifted(names, 1), 1)
    assert renamed(names, "T12", "T12") == names


def test_six_lumbar_vertebrae_shift_in_their_own_order():
    names = {"L1": "L1", "L5": "L5", "L6": "L6", "S1": "S1"}
    assert list(shifted(names, 1).values()) == ["T12", "L4", "L5", "L6"]


def test_moving_a_wall_moves_its_lines_and_leaves_the_scores(made):
    whole = wall_of(made, "anterior")
    result = after(made, made_by(WALL, wall="anterior", **moved(whole, (4.0, 0.0))))
    assert scores(result) == MADE
    for part, before, now in zip(PARTS, made.score.segments, result.score.segments, strict=True):
        lines = [np.mean(each.line, axis=0)[0] for each in (before, now)]
        assert lines[1] - lines[0] == pytest.approx(4.0 if part[1] == "anterior" else 0.0, abs=1.0), part
        assert len(now.deposits) == len(before.deposits)
    part = result.score.part("L4", "anterior")
    assert part.extent_fraction == pytest.approx(EXTENTS[6], abs=0.05)
    assert part.origin == "model"


def test_a_wall_that_is_drawn_longer_makes_deposits_a_smaller_share(made):
    wall = wall_of(made, "anterior")
    below = wall[:, 1] > np.asarray(made.score.part("L4", "anterior").line)[:, 1].mean() + 4
    # Below the deposit of L4 the wall bends away and comes back.
    bent = wall.copy()
    bent[below, 0] += 15 * np.sin(np.linspace(0, np.pi, int(below.sum())))
    result = after(made, made_by(WALL, wall="anterior", **moved(bent, (0.0, 0.0))))
    part = result.score.part("L4", "anterior")
    assert part.extent_fraction < 1 / 3 < EXTENTS[6]
    assert part.score == 2
    assert part.extent_score == 1


def test_a_contradiction_of_score_and_deposits_is_settled_by_a_reader():
    result = a_result()
    parts = [replace(each, score=each.extent_score) for each in result.score.segments]
    parts[6] = replace(parts[6], score=3, extent_fraction=0.1)
    made = sensible(result.with_score(KauppilaScore(tuple(parts))))
    told = [flag.message for flag in made.flags if flag.code == "extent_disagrees"]
    assert told == ["L4 anterior: its score is 3, and the deposits drawn come to 1."]
    other = after(made, made_by(SCORE, vertebra="L1", wall="anterior", score=2))
    assert told == [flag.message for flag in other.flags if flag.code == "extent_disagrees"]
    own = after(made, made_by(SCORE, vertebra="L4", wall="anterior", score=3))
    assert not [flag for flag in own.flags if flag.code == "extent_disagrees"]


def test_walls_that_were_moved_go_back(made):
    move = made_by(WALL, wall="anterior", **moved(wall_of(made, "anterior"), (6.0, 0.0)))
    back = after(made, move, made_by(RESTORED, wall="anterior"))
    assert back.score == made.score


def test_one_wall_alone_is_cut_between_the_levels(made):
    line = tuple(map(tuple, wall_of(made, "anterior").tolist()))
    blank = made.with_score(KauppilaScore.of([None] * 8, "model"))
    result = after(blank, made_by(WALL, wall="anterior", points=line[::20], line=line))
    drawn = [each.wall for each in result.score.segments if each.line]
    assert drawn == ["anterior"] * 4


def test_painted_vertebrae_move_the_levels(made):
    labels = made.labels.copy()
    labels[labels == LABELS["L2"]] = 0
    result = after(made, made_by(BODIES, labels=labels))
    assert "L2" not in result.vertebrae
    assert np.array_equal(result.labels, labels)
    assert scores(result) == MADE, "what was seen in front of it is still what was seen"
    assert result.score.part("L2", "anterior").line == ()
    new = made.labels.copy()
    new[:8, :20] = LABELS["L6"]
    assert "L6" in names_of(made, Corrections((made_by(BODIES, labels=new),)))


def test_painting_goes_on_in_one_entry(made):
    first, second = (made_by(BODIES, labels=np.full((4, 4), value, np.uint8)) for value in (1, 2))
    entries = Corrections().with_entry(first).with_entry(second).entries
    assert [each.labels.max() for each in entries] == [2]


def test_corrections_are_read_as_they_were_written(made):
    entries = (
        made_by(SCORE, vertebra="L2", wall="anterior", score=None),
        made_by(RESTORED, vertebra="L2", wall="anterior"),
        made_by(NAMES, names=shifted({name: name for name in made.vertebrae}, 1)),
        made_by(WALL, wall="anterior", **moved(wall_of(made, "anterior"), (3.0, 1.0))),
        made_by(BODIES, labels=made.labels),
    )
    all_of_them = Corrections(entries).undone("2026-01-02T04:00:00+00:00", "another")
    again = Corrections.read(json.loads(json.dumps(all_of_them.document())))
    assert [each.text for each in again.entries] == [each.text for each in all_of_them.entries]
    assert np.array_equal(again.entries[-1].labels, made.labels)
    here, there = (corrected(made, each) for each in (all_of_them, again))
    assert scores(here) == scores(there)
    assert np.allclose(here.score.part("L2", "anterior").line, there.score.part("L2", "anterior").line, atol=1e-3)


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "score", "time": "t", "editor": "e", "wall": "lateral"},
        {"kind": "guess", "time": "t", "editor": "e"},
        {"kind": "score", "time": "t", "editor": "e", "wall": "anterior", "vertebra": "L1", "score": 4},
        {"kind": "wall", "time": "t", "editor": "e", "wall": "anterior", "points": [[0, 0]], "line": [[0, 0]]},
        {"kind": "wall", "time": "t", "editor": "e", "wall": "anterior", "points": [[0]], "line": "x"},
        {"kind": "bodies", "time": "t", "editor": "e"},
        {"kind": "bodies", "time": "t", "editor": "e", "labels": {"shape": [3, 3], "zlib_base64": "eJw="}},
        {"time": "t"},
        "nothing",
    ],
)
def test_damaged_corrections_are_refused(document):
    with pytest.raises(InputError):
        Corrections.read([document])


def test_two_readings_are_compared_part_by_part():
    first, second = KauppilaScore.of(MADE), KauppilaScore.of([0, 1, 1, 2, 1, 2, 2, 0])
    readings = Readings(first, second)
    assert readings.differences == (0, 0, -1, 0, 0, 1, 0, 0)
    assert readings.total_difference == 0
    # By hand: observed disagreement 2 of 8; expected from both margins (3 2 2 1) and (2 3 3 0), squared distances:
    # (3*(0*2 + 1*3 + 4*3) + 2*(1*2 + 0 + 1*3) + 2*(4*2 + 1*3 + 0) + 1*(9*2 + 4*3 + 1*3)) / 64 = 110 / 64.
    assert readings.kappa == pytest.approx(1 - (2 / 8) / (110 / 64))
    gaps = Readings(first, KauppilaScore.of([None] * 8))
    assert (gaps.both_assessed, gaps.kappa, gaps.total_difference) == (0, None, None)


def test_a_reading_is_read_from_a_file(tmp_path):
    segments = [{"vertebra": v, "wall": w, "score": s} for (v, w), s in zip(PARTS, MADE, strict=True)]
    path = tmp_path / "radiograph.json"
    path.write_text(json.dumps({"segments": segments}), encoding="utf-8")
    assert read_reading(path) == KauppilaScore.of(MADE)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"segments": []}', '{"segments": [{"vertebra": "L1", "wall": "anterior", "score": 1}]}', "\x00"]
    + [
        json.dumps({"segments": [{"vertebra": v, "wall": w, "score": score} for v, w in PARTS]})
        for score in (4, -1, 1.5, True, "2")
    ],
)
def test_what_is_no_reading_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"other\.json") as error:
        read_reading(path)
    assert "\n" not in str(error.value)
