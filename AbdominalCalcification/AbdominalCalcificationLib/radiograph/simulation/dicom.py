"""A simulated radiograph as a DICOM file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...reporting.dicom.objects import add_equipment
from ...reporting.dicom.uids import uid_of

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

    from .virtual import VirtualRadiograph

# Digital X-Ray Image Storage - For Presentation, PS3.4 B.5.
_DX = "1.2.840.10008.5.1.4.1.1.1.1"


def radiograph_object(virtual: VirtualRadiograph) -> FileDataset:
    """Return a DX image (PS3.3 A.26) with what a manufacturer's file says of geometry and greys.

    Pixels of MONOCHROME1 are stored the other way round. UIDs follow from the seed, so that the same radiograph is the
    same object.
    """
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    truth = virtual.truth
    seed, processing = str(truth["seed"]), truth["processing"]
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        UID(_DX),
        UID(uid_of("radiograph", seed, "instance")),
    )
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = _DX, meta.MediaStorageSOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = (
        uid_of("radiograph", seed, "study"),
        uid_of("radiograph", seed, "series"),
    )
    made.PatientName, made.PatientID = f"Virtual^Seed {seed}", f"SIM{seed}"
    person = truth["person"] or {"sex": ""}
    made.PatientBirthDate, made.PatientSex = "", {"female": "F", "male": "M"}.get(person["sex"], "")
    made.StudyDate = made.StudyTime = made.ContentDate = made.ContentTime = made.AccessionNumber = ""
    made.ReferringPhysicianName, made.StudyID, made.SeriesNumber, made.InstanceNumber = "", "1", 1, 1
    made.Modality, made.PresentationIntentType = "DX", "FOR PRESENTATION"
    made.ImageType = ["DERIVED", "PRIMARY"]
    made.SeriesDescription = "Lateral lumbar spine, simulated"
    made.ImageComments = "Simulated radiograph of a virtual patient; not a person"
    add_equipment(made)
    made.BodyPartExamined, made.ViewPosition = "LSPINE", "LL"
    made.ImageLaterality = "U"
    made.PatientOrientation = ["P", "F"] if truth["faces"] == "left" else ["A", "F"]
    _add_geometry(made, truth)
    _add_pixels(made, virtual.radiograph.pixels, processing["bits"], processing["inverted"])
    return made


def _add_geometry(made, truth: dict) -> None:
    device, patient_mm, imager_mm = truth["device"], truth["spacing_mm"], truth["imager_spacing_mm"]
    if device["source_detector_mm"]:
        to_patient = device["source_detector_mm"] - device["object_detector_mm"]
        made.DistanceSourceToDetector, made.DistanceSourceToPatient = (
            _text(device["source_detector_mm"]),
            _text(to_patient),
        )
    made.EstimatedRadiographicMagnificationFactor = _text(imager_mm[0] / patient_mm[0])
    made.ImagerPixelSpacing = [_text(step) for step in imager_mm]
    made.PixelSpacing = [_text(step) for step in patient_mm]
    made.PixelSpacingCalibrationType = "GEOMETRY"
    made.PixelSpacingCalibrationDescription = "Of the plane through the middle of the spine"
    made.KVP = _text(device["tube_kv"])


def _text(number: float) -> str:
    """Return a number as DS has it: at most 16 characters."""
    return f"{float(number):.7g}"


def _add_pixels(made, pixels: np.ndarray, bits: int, inverted: bool) -> None:
    top = 2**bits - 1
    stored = np.rint(pixels)
    stored = (top - stored if inverted else stored).astype(np.uint8 if bits <= 8 else np.uint16)
    made.Rows, made.Columns = stored.shape
    made.SamplesPerPixel, made.PixelRepresentation = 1, 0
    made.PhotometricInterpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit = (8 if bits <= 8 else 16), bits, bits - 1
    made.PixelIntensityRelationship, made.PixelIntensityRelationshipSign = "LOG", 1 if inverted else -1
    made.PresentationLUTShape = "INVERSE" if inverted else "IDENTITY"
    made.RescaleIntercept, made.RescaleSlope, made.RescaleType = "0", "1", "US"
    made.WindowCenter, made.WindowWidth = _text((top + 1) / 2), _text(top + 1)
    made.LossyImageCompression, made.BurnedInAnnotation = "00", "NO"
    content = stored.tobytes()
    made.PixelData = content + b"\0" * (len(content) % 2)
    made["PixelData"].VR = "OB" if bits <= 8 else "OW"
