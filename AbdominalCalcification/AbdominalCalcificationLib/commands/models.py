"""The command ``models``: which models there are, whether a model folder can be used, and importing one."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import Parser


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``models list``, ``models check`` and ``models import``."""
    models = commands.add_parser("models", help="list models, check a model folder, or import one from a zip or folder")
    actions = models.add_subparsers(dest="action", required=True, metavar="list|check|import", parser_class=Parser)
    listing = actions.add_parser("list", help="say which models are on this computer, TotalSegmentator's included")
    listing.set_defaults(run=run_list)
    parsers = [listing]
    for name, text in (
        ("check", "say whether a model folder can be used, and what it finds"),
        ("import", "copy a model (zip or folder) to where the program keeps models"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("path", metavar="PATH", type=Path)
        action.set_defaults(run=run_check if name == "check" else run_import)
        parsers.append(action)
    return parsers


def run_list(options: argparse.Namespace, report) -> None:
    """Say which models there are, and what they find."""
    from ..inference import describe, installed_models, models_folder
    from ..inference.any_model import open_any_model
    from ..inference.totalsegmentator import describe_weights, find_weights
    from ..pipeline import open_artery_models, open_calcification_model
    from ..resources import bundled_kauppila_model, bundled_vertebra_model

    report.say("Bundled, trained on simulated CT:")
    for model in (*open_artery_models(), open_calcification_model()):
        report.say(_described(model))
    report.say("Bundled, trained on simulated radiographs:")
    for path in (bundled_vertebra_model(), bundled_kauppila_model()):
        report.say(_described(open_any_model(path)))
    imported = installed_models()
    report.say(f"Imported into {models_folder()}:" if imported else f"None is imported into {models_folder()}.")
    for model in imported:
        report.say(_described(model))
    weights = find_weights()
    if weights.models:
        report.say(f"TotalSegmentator's in {weights.folder} (--totalsegmentator):")
    report.say(describe_weights(weights))
    for model in weights.models:
        report.say(describe(model, unused=False))


def run_check(options: argparse.Namespace, report) -> None:
    """Say whether a model can be used, and for what."""
    from ..inference.any_model import open_any_model

    report.say(_described(open_any_model(options.path)))


def run_import(options: argparse.Namespace, report) -> None:
    """Copy a model to where the program keeps models."""
    from ..inference import import_model, models_folder

    report.say(_described(import_model(options.path, models_folder())))


def _described(model) -> str:
    """Return what a model is, and whether results of it have a confidence."""
    from ..confidence.calibration import calibration_of
    from ..inference.any_model import describe_any_model
    from ..inference.model_folder import CT, ModelFolder

    if not isinstance(model, ModelFolder) or model.kind is not CT:
        return describe_any_model(model)
    calibration = calibration_of(model)
    told = "none: it is not calibrated" if calibration is None else f"calibrated: that {calibration.predicts}"
    return f"{describe_any_model(model)}\n  confidence: {told}"
