"""The result of a radiograph in the scene: a text node that refers to the image and to what shows the result.

The text holds what was made and every correction since; vertebrae, walls and scores that are seen follow from it, and
can be made anew from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...errors import InputError
from ...radiograph.corrected import bodies_of, corrected, names_of
from ...radiograph.corrections import Correction, Corrections
from ...radiograph.kauppila import WALLS
from ...radiograph.reading import RadiographImage, ReadingChoices
from ...radiograph.reading.placement import Placement
from ...radiograph.result import RadiographResult
from ...reporting.documents import json_safe
from .. import edits
from ..nodes import ROLE
from .finding import CURRENT, IMAGE, VERSION, texts_in, texts_of
from .images import InScene, read_image
from .stored import corrections_in, made_in, stored

_INVERTED = "AbdominalCalcification.RadiographInverted"
# What shows a result: node reference role, node class and what it is called.
PARTS = {
    "vertebrae": ("vtkMRMLSegmentationNode", "vertebrae"),
    **{wall: ("vtkMRMLMarkupsCurveNode", f"{wall} wall") for wall in WALLS},
    "scores": ("vtkMRMLMarkupsFiducialNode", "scores"),
    "deposits": ("vtkMRMLModelNode", "deposits"),
}


# Results as they were made, by their id: finding vertebrae in a large label map takes a while.
_made: dict[str, RadiographResult] = {}
_KEPT = 8


@lru_cache(maxsize=8)
def _contents(text: str) -> tuple[RadiographResult, Corrections]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(f"The result of the radiograph in this scene is damaged ({error}); run it again.") from None
    corrections = corrections_in(document)
    key = str(document.get("id", ""))
    if key not in _made:
        made = made_in(document)
        while len(_made) >= _KEPT:
            _made.pop(next(iter(_made)))
        _made[key] = made
    return _made[key], corrections


@lru_cache(maxsize=8)
def _corrected(text: str) -> RadiographResult:
    return corrected(*_contents(text))


@dataclass(frozen=True, eq=False)
class RadiographRecord:
    """The nodes of one result; each but the text may have been deleted by somebody.

    Attributes
    ----------
    text : vtkMRMLTextNode
    """

    text: Any

    @property
    def image(self):
        """The volume node; None where it is gone."""
        return self.text.GetNodeReference(IMAGE)

    def part(self, name: str):
        """Return the node of one of `PARTS`; None where there is none."""
        return self.text.GetNodeReference(_reference(name))

    @property
    def made(self) -> RadiographResult:
        """The result as it was made; its image is blank."""
        return _contents(self.text.GetText())[0]

    @property
    def corrections(self) -> Corrections:
        """What was corrected since."""
        return _contents(self.text.GetText())[1]

    @property
    def result(self) -> RadiographResult:
        """The result as it is now; its image is blank."""
        return _corrected(self.text.GetText())

    @property
    def names(self) -> dict[str, str]:
        """What each vertebra is called now, by what it was called when it was made."""
        return names_of(self.made, self.corrections)

    @property
    def bodies(self) -> np.ndarray:
        """The label map of the vertebrae as they are painted now, by what they were called when it was made."""
        return bodies_of(self.made, self.corrections)

    @property
    def placement(self) -> InScene:
        """Where points and pixels of the radiograph lie in the scene."""
        return InScene.of(self.image, self.made.radiograph.step, self._placement)

    @property
    def _placement(self) -> Placement:
        given = (self.made.provenance.get("input") or {}).get("placement")
        return Placement() if given is None else Placement.of_document(given)

    def whole_result(self) -> tuple[RadiographResult, RadiographImage]:
        """Return the result as it is now with the pixels of its image, and that as it was read again.

        Raises
        ------
        InputError
            Where the image is gone, or is another one now.
        """
        if self.image is None:
            raise InputError("The image of this result is not in the scene any more; load it, and run it again.")
        is_inverted = self.text.GetAttribute(_INVERTED) is not None
        read = read_image(
            self.image, ReadingChoices(self._given_spacing, self.made.radiograph.faces, invert=is_inverted)
        )
        known = self.made.provenance
        checksum = (known.get("input") or {}).get("pixels_sha256")
        if checksum is not None and checksum != read.identity["pixels_sha256"]:
            name = self.image.GetName()
            raise InputError(f"The pixels of '{name}' are others than those that were scored; run it again.")
        made = made_in(json.loads(self.text.GetText()), read.radiograph.pixels)
        return corrected(made, self.corrections), read

    @property
    def _given_spacing(self) -> tuple[float, float] | None:
        """The size of a pixel that the user gave, mm; None where it is the image's."""
        given = self.made.parameters.get("pixel_spacing_mm")
        try:
            return None if given is None else (float(given[0]), float(given[1]))
        except (TypeError, ValueError, LookupError):
            raise InputError(
                "The result of the radiograph in this scene is damaged (pixel size); run it again."
            ) from None

    def add(self, correction: Correction) -> None:
        """Note a correction."""
        self._write(self.corrections.with_entry(correction))

    def undo(self) -> Correction | None:
        """Undo the last correction that stands, and return it; None where none stands."""
        before = self.corrections
        if not before.standing:
            return None
        self._write(before.undone(edits.now(), edits.user_name()))
        return before.standing[-1]

    def _write(self, corrections: Corrections) -> None:
        document = json.loads(self.text.GetText())
        document["corrections"] = corrections.document()
        self.text.SetText(json.dumps(document, allow_nan=False))


