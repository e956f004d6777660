"""From the nodes in the scene to results in the scene, without a window.

What takes long is a generator of :class:`progress.Progress` that returns its result. It touches
the scene only in its last step, so that closing it earlier leaves the scene as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import export, pipeline
from ..comparison import territories
from ..comparison.judged import left_out_territories, left_out_text
from ..comparison.overlap import disagreement
from ..errors import InputError
from ..exporting.apart import DocumentsApart, Exporter
from ..inference import Worker
from ..measurement import Measurement, MeasurementParameters
from ..progress import Progress, Steps, scaled, shown
from ..reporting import ResultFolder
from . import edits, results
from .comparison import Comparison, read_pair_steps, store_comparison
from .dicom_files import files_of_node
from .given_masks import given_masks_steps
from .look import look_of
from .ownership import READ, MaskStates, SceneCase, WorkWatch, of_ct
from .ready_segments import ReadySegments
from .segmentations import CUT_OFF, DISAGREEMENT, KINDS, has_own, put, ready_steps
from .source_files import ct_from_node_steps
from .versions import ReadyVersion, keep_version, version_attributes, version_steps
from .volumes import identity_of_node, volume_from_node

BOTH = frozenset(("arteries", "calcification"))
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
class _Measured:
    """What was measured, before it is in the scene; `nodes` are None where a new one is to be made.

    The segments of what is to be put into them are `ready`, what is remembered of it `origins`; what they hold until
    then is kept as `versions`.
    """

    analysis: pipeline.Analysis
    ct: object
    nodes: dict
    states: MaskStates
    notes: Mapping[str, edits.EditNote]
    ready: Mapping[str, ReadySegments]
    origins: Mapping[str, Mapping]
    versions: Mapping[str, ReadyVersion]


class Session:
    """Analyses, recomputes, exports and compares what is in a scene; keeps the processes that do it between cases."""

    def __init__(self):
        self._worker: Worker | None = None
        self._exporter: Exporter | None = None
        self._watch = WorkWatch()

    @property
    def worker(self) -> Worker:
        """The worker process; it starts with its first work."""
        if self._worker is None:
            self._worker = Worker()
        return self._worker

    def close(self) -> None:
        """End the processes, if any run; the next work starts others."""
        if self._exporter is not None:
            self._exporter.close()
            self._exporter = None
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
        has loaded from DICOM, and `report` a report for people, which is among the objects where there are any. For
        want of a package what needs it is left out, and the notes say so.

        Raises
        ------
        InputError
            Where `folder` holds a result and `overwrite` is False, before anything is measured.
        """
        ResultFolder(folder, overwrite=overwrite)  # refuses here, before any work is done
        documents, missing = self._documents(case.ct, dicom, report)
        yield from scaled(documents.check_steps(), 0.0, 0.0)
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
            documents=documents,
        )
        notes = yield from scaled(steps, 0.5, 1.0)
        return self._show(case, measured, (*missing, *notes))

    def _documents(self, ct, dicom: bool, report: bool) -> tuple[DocumentsApart, list[str]]:
        """Return what is wanted of a CT node beside masks and tables, made by a process of its own; what cannot be."""
        from ..reporting.dicom.wish import can_write
        from ..reporting.report import ReportChoices
        from ..reporting.report_files import can_render

        if self._exporter is None:
            self._exporter = Exporter()
        missing = []
        # Neither box of the panel can be unticked where its package is missing: it must not keep the rest back.
        if (report or dicom) and not can_render():
            missing.append(
                "No report was made, nor put among DICOM objects: it needs the packages jinja2 and reportlab."
            )
            report = False
        if dicom and not can_write():
            missing.append("No DICOM objects were made: they need the package highdicom.")
            dicom = False
        files = files_of_node(ct) if dicom or report else ()
        kind, choices = "BINARY" if dicom else None, ReportChoices() if report else None
        return DocumentsApart(self._exporter, kind, choices, files), missing

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
        nodes = {
            role: node if role in given or of_ct(node, case.ct) is not None else None
            for role, node in case.masks.items()
        }
        # Before anything is read: what is edited from now on is not in the numbers.
        states = MaskStates({role: node for role, node in nodes.items() if node is not None}, case.ct)
        yield _READING
        read = yield from given_masks_steps(case, given)
        yield _READING
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
        progress, origins = Progress("Showing the result", 0.99), {}
        for role, origin in analysis.origins.items():
            steps = edits.origin_steps(getattr(analysis, role), origin, role)
            origins[role] = yield from shown(steps, progress)
        yield progress
        return _Measured(analysis, case.ct, nodes, states, read.notes, ready, origins, kept)

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
        for role, origin in measured.origins.items():
            if role in changed:  # somebody's work, which nobody agreed to replace
                kept.append(nodes[role].GetName())
                nodes[role] = None
            elif role in measured.versions:
                keep_version(nodes[role], measured.versions[role])
            nodes[role] = put(KINDS[role], ct, measured.ready[role], nodes[role])
            edits.take_over(nodes[role], origin)
            self._watch.made(nodes[role], ct)
        for role in given:
            if role not in changed:  # else the history went on meanwhile, and this note does not know of it
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
