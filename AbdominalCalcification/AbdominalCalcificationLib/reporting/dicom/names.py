"""What the DICOM files of a result are called, in its folder."""

ARTERIES = "dicom/arteries.seg.dcm"
CALCIFICATION = "dicom/calcification.seg.dcm"
MEASUREMENTS = "dicom/measurements.sr.dcm"
REPORT = "dicom/report.pdf.dcm"
CAPTURE = "dicom/report.capture.dcm"

#: In the order in which they are written.
DICOM_FILES = (ARTERIES, CALCIFICATION, MEASUREMENTS)
#: Those of the report, which can be made without the others.
REPORT_OBJECTS = (REPORT, CAPTURE)
