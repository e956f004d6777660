"""Scenes saved as a user saves them."""

from pathlib import Path


def save_scene(path: Path) -> None:
    """Save the application's scene as a .mrb in Slicer's own way."""
    import slicer

    assert slicer.mrmlScene.WriteToMRB(str(path))
