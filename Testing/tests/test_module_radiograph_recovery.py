"""The page of radiographs: corrections that were in no file when the program ended are offered, and put back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.history.recovery import CT, RADIOGRAPH, left_behind
from history_cases import crash, journals
from host.application import run_until
from radiograph_panel import (
    MADE,
    choose,
    curve,
    drag,
    drawn_result_for_networks,
    load,
    page_of,
    score,
    scores,
    status,
    summary,
)
from scene_files import save_scene

pytestmark = pytest.mark.scene
TESTING = Path(__file__).parents[1]


@pytest.fixture
def film(place, page):
    """The page with the drawn radiograph, scored; what it keeps lies in `place`."""
    return scored_page(page)


@pytest.fixture
def again(module, monkeypatch):
    """Opens the module once more, as after a crash; returns its widget with the page of radiographs open."""
    opened = []
    monkeypatch.setattr(module.AbdominalCalcificationLogic, "missingPackages", lambda self: ())

    def begin():
        opened.append(module.AbdominalCalcificationWidget())
        page_of(opened[-1])
        return opened[-1]

    yield begin
    for widget in opened:
        widget.cleanup()


def scored_page(widget):
    widget.logic.getParameterNode().radiograph = load()
    with drawn_result_for_networks():
        score(widget)
    return widget


def correct(widget, vertebra: str = "L1", part_score: int = 3) -> None:
    choose(widget, vertebra, "anterior")
    getattr(widget.radiographUi, f"score{part_score}").click()


def written(widget) -> None:
    assert run_until(lambda: widget.radiographPage.keeper.is_written, 60)


def crashed(widget, place) -> None:
    written(widget)
    crash(widget, place)


def recover(widget) -> None:
    widget.radiographUi.recoverButton.click()
    assert run_until(lambda: not widget.isBusy)


def corrections(widget) -> list[dict]:
    return widget.radiographPage.state.record.corrections.document()


def test_what_was_corrected_is_on_the_disk_until_the_scene_is_saved(film, place, tmp_path):
    assert journals(place) == [], "a model's result can be made again"
    correct(film)
    written(film)
    assert len(journals(place)) == 1
    film.radiographPage.keeper.saves.forget_saved()
    assert len(journals(place)) == 1
    save_scene(tmp_path / "a.mrb")
    film.radiographPage.keeper.saves.forget_saved()
    assert journals(place) == []
    film.radiographUi.undoButton.click()
    written(film)
    assert len(journals(place)) == 1, "what was undone since is in no file"


def test_a_scene_that_was_only_loaded_is_not_kept(film, place, tmp_path):
    correct(film)
    save_scene(tmp_path / "a.mrb")
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(tmp_path / "a.mrb"))
    assert scores(film)[0] == 3
    film.radiographPage.keeper.saves.forget_saved()
    assert journals(place) == []
    correct(film, "L2")
    written(film)
    assert len(journals(place)) == 1


def test_a_scene_that_was_saved_without_its_files_is_not_all(film, place, tmp_path):
    correct(film)
    written(film)
    film.radiographPage.state.record.text.AddDefaultStorageNode()
    slicer.mrmlScene.SetURL(str(tmp_path / "a.mrml"))
    assert slicer.mrmlScene.Commit()
    film.radiographPage.keeper.saves.forget_saved()
    assert len(journals(place)) == 1


@pytest.mark.parametrize("end", ["scene", "module", "image"])
def test_an_orderly_end_leaves_nothing_on_the_disk(film, place, end):
    correct(film)
    written(film)
    if end == "scene":
        slicer.mrmlScene.Clear()
    elif end == "module":
        film.cleanup()
    else:
        slicer.mrmlScene.RemoveNode(film.radiographPage.state.image)
        film.radiographPage.keeper.look()
    assert journals(place) == []


def test_corrections_of_a_crash_are_offered_and_put_back(film, place, again):
    correct(film)
    film.radiographUi.shiftUpButton.click()
    film.radiographUi.moveWallsButton.click()
    drag(curve(film, "anterior"), 3, (4.0, 0.0, 0.0))
    wanted = summary(film), scores(film), corrections(film)
    crashed(film, place)
    page = again()
    ui = page.radiographUi
    assert not ui.recoveryFrame.isHidden()
    assert "'drawn' were not saved" in ui.recoveryLabel.text
    assert "3 edits" in ui.recoveryLabel.text
    recover(page)
    assert "radiograph 'drawn' (300 × 420 pixels), which is not loaded" in status(page)
    other = load()
    slicer.util.arrayFromVolume(other)[0, 0, 0] += 1
    recover(page)
    assert "not loaded" in status(page), "it is called so, and is another image"
    image = load(name="Called differently now")
    recover(page)
    assert status(page) == "Recovered; save the scene."
    assert page.logic.getParameterNode().radiograph is image
    assert (summary(page), scores(page), corrections(page)) == wanted
    assert ui.recoveryFrame.isHidden()
    assert len(journals(place)) == 1, "they are in no file yet"
    assert left_behind() == []
    ui.undoButton.click()
    ui.undoButton.click()
    ui.undoButton.click()
    assert scores(page) == MADE


CHILD = """
import sys
sys.path[:0] = sys.argv[1:]
from host import start
from host.application import run_until
module = start().module
module.AbdominalCalcificationLogic.missingPackages = lambda self: ()
from radiograph_panel import choose, drawn_result_for_networks, load, page_of, score
widget = module.AbdominalCalcificationWidget()
page_of(widget)
widget.logic.getParameterNode().radiograph = load()
with drawn_result_for_networks():
    score(widget)
