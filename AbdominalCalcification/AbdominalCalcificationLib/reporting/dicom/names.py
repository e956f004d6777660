"""What the DICOM files of a result are called, in its folder."""

ARTERIES = "dicom/arteries.seg.dcm"
CALCIFICATION = "dicom/calcification.seg.dcm"
MEASUREMENTS = "dicom/measurements.sr.dcm"

#: In the order in which they are written.
DICOM_FILES = (ARTERIES, CALCIFICATION, MEASUREMENTS)
