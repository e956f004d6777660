"""Models come in from zips and folders; nothing unsafe is unpacked and nothing half-done stays."""

import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from AbdominalCalcificationLib.errors import ModelError
from AbdominalCalcificationLib.inference import import_model, installed_models, models_folder
from tiny_models import TRAINER_FOLDER, a_model_folder_without_weights


@pytest.fixture
def trainer_folder(tmp_path) -> Path:
    return a_model_folder_without_weights(tmp_path / "source", ["aorta"])


@pytest.fixture
def destination(tmp_path) -> Path:
    return tmp_path / "models"


def zipped(folder: Path, archive: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as out:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            out.write(file, prefix + file.relative_to(folder).as_posix())
    return archive


def refusal(source: Path, destination: Path) -> str:
    with pytest.raises(ModelError) as caught:
        import_model(source, destination)
    assert "\n" not in str(caught.value)
    assert not list(destination.rglob("*")), "nothing is left behind"
    return str(caught.value)


def test_a_folder_is_copied(trainer_folder, destination):
    (trainer_folder / "fold_0" / "validation").mkdir()
    (trainer_folder / "fold_0" / "validation" / "case.nii.gz").write_bytes(b"large")
    model = import_model(trainer_folder, destination)
    assert model.path == destination / "Dataset900_Tiny" / TRAINER_FOLDER
    assert model.labels == {"aorta": 1}
    assert not list(destination.rglob("case.nii.gz")), "only what the model needs"
    assert trainer_folder.is_dir()


@pytest.mark.parametrize("prefix", ["", f"{TRAINER_FOLDER}/", f"Dataset900_Tiny/{TRAINER_FOLDER}/"])
def test_a_zip_is_unpacked_whatever_folders_are_around_the_model(trainer_folder, destination, tmp_path, prefix):
    model = import_model(zipped(trainer_folder, tmp_path / "mine.zip", prefix), destination)
    assert model.configuration == "3d_fullres"
    assert model.path.is_relative_to(destination)
    assert [m.path for m in installed_models(destination)] == [model.path]
    assert not list(destination.glob(".import-*"))


def test_the_same_model_is_not_imported_over_itself(trainer_folder, destination):
    import_model(trainer_folder, destination)
    with pytest.raises(ModelError, match="already"):
        import_model(trainer_folder, destination)
    assert len(installed_models(destination)) == 1


@pytest.mark.parametrize(
    "name", ["../evil.txt", "a/../../evil.txt", "/evil.txt", "C:/evil.txt", "..\\evil.txt", "C:\\evil.txt"]
)
def test_a_zip_that_leaves_its_folder_is_refused(trainer_folder, destination, tmp_path, name):
    archive = zipped(trainer_folder, tmp_path / "evil.zip")
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr(name, "gotcha")
    assert "not safe" in refusal(archive, destination)
    assert not list(tmp_path.rglob("evil.txt"))


def test_a_zip_with_a_link_is_refused(trainer_folder, destination, tmp_path):
    archive = zipped(trainer_folder, tmp_path / "link.zip")
    link = zipfile.ZipInfo("fold_0/checkpoint_best.pth")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as out:
        out.writestr(link, "/etc/passwd")
    assert "not safe" in refusal(archive, destination)


def test_a_zip_bomb_is_refused(trainer_folder, destination, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("plans.json", bytes(30 << 20))
    assert "would unpack" in refusal(tmp_path / "bomb.zip", destination)


def test_a_zip_that_declares_too_little_is_refused(trainer_folder, destination, tmp_path):
    archive = zipped(trainer_folder, tmp_path / "liar.zip")
    content = archive.read_bytes()
    size = (trainer_folder / "plans.json").stat().st_size.to_bytes(4, "little")
    assert size in content
    archive.write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    refusal(archive, destination)


def test_what_is_no_zip_and_what_is_cut_short_is_refused(trainer_folder, destination, tmp_path):
    (tmp_path / "text.zip").write_text("hello")
    assert "zip" in refusal(tmp_path / "text.zip", destination)
    archive = zipped(trainer_folder, tmp_path / "whole.zip")
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:500])
    assert "zip" in refusal(tmp_path / "cut.zip", destination)


def test_a_zip_with_a_damaged_member_is_refused(trainer_folder, destination, tmp_path):
    archive = tmp_path / "damaged.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for file in (each for each in trainer_folder.rglob("*") if each.is_file()):
            made.write(file, file.relative_to(trainer_folder))
        info = made.getinfo("plans.json")
    content = bytearray(archive.read_bytes())
    start = info.header_offset + 30 + len(info.filename)
    for place in range(start + 10, start + 60):
        content[place] ^= 0xFF
    archive.write_bytes(content)
    assert "zip" in refusal(archive, destination)


def test_what_a_killed_import_left_is_no_model(trainer_folder, destination):
    import_model(trainer_folder, destination)
    (left,) = installed_models(destination)
    shutil.copytree(left.path, destination / ".import-abc" / left.path.name)
    assert [model.path for model in installed_models(destination)] == [left.path]


def test_a_model_that_fails_its_check_leaves_nothing(trainer_folder, destination, tmp_path):
    (trainer_folder / "dataset.json").write_text("{}")
    refusal(trainer_folder, destination)
    refusal(zipped(trainer_folder, tmp_path / "bad.zip"), destination)


def test_a_zip_of_several_models_is_refused(destination, tmp_path):
    for name in ("Dataset900_A", "Dataset901_B"):
        a_model_folder_without_weights(tmp_path / "two", ["aorta"], name=name)
    assert "several" in refusal(zipped(tmp_path / "two", tmp_path / "two.zip"), destination)


def test_models_are_kept_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_MODELS", str(tmp_path / "mine"))
    assert models_folder() == tmp_path / "mine"
    monkeypatch.delenv("ABDOMINAL_CALCIFICATION_MODELS")
    assert models_folder().is_absolute()
    assert installed_models(tmp_path / "mine") == []
