"""Virtual radiographs: the lateral view of a virtual patient's lumbar spine and aorta, with known truth."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from ...errors import InputError
from ...simulation.bodies import ProceduralBody
from ...simulation.drawn import DrawnPatient, draw_patient
from ..document import segment_document, vertebra_documents
from ..image import Radiograph
from ..projection import Detector, LateralGeometry
from ..spine import vertebrae_of
from .attenuation import Beam, mineral_per_mm
from .calcium import add_metal, add_plaques
from .device import DEVICES, Device, draw_device, expose, smooth
from .extras import add_extras, add_implants
from .lumbar import Lumbar, draw_lumbar
from .processing import draw_processing, marker_mm, opening, process
from .screen import Screen
from .solids import add_arch, add_body, add_ribs
from .trunk import paint_body, pelvis_image, project_body
from .truth import (
    label_map,
    mirrored_score,
    plaque_places,
    scores,
    thinned,
    visible_places,
    wall_lines,
)

# Any number would do: radiographs draw from streams of their own, so that the patient stays that of the CT.
_SALT = 41759
# Virtual patients on which the networks for radiographs are tested; never trained on.
TEST_SEEDS = range(95000, 95200)
_COUNTS = {4: "four", 5: "five", 6: "six"}


@dataclass(frozen=True, eq=False)
class VirtualRadiograph:
    """One simulated radiograph with its truth.

    Attributes
    ----------
    radiograph : Radiograph
    labels : ndarray, shape (rows, columns)
        uint8, values of :data:`..spine.LABELS`.
    truth : dict
        Ready for JSON; lines and points are those of the image as it is.
    """

    radiograph: Radiograph
    labels: np.ndarray
    truth: dict = field(default_factory=dict)


def simulate_radiograph(
    seed: int, *, device: str | None = None, severity: float | None = None, faces: str | None = None
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

    Raises
    ------
    InputError
        Where an argument cannot be used.
    """
    _check(seed, device, severity, faces)
    patient = draw_patient(seed, severity=severity)
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence([int(seed), _SALT]).spawn(5)]
    spine_rng, device_rng, bone_rng, extra_rng, noise_rng = streams
    unit = draw_device(device_rng, device)
    assert isinstance(patient.body, ProceduralBody)
    spine = draw_lumbar(patient.body.vessels.spine, spine_rng)
    screen = _screen(patient, spine, unit, device_rng)
    parts, found = _fill(screen, patient, spine, bone_rng, extra_rng)
    processing = draw_processing(device_rng, unit)
    return _developed(seed, patient, spine, screen, unit, processing, parts, found, noise_rng, faces)


def _check(seed: int, device: str | None, severity: float | None, faces: str | None) -> None:
    if int(seed) < 0:
        raise InputError(f"The seed {seed} is negative; give 0 or more.")
    if device is not None and device not in DEVICES:
        raise InputError(f"The device {device!r} is unknown; choose one of {', '.join(DEVICES)}.")
    if severity is not None and not 0.0 <= severity <= 1.0:
        raise InputError(f"The severity {severity} is not between 0 and 1.")
    if faces not in (None, "left", "right"):
        raise InputError(f"'{faces}' says not where the patient's front is; give left or right.")


def _screen(patient: DrawnPatient, spine: Lumbar, device: Device, rng: np.random.Generator) -> Screen:
    """Return a detector that shows the lumbar spine, the top of the sacrum and the aorta in front, and more or less."""
    u = rng.uniform
    mirrored = patient.person.situs_inversus
    names = [bone for bone in spine.bones if bone.name.startswith("L") or bone.name == "S1"]
    aorta = patient.drawn.arteries[0]
    low, high = min(b.center[2] for b in names), max(b.center[2] for b in names)
    middle_y = float(np.mean([b.center[1] for b in names])) + u(-5, 15)
    isocenter = (float(u(-10, 10)), middle_y, float((low + high) / 2 + u(-15, 15)))
    geometry = LateralGeometry(
        isocenter, device.source_detector_mm, device.object_detector_mm, device.side, device.rotation_deg,
        device.tilt_deg, device.lean_deg,
    )  # fmt: skip
    probe = Screen(geometry, Detector((1, 1), device.pixel_mm, (0.0, 0.0)), mirrored)
    level = aorta.centerline.points[:, 2] < high + 15.0
    corners = [_corners(bone) for bone in names]
    front = aorta.centerline.points[level] + np.array([0.0, 1.0, 0.0]) * aorta.outer_mm[level][:, None]
    places = probe.places(np.concatenate([*corners, front]))[0]
    least, most = places.min(axis=0), places.max(axis=0)
    if device.name == "vfa":
        upper = 200.0 if u() < 0.5 else u(8, 60)
        margin = np.array([u(6, 30), upper, u(8, 45), u(4, 40)])
    else:
        margin = np.array([u(8, 110), u(8, 75), u(15, 110), u(6, 65)])
    least, most = least - margin[:2], most + margin[2:]
    shape = np.ceil((most - least) / device.pixel_mm).astype(int)[::-1]
    return Screen(geometry, Detector((int(shape[0]), int(shape[1])), device.pixel_mm, tuple(least.tolist())), mirrored)


def _corners(bone) -> np.ndarray:
    high, low = max(bone.top), max(bone.bottom)
    local = [(x, y, z) for x in (-bone.half_width, bone.half_width) for y in (-bone.half_depth, bone.half_depth + 3)
             for z in (-low, high)]  # fmt: skip
    return bone.ras(np.array(local))


