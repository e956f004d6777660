"""From the nodes in the scene to results in the scene, without a window.

What takes long is a generator of :class:`progress.Progress` that returns its result. It touches
the scene only in its last step, so that closing it earlier leaves the scene as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .. import export, pipeline
from ..comparison import territories
from ..comparison.judged import left_out_territories, left_out_text
from ..comparison.overlap import disagreement
from ..errors import InputError
from ..flags import Flag
from ..inference import Worker
from ..measurement import Measurement, MeasurementParameters
from ..progress import Progress, Steps, scaled, shown
from ..reading.meanings import Wanted
from ..reporting import ResultFolder
from . import edits, results
from .comparison import Comparison, read_pair_steps, store_comparison
from .dicom_files import dicom_wish, source_of_node
from .look import look_of
from .masks import mask_from_node
from .ownership import READ, MaskStates, SceneCase, WorkWatch, check_is_mask, of_ct, other_ct
from .ready_segments import ReadySegments
from .segmentations import CUT_OFF, DISAGREEMENT, KINDS, has_own, put, ready_steps
from .source_files import ct_from_node_steps, file_flags
from .tools import settle
from .versions import ReadyVersion, keep_version, version_attributes, version_steps
from .volumes import identity_of_node, volume_from_node

_TITLES = {"arteries": "artery masks", "calcification": "calcification mask"}
BOTH = frozenset(_TITLES)
_READING = Progress("Reading the scene", 0.0)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What is in the scene after a CT was measured.

    Attributes
    ----------
    analysis : pipeline.Analysis
    results : results.Results
    case : SceneCase
        The nodes that the numbers are of, new ones included.
    kept_masks : tuple of str
        Names of masks that were edited while the work was under way: they stay as they are, beside new ones.
    notes : tuple of str
        What could not be exported on this machine, and why.
    """

    analysis: pipeline.Analysis
    results: results.Results
    case: SceneCase
    kept_masks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def measurement(self) -> Measurement:
        """The numbers, with the verdict on them."""
        return self.analysis.measurement


@dataclass(frozen=True, eq=False)
class _Read:
    """The masks that were given, as they were when they were read."""

    volumes: dict = field(default_factory=dict)
    origins: list = field(default_factory=list)
    flags: list = field(default_factory=list)
    notes: dict = field(default_factory=dict)  # role to EditNote


@dataclass(frozen=True, eq=False)
class _Measured:
    """What was measured, before it is in the scene; `nodes` are None where a new one is to be made.

    The segments of what is to be put into them are `ready`; what they hold until then is kept as `versions`.
    """

    analysis: pipeline.Analysis
    ct: object
    nodes: dict
    states: MaskStates
    notes: Mapping[str, edits.EditNote]
    ready: Mapping[str, ReadySegments]
    versions: Mapping[str, ReadyVersion]


