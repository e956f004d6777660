"""The Kauppila score of a CT in the scene: its masks, scored on the radiograph that would be made of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import InputError
from ...geometry import Volume
from ...measurement import LiveMeasurement, MeasurementParameters
from ...progress import Progress, Steps, scaled
from ...radiograph.from_ct.case import CtCase, kauppila_of_ct_steps
from ...radiograph.from_ct.vertebra_masks import vertebra_of_name
from ...radiograph.spine import LABELS
from ..masks import arteries_from_node, calcification_from_node
from ..nodes import CT_REFERENCE
from ..ownership import SceneCase
from ..volumes import grid_of_node, identity_of_node, volume_from_node
from .finding import radiograph_of_ct
from .images import image_node_of
from .record import RadiographRecord, find_record, store_result
from .shown import show_result


def score_ct_steps(case: SceneCase, vertebrae, parameters: MeasurementParameters) -> Steps[RadiographRecord]:
    """Simulate the radiograph of a CT, score its masks on it, and show both as a radiograph of the scene.

    Parameters
    ----------
    case : SceneCase
        With a CT and both masks.
    vertebrae : vtkMRMLSegmentationNode
        Its segments are called after the vertebrae.
    parameters : MeasurementParameters
        Of assigning calcification to arteries.

    Raises
    ------
    InputError
        Where a mask is missing, or no segment is a lumbar vertebra.
    """
    if None in (case.ct, case.arteries, case.calcification, vertebrae):
        raise InputError("The score of a CT needs its masks of arteries and calcification, and one of its vertebrae.")
    yield Progress("Reading the scene", 0.0)
    ct_node: Any = case.ct
    ct = volume_from_node(ct_node)
    arteries, calcified = (
        arteries_from_node(case.arteries, case.ct),
        calcification_from_node(case.calcification, case.ct),
    )
    bodies = vertebrae_from_node(vertebrae, case.ct)
    live = LiveMeasurement(ct, arteries, calcified, parameters)
    measurement = yield from scaled(live.update_steps(), 0.05, 0.4)
    found = CtCase(ct, arteries, measurement.parts_map.array, bodies, identity=identity_of_node(case.ct))
    made = yield from scaled(kauppila_of_ct_steps(found), 0.4, 0.95)
    yield Progress("Showing the result", 0.97)
    earlier = radiograph_of_ct(case.ct)
    keep = False
    if earlier is None:
        image = image_node_of(made.radiograph, f"{ct_node.GetName()} simulated radiograph")
        image.SetNodeReferenceID(CT_REFERENCE, ct_node.GetID())
    else:
        image = image_node_of(made.radiograph, earlier.GetName(), node=earlier)
        known = find_record(earlier)
        keep = known is not None and bool(known.corrections.standing)
    record = store_result(made, image, keep=keep)
    show_result(record)
    return record


def vertebrae_from_node(node, ct) -> Volume:
    """Return the vertebrae of a segmentation on the voxels of a CT: values of :data:`...radiograph.spine.LABELS`.

    Segments are known by their names, as TotalSegmentator and people give them.

    Raises
    ------
    InputError
        Where no segment is a lumbar vertebra, or two are the same one.
    """
    import slicer

    grid, segmentation = grid_of_node(ct), node.GetSegmentation()
    labels, seen = np.zeros(grid.shape, np.uint8), set()
    for segment_id in segmentation.GetSegmentIDs():
        name = vertebra_of_name(segmentation.GetSegment(segment_id).GetName())
        if name is None:
            continue
        if name in seen:
            raise InputError(f"'{node.GetName()}' has two segments of {name}; rename or remove one of them.")
        seen.add(name)
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, ct)
        if mask is not None:
            labels[mask != 0] = LABELS[name]
    if not labels.any():
        raise InputError(f"'{node.GetName()}' has no segment of a lumbar vertebra; name its segments L1, L2 and so on.")
    return Volume(labels, grid)
