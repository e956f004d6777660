"""A small case that is corrected in the panel, and what of it is in the history and on the disk."""

import shutil

import numpy as np
import slicer

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.scene import edits
from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
from AbdominalCalcificationLib.scene.volumes import volume_node_from
from host.application import run_until
from panels import parameters_of

SHAPE = (44, 40, 40)
SEGMENT = {"arteries": "aorta", "calcification": "calcification"}
READ = {"arteries": arteries_from_node, "calcification": calcification_from_node}


def ct_array():
    array = np.full(SHAPE, 40, np.int16)
    array[:, 14:26, 14:26] = 300
    array[10:14, 14:17, 14:17] = 900
    return array


def add_ct(name="Patient"):
    return volume_node_from(Volume(ct_array(), Grid(SHAPE, np.eye(4))), name)


def first_masks():
    arteries, calcification = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    arteries[:, 14:26, 14:26] = 1
    calcification[10:14, 14:17, 14:17] = 1
    return {"arteries": arteries, "calcification": calcification}


def followed(widget):
    """Wait until all edits are in the history and on the disk."""
    assert run_until(lambda: widget.panel.history.is_written, 60)


def mask(widget, role):
    parameters = parameters_of(widget)
    return READ[role](getattr(parameters, role), parameters.ct).array


def draw(widget, role, box, value):
    parameters = parameters_of(widget)
    node = getattr(parameters, role)
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, SEGMENT[role], parameters.ct)
    array[box] = value
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, SEGMENT[role], parameters.ct)


def entries(widget, role="calcification"):
    return edits.kept_note(getattr(parameters_of(widget), role)).ledger.entries


def journals(place):
    return list(place.glob("*/masks.journal"))


def crash(widget, place):
    """End the panel as a crash does: what is on the disk stays."""
    followed(widget)
    kept = place.with_name("kept")
    shutil.copytree(place, kept)
    widget.cleanup()
    slicer.mrmlScene.Clear()
    assert journals(place) == [], "an orderly end leaves nothing"
    for folder in kept.iterdir():
        if folder.is_dir():
            shutil.copytree(folder, place / folder.name)
