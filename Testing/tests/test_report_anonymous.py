"""An anonymous report and its objects hold nothing of what the Basic Confidentiality Profile takes out."""

from __future__ import annotations

import shutil
import subprocess

import pydicom
import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from test_anonymous import found_in

from AbdominalCalcificationLib import cli
from report_cases import HEADER, a_case

pytest.importorskip("highdicom")
pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext")

WORD = "Zq"
# Of PS3.15, table E.1-1, what a CT image can have at its top and what has text, a number, a date or a UID of somebody.
PROFILE = """
AccessionNumber AcquisitionComments AcquisitionContextSequence AcquisitionDate
AcquisitionDeviceProcessingDescription AcquisitionProtocolDescription AcquisitionTime
ActualHumanPerformersSequence AdditionalPatientHistory AdmissionID AdmittingDate AdmittingDiagnosesDescription
AdmittingTime Allergies BranchOfService CassetteID CommentsOnThePerformedProcedureStep
ConfidentialityConstraintOnPatientDataDescription ContentCreatorName ContentDate ContrastBolusAgent
ContributionDescription CountryOfResidence CurrentPatientLocation DerivationDescription DetectorID
DeviceSerialNumber DischargeDiagnosisDescription EthnicGroup FillerOrderNumberImagingServiceRequest
FrameOfReferenceUID GantryID ImageComments ImagingServiceRequestComments InstitutionAddress InstitutionName
InstitutionalDepartmentName IssuerOfAdmissionID IssuerOfPatientID LastMenstrualDate MedicalAlerts
MedicalRecordLocator MilitaryRank NameOfPhysiciansReadingStudy Occupation OperatorsName OtherPatientIDs
OtherPatientNames PatientAddress PatientAge PatientBirthDate PatientBirthName PatientBirthTime PatientComments
PatientID PatientInstitutionResidence PatientInsurancePlanCodeSequence PatientMotherBirthName PatientName
PatientReligiousPreference PatientSize PatientState PatientTelephoneNumbers PatientTransportArrangements
PatientWeight PerformedLocation PerformedProcedureStepDescription PerformedProcedureStepID
PerformedStationAETitle PerformedStationName PerformingPhysicianName PhysiciansOfRecord
PlacerOrderNumberImagingServiceRequest PreMedication ProtocolName ReasonForStudy ReferringPhysicianAddress
ReferringPhysicianName ReferringPhysicianTelephoneNumbers RegionOfResidence RequestAttributesSequence
RequestedContrastAgent RequestedProcedureComments RequestedProcedureDescription RequestedProcedureID
RequestingPhysician RequestingService ResponsibleOrganization ResponsiblePerson ReviewerName
ScheduledProcedureStepDescription SeriesDate SeriesDescription SeriesInstanceUID SeriesTime
ServiceEpisodeDescription ServiceEpisodeID SmokingStatus SpecialNeeds StationName StudyComments StudyDate
StudyDescription StudyID StudyInstanceUID StudyTime TimezoneOffsetFromUTC VisitComments
"""
_SHORT = {"CS", "SH", "AE", "LO", "LT", "ST", "PN", "UT", "UC"}


def planted() -> tuple[dict, set[str]]:
    """Return headers in which each attribute says something of its own, and what they say."""
    header = {tag: value for tag, value in HEADER.items() if tag[0] == 8 and tag[1] == 5}
    words = set()
    for number, keyword in enumerate(PROFILE.split()):
        kind, tag = dictionary_VR(keyword), tag_for_keyword(keyword)
        place = (tag >> 16, tag & 0xFFFF)
        word = f"{WORD}{number:03}xqz"
        if kind == "PN":
            value = f"{word}^{word}y={word}"
        elif kind in _SHORT:
            value = word.upper() if kind in ("CS", "AE") else word
        elif kind == "UI":
            value = word = f"1.2.826.0.1.3680043.{number}.77777"
        elif kind == "DA":
            value = word = f"1931{1 + number % 12:02}{1 + number % 28:02}"
        elif kind == "TM":
            value = word = f"031{number % 6}{10 + number % 50}"
        elif kind == "AS":
            value = word = "093Y"
        else:
            continue
        header[place] = (kind, value)
        words.add(word)
    return header, words


def test_nothing_of_the_profile_is_in_any_file(tmp_path, capsys):
    header, words = planted()
    assert len(words) > 70
    case = a_case(tmp_path / "case", header)
    named, anonymous = tmp_path / "named", tmp_path / "anonymous"
    assert case.analyze(named, "--dicom") == 0
    assert case.analyze(anonymous, "--dicom", "--anonymous") == 0
    again = tmp_path / "again"
    assert cli.main(["report", str(named), "--ct", str(case.ct), "--dicom", "--anonymous", "--output", str(again)]) == 0
    for folder in (named, anonymous, again):
        subprocess.run(["pdftotext", folder / "report.pdf", folder / "text.txt"], check=True)
    # They would be found: the report that is not anonymous has some of them in page, PDF and object.
    assert len(found_in(named, words)) > 5
    assert len({word for word in words if word in (named / "text.txt").read_text(encoding="utf-8")}) > 4
    assert found_in(anonymous, words) == set()
    assert found_in(again, words) == set()
    objects = [pydicom.dcmread(path) for path in (anonymous / "dicom").iterdir()]
    assert {(str(each.PatientName), each.PatientIdentityRemoved) for each in objects} == {("", "YES")}
    (study,) = {each.StudyInstanceUID for each in objects}
    assert study not in words


def test_a_named_result_keeps_its_own_report(tmp_path, capsys):
    case = a_case(tmp_path / "case")
    assert case.analyze(case.result, "--report") == 0
    before = (case.result / "report.pdf").read_bytes()
    assert cli.main(["report", str(case.result), "--anonymous"]) == 2
    assert "add --output" in capsys.readouterr().err
    assert (case.result / "report.pdf").read_bytes() == before
