"""The command ``models``: whether a model folder can be used, and importing one."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import Parser


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``models check`` and ``models import``."""
    models = commands.add_parser("models", help="check a model folder, or import one from a zip or folder")
    actions = models.add_subparsers(dest="action", required=True, metavar="check|import", parser_class=Parser)
    parsers = []
    for name, text in (
        ("check", "say whether a model folder can be used, and what it finds"),
        ("import", "copy a model (zip or folder) to where the program keeps models"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("path", metavar="PATH", type=Path)
        action.set_defaults(run=run_check if name == "check" else run_import)
        parsers.append(action)
    return parsers


def run_check(options: argparse.Namespace, report) -> None:
    """Say whether a model can be used, and for what."""
    from ..inference import ModelFolder, describe

    report.say(describe(ModelFolder.open(options.path)))


def run_import(options: argparse.Namespace, report) -> None:
    """Copy a model to where the program keeps models."""
    from ..inference import describe, import_model, models_folder

    report.say(describe(import_model(options.path, models_folder())))