class Session:
    """Analyses, recomputes, exports and compares what is in a scene; keeps the worker process between cases."""

    def __init__(self):
        self._worker: Worker | None = None
        self._watch = WorkWatch()

    @property
    def worker(self) -> Worker:
        """The worker process; it starts with its first work."""
        if self._worker is None:
            self._worker = Worker()
        return self._worker

    def close(self) -> None:
        """End the worker process, if one runs; the next work starts another."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def masks_to_ask_about(self, case: SceneCase, given: Collection[str] = ()) -> list:
        """Return the masks that :meth:`analyze_steps` would overwrite though they hold somebody's work."""
        return self._watch.to_ask_about(case, given)

    def analyze_steps(
        self,
        case: SceneCase,
        choices: pipeline.Choices,
        given: Collection[str] = (),
        keep_versions: bool = True,
    ) -> Steps[Outcome]:
        """Segment what is not given, measure, and show the result.

        A mask that somebody edits meanwhile is not written to, see :class:`Outcome`.

        Parameters
        ----------
        case : SceneCase
        choices : pipeline.Choices
        given : collection of str
            Which of ``arteries`` and ``calcification`` are there already: only read.
        keep_versions : bool
            Keep what a mask holds that is written to as an earlier version of it, where that is somebody's work
            (:class:`ownership.WorkWatch`); otherwise it is lost.
        """
        measured = yield from self._measured_steps(case, choices, frozenset(given), keep_versions)
        return self._show(case, measured)

    def recompute_steps(self, case: SceneCase, parameters: MeasurementParameters) -> Steps[Outcome]:
        """Measure the masks as they are now, hand corrections included; no model is run."""
        return (yield from self.analyze_steps(case, pipeline.Choices(measurement=parameters), BOTH))

    def export_steps(
        self,
        case: SceneCase,
        parameters: MeasurementParameters,
        folder: Path | str,
        overwrite: bool = False,
        anonymous: bool = False,
        dicom: bool = False,
        report: bool = False,
    ) -> Steps[Outcome]:
        """Measure the masks as they are now and write the result folder of the command line.

        The scene in it looks as this one does now. With `anonymous` the files name nobody, see
        :func:`export.export_steps`; what is shown here does. `dicom` writes DICOM objects, too, of a CT that Slicer
        has loaded from DICOM, and `report` a report for people.

        Raises
        ------
        InputError
            Where `folder` holds a result and `overwrite` is False, before anything is measured.
        """
        ResultFolder(folder, overwrite=overwrite)  # refuses here, before any work is done
        wish = dicom_wish(case.ct) if dicom else None
        choices = _report_choices() if report else None
        source = source_of_node(case.ct) if report else None
        steps = self._measured_steps(case, pipeline.Choices(measurement=parameters), BOTH)
        measured = yield from scaled(steps, 0.0, 0.5)
        ct = volume_from_node(measured.ct)
        histories = {
            role: edits.history_of(node, measured.notes[role]) | version_attributes(node)
            for role, node in measured.nodes.items()
        }
        steps = export.export_steps(
            measured.analysis,
            ct,
            folder,
            overwrite=overwrite,
            histories=histories,
            look=look_of(measured.ct, {**measured.nodes, "cut_off": case.cut_off}),
            anonymous=anonymous,
            dicom=wish,
            report=choices,
            source=source,
        )
        notes = yield from scaled(steps, 0.5, 1.0)
        return self._show(case, measured, notes)

    def compare_steps(
        self, case: SceneCase, structure: str, first, second, parameters: MeasurementParameters
    ) -> Steps[Comparison]:
        """Compare two masks of the CT, per artery, and show where they differ.

        Parameters
        ----------
        case : SceneCase
        structure : {'calcification', 'arteries'}
        first : vtkMRMLSegmentationNode or None
            The reference; by default that of `case`.
        second : vtkMRMLSegmentationNode or None
            By default `first` as it was made, before anybody corrected it.
        parameters : MeasurementParameters
        """
        yield _READING
        first = case.masks[structure] if first is None else first
        pair = yield from read_pair_steps(case.ct, structure, first, second)
        remarks = list(pair.remarks)
        arteries = case.arteries if structure == "calcification" else None
        if structure == "calcification" and arteries is None:
            remarks.append("No artery masks are chosen under Inputs: only the whole masks are compared.")
        yield _READING
        within = None if arteries is None else READ["arteries"](arteries, case.ct)
        left_out = ()
        # A mask that was corrected judges all: what is missing was taken away.
        if structure == "arteries" and len(pair.nodes) > 1:
            left_out = left_out_territories(pair.masks[0])
            found = set(left_out) - set(left_out_territories(pair.masks[1]))
            remarks.append(left_out_text([name for name in left_out if name in found]))
        steps = territories.compare_steps(structure, *pair.masks, within, parameters, left_out)
        rows = yield from scaled(steps, 0.0, 0.95)
        names = [f"A ({pair.names[0]})", f"B ({pair.names[1]})"]
        progress = Progress("Making the surfaces for the 3D views", 0.95)
        yield progress
        steps = ready_steps(DISAGREEMENT, case.ct, disagreement(*pair.masks), names=names)
        ready = yield from shown(steps, progress)
        yield Progress("Showing the result", 0.98)
        what = f"{structure.capitalize()}. A, the reference: {pair.names[0]}. B: {pair.names[1]}."
        return store_comparison(
            rows,
            ready,
            case.ct,
            pair.nodes,
            description=" ".join(filter(None, [what, *remarks])),
            arteries_node=arteries,
        )

    def _measured_steps(
        self, case: SceneCase, choices: pipeline.Choices, given: frozenset[str], keep_versions: bool = True
    ) -> Steps[_Measured]:
        """Run the pipeline on the nodes, and leave the scene as it is."""
        if case.ct is None:
            raise InputError("No CT is chosen; choose a CT volume, or load the sample from the Sample Data module.")
        yield _READING
        ct, doubts = yield from shown(ct_from_node_steps(case.ct), _READING)
        yield _READING
        read = yield from _read_steps(case, given)
        nodes = {
            role: node if role in given or of_ct(node, case.ct) is not None else None
            for role, node in case.masks.items()
        }
        yield _READING
        states = MaskStates({role: node for role, node in nodes.items() if node is not None}, case.ct)
        kept = (yield from self._version_steps(case, nodes, given)) if keep_versions else {}
        left_out = [flag.message for flag in read.flags if flag.code == "segments_left_out"]
        if left_out:
            yield Progress("Reading the scene", 0.0, message=" ".join(left_out))
        steps = pipeline.analyze_steps(
            ct,
            choices,
            pipeline.Given(
                **read.volumes,
                identity=identity_of_node(case.ct),
                flags=[*doubts, *read.flags],
                edits=[note.text for note in read.notes.values() if note.text is not None],
                origins=read.origins,
            ),
            worker=self.worker,
        )
        analysis = yield from scaled(steps, 0.0, 0.97)
        ready = yield from _ready_steps(case, analysis, nodes)
        yield Progress("Showing the result", 0.99)
        return _Measured(analysis, case.ct, nodes, states, read.notes, ready, kept)

    def _version_steps(self, case: SceneCase, nodes: Mapping, given: Collection[str]) -> Steps[dict[str, ReadyVersion]]:
        """Make versions of the masks that will be written to though they hold somebody's work."""
        versions = {}
        for role, node in nodes.items():
            if role in given or node is None or not self._watch.holds_work(role, node, case.ct):
                continue
            yield _READING
            if has_own(KINDS[role], node):
                steps = version_steps(node, role, case.ct, "before running again")
                versions[role] = yield from shown(steps, _READING)
        return versions

    def _show(self, case: SceneCase, measured: _Measured, notes: tuple[str, ...] = ()) -> Outcome:
        """Put masks that were made, cut-off ends, tables and chart into the scene."""
        ct, analysis, nodes = measured.ct, measured.analysis, dict(measured.nodes)
        given = [role for role in nodes if role not in analysis.origins]
        if any(node.GetScene() is None for node in (ct, *(nodes[role] for role in given))):
            raise InputError("The CT or a mask was removed from the scene meanwhile; nothing was stored.")
        changed = measured.states.changed()
        kept = []
        for role, origin in analysis.origins.items():
            if role in changed:  # somebody's work, which nobody agreed to replace
                kept.append(nodes[role].GetName())
                nodes[role] = None
            elif role in measured.versions:
                keep_version(nodes[role], measured.versions[role])
            nodes[role] = put(KINDS[role], ct, measured.ready[role], nodes[role])
            edits.remember_origin(nodes[role], getattr(analysis, role), origin, role)
            self._watch.made(nodes[role], ct)
        for role in given:
            edits.keep_note(nodes[role], measured.notes[role])
        cut_off = case.cut_off if case.cut_off is not None and case.cut_off.GetScene() is not None else None
        cut_off = put(CUT_OFF, ct, measured.ready["cut_off"], of_ct(cut_off, ct))
        stored = results.store_measurement(analysis.measurement, ct, {**nodes, "cut_off": cut_off})
        if changed.intersection(given):
            stored.mark_outdated()
        return Outcome(analysis, stored, SceneCase(ct, **nodes, cut_off=cut_off), tuple(kept), tuple(notes))


