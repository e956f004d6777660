"""The result of a radiograph in the scene: a text node that refers to the image and to what shows the result.

The text holds what was made and every correction since; vertebrae, walls and scores that are seen follow from it, and
can be made anew from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...errors import InputError
from ...radiograph.corrected import bodies_of, corrected, names_of
from ...radiograph.corrections import Correction, Corrections
from ...radiograph.kauppila import WALLS
from ...radiograph.reading import RadiographImage, ReadingChoices
from ...radiograph.reading.choices import given_spacing
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
        try:
            return given_spacing(self.made.parameters)
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
    before = find_record(image)
    text = _new_text(image) if before is None or keep else before.text
    if before is not None and keep:
        _succeed(text, before)
    _write_text(text, json.dumps(json_safe(stored(made, Corrections())), allow_nan=False), image, is_inverted)
    text.SetAttribute(ROLE, CURRENT)
    return RadiographRecord(text)


def said_in(record: RadiographRecord) -> dict[str, Any]:
    """Return a result with its corrections as JSON values, to be put back by :func:`put_back`."""
    text = record.text
    is_inverted = text.GetAttribute(_INVERTED) is not None
    return {"text": text.GetText(), "role": text.GetAttribute(ROLE), "is_inverted": is_inverted}


def check_said(said: Mapping[str, Any]) -> Corrections:
    """Return the corrections in what :func:`said_in` has said; InputError for anything else."""
    if not isinstance(said, Mapping) or not isinstance(said.get("text"), str):
        raise InputError("What was kept of a radiograph is damaged; discard it.")
    return _contents(said["text"])[1]


def put_back(said: Mapping[str, Any], image) -> RadiographRecord:
    """Put a result with its corrections back into the scene of its image; what it replaces becomes an earlier version.

    Raises
    ------
    InputError
        For what :func:`said_in` has not said.
    """
    corrections = check_said(said)
    content, is_inverted = said["text"], bool(said.get("is_inverted"))
    same = next((each for each in (*texts_of(image), *texts_of(image, VERSION)) if _is_same(each, content)), None)
    if same is not None and not corrections.has_all_of(_corrections_in(same)):
        kept = _new_text(image)
        _write_text(kept, same.GetText(), image, is_inverted)
        kept.SetAttribute(ROLE, VERSION)
    text = _new_text(image) if same is None else same
    before = find_record(image)
    if said.get("role") == VERSION:
        role = VERSION if same is None else same.GetAttribute(ROLE)
    else:
        role = CURRENT
        if before is not None and before.text is not text:
            _succeed(text, before)
    _write_text(text, content, image, is_inverted)
    text.SetAttribute(ROLE, role)
    return RadiographRecord(text)


def _is_same(text, content: str) -> bool:
    """Return whether a text node holds the result of a text, whatever was corrected in it."""
    ids = []
    for each in (text.GetText(), content):
        try:
            ids.append(json.loads(each).get("id"))
        except (ValueError, AttributeError):
            return False
    return bool(ids[0]) and ids[0] == ids[1]


def _corrections_in(text) -> Corrections:
    """Return the corrections in a text node; none where it is damaged."""
    try:
        return RadiographRecord(text).corrections
    except InputError:
        return Corrections()


def _new_text(image):
    scene = image.GetScene()
    return scene.AddNewNodeByClass("vtkMRMLTextNode", scene.GenerateUniqueName(f"{image.GetName()} radiograph result"))


def _write_text(text, content: str, image, is_inverted: bool) -> None:
    text.SetText(content)
    text.SetNodeReferenceID(IMAGE, image.GetID())
    if is_inverted:
        text.SetAttribute(_INVERTED, "1")
    else:
        text.RemoveAttribute(_INVERTED)


def _succeed(text, before: RadiographRecord) -> None:
    """Make a result an earlier version; the nodes that show it show that of `text` from now on."""
    before.text.SetAttribute(ROLE, VERSION)
    for part in PARTS:
        node = before.part(part)
        text.SetNodeReferenceID(_reference(part), None if node is None else node.GetID())
        before.text.SetNodeReferenceID(_reference(part), None)


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
