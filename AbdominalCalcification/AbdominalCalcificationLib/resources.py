"""Where the packaged files are: in a checkout, in an installed extension and after pip install."""

from __future__ import annotations

from pathlib import Path


def resources_folder() -> Path:
    """Return the folder that holds ``Models``, ``SampleData``, ``UI`` and ``Icons``.

    In a checkout and in Slicer it lies beside the library, in a wheel inside it.
    """
    library = Path(__file__).resolve().parent
    inside = library / "Resources"
    return inside if inside.is_dir() else library.parent / "Resources"


def bundled_artery_model() -> Path:
    """Return the folder of the small artery model that ships with the extension."""
    return resources_folder() / "Models" / "arteries"


def bundled_calcification_model() -> Path:
    """Return the folder of the small calcification model that ships with the extension."""
    return resources_folder() / "Models" / "calcification"


def bundled_vertebra_model() -> Path:
    """Return the folder of the small model of vertebrae on lateral radiographs that ships with the extension."""
    return resources_folder() / "Models" / "vertebrae"


def bundled_kauppila_model() -> Path:
    """Return the folder of the model of the Kauppila score that ships with the extension."""
    return resources_folder() / "Models" / "kauppila"


# Of the CT of the sample case: Slicer's Sample Data module checks it, and fetches the file anew where it is another.
SAMPLE_SHA256 = "4bdd764be652aabfd7130946245e0f0f0688d70ef5857be0e87dc9f95fa7cb62"


def sample_case() -> Path:
    """Return the simulated CT angiogram that ships with the extension (NRRD)."""
    return resources_folder() / "SampleData" / "simulated_cta.nrrd"


# Of the radiograph of the sample case, as above.
SAMPLE_RADIOGRAPH_SHA256 = "4c70cb91a720ce9334083ab73e40ba463e9a494c5f04566b9b6ac9b1b4943a6d"


def sample_radiograph() -> Path:
    """Return the simulated lateral radiograph that ships with the extension (DICOM); seed 18 of the simulator.

    Beside it lie what is true of it (``simulated_radiograph_truth.json``) and its vertebrae
    (``simulated_radiograph_vertebrae.nii.gz``).
    """
    return resources_folder() / "SampleData" / "simulated_radiograph.dcm"