def _fill(screen: Screen, patient: DrawnPatient, spine: Lumbar, bone_rng, extra_rng):
    """Project everything; return the thickness of each vertebral body, and what else there is."""
    geometry, detector = screen.geometry, screen.detector
    # Rays diverge: what lies far from the detector is seen from beyond the field's borders.
    half = detector.shape[0] * detector.pixel_mm
    middle = geometry.isocenter_ras[2] - detector.corner[1] - half / 2
    span = middle - 0.5 * half - 45.0, middle + 0.5 * half + 45.0
    body = patient.body
    assert isinstance(body, ProceduralBody)
    arteries = patient.drawn.arteries
    canvas, pelvis = paint_body(body.vessels, patient.person, arteries, patient.streams.body, span, extra_rng)
    implants = add_implants(canvas, patient, body)
    project_body(screen, canvas, pelvis)
    parts = []
    for bone in spine.bones:
        if not span[0] - 20 < bone.center[2] < span[1] + 20:
            continue
        image, first = add_body(screen, bone, "mineral", bone_rng)
        parts.append((bone, image, first))
        if bone.has_arch:
            add_arch(screen, bone, "mineral", bone_rng)
        if bone.name.startswith("T"):
            add_ribs(screen, bone, "mineral", bone_rng)
    for n, (tube, plaques) in enumerate(zip(arteries, patient.plaques, strict=True)):
        add_plaques(screen, tube, plaques, "calcium" if n == 0 else "mineral")
    for tube, metals in zip(arteries, patient.metal, strict=True):
        for metal in metals:
            add_metal(screen, tube, metal, "mineral")
    found = [*implants, *add_extras(screen, body.vessels, extra_rng)]
    return parts, [*spine.found, *found]


def _developed(
    seed, patient: DrawnPatient, spine: Lumbar, screen: Screen, device: Device, processing, parts, found, rng, faces
) -> VirtualRadiograph:
    """Return the radiograph that the line integrals make, with its truth."""
    pixel, shape = screen.detector.pixel_mm, screen.detector.shape
    water, calcium = screen.image("water"), screen.image("calcium")
    mineral = screen.image("mineral") + pelvis_image(screen)
    labels = label_map(parts, shape)
    field_ = opening(shape, pixel, processing)
    lead = marker_mm(shape, pixel, processing, rng)
    if (device.faces if faces is None else faces) == "right":
        lead = lead[:, ::-1]
    body = (water > 20.0) & (field_ > 0.5)
    mineral += lead
    if processing.collimation != "none":
        mineral += 60.0 * (1.0 - field_)
    exposure = expose(water, mineral + calcium, device, body if body.any() else field_ > 0.5, rng)
    contrast = _contrast(calcium, device) * exposure.primary_share
    aorta = patient.drawn.arteries[0]
    highest = max(bone.center[2] for bone in spine.bones if bone.name == "L1") + 60.0
    walls = wall_lines(screen, aorta, highest)
    vertebrae = vertebrae_of(labels, (pixel, pixel))
    places = plaque_places(screen, aorta, patient.plaques[0])
    score, _ = scores(places, walls, vertebrae)
    visible, _ = scores(visible_places(places, contrast, exposure.noise, pixel), walls, vertebrae)
    turn = (device.faces if faces is None else faces) == "right"
    interest = smooth((labels > 0).astype(np.float32), 15.0 / pixel) > 0.1
    pixels = process(exposure, field_, interest, device, processing, rng, turn)
    width = (shape[1] - 1) * pixel
    lines = {"anterior": thinned(walls.anterior), "posterior": thinned(walls.posterior)}
    if turn:
        pixels, labels = np.ascontiguousarray(pixels[:, ::-1]), np.ascontiguousarray(labels[:, ::-1])
        score, visible = mirrored_score(score, width), mirrored_score(visible, width)
        vertebrae = {name: own.mirrored(width) for name, own in vertebrae.items()}
        lines = {wall: [[width - x, y] for x, y in line] for wall, line in lines.items()}
    radiograph = Radiograph(pixels, (pixel, pixel), "right" if turn else "left")
    truth = {
        "seed": int(seed),
        "severity": round(patient.severity, 4),
        "score": score.total,
        "affected_segments": score.affected_segments,
        "affected_walls": score.affected_walls,
        "segments": [segment_document(each) for each in score.segments],
        "visible_score": visible.total,
        "visible_segments": [segment_document(each) for each in visible.segments],
        "vertebrae": vertebra_documents(vertebrae),
        "anatomy": f"{_COUNTS[spine.lumbar_count]} lumbar vertebrae",
        "lumbar_vertebrae": spine.lumbar_count,
        "walls": {wall: [[round(x, 2), round(y, 2)] for x, y in line] for wall, line in lines.items()},
        "spacing_mm": [pixel, pixel],
        "imager_spacing_mm": [pixel * screen.geometry.magnification] * 2,
        "shape": [int(n) for n in shape],
        "faces": radiograph.faces,
        "device": device.document(),
        "processing": processing.document(),
        "isocenter_ras": [round(v, 2) for v in screen.geometry.isocenter_ras],
        "corner_mm": [round(v, 3) for v in screen.detector.corner],
        "findings": found,
        "conditions": patient.drawn.found,
        "person": patient.person.document(),
    }
    return VirtualRadiograph(radiograph, labels, truth)


def _contrast(calcium_mm: np.ndarray, device: Device) -> np.ndarray:
    """Return the share of the primary beam that the calcium of the aorta takes, blurred as the detector blurs it."""
    beam = Beam.of(device.tube_kv, device.filter_mm)
    mean = float(np.sum(beam.share * mineral_per_mm(beam.kev)))
    return 1.0 - np.exp(-mean * ndimage.gaussian_filter(calcium_mm, device.blur_mm / device.pixel_mm))
