"""The numbers of a CT in the scene, kept up with every edit of its masks, whoever makes it."""

from __future__ import annotations

from .. import pipeline
from ..confidence.known import Known
from ..errors import InputError
from ..geometry import Volume
from ..measurement import LiveMeasurement, MeasurementParameters
from ..profiles import Vessels
from ..progress import Progress, Steps, shown
from ..reading.meanings import Wanted
from . import edits, results
from .given_masks import edited_flag, given_node
from .mirror import MaskMirror
from .ownership import SceneCase, of_ct, other_ct
from .segmentations import CUT_OFF, put, ready_steps
from .source_files import ct_from_node_steps, file_flags
from .tools import settle
from .volumes import grid_of_node, identity_of_node

_READING = Progress("Bringing the numbers up to date", 0.0)


class LiveCase:
    """A CT with the two masks that are measured.

    Parameters
    ----------
    case : SceneCase
    """

    def __init__(self, case: SceneCase):
        self._case = case
        self._mirrors = {role: MaskMirror(node, case.ct, Wanted(role)) for role, node in case.masks.items()}
        self._live: LiveMeasurement | None = None
        self._seen: tuple | None = None
        self._doubts: tuple = ()
        self._notes: dict[str, edits.EditNote] = {}
        self._unnoted: set[str] = set()
        self._cut_off_waits = True
        self._measurement = self._ct = None
        self._origins: list[dict] | None = None
        self._confidence = Known()

    def is_of(self, case: SceneCase) -> bool:
        """Return whether these are still the nodes."""
        mine = (self._case.ct, self._case.arteries, self._case.calcification)
        return all(a is b for a, b in zip(mine, (case.ct, case.arteries, case.calcification), strict=True))

    def forget_notes(self) -> None:
        """Read the notes that are kept with the masks again; somebody else wrote them."""
        self._notes, self._unnoted = {}, set()

    def update_steps(self, parameters: MeasurementParameters) -> Steps[results.Results]:
        """Bring the numbers in the scene up to date with the masks as they are now.

        May be closed at any step; the next update goes on from there.

        Raises
        ------
        InputError
            Where the masks cannot be measured, as :meth:`.session.Session.recompute_steps`, and where they are masks
            of another CT, whose numbers only a full computation gives.
        """
        yield _READING
        case = self._case
        for role, node in case.masks.items():
            given_node(case, role)
            if other_ct(node, case.ct) is not None:
                raise InputError(f"'{node.GetName()}' is a mask of another CT; press Recompute for its numbers.")
        yield from self._follow_steps(parameters)
        origins = [edits.source_of(node) for node in case.masks.values()]
        self._live.flags, self._live.provenance = self._known(parameters, origins)
        self._live.certainty.known = self._certain(origins)
        self._live.set_parameters(parameters)
        measurement = yield from shown(self._live.update_steps(), _READING)
        self._cut_off_waits |= self._live.cut_off_changed()
        yield _READING
        if case.ct.GetScene() is None:
            raise InputError("The CT was removed from the scene meanwhile.")
        self._measurement = measurement
        stored = results.store_measurement(measurement, case.ct, case.masks)
        yield _READING  # to show them is work for another turn
        return stored

    def settle_steps(self, cut_off_node) -> Steps[object]:
        """Do what can wait until nothing is edited: note the edits with the masks, and show the cut-off ends.

        Parameters
        ----------
        cut_off_node : vtkMRMLSegmentationNode or None
            Where they are shown.

        Returns
        -------
        vtkMRMLSegmentationNode or None
        """
        case = self._case
        if self._cut_off_waits and self._live is not None:
            node, cut = of_ct(cut_off_node, case.ct), self._measurement.cut_arteries
            ready = yield from shown(ready_steps(CUT_OFF, case.ct, cut, node), _READING)
            cut_off_node = put(CUT_OFF, case.ct, ready, node)
            self._cut_off_waits = False
            results.refer_to(case.ct, "cut_off", cut_off_node)
        settle()
        for role in sorted(self._unnoted):
            yield _READING
            node = case.masks[role]
            steps = edits.edit_note_steps(node, self._mirrors[role].volume)
            self._notes[role] = yield from shown(steps, _READING)
            edits.keep_note(node, self._notes[role])
            self._unnoted.discard(role)
        return cut_off_node

    def vessels_steps(self, parameters: MeasurementParameters) -> Steps[Vessels]:
        """Bring the numbers up to date, and return what lies along the vessels."""
        yield from self.update_steps(parameters)
        courses = yield from shown(self._live.courses_steps(), _READING)
        return Vessels(self._measurement, courses)

    @property
    def ct(self) -> Volume:
        """The CT, HU, as it was measured last."""
        return self._ct

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits for :meth:`settle_steps`."""
        return not self._unnoted and not self._cut_off_waits

    def _follow_steps(self, parameters: MeasurementParameters) -> Steps[None]:
        """Let the measurement know what changed in the scene."""
        case = self._case
        image = case.ct.GetImageData()
        seen = (None if image is None else (image.GetAddressAsString(""), image.GetMTime()), grid_of_node(case.ct))
        if self._seen is None or self._seen[0] != seen[0] or not self._seen[1].same_as(seen[1], 0.0):
            self._live = None
            ct, self._doubts = yield from shown(ct_from_node_steps(case.ct), _READING)
            self._seen, self._ct = seen, ct
        for role, mirror in self._mirrors.items():
            before = mirror.volume
            changed = yield from shown(mirror.changes_steps(), _READING)
            if mirror.volume is not before:
                self._live = None  # read for the first time, or on another grid
            for box, values in changed:
                self._unnoted.add(role)
                if self._live is None:
                    mirror.volume.array[box] = values
                else:
                    self._live.edit(role, box, values)
        if self._live is None:
            self._unnoted = set(self._mirrors)
            yield _READING
            masks = [self._mirrors[role].volume for role in ("arteries", "calcification")]
            self._live = LiveMeasurement(self._ct, *masks, parameters)

    def _certain(self, origins: list[dict]) -> Known:
        """Return how certain the models were of the masks; the same object as long as they have the same origins."""
        if self._origins != origins:
            self._origins, self._confidence = origins, Known.of(origins)
        return self._confidence

    def _known(self, parameters: MeasurementParameters, origins: list[dict]) -> tuple[tuple, dict]:
        """Return the flags and the provenance that are known before anything is measured."""
        flags, notes = list(self._doubts), []
        for role, node in self._case.masks.items():
            flags += [*file_flags(node), *self._mirrors[role].flags]
            note = self._notes.get(role)
            note = edits.kept_note(node) if note is None else note
            if note.text is not None:
                notes.append(note.text)
                flags.append(edited_flag(role))
        given = pipeline.Given(
            arteries=self._mirrors["arteries"].volume,
            calcification=self._mirrors["calcification"].volume,
            identity=identity_of_node(self._case.ct),
            flags=flags,
            edits=notes,
            origins=origins,
        )
        known, provenance = pipeline.known_of_given(given, parameters)
        return tuple(known), provenance
