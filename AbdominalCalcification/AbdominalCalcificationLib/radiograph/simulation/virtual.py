"""Virtual radiographs: the lateral view of a virtual patient's lumbar spine and aorta, with known truth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ...errors import InputError
from ...simulation.bodies import ProceduralBody
from ...simulation.drawn import DrawnPatient, draw_patient
from ...simulation.labelled.anatomy import Anatomy
from ...simulation.labelled.body import LabelledBody
from ..image import Radiograph
from .device import DEVICES, draw_device
from .film import Film, expose_film
from .labelled import LabelledScene
from .lumbar import draw_lumbar
from .processing import draw_processing
from .scenes import ProceduralScene, Scene, Shadow
from .screen import Screen
from .truth import Known, truth_of
from .view import choose_screen

# Any number would do: radiographs draw from streams of their own, so that the patient stays that of the CT.
_SALT = 41759
# Virtual patients on which the networks for radiographs are tested; never trained on.
TEST_SEEDS = range(95000, 95200)


@dataclass(frozen=True, eq=False)
class VirtualRadiograph:
    """One simulated radiograph with its truth.

    Attributes
    ----------
    radiograph : Radiograph
    labels : ndarray, shape (rows, columns)
        uint8, values of :data:`..spine.LABELS`.
    contrast : ndarray, shape (rows, columns)
        float32; share by which the calcium of the aorta lessens what each pixel detects.
    truth : dict
        Ready for JSON; lines and points are those of the image as it is.
    """

    radiograph: Radiograph
    labels: np.ndarray
    contrast: np.ndarray
    truth: dict = field(default_factory=dict)


def simulate_radiograph(
    seed: int,
    *,
    device: str | None = None,
    severity: float | None = None,
    faces: str | None = None,
    anatomy: Anatomy | None = None,
) -> VirtualRadiograph:
    """Return a lateral radiograph of the virtual patient of `seed`, the one of :func:`simulation.simulate`.

    Parameters
    ----------
    seed : int
        0 or more.
    device : {'radiography', 'vfa'}, optional
        Drawn from the seed by default.
    severity : float, optional
        0 (no calcium) to 1 (porcelain aorta); drawn from the seed by default.
    faces : {'left', 'right'}, optional
        Where the patient's front is; drawn from the seed by default.
    anatomy : Anatomy, optional
        A label map to deform, with vertebrae by name; by default the anatomy is drawn from the seed too.

    Raises
    ------
    InputError
        Where an argument cannot be used.
    """
    _check(seed, device, severity, faces)
    patient = draw_patient(seed, severity=severity, anatomy=anatomy)
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence([int(seed), _SALT]).spawn(5)]
    spine_rng, device_rng, bone_rng, extra_rng, noise_rng = streams
    unit = draw_device(device_rng, device)
    unit = unit if faces is None else replace(unit, faces=faces)
    scene: Scene
    if isinstance(patient.body, LabelledBody):
        scene = LabelledScene.of(patient, patient.body)
    else:
        assert isinstance(patient.body, ProceduralBody)
        spine = draw_lumbar(patient.body.vessels.spine, spine_rng)
        scene = ProceduralScene(patient, patient.body, spine, bone_rng, extra_rng)
    screen = choose_screen(scene, unit, device_rng)
    shadow = scene.project(screen)
    film = expose_film(shadow, unit, draw_processing(device_rng, unit), noise_rng)
    known = truth_of(scene, shadow, screen, film)
    return _developed(int(seed), patient, screen, film, shadow, known)


def _check(seed: int, device: str | None, severity: float | None, faces: str | None) -> None:
    if int(seed) < 0:
        raise InputError(f"The seed {seed} is negative; give 0 or more.")
    if device is not None and device not in DEVICES:
        raise InputError(f"The device {device!r} is unknown; choose one of {', '.join(DEVICES)}.")
    if severity is not None and not 0.0 <= severity <= 1.0:
        raise InputError(f"The severity {severity} is not between 0 and 1.")
    if faces not in (None, "left", "right"):
        raise InputError(f"'{faces}' says not where the patient's front is; give left or right.")


def _developed(
    seed: int, patient: DrawnPatient, screen: Screen, film: Film, shadow: Shadow, known: Known
) -> VirtualRadiograph:
    """Return the radiograph with its truth, facing the way it is to face."""
    pixel, labels, faces = screen.detector.pixel_mm, shadow.labels, film.device.faces
    pixels, contrast = film.pixels, film.contrast.astype(np.float32)
    if faces == "right":
        pixels, labels, contrast = (np.ascontiguousarray(each[:, ::-1]) for each in (pixels, labels, contrast))
        known = known.mirrored((labels.shape[1] - 1) * pixel)
    truth = {
        "seed": seed,
        "severity": round(patient.severity, 4),
        **known.document(),
        **shadow.document,
        "spacing_mm": [pixel, pixel],
        "imager_spacing_mm": [pixel * screen.geometry.magnification] * 2,
        "shape": [int(n) for n in labels.shape],
        "faces": faces,
        "device": film.device.document(),
        "processing": film.processing.document(),
        "isocenter_ras": [round(v, 2) for v in screen.geometry.isocenter_ras],
        "corner_mm": [round(v, 3) for v in screen.detector.corner],
        "conditions": patient.drawn.found,
        # Label maps say themselves who the patient is.
        "person": patient.person.document() if isinstance(patient.body, ProceduralBody) else None,
        **patient.body.document(),
    }
    return VirtualRadiograph(Radiograph(pixels, (pixel, pixel), faces), labels, contrast, truth)
