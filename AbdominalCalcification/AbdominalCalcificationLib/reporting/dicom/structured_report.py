"""The numbers of a result as a Comprehensive 3D SR after TID 1500 (PS3.16): one group (TID 1411) for each territory.

Groups refer to the segments of the artery segmentation. What they are called (tracking identifiers and UIDs) is the
same whenever a result of the study is written again, so that readers know what follows what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ... import __version__
from ...anatomy import TERRITORIES, Territory
from ..documents import document_trust, is_unusable
from . import codes
from .codes import concept
from .headers import SourceHeaders
from .objects import IMPLEMENTATION_UID, MANUFACTURER, MODEL, content_moment, finish
from .origin import editors
from .remarks import remarks
from .segmentation import person_name
from .uids import new_uid, uid_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SERIES_NUMBER = 9103
_DESCRIPTION = f"Calcification of abdominal arteries ({MODEL})"
# Volumes of clusters: what of them, by the name in a document.
_OF_CLUSTERS = (
    ("mean_cluster_volume_mm3", codes.MEAN),
    ("median_cluster_volume_mm3", codes.MEDIAN),
    ("largest_cluster_volume_mm3", codes.MAXIMUM),
)


def structured_report(
    document: Mapping,
    arteries: Dataset | None,
    calcification: Dataset | None,
    headers: SourceHeaders,
    moment: datetime | None = None,
) -> Dataset | None:
    """Return the structured report of a result; None where there is no artery that it could speak of.

    Of an unusable result it has the verdict and its reasons, and no number.

    Parameters
    ----------
    document : mapping
        ``measurements.json`` of the result.
    arteries, calcification : pydicom.Dataset or None
        Its segmentations, see :func:`segmentation.segmentation`; an unusable result has none.
    headers : SourceHeaders
    moment : datetime, optional
        When it was made; now by default.
    """
    from highdicom import sr

    unusable = is_unusable(document)
    if arteries is None and not unusable:
        return None
    groups = []
    if arteries is not None and not unusable:
        groups = [_group(each, number, document, arteries, headers) for each, number in _segments(arteries)]
    groups.append(_total(document, headers))
    report = sr.MeasurementReport(
        observation_context=_observers(document, headers),
        procedure_reported=concept(codes.PROCEDURE),
        imaging_measurements=groups,
        title=concept(codes.REPORT_TITLE),
    )
    report[0].ContentSequence.append(_evaluations(document, headers.is_anonymous))
    date, time = content_moment(headers, moment)
    evidence = [*(each for each in (arteries, calcification) if each is not None), *headers.files]
    made = sr.Comprehensive3DSR(
        evidence=evidence,
        content=report[0],
        series_instance_uid=new_uid(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=not unusable,
        is_final=False,
        manufacturer_model_name=MODEL,
        software_versions=__version__,
        device_serial_number="none",
        series_description=_DESCRIPTION,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        content_date=date,
        content_time=time,
    )
    if unusable:
        made.CompletionFlagDescription = codes.VERDICTS["unusable"].meaning
    return finish(made, headers)


def _segments(arteries: Dataset) -> Iterator[tuple[Territory, int]]:
    described = (each for each in arteries.SegmentSequence if "TrackingID" in each)
    numbers = {str(each.TrackingID): int(each.SegmentNumber) for each in described}
    for territory in TERRITORIES:
        if territory.name in numbers:
            yield territory, numbers[territory.name]


def _observers(document: Mapping, headers: SourceHeaders):
    from highdicom import sr
    from pydicom.sr.codedict import codes as words

    device = sr.ObserverContext(
        words.DCM.Device,
        sr.DeviceObserverIdentifyingAttributes(
            uid=uid_of(IMPLEMENTATION_UID, __version__),
            name=f"{MODEL} {__version__}",
            manufacturer_name=MANUFACTURER,
            model_name=MODEL,
            serial_number=__version__,
        ),
    )
    who, person = editors(document), None
    if who and not headers.is_anonymous:
        name = sr.PersonObserverIdentifyingAttributes(name=person_name(who[-1]))
        person = sr.ObserverContext(words.DCM.Person, name)
    return sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _group(territory: Territory, number: int, document: Mapping, arteries: Dataset, headers: SourceHeaders):
    from highdicom import sr

    said = next(each for each in document["territories"] if each["name"] == territory.name)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(territory.name, headers),
        referenced_segment=sr.ReferencedSegment(
            arteries.SOPClassUID,
            arteries.SOPInstanceUID,
            number,
            source_series=sr.SourceSeriesForSegmentation(headers.first.SeriesInstanceUID),
        ),
        finding_type=concept(codes.VASCULAR_CALCIFICATION),
        finding_sites=[
            sr.FindingSite(
                concept(codes.artery(territory)),
                laterality=None if territory.laterality is None else concept(territory.laterality),
            )
        ],
        measurements=[*_numbers(said), *_kept_length(territory, document)],
        qualitative_evaluations=_flags(document, territory.name),
    )


def _total(document: Mapping, headers: SourceHeaders):
    from highdicom import sr

    trust = document_trust(document).verdict.value
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking("total", headers),
        finding_type=concept(codes.VASCULAR_CALCIFICATION),
        finding_sites=[sr.FindingSite(concept(codes.ARTERY))],
        measurements=None if is_unusable(document) else list(_numbers(document["total"])),
        qualitative_evaluations=[
            sr.QualitativeEvaluation(concept(codes.TRUST), concept(codes.VERDICTS[trust])),
            *_flags(document, None),
        ],
    )


def _tracking(name: str, headers: SourceHeaders):
    from highdicom import sr

    return sr.TrackingIdentifier(uid=headers.uid_of("measurements", name), identifier=name)


def _numbers(said: Mapping) -> Iterator:
    """Return the measurements of a territory, or of all, that there are."""
    from highdicom.sr import Measurement

    if said["found"]:
        yield Measurement(concept(codes.ARTERY_VOLUME), said["artery_volume_mm3"], concept(codes.MM3))
        yield Measurement(concept(codes.CALCIFIED_VOLUME), said["calcified_volume_mm3"], concept(codes.MM3))
        yield Measurement(concept(codes.CLUSTER_COUNT), said["cluster_count"], concept(codes.COUNT))
    if said["burden"] is not None:
        yield Measurement(concept(codes.BURDEN), 100 * said["burden"], concept(codes.PERCENT))
    for name, derivation in _OF_CLUSTERS:
        if said["found"] and said[name] is not None:
            yield Measurement(
                concept(codes.CALCIFIED_VOLUME), said[name], concept(codes.MM3), derivation=concept(derivation)
            )


def _kept_length(territory: Territory, document: Mapping) -> Iterator:
    """Return up to which length of path a branch was measured, where anything was cut."""
    from highdicom.sr import Measurement

    kept = (document.get("parameters") or {}).get("kept_length_mm") or {}
    length = kept.get(territory.name, kept.get(territory.group or ""))
    if territory.group is not None and length is not None:
        yield Measurement(
            concept(codes.PATH_LENGTH), float(length), concept(codes.MM), derivation=concept(codes.MAXIMUM)
        )


def _flags(document: Mapping, territory: str | None) -> list:
    from highdicom.sr import QualitativeEvaluation

    found = dict.fromkeys(each["code"] for each in document.get("flags", ()) if each.get("territory") == territory)
    return [QualitativeEvaluation(concept(codes.FLAG), concept(codes.flag_value(code))) for code in found]


def _evaluations(document: Mapping, anonymous: bool) -> Dataset:
    """Return the container of what is said about all: the verdict, and remarks in words."""
    from highdicom import sr

    container = sr.ContainerContentItem(
        name=concept(codes.QUALITATIVE_EVALUATIONS), relationship_type=sr.RelationshipTypeValues.CONTAINS
    )
    verdict = document_trust(document).verdict.value
    container.ContentSequence = sr.ContentSequence(
        [
            sr.CodeContentItem(
                concept(codes.TRUST), concept(codes.VERDICTS[verdict]), sr.RelationshipTypeValues.CONTAINS
            ),
            *(
                sr.TextContentItem(concept(codes.COMMENT), text, sr.RelationshipTypeValues.CONTAINS)
                for text in remarks(document, anonymous)
            ),
        ]
    )
    return container
