"""What gets installed, and what the extension says about itself in four files."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

REPOSITORY = Path(__file__).parents[2]
MODULE = REPOSITORY / "AbdominalCalcification"
NOT_PACKAGED = {"CMakeLists.txt"}


def cmake_list(name: str) -> list[str]:
    text = (MODULE / "CMakeLists.txt").read_text(encoding="utf-8")
    body = re.search(rf"set\({name}\n(.*?)\)", text, re.DOTALL).group(1)
    return [line.strip() for line in body.splitlines() if line.strip()]


def module_files() -> list[str]:
    """Files under the module folder that an installed extension needs, relative to it."""
    files = []
    for path in MODULE.rglob("*"):
        relative = path.relative_to(MODULE)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if path.is_file() and not hidden and relative.parts[0] != "Testing" and relative.name not in NOT_PACKAGED:
            files.append(relative.as_posix())
    return files


def cmake_value(name: str) -> str:
    text = (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(rf'set\({name} "(.*?)"\)', text, re.DOTALL).group(1)


def s4ext() -> dict[str, str]:
    lines = (REPOSITORY / "extension.s4ext").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return {key: value for key, _, value in pairs}


def catalogue() -> dict:
    return json.loads((REPOSITORY / "AbdominalCalcification.json").read_text(encoding="utf-8"))


def project() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_cmake_lists_every_script():
    assert sorted(cmake_list("MODULE_PYTHON_SCRIPTS")) == sorted(f for f in module_files() if f.endswith(".py"))


def test_cmake_lists_every_resource_models_and_sample_data_included():
    assert sorted(cmake_list("MODULE_PYTHON_RESOURCES")) == sorted(f for f in module_files() if not f.endswith(".py"))


def test_cmake_lists_nothing_twice():
    listed = cmake_list("MODULE_PYTHON_SCRIPTS") + cmake_list("MODULE_PYTHON_RESOURCES")
    assert len(listed) == len(set(listed))


def test_library_finds_the_packaged_files_in_a_checkout():
    from AbdominalCalcificationLib import resources

    assert resources.sample_case().is_file()
    for model in (resources.bundled_artery_model(), resources.bundled_calcification_model()):
        assert (model / "dataset.json").is_file()


def test_the_checksum_that_is_kept_is_that_of_the_sample_case():
    from AbdominalCalcificationLib import resources

    assert hashlib.sha256(resources.sample_case().read_bytes()).hexdigest() == resources.SAMPLE_SHA256


def test_extension_description_and_cmake_agree():
    description = s4ext()
    for cmake, key in (
        ("EXTENSION_HOMEPAGE", "homepage"),
        ("EXTENSION_CATEGORY", "category"),
        ("EXTENSION_CONTRIBUTORS", "contributors"),
        ("EXTENSION_DESCRIPTION", "description"),
        ("EXTENSION_ICONURL", "iconurl"),
        ("EXTENSION_SCREENSHOTURLS", "screenshoturls"),
        ("EXTENSION_DEPENDS", "depends"),
    ):
        assert cmake_value(cmake) == description[key], key


def test_catalogue_entry_and_extension_description_agree():
    entry, description = catalogue(), s4ext()
    assert entry["category"] == description["category"]
    assert entry["build_dependencies"] == description["depends"].split()
    assert entry["build_subdirectory"] == description["build_subdirectory"]
    assert entry["scm_url"] == description["scmurl"]
    assert entry["scm_type"] == description["scm"]
    assert entry["scm_revision"] == description["scmrevision"]
    assert entry["enabled"] == (description["enabled"] == "1")
    assert str(entry["tier"]) == description["tier"]


def test_catalogue_entry_holds_only_what_its_schema_knows():
    assert catalogue()["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.1.json#")
    assert set(catalogue()) <= {
        "$schema",
        "build_dependencies",
        "build_subdirectory",
        "category",
        "enabled",
        "scm_revision",
        "scm_type",
        "scm_url",
        "tier",
    }


def test_project_metadata_agree_with_the_extension():
    assert (REPOSITORY / "CMakeLists.txt").read_text(encoding="utf-8").count("project(AbdominalCalcification)") == 1
    assert project()["name"] == "abdominal-calcification"
    assert cmake_value("EXTENSION_DESCRIPTION").startswith(project()["description"].partition(";")[0])


def test_pictures_that_the_extension_names_are_there():
    for key in ("iconurl", "screenshoturls"):
        for url in s4ext()[key].split():
            assert (REPOSITORY / url.partition("/main/")[2]).is_file(), url
