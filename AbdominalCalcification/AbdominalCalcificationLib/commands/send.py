"""The command ``send``: DICOM objects of a result to an archive."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import drain
from .options import number

if TYPE_CHECKING:
    from ..sending import Outcome

_CANCELLED = "Cancelled; what is said to be stored is stored, what was on its way may be, the rest was not sent."


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``send``."""
    send = commands.add_parser("send", help="send the DICOM objects of a result folder to an archive")
    send.add_argument("folder", metavar="RESULT_FOLDER", type=Path, help="whose folder 'dicom' is sent")
    send.add_argument(
        "--to",
        metavar="ADDRESS",
        required=True,
        help="dicom://AETITLE@HOST:PORT (C-STORE), dicoms://AETITLE@HOST:PORT (the same by TLS), or "
        "https://HOST/PATH (DICOMweb)",
    )
    send.add_argument("--own-title", metavar="AETITLE", default="ABDCALC", help="AE title of the sender (ABDCALC)")
    send.add_argument("--timeout", metavar="S", type=number, default=30.0, help="the server answers within (30 s)")
    send.add_argument("--authority", metavar="PEM", type=Path, help="TLS: who vouches for the server; else the system")
    send.add_argument("--certificate", metavar="PEM", type=Path, help="TLS: own certificate, where the server asks")
    send.add_argument("--key", metavar="PEM", type=Path, help="TLS: its key, where that is in another file")
    send.add_argument(
        "--authorization",
        metavar="FILE",
        type=Path,
        help="DICOMweb: file with what to send as the header Authorization, such as 'Bearer …'",
    )
    send.add_argument("--quiet", action="store_true", help="print nothing but errors")
    send.set_defaults(run=run, cancelled=_CANCELLED)
    return [send]


def run(options: argparse.Namespace, report) -> None:
    """Send, and say of each object what became of it."""
    from ..sending import Credentials, files_of, parse_destination, send_steps

    destination = parse_destination(options.to)
    if not 0 < options.timeout < math.inf:
        raise InputError(f"--timeout must be a number of seconds, not {options.timeout:g}.")
    credentials = Credentials(
        options.own_title, options.authority, options.certificate, options.key, options.authorization
    )
    files = files_of(options.folder)
    if not destination.is_encrypted:
        report.notice(f"Note: {destination} is spoken to without encryption.")

    def told(each: Outcome) -> None:
        remark = f" ({each.remark})" if each.remark else ""
        report.say(f"{'stored' if each.is_stored else 'NOT STORED'}  {each.file.path.name}{remark}")

    outcomes = drain(send_steps(files, destination, credentials, options.timeout, told), report)
    missed = [each for each in outcomes if not each.is_stored]
    if missed:
        reasons = "; ".join(dict.fromkeys(each.remark for each in missed))
        raise InputError(
            f"{len(missed)} of {len(outcomes)} objects were not stored at {destination}: {reasons}. "
            "All files are still there; send them again."
        )
