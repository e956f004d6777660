"""Slicer killed while masks are edited, lengths typed, clusters ticked and given away: the last of it is lost at most.

``python Testing/stress/killed_edits.py 50`` kills so many times and says what was lost.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TESTING = Path(__file__).resolve().parents[1]
SHAPE = (40, 40, 40)
ROLES = ("arteries", "calcification")
EDITS = 100_000
# From the first edit on; so long the process is let live at most.
LONGEST_S = 2.0


@dataclass(frozen=True)
class Kill:
    """What one kill left.

    Attributes
    ----------
    made, begun : int
        Edits that were made, and that were begun.
    recovered : int or None
        After how many edits the recovered masks are what they were; None where they never were so.
    """

    made: int
    begun: int
    recovered: int | None

    @property
    def lost(self) -> int | None:
        """How many edits that were made are missing."""
        return None if self.recovered is None else max(0, self.made - self.recovered)


def first_masks() -> dict:
    """The masks before any edit, the kept length of the renal arteries (mm), the ticks, and what was given away."""
    arteries, calcification = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    arteries[2:38, 15:25, 15:25] = 1
    calcification[10:14, 15:18, 15:18] = 1
    return {"arteries": arteries, "calcification": calcification, "length": 30.0, "ticks": None, "given": None}


def edit(masks: dict, number: int) -> str:
    """Make the edit of that number; return what it changed. Every edit makes what never was before."""
    if number % 6 == 5:
        masks["given"] = ("renal_left", "aorta")[number // 6 % 2], float(number)
        return "given"
    if number % 6 == 3:
        masks["length"] = 40.0 + number / 1000
        return "length"
    if number % 6 == 4:
        masks["ticks"] = json.dumps([{"kji": [1, 2, number], "volume_mm3": 1.0, "reader": "me", "time": "now"}])
        return "ticks"
    role = ROLES[number % 2]
    flat = masks[role].reshape(-1)
    # Counting up in the mask itself, in voxels apart from all others.
    digits = np.array(list(np.binary_repr(number + 1, 20)), np.uint8)
    flat[:20] = digits
    low = np.random.default_rng(number).integers(1, 36, 3)
    masks[role][low[0] : low[0] + 4, low[1] : low[1] + 4, low[2] : low[2] + 4] = number // 2 % 2
    return role


def kill_once(seed: int, wait_s: float | None = None) -> Kill:
    """Start a process that edits masks, kill it at a random moment, and look at what it left.

    Parameters
    ----------
    seed : int
    wait_s : float, optional
        How long an edit waits for the one before to be written; the panel's own by default.
    """
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ABDOMINAL_CALCIFICATION_RECOVERY": folder, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, str(Path(__file__).resolve()), "edit", str(seed), str(wait_s or "")]
        child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=TESTING
        )
        try:
            begun = made = 0
            for line in child.stdout:
                if line == "ready\n":
                    break
            time.sleep(chance.uniform(0.0, LONGEST_S))
            child.send_signal(signal.SIGKILL)
            for line in child.stdout:
                what, _, number = line.rstrip("\n").partition(" ")
                if what == "begun" and line.endswith("\n"):
                    begun = int(number)
                elif what == "made" and line.endswith("\n"):
                    made = int(number)
        finally:
            child.kill()
            child.wait()
            child.stdout.close()
        return Kill(made, begun, _recovered(Path(folder), begun))


def _recovered(folder: Path, begun: int) -> int | None:
    from AbdominalCalcificationLib.history import MaskState
    from AbdominalCalcificationLib.history.recovery import RECOVERY_VARIABLE, left_behind
    from AbdominalCalcificationLib.scene.edits import unpacked
    from AbdominalCalcificationLib.scene.reviewed import REASSIGNED, SEEN

    before = os.environ.get(RECOVERY_VARIABLE)
    os.environ[RECOVERY_VARIABLE] = str(folder)
    try:
        cases = left_behind()
    finally:
        os.environ.pop(RECOVERY_VARIABLE)
        if before is not None:
            os.environ[RECOVERY_VARIABLE] = before
    found = first_masks()
    if cases and cases[0].choices:
        found["length"] = cases[0].choices["parameters"]["renalLengthMm"]
        found["ticks"] = cases[0].choices["ct"][SEEN]
        for note in json.loads(cases[0].choices["ct"][REASSIGNED] or "[]"):
            found["given"] = note["territory"], note["volume_mm3"]
    for mask in cases[0].masks.values() if cases else ():
        shape, box, labels = unpacked(mask.text)
        array = np.zeros(shape, np.uint8)
        array[box] = labels
        found[mask.role] = mask.replayed(array)
        assert MaskState.of(found[mask.role]) == mask.final_state
    masks = first_masks()
    for number in range(begun + 1):
        same = all(masks[what] == found[what] for what in ("length", "ticks", "given"))
        if same and all(np.array_equal(masks[role], found[role]) for role in ROLES):
            return number
        edit(masks, number)
    return None


def _edit_until_killed(seed: int, wait_s: str) -> None:
    """Edit masks in the panel, at the pace of a very quick hand, until somebody kills this process."""
    sys.path.insert(0, str(TESTING))
    from host import start
    from host.application import run_until

    host = start()
    import slicer

    from AbdominalCalcificationLib.geometry import Grid, Volume
    from AbdominalCalcificationLib.scene import edits
    from AbdominalCalcificationLib.scene.reviewed import SEEN, give_to_territory
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from AbdominalCalcificationLib.scene.volumes import volume_node_from

    grid, masks, chance = Grid(SHAPE, np.eye(4)), first_masks(), random.Random(seed)
    ct = volume_node_from(Volume(np.zeros(SHAPE, np.int16), grid), "CT")
    show = {"arteries": show_arteries, "calcification": show_calcification}
    nodes = {role: show[role](ct, Volume(masks[role], grid)) for role in ROLES}
    for role, node in nodes.items():
        edits.remember_origin(node, Volume(masks[role], grid), {}, role)
    if wait_s:
        from AbdominalCalcificationPanel import history_keeper

        history_keeper.WAIT_S = float(wait_s)
    panel = host.module.AbdominalCalcificationWidget()
    parameters = panel.logic.getParameterNode()
    parameters.ct, parameters.arteries, parameters.calcification = ct, nodes["arteries"], nodes["calcification"]
    panel.enter()
    assert run_until(lambda: panel.panel.history.is_written, 60)
    segment = {"arteries": "aorta", "calcification": "calcification"}
    print("ready", flush=True)
    for number in range(EDITS):
        print("begun", number + 1, flush=True)
        what = edit(masks, number)
        if what == "length":
            parameters.renalLengthMm = masks["length"]
        elif what == "ticks":
            ct.SetAttribute(SEEN, masks["ticks"])
        elif what == "given":
            name, volume_mm3 = masks["given"]
            cluster = {"centroid_ras": (16.0, 16.0, 12.0), "volume_mm3": volume_mm3}
            give_to_territory(ct, cluster, np.argwhere(first_masks()["calcification"]), name)
        else:
            slicer.util.updateSegmentBinaryLabelmapFromArray(masks[what], nodes[what], segment[what], ct)
        print("made", number + 1, flush=True)
        # One turn of the event loop at least: a hand cannot do without.
        run_until(_turned(), 60)
        until = time.monotonic() + chance.uniform(0.0, 0.03)
        run_until(lambda until=until: time.monotonic() >= until, 60)


def _turned():
    """Return what holds when it is asked a second time."""
    turns = []
    return lambda: turns.append(1) or len(turns) > 1


def main(count: int) -> int:
    """Kill so many times; return 1 where more than the last edit was lost."""
    kills = []
    for seed in range(count):
        kills.append(kill_once(seed))
        print(f"{seed + 1}: {kills[-1].made} edits made, lost {kills[-1].lost}", flush=True)
    bad = [each for each in kills if each.lost is None or each.lost > 1]
    lost = sum(each.lost == 1 for each in kills)
    print(f"{count} kills: {lost} times the last edit was lost, {len(bad)} times more; ", end="")
    print(f"{sum(each.made for each in kills)} edits in all")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1] == "edit":
        _edit_until_killed(int(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(main(int(sys.argv[1])))