def _ready_steps(case: SceneCase, analysis: pipeline.Analysis, nodes: Mapping) -> Steps[dict[str, ReadySegments]]:
    """Make the segments of the masks that were made, and of the cut-off ends, for the scene; it stays as it is."""
    masks = {role: getattr(analysis, role) for role in analysis.origins}
    masks["cut_off"] = analysis.measurement.cut_arteries
    ready, before = {}, {**nodes, "cut_off": case.cut_off}
    for number, (role, mask) in enumerate(masks.items()):
        progress = Progress("Making the surfaces for the 3D views", 0.97 + 0.02 * number / len(masks))
        yield progress
        ready[role] = yield from shown(ready_steps(KINDS[role], case.ct, mask, before[role]), progress)
    return ready


def _read_steps(case: SceneCase, given: Collection[str]) -> Steps[_Read]:
    """Read the given masks, with what made them and what was done to them since."""
    found = _Read()
    settle()  # what was just painted is no edit that nobody watched
    for role, title in _TITLES.items():
        if role not in given:
            continue
        yield _READING
        node = given_node(case, role)
        mask = mask_from_node(node, case.ct, Wanted(role))
        yield _READING
        found.volumes[role] = mask.volume
        found.flags.extend((*file_flags(node), *mask.flags))
        found.origins.append(edits.source_of(node))
        other = other_ct(node, case.ct)
        if other is not None:
            text = f"The {title} {_verb(role, 'was', 'were')} made on another CT, '{other.GetName()}'."
            found.flags.append(Flag("mask_of_another_ct", text))
        # Voxels of another grid cannot be counted.
        note = edits.kept_note(node) if other is not None else edits.edit_note(node, mask.volume, role=role)
        found.notes[role] = note
        if note.text is not None:
            found.flags.append(edited_flag(role))
    return found


def given_node(case: SceneCase, role: str):
    """Return the node of a mask that is to be measured.

    Raises
    ------
    InputError
        Where none is chosen, or one that is no mask.
    """
    node = case.masks[role]
    if node is None:
        title = _TITLES[role]
        raise InputError(f"No {title} {_verb(role, 'is', 'are')} chosen; choose a segmentation, or press Run.")
    check_is_mask(node)
    return node


def edited_flag(role: str) -> Flag:
    """Return the flag that a mask was corrected."""
    return Flag("edited_by_hand", f"The {_TITLES[role]} {_verb(role, 'was', 'were')} corrected by hand.")


def _verb(role: str, singular: str, plural: str) -> str:
    """Return the form of a verb that goes with the title of a mask."""
    return plural if _TITLES[role].endswith("s") else singular


def _report_choices():
    """Return how a report is made; InputError, before any work, where what renders it is not installed."""
    from ..reporting.report import ReportChoices
    from ..reporting.report.templating import check_packages

    check_packages()
    return ReportChoices()
