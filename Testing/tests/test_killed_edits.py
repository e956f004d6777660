"""A process that is killed while masks are edited loses the last edit at most.

``Testing/stress/killed_edits.py 50`` kills it so many times.
"""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

from stress.killed_edits import kill_once

pytestmark = [pytest.mark.scene, pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")]


@pytest.mark.timeout(300)
def test_a_killed_process_loses_the_last_edit_at_most():
    kills = [kill_once(seed, wait_s=30) for seed in (101, 102)]
    assert max(each.made for each in kills) > 2, "killed before there was anything to lose"
    assert all(each.lost is not None and each.lost <= 1 for each in kills), kills
