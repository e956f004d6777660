"""The time left that users are told, on recorded predictions; how many cores a computer has."""

import json
from pathlib import Path

import pytest

from AbdominalCalcificationLib.inference import devices
from AbdominalCalcificationLib.inference.clock import TILES, Clock

# The bundled models on a 512 × 512 × 400 CT, one thread of an AMD EPYC: kind of work, units, seconds.
RECORDED = json.loads(Path(__file__).with_name("recorded_predictions.json").read_text())


def replayed(recorded) -> list[tuple[float, float, float]]:
    """Return the time at each report, the part that was said to be done and the seconds said to be left."""
    work, told, now = {}, [], [0.0]
    for kind, units, _ in recorded:
        work[kind] = work.get(kind, 0) + units
    clock = Clock(work, lambda fraction, left: told.append((now[0], fraction, left)), lambda: now[0])
    for kind, units, seconds in recorded:
        now[0] += seconds
        clock.did(kind, units)
    return told


@pytest.mark.parametrize("model", RECORDED)
def test_after_the_first_tenth_the_time_left_is_right_within_a_fifth_or_a_second_and_a_half(model):
    told = replayed(RECORDED[model])
    end = told[-1][0]
    checked = [(at, left) for at, _, left in told if at > end / 10]
    assert len(checked) > 30
    for at, left in checked:
        assert abs(left - (end - at)) < max(0.2 * (end - at), 1.5), (
            f"{left:.1f} s left said after {at:.1f} s of {end:.1f}"
        )


@pytest.mark.parametrize("model", RECORDED)
def test_the_part_that_is_done_never_falls(model):
    fractions = [fraction for _, fraction, _ in replayed(RECORDED[model])]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0


def test_work_that_has_not_begun_is_not_guessed_at():
    told = []
    clock = Clock({"first": 4, TILES: 2}, lambda *step: told.append(step), lambda: 0.0)
    clock.did("first", 4)
    assert told == [(0.0, None)]


CPU_INFO = """processor\t: {0}
physical id\t: {1}
core id\t: {2}
"""


@pytest.mark.skipif(not hasattr(devices.os, "sched_getaffinity"), reason="Linux tells cores so")
def test_second_threads_of_a_core_and_forbidden_cores_are_not_counted(tmp_path, monkeypatch):
    threads = [(0, 0, 0), (1, 0, 1), (2, 0, 0), (3, 0, 1), (4, 1, 0), (5, 1, 0)]
    file = tmp_path / "cpuinfo"
    file.write_text("\n".join(CPU_INFO.format(*each) for each in threads))
    monkeypatch.setattr(devices, "CPU_INFO", file)
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda pid: {0, 1, 2, 3, 4, 5})
    assert devices.physical_cores() == 3
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda pid: {0, 2})
    assert devices.physical_cores() == 1
    file.unlink()
    assert devices.physical_cores() is None
