"""Results that are sent, and a server of another maker that takes them."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reporting.dicom import read_headers
from AbdominalCalcificationLib.reporting.dicom.report import write_report_objects
from dicom_files import a_vessel, at_heights, write_series


def a_result(folder: Path) -> Path:
    """Return a result folder with two objects, made in an empty one."""
    (folder / "ct").mkdir()
    source = read_ct(write_series(folder / "ct", a_vessel(8, 24), at_heights(range(8)))).source
    write_report_objects(folder, read_headers(source), b"%PDF-1.4 nothing", np.zeros((9, 7, 3), np.uint8))
    return folder


def send(folder, to: str, *more, timeout_s: int = 3) -> int:
    """Run the command ``send``; return its exit code."""
    return cli.main(["send", str(folder), "--to", to, "--timeout", str(timeout_s), *map(str, more)])


@contextmanager
def orthanc(folder: Path, **settings) -> Iterator[tuple[str, int]]:
    """Run Orthanc while the block runs; hand out the address of its web pages and the port of C-STORE.

    Parameters
    ----------
    folder : Path
        For its database, settings and log.
    **settings
        Of Orthanc, beside the usual ones.
    """
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    usual = {
        **{"StorageDirectory": str(folder / "db"), "IndexDirectory": str(folder / "db"), "Plugins": []},
        **{"HttpPort": ports[0], "DicomPort": ports[1], "DicomAet": "ORTHANC", "RemoteAccessAllowed": False},
    }
    (folder / "orthanc.json").write_text(json.dumps({**usual, **settings}), encoding="utf-8")
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(["Orthanc", folder / "orthanc.json"], stdout=log, stderr=log)
    web = f"http://127.0.0.1:{ports[0]}"
    try:
        for _ in range(150):
            try:
                urlopen(f"{web}/system", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield web, ports[1]
    finally:
        server.terminate()
        server.wait(20)


def stored_in(web: str) -> set[str]:
    """Return the UIDs of the objects that Orthanc has stored."""
    with urlopen(f"{web}/instances?expand", timeout=5) as answer:
        return {each["MainDicomTags"]["SOPInstanceUID"] for each in json.load(answer)}
