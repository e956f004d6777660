"""Radiographs from DICOM files: polarity, sizes, directions; what is refused and flagged (``radiograph.md``)."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import RLELossless, SecondaryCaptureImageStorage

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.radiograph.files import placed_labels
from AbdominalCalcificationLib.radiograph.reading import ReadingChoices, read_radiograph
from radiograph_cases import PIXEL_MM, a_radiograph, drawn_labels, write_dicom

DRAWN = a_radiograph()
STORED = DRAWN.pixels.astype(np.uint16)


def codes(image) -> list[str]:
    return [flag.code for flag in image.flags]


def read(path, **elements):
    pixels = elements.pop("pixels", None)
    choices = elements.pop("choices", None)
    return read_radiograph(write_dicom(path, DRAWN, pixels, **elements), choices)


def test_a_radiograph_is_read_as_it_was_taken(tmp_path):
    image = read(tmp_path / "a.dcm")
    assert np.array_equal(image.radiograph.pixels, DRAWN.pixels)
    assert image.radiograph.spacing_mm == pytest.approx((PIXEL_MM, PIXEL_MM))
    assert image.radiograph.faces == "left"
    assert image.flags == ()
    assert image.identity["spacing_source"] == "ImagerPixelSpacing / EstimatedRadiographicMagnificationFactor"
    assert "Secret" not in str(image.identity)
    assert "ID4711" not in str(image.identity)


def test_the_only_file_of_a_folder_is_read_and_several_are_refused(tmp_path):
    write_dicom(tmp_path / "study" / "a.dcm", DRAWN)
    assert read_radiograph(tmp_path / "study").path.name == "a.dcm"
    write_dicom(tmp_path / "study" / "b.dcm", DRAWN)
    with pytest.raises(InputError, match="2 DICOM files"):
        read_radiograph(tmp_path / "study")


def dark(pixels: np.ndarray = STORED) -> np.ndarray:
    return (4095 - pixels).astype(np.uint16)


@pytest.mark.parametrize("compressed", [False, True])
def test_dense_is_bright_whatever_the_file_has(tmp_path, compressed):
    path = write_dicom(
        tmp_path / "a.dcm", DRAWN, dark(), PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11,
        PixelIntensityRelationshipSign=1, PresentationLUTShape="INVERSE",
    )  # fmt: skip
    if compressed:
        import pydicom

        data_set = pydicom.dcmread(path)
        data_set.compress(RLELossless)
        data_set.save_as(path)
    image = read_radiograph(path)
    bright = image.radiograph.pixels
    assert np.array_equal(bright - bright.min(), DRAWN.pixels - DRAWN.pixels.min())
    assert image.flags == ()
    assert image.identity["inverted"] is True


@pytest.mark.parametrize(
    "elements",
    [
        {"PixelIntensityRelationshipSign": 1},
        {"PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1"},
    ],
)
def test_a_polarity_that_is_said_in_two_ways_is_flagged(tmp_path, elements):
    assert codes(read(tmp_path / "a.dcm", **elements)) == ["polarity_doubtful"]


def test_invert_turns_the_values_over(tmp_path):
    image = read(tmp_path / "a.dcm", pixels=dark(), BitsStored=12, choices=ReadingChoices(invert=True))
    assert np.array_equal(image.radiograph.pixels - image.radiograph.pixels.min(), DRAWN.pixels - DRAWN.pixels.min())


def test_a_window_clips_nothing(tmp_path):
    image = read(tmp_path / "a.dcm", WindowCenter=1000, WindowWidth=50)
    assert np.array_equal(image.radiograph.pixels, DRAWN.pixels)


def test_values_go_through_the_modality_table_or_scale(tmp_path):
    dark_is_dense = {"PhotometricInterpretation": "MONOCHROME1", "PixelIntensityRelationshipSign": 1}
    scaled = read(tmp_path / "a.dcm", RescaleSlope="-1", RescaleIntercept="4095", **dark_is_dense)
    assert np.array_equal(scaled.radiograph.pixels, DRAWN.pixels - DRAWN.pixels.min() + scaled.radiograph.pixels.min())
    item = Dataset()
    item.add_new(0x00283002, "US", [4096, 0, 16])
    item.add_new(0x00283006, "US", [min(65535, 10 * value) for value in range(4096)])
    table = read(tmp_path / "b.dcm", ModalityLUTSequence=Sequence([item]))
    assert np.array_equal(table.radiograph.pixels, 10 * DRAWN.pixels)


def test_a_damaged_table_and_a_scale_of_nothing_are_refused(tmp_path):
    item = Dataset()
    item.add_new(0x00283002, "US", [4096, 0, 16])
    item.add_new(0x00283006, "US", [1, 2, 3])
    with pytest.raises(InputError, match="Modality LUT"):
        read(tmp_path / "a.dcm", ModalityLUTSequence=Sequence([item]))
    with pytest.raises(InputError, match="scales its values"):
        read(tmp_path / "b.dcm", RescaleSlope="0", RescaleIntercept="0")


def test_padding_is_as_dark_as_the_darkest_pixel(tmp_path):
    pixels = STORED.copy()
    pixels[:, :40] = 4095
    image = read(tmp_path / "a.dcm", pixels=pixels, BitsStored=12, PixelPaddingValue=4095)
    assert codes(image) == ["padded_pixels"]
    assert image.radiograph.pixels[:, :40].max() == DRAWN.pixels[:, 40:].min()
    with pytest.raises(InputError, match="padding"):
        read(tmp_path / "b.dcm", pixels=np.where(np.indices(STORED.shape)[1] < 290, 7, STORED).astype(np.uint16),
             PixelPaddingValue=7)  # fmt: skip


def test_values_beyond_the_bits_are_refused_unless_they_are_an_overlay(tmp_path):
    marked = STORED.copy()
    marked[10:20, 10:20] |= 1 << 14
    with pytest.raises(InputError, match="do not fit into the 12 bits"):
        read(tmp_path / "a.dcm", pixels=marked, BitsStored=12)
    path = write_dicom(tmp_path / "b.dcm", DRAWN, marked, BitsStored=12)
    import pydicom

    data_set = pydicom.dcmread(path)
    data_set.add_new(0x60000102, "US", 14)
    data_set.save_as(path)
    assert np.array_equal(read_radiograph(path).radiograph.pixels, DRAWN.pixels)


SPACINGS = [
    ({"PixelSpacing": [0.5, 0.4]}, (0.5, 0.4), "PixelSpacing", []),
    ({"PixelSpacing": [0.75, 0.75]}, (0.6, 0.6), "ImagerPixelSpacing / Estim", []),
    ({"PixelSpacing": [0.75, 0.75], "PixelSpacingCalibrationType": "GEOMETRY"}, (0.75, 0.75), "PixelSpacing", []),
    (
        {
            "EstimatedRadiographicMagnificationFactor": None,
            "DistanceSourceToDetector": 1500,
            "DistanceSourceToPatient": 1000,
        },
        (0.5, 0.5),
        "ImagerPixelSpacing / (Dist",
        [],
    ),
    ({"EstimatedRadiographicMagnificationFactor": None}, (0.75, 0.75), "ImagerPixelSpacing", ["magnification_unknown"]),
    ({"EstimatedRadiographicMagnificationFactor": 7}, (0.75, 0.75), "ImagerPixelSpacing", ["magnification_unknown"]),
    ({"ImagerPixelSpacing": None}, None, "unknown", ["pixel_size_unknown"]),
    ({"ImagerPixelSpacing": ["0", "0"]}, None, "unknown", ["pixel_size_unknown"]),
    (
        {"ImagerPixelSpacing": [1, 1], "EstimatedRadiographicMagnificationFactor": None},
        *(None, "unknown", ["pixel_size_unknown"]),
    ),
    ({"ImagerPixelSpacing": [30, 30]}, None, "unknown", ["pixel_size_implausible"]),
]


@pytest.mark.parametrize(("elements", "spacing", "source", "flags"), SPACINGS)
def test_the_size_of_a_pixel_is_that_in_the_patient(tmp_path, elements, spacing, source, flags):
    image = read(tmp_path / "a.dcm", **elements)
    assert image.radiograph.spacing_mm == (None if spacing is None else pytest.approx(spacing))
    assert image.identity["spacing_source"].startswith(source)
    assert codes(image) == flags


def test_pixels_that_are_not_square_are_known_without_a_size(tmp_path):
    image = read(tmp_path / "a.dcm", ImagerPixelSpacing=None, PixelAspectRatio=[2, 1])
    assert image.radiograph.spacing_mm is None
    assert image.radiograph.aspect == (2.0, 1.0)
    with pytest.raises(InputError, match="--pixel-spacing"):
        read(tmp_path / "b.dcm", ImagerPixelSpacing=None, PixelAspectRatio=[0, 1])
    told = {"ImagerPixelSpacing": None, "PixelAspectRatio": [0, 1]}
    assert read(tmp_path / "c.dcm", choices=ReadingChoices((0.3, 0.2)), **told).radiograph.spacing_mm == (0.3, 0.2)


def test_a_given_spacing_goes_before_the_file_s_and_is_told(tmp_path):
    image = read(tmp_path / "a.dcm", choices=ReadingChoices((0.3, 0.2)))
    assert image.radiograph.spacing_mm == (0.3, 0.2)
    assert codes(image) == ["pixel_size_given"]
    with pytest.raises(InputError, match=r"0\.02 to 2 mm"):
        ReadingChoices((3.0, 0.2))


TURNS = {
    "P\\F": (lambda a: a, "left"),
    "A\\F": (lambda a: a, "right"),
    "P\\H": (lambda a: a[::-1], "left"),
    "F\\P": (lambda a: a.T, "left"),
    "F\\A": (lambda a: a.T, "right"),
    "H\\A": (lambda a: a.T[::-1], "right"),
    "PF\\FA": (lambda a: a, "left"),
}


@pytest.mark.parametrize("said", TURNS)
def test_the_image_is_turned_upright_and_its_mask_turned_back(tmp_path, said):
    turn, faces = TURNS[said]
    image = read(tmp_path / "a.dcm", PatientOrientation=said.split("\\"))
    assert np.array_equal(image.radiograph.pixels, turn(DRAWN.pixels))
    assert image.radiograph.faces == faces
    assert ("turned_upright" in codes(image)) == (said not in ("P\\F", "A\\F", "PF\\FA"))
    labels = turn(drawn_labels())
    assert np.array_equal(placed_labels(labels, image).array[0], drawn_labels())
    shown = sitk.ReadImage(str(image.path))
    assert placed_labels(labels, image).grid.spacing_mm[:2] == pytest.approx(shown.GetSpacing()[:2])


def test_who_faces_where_is_said_by_the_user_first(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", DRAWN)
    assert read_radiograph(path, ReadingChoices(flip=True)).radiograph.faces == "right"
    assert read_radiograph(path, ReadingChoices(faces="right")).radiograph.faces == "right"
    silent = write_dicom(tmp_path / "b.dcm", DRAWN, PatientOrientation=None)
    assert read_radiograph(silent).radiograph.faces is None
    with pytest.raises(InputError, match="give --faces"):
        read_radiograph(silent, ReadingChoices(flip=True))
    with pytest.raises(InputError, match="give one of them"):
        ReadingChoices(faces="left", flip=True)


WRONG = [
    ({"Modality": "CT"}, "a CT image, no radiograph"),
    ({"Modality": "MR"}, "an MR image"),
    ({"Modality": "SR"}, "modality is SR"),
    ({"NumberOfFrames": 2}, "holds 2 images"),
    ({"SamplesPerPixel": 4, "PhotometricInterpretation": "CMYK"}, "truncated|colours"),
    ({"PhotometricInterpretation": "PALETTE COLOR"}, "stores colours"),
    ({"PixelRepresentation": None}, "does not say whether its pixels have a sign"),
    ({"BitsStored": 20, "HighBit": 19}, "20 of 16 bits"),
    ({"Rows": 32}, "too few for a radiograph"),
    ({"Rows": 65000, "Columns": 65000}, "more than any radiograph"),
    ({"Columns": 301}, "truncated or damaged"),
    ({"PixelData": None}, "truncated or damaged"),
]


@pytest.mark.parametrize(("elements", "says"), WRONG)
def test_what_is_no_radiograph_is_refused_in_one_line(tmp_path, elements, says):
    with pytest.raises(InputError, match=says) as caught:
        read(tmp_path / "a.dcm", **elements)
    assert "\n" not in str(caught.value)


ODD = [
    ({"ViewPosition": "AP"}, "view_not_lateral"),
    ({"ViewPosition": "PA"}, "view_not_lateral"),
    ({"ViewPosition": "RLO"}, "view_not_lateral"),
    ({"PatientOrientation": ["L", "F"]}, "view_not_lateral"),
    ({"BodyPartExamined": "SKULL"}, "body_part_other"),
    ({"BodyPartExamined": "CHEST"}, "body_part_other"),
    ({"BodyPartExamined": "HIP"}, "body_part_other"),
    ({"Modality": "RF"}, "modality_other"),
    ({"Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "modality_other"),
    ({"Modality": ""}, "modality_unknown"),
    ({"SOPClassUID": SecondaryCaptureImageStorage}, "secondary_capture"),
    ({"PresentationIntentType": "FOR PROCESSING"}, "unprocessed_image"),
    ({"LossyImageCompression": "01"}, "lossy_compression"),
]


@pytest.mark.parametrize(("elements", "code"), ODD)
def test_what_is_unusual_is_flagged(tmp_path, elements, code):
    assert codes(read(tmp_path / "a.dcm", **elements)) == [code]


def test_views_that_are_lateral_in_other_words_are_none_of_it(tmp_path):
    for view in ("LL", "RL", "LLD", "LATERAL", ""):
        assert codes(read(tmp_path / "a.dcm", ViewPosition=view)) == []
    meaning = Dataset()
    meaning.CodeMeaning = "postero-anterior"
    assert codes(read(tmp_path / "a.dcm", ViewPosition="", ViewCodeSequence=Sequence([meaning]))) == [
        "view_not_lateral"
    ]
    meaning.CodeMeaning = "left lateral"
    assert codes(read(tmp_path / "a.dcm", ViewPosition="", ViewCodeSequence=Sequence([meaning]))) == []


def test_who_says_the_side_overrules_the_view(tmp_path):
    image = read(tmp_path / "a.dcm", ViewPosition="AP", choices=ReadingChoices(faces="left"))
    assert codes(image) == ["view_overruled"]


def test_raw_intensities_become_attenuation(tmp_path):
    intensity = np.rint(4000 * np.exp(-(DRAWN.pixels - DRAWN.pixels.min()) / 800)).astype(np.uint16)
    image = read(
        tmp_path / "a.dcm", pixels=intensity, BitsStored=12, PresentationIntentType="FOR PROCESSING",
        PixelIntensityRelationship="LIN", PixelIntensityRelationshipSign=1,
    )  # fmt: skip
    pixels = image.radiograph.pixels
    assert np.corrcoef(pixels.ravel(), DRAWN.pixels.ravel())[0, 1] > 0.98
    assert pixels[drawn_labels() > 0].mean() > pixels[drawn_labels() == 0].mean()


def test_a_grey_picture_in_colour_is_grey_and_a_colour_picture_refused(tmp_path):
    grey = (STORED // 16).astype(np.uint8)
    said = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    image = read(tmp_path / "a.dcm", pixels=np.dstack([grey] * 3), **said)
    assert codes(image) == ["colour_as_grey", "eight_bit"]
    assert np.array_equal(image.radiograph.pixels, grey)
    with pytest.raises(InputError, match="colour picture"):
        read(tmp_path / "b.dcm", pixels=np.dstack([grey, grey // 2, grey]), **said)


def test_a_blank_image_is_refused(tmp_path):
    with pytest.raises(InputError, match="blank"):
        read(tmp_path / "a.dcm", pixels=np.full(STORED.shape, 77, np.uint16))
