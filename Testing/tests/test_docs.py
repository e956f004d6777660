"""The manual: its links lead somewhere, and its commands are those of the program."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.cli import PROGRAM, _parser, main
from dicom_files import write_series
from seg_files import CODES, Described, Place, with_label_table, write_seg

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "Resources" / "docs"
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
SHAPE, PIXEL_MM, SLICE_MM, ORIGIN = (14, 40, 44), 0.8, 5.0, (-17.6, -16.0, 100.0)


def headings(page: Path) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_lead_to_what_is_there(page):
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in headings(file)):
            lost.append(target)
    assert lost == []


def commands_in(page: Path) -> list[list[str]]:
    """Arguments of every whole command of the program in the code blocks of a page."""
    return commands_of(page.read_text(encoding="utf-8"))


def commands_of(text: str) -> list[list[str]]:
    """The same of a part of a page."""
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith(f"{PROGRAM} ")]
    # Those that only show the form of a command have brackets and dots in it.
    return [each for each in found if not any(re.search(r"[\[\]|]|\.\.\.|…", word) for word in each)]


def test_commands_of_the_manual_are_those_of_the_program():
    found = [command for page in PAGES for command in commands_in(page)]
    assert {"analyze", "evaluate", "export-dataset", "train", "simulate", "models"} <= {each[0] for each in found}
    for command in found:
        assert _parser().parse_args(command).command == command[0], command


def write(path: Path, values: np.ndarray, names: dict[int, str] | None = None) -> None:
    image = sitk.GetImageFromArray(np.ascontiguousarray(values))
    image.SetSpacing((PIXEL_MM, PIXEL_MM, SLICE_MM))
    image.SetOrigin(ORIGIN)
    for number, (value, name) in enumerate((names or {}).items()):
        image.SetMetaData(f"Segment{number}_Name", name)
        image.SetMetaData(f"Segment{number}_ID", f"Segment_{value}")
        image.SetMetaData(f"Segment{number}_LabelValue", str(value))
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Every file that the page about inputs names: an aorta with a plaque, iliac arteries at its lower end."""
    folder = tmp_path_factory.mktemp("inputs")
    _, j, i = np.indices(SHAPE)
    aorta = (np.hypot(i - 22, j - 20) <= 12).astype(np.uint8)
    left, right, renal, plaque = (np.zeros(SHAPE, np.uint8) for _ in range(4))
    left[:3, 16:24, 36:42] = right[:3, 16:24, 2:8] = 1
    plaque[6, 18:21, 26:31] = 1
    renal[8:10, 18:22, 2:9] = renal[8:10, 18:22, 35:42] = 1
    hu = np.random.default_rng(1).normal(-60, 15, SHAPE)
    hu[:, :4] = -1000
    hu[aorta > 0], hu[plaque > 0] = 350, 800
    hu = np.rint(hu).astype(np.int16)
    place = Place(ORIGIN, pixel_mm=(PIXEL_MM, PIXEL_MM), slice_mm=SLICE_MM)
    write(folder / "ct.nii.gz", hu)
    write_series(folder / "dicom", hu, [place.position(k) for k in range(SHAPE[0])], pixel_mm=(PIXEL_MM, PIXEL_MM))
    for name in ("segmentations", "total"):
        write(folder / name / "aorta.nii.gz", aorta)
        write(folder / name / "iliac_artery_left.nii.gz", left)
        write(folder / name / "iliac_artery_right.nii.gz", right)
        write(folder / name / "liver.nii.gz", left)
    write(folder / "renal_arteries.nii.gz", renal)
    write(folder / "total.nii.gz", 52 * aorta + 65 * left + 66 * right)
    write(folder / "total.nii", 52 * aorta + 65 * left + 5 * right)
    with_label_table(folder / "total.nii", {5: "liver", 52: "aorta", 65: "iliac_artery_left"})
    write(folder / "arteries.nii.gz", aorta)
    write(folder / "calcification.nii.gz", plaque)
    write(folder / "plaques.nii.gz", aorta + plaque * (1 + (i % 2)).astype(np.uint8))
    both = aorta + plaque
    write(folder / "all.seg.nrrd", both, {1: "Aorta", 2: "Kalk"})
    write(folder / "drawn.seg.nrrd", 52 * (aorta - plaque) + 3 * plaque, {52: "Segment_52", 3: "Segment_3"})
    write_seg(folder / "arteries.dcm", {1: aorta}, [Described(1, "Aorta", CODES["aorta"])], place, series=None)
    write_seg(folder / "plaques.dcm", {1: plaque}, [Described(1, "plaque")], place, series=None)
    return folder


def runnable() -> list[list[str]]:
    """Commands of the page about inputs that are given masks: no network runs."""
    return [each for each in commands_in(DOCS / "inputs.md") if each[0] == "analyze" and "--arteries" in each]


def test_the_page_about_inputs_shows_every_form():
    given = [" ".join(each) for each in runnable()]
    for form in (
        "segmentations/",
        "total/ renal_arteries",
        "--artery-labels 52=",
        ".seg.nrrd",
        ".dcm",
        "--calcification-labels",
    ):
        assert any(form in each for each in given), form


@pytest.mark.parametrize("command", runnable(), ids=lambda command: " ".join(command[4:]))
def test_commands_of_the_page_about_inputs_measure_the_aorta(command, data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(data)
    command = [str(tmp_path / "result") if each == "result" else each for each in command]
    assert main([*command, "--quiet"]) == 0, capsys.readouterr().err
    found = json.loads((tmp_path / "result" / "measurements.json").read_text(encoding="utf-8"))
    (aorta,) = [each for each in found["territories"] if each["name"] == "aorta"]
    assert aorta["found"]
    assert aorta["calcified_volume_mm3"] == pytest.approx(15 * PIXEL_MM**2 * SLICE_MM)
