"""What privacy.md promises: nothing leaves the computer, and nothing is stored but where it says."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reporting import write_volume

MODULE = Path(__file__).parents[2] / "AbdominalCalcification"
NETWORK = {
    *("socket", "ssl", "http", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "asyncio", "ftplib"),
    *("smtplib", "xmlrpc", "webbrowser", "pynetdicom", "socketserver", "telnetlib", "nntplib", "imaplib"),
}
# Names by which Slicer and Qt fetch from the network, and keep settings.
ATTRIBUTES = {"downloadFile", "downloadAndExtractArchive", "loadNodesFromURL", "QNetworkAccessManager"}
#: The one place that may: what the command ``send`` is made of.
SENDING = MODULE / "AbdominalCalcificationLib" / "sending"
SETTINGS = {"QSettings", "userSettings", "revisionUserSettings"}
# Started in every Python process of the run: writes down connections beyond this computer's own pipes.
WATCHER = """
import os, sys
def watch(event, given):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        if not (event == "socket.connect" and isinstance(given[1], (str, bytes))):  # a path: of this computer
            with open(os.environ["WATCHED"], "a") as file:
                print(event, given, file=file)
with open(os.environ["WATCHED"], "a") as file:
    print("started", file=file)
sys.addaudithook(watch)
"""


@cache
def sources() -> dict[Path, ast.Module]:
    """Every module of the program, parsed once, but what the command ``send`` is made of."""
    paths = [path for path in sorted(MODULE.rglob("*.py")) if SENDING not in path.parents]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def names_in(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Modules that are imported, and attributes that are used."""
    modules, attributes = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
    return modules, attributes


def test_no_module_uses_the_network_or_keeps_settings():
    found = []
    for path, tree in sources().items():
        modules, attributes = names_in(tree)
        packages = modules | {each.partition(".")[0] for each in modules}
        found += [(path.name, each) for each in (packages & NETWORK) | (attributes & (ATTRIBUTES | SETTINGS))]
    assert found == []


def test_only_the_command_that_sends_uses_what_sends():
    users = {
        path.name
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        and "sending" in f"{getattr(node, 'module', '')}.{'.'.join(each.name for each in node.names)}".split(".")
    }
    assert users == {"send.py"}


def test_the_network_would_be_seen():
    modules, attributes = names_in(ast.parse("from urllib import request\nslicer.app.userSettings()"))
    assert modules & NETWORK
    assert attributes & SETTINGS


@pytest.mark.nnunet
def test_a_run_of_the_models_connects_to_nothing_and_leaves_only_its_result(tmp_path):
    pytest.importorskip("nnunetv2")
    home, temporary, output, watched = (tmp_path / name for name in ("home", "temporary", "result", "watched.txt"))
    for folder in (home, temporary, tmp_path / "site", tmp_path / "given"):
        folder.mkdir()
    ct = tmp_path / "given" / resources.sample_case().name
    middle = np.s_[60:105, 45:105, 50:115]  # few tiles: quick
    write_volume(ct, read_ct(resources.sample_case()).volume.cropped(middle))
    (tmp_path / "site" / "sitecustomize.py").write_text(WATCHER, encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XDG_")},
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(MODULE)]),
        "WATCHED": str(watched),
        **dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA"), str(home)),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
    }
    command = [sys.executable, "-m", "AbdominalCalcificationLib", "analyze", ct]
    run = subprocess.run([*command, "--output", output], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    seen = watched.read_text().splitlines()
    assert seen.count("started") >= 2  # the command and its worker
    assert set(seen) == {"started"}
    assert [path.name for path in home.rglob("*")] == []
    assert [path.name for path in temporary.rglob("*")] == []
    assert not any(path.name.startswith(".") for path in output.parent.iterdir())
    said = (output / "measurements.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in said
    assert json.loads(said)["provenance"]["input"]["name"] == ct.name