def correction(kind: str, editor: str | None = None, **about) -> Correction:
    """Return a correction that is made now, by whoever sits here where no editor is named."""
    return Correction(kind, edits.now(), editor or edits.user_name(), **about)


def store_result(made: RadiographResult, image, is_inverted: bool = False, keep: bool = False) -> RadiographRecord:
    """Put a result into the scene of its image, in place of the one before.

    Parameters
    ----------
    made : RadiographResult
    image : vtkMRMLScalarVolumeNode
    is_inverted : bool
        As :func:`.images.read_image` was told.
    keep : bool
        Keep the result that was there as an earlier version.
    """
    scene, before = image.GetScene(), find_record(image)
    if before is not None and keep:
        before.text.SetAttribute(ROLE, VERSION)
    name = f"{image.GetName()} radiograph result"
    if before is None or keep:
        text = scene.AddNewNodeByClass("vtkMRMLTextNode", scene.GenerateUniqueName(name))
    else:
        text = before.text
    text.SetText(json.dumps(json_safe(stored(made, Corrections())), allow_nan=False))
    text.SetAttribute(ROLE, CURRENT)
    text.SetNodeReferenceID(IMAGE, image.GetID())
    if is_inverted:
        text.SetAttribute(_INVERTED, "1")
    else:
        text.RemoveAttribute(_INVERTED)
    if before is not None and keep:
        for part in PARTS:  # the same nodes show the new result
            node = before.part(part)
            text.SetNodeReferenceID(_reference(part), None if node is None else node.GetID())
            before.text.SetNodeReferenceID(_reference(part), None)
    return RadiographRecord(text)


def part_node(record: RadiographRecord, name: str):
    """Return the node of one of `PARTS`, made where there is none."""
    node = record.part(name)
    if node is None:
        kind, title = PARTS[name]
        scene = record.text.GetScene()
        node = scene.AddNewNodeByClass(kind, scene.GenerateUniqueName(f"{record.image.GetName()} {title}"))
        node.CreateDefaultDisplayNodes()
        record.text.SetNodeReferenceID(_reference(name), node.GetID())
    return node


def find_record(image) -> RadiographRecord | None:
    """Return the present result of a radiograph; None where there is none."""
    return next((RadiographRecord(each) for each in texts_of(image)), None)


def all_records(scene) -> list[RadiographRecord]:
    """Return the present results of all radiographs in a scene."""
    return [RadiographRecord(each) for each in texts_in(scene)]


def earlier_versions(image) -> list[RadiographRecord]:
    """Return the earlier versions of the result of a radiograph, the newest first."""
    return [RadiographRecord(each) for each in reversed(texts_of(image, VERSION))]


def _reference(part: str) -> str:
    return f"AbdominalCalcification.Radiograph.{part}"