for vertebra in ("L1", "L2"):
    choose(widget, vertebra, "posterior")
    widget.radiographUi.score3.click()
assert run_until(lambda: widget.radiographPage.keeper.is_written, 60)
print("corrected", flush=True)
sys.stdin.read()
"""


def test_corrections_outlive_a_process_that_is_killed(place, page):
    paths = [str(TESTING), str(TESTING.parent / "AbdominalCalcification")]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert any(line == "corrected\n" for line in child.stdout)
        assert left_behind() == [], "its program is still at work on them"
        child.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        child.wait(60)
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    load()
    page.pages.currentIndex = 0
    assert not page.ui.recoveryFrame.isHidden()
    assert page.ui.recoverButton.isHidden()
    assert page.ui.recoveryLabel.text == "Corrections of radiographs were not saved: see the page Radiograph."
    page.pages.currentIndex = 1
    recover(page)
    assert scores(page) == [MADE[0], 3, MADE[2], 3, *MADE[4:]]
    assert left_behind() == []


def test_an_earlier_version_comes_back_as_one(film, place, again):
    from AbdominalCalcificationLib.scene.radiograph.record import earlier_versions

    correct(film)
    with drawn_result_for_networks():
        film.radiographUi.runButton.click()
        film.radiographUi.firstAnswer.click()
        assert run_until(lambda: not film.isBusy)
    correct(film, "L3", 2)
    crashed(film, place)
    page, image = again(), load()
    recover(page)
    assert scores(page) == [*MADE[:4], 2, *MADE[5:]]
    (version,) = earlier_versions(image)
    assert [each.score for each in version.result.score.segments] == [3, *MADE[1:]]


@pytest.mark.parametrize("diverged", [False, True])
def test_what_is_in_the_scene_is_lost_by_no_recovery(film, place, again, tmp_path, diverged):
    from AbdominalCalcificationLib.scene.radiograph.record import earlier_versions

    correct(film)
    save_scene(tmp_path / "a.mrb")
    correct(film, "L2", 3)
    crashed(film, place)
    page = again()
    slicer.util.loadScene(str(tmp_path / "a.mrb"))
    if diverged:
        correct(page, "L4", 1)
    recover(page)
    assert scores(page) == [3, MADE[1], 3, *MADE[3:]]
    versions = [[each.score for each in one.result.score.segments] for one in earlier_versions(_image(page))]
    assert versions == ([[3, *MADE[1:6], 1, MADE[7]]] if diverged else [])


def _image(page):
    return page.radiographPage.state.image


def test_a_result_that_was_made_since_stays_as_an_earlier_version(film, place, again):
    from AbdominalCalcificationLib.scene.radiograph.record import earlier_versions

    correct(film)
    crashed(film, place)
    page = scored_page(again())
    assert scores(page) == MADE
    recover(page)
    assert scores(page) == [3, *MADE[1:]]
    assert len(earlier_versions(_image(page))) == 1
    assert curve(page, "anterior").GetNumberOfControlPoints() == 9


def test_corrections_that_somebody_agreed_to_lose_are_not_kept(film, place):
    correct(film)
    written(film)
    with drawn_result_for_networks():
        film.radiographUi.runButton.click()
        film.radiographUi.secondAnswer.click()
        assert run_until(lambda: not film.isBusy)
    assert scores(film) == MADE
    assert journals(place) == []


def test_corrections_are_discarded_only_when_told_twice(film, place, again):
    correct(film)
    crashed(film, place)
    ui = again().radiographUi
    ui.discardRecoveryButton.click()
    assert "corrections of 'drawn' for good" in ui.questionLabel.text
    ui.lastAnswer.click()
    assert len(left_behind()) == 1
    ui.discardRecoveryButton.click()
    ui.firstAnswer.click()
    assert left_behind() == []
    assert ui.recoveryFrame.isHidden()


def test_a_disk_that_takes_nothing_is_told_and_loses_nothing(film, place, again, tmp_path, monkeypatch):
    correct(film)
    crashed(film, place)
    page = again()
    load()
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_RECOVERY", str(blocked / "recovery"))
    recover(page)
    assert scores(page)[0] == 3
    assert "cannot be written anew" in status(page)
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_RECOVERY", str(place))
    assert len(journals(place)) == 1


def test_each_page_reads_only_its_own_cases(film, place, again):
    correct(film)
    crashed(film, place)
    (of_ct,) = left_behind(CT)
    assert (of_ct.kind, of_ct.choices) == (RADIOGRAPH, {})
    (case,) = left_behind(RADIOGRAPH)
    (result,) = case.choices["results"]
    assert json.loads(result["text"])["corrections"][0]["score"] == 3
    assert case.ct["shape"] == [1, 420, 300]


def test_a_damaged_result_is_refused_and_changes_nothing(film, place, again):
    from AbdominalCalcificationLib.errors import InputError
    from AbdominalCalcificationLib.scene.radiograph.record import put_back

    correct(film)
    before = film.radiographPage.state.record.text.GetText()
    for said in (None, {}, {"text": 3}, {"text": "{"}, {"text": "[]"}, {"text": '{"corrections": []}'}):
        with pytest.raises(InputError):
            put_back(said, _image(film))
    assert film.radiographPage.state.record.text.GetText() == before
