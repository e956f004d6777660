"""The tissues of a label map painted on a grid: soft edges, shells, contents, contrast by phase."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ..canvas import AIR_HU, BYSTANDERS, DISC_HU, FAT_HU, LUNG_HU, SKIN_HU, Canvas, Field
from ..enhancement import Phase
from ..person import Person
from .anatomy import DEPTH_UNIT_MM, Anatomy, SoftTissue
from .deformation import Deformation
from .tissues import Tissue

# Voxels painted at a time.
_AT_ONCE = 250_000
# Shares of a voxel are raised to this power before they are weighed: edges of about one voxel instead of three.
_SHARPNESS = 4
_SKIN_MM = 1.8
_BONES = (Tissue.BONE, Tissue.LIMB)
_PLAIN = (Tissue.OUTSIDE, Tissue.BODY, Tissue.FAT)
_LOOP_MM = 32.0  # between the middles of stretches of bowel of one content


class TissuePainter:
    """Paints everything but arteries.

    Parameters
    ----------
    anatomy : Anatomy
    deformation : Deformation
    phase : Phase
    rng : Generator
        All is drawn at once, so that the grid does not change the patient.
    calcium_gain : float
        What the tube voltage makes of bone.
    renal_level_mm : float
        Height at which the renal veins join the cava.
    person : Person
        Whose clothes lie on the skin.
    """

    def __init__(
        self,
        anatomy: Anatomy,
        deformation: Deformation,
        phase: Phase,
        rng,
        calcium_gain,
        renal_level_mm,
        person: Person,
    ):
        u = rng.uniform
        self._anatomy, self._deformation, self._phase = anatomy, deformation, phase
        self._gain, self._renal_level = calcium_gain, renal_level_mm
        self._fat, self._wall = u(5, 26), u(9, 15)
        self._lumpiness, self._lump_hu = u(-0.3, 2.2), u(25, 75)
        self._fields = {
            "grain": Field(rng, 9.0, 1.0),
            "wavy": Field(rng, 12.0, 1.5),
            "fat": Field(rng, 60.0, 0.25),
            "lump": Field(rng, u(9.0, 20.0), 1.0),
            "mesh": Field(rng, 5.0, 35.0),
            "stool": Field(rng, 6.0, 45.0),
            **{f"warp {axis}": Field(rng, 24.0, 4.0) for axis in "xyz"},
        }
        self._bone = u(420, 800), u(90, 260), u(0.9, 1.7)
        self._cortex_mm, self._gut_mm = u(6.0, 8.5), u(1.6, 2.8)
        self._plain = self._plain_hu(u)
        self._loops, self._content, self._level = self._draw_contents(rng)
        self.back_mm = self._back()
        detail = person.rng(12)
        self._dressed = detail.uniform() < 0.55
        self._cloth = detail.uniform(1.0, 7.0), detail.uniform(0.5, 1.5), detail.uniform(-850, -400)
        self._layers = int(detail.integers(1, 4))
        if self._dressed:
            self._fields["cloth"] = Field(detail, detail.uniform(18, 40), detail.uniform(2.0, 7.0))

    def _plain_hu(self, u) -> dict[Tissue, tuple[float, float]]:
        """Return mean HU and graininess of the tissues that are alike throughout."""
        phase = self._phase
        contrast = phase.name != "unenhanced"
        return {
            Tissue.RENAL_VEIN: (phase.renal_vein, 0.0),
            Tissue.PORTAL_VEIN: (phase.portal_vein, 0.0),
            Tissue.HEART: (0.6 * phase.artery + 0.4 * phase.cava if contrast else phase.artery, 4.0),
            Tissue.LUNG: (LUNG_HU, 40.0),
            Tissue.AIRWAY: (-980.0, 0.0),
            Tissue.LIVER: (phase.liver, 4.0),
            Tissue.SPLEEN: (phase.spleen, 4.0),
            Tissue.PANCREAS: (phase.liver * 0.95, 7.0),
            Tissue.ADRENAL: (u(0.5, 1.0) * phase.liver, 4.0),
            Tissue.FLUID: (u(4.0, 16.0), 1.0),
            Tissue.DISC: (DISC_HU + u(-15, 25), 4.0),
            Tissue.CARTILAGE: (u(80, 140), 15.0),
            Tissue.NERVE: (u(20, 38), 3.0),
            Tissue.GLAND: (phase.muscle + (u(5, 40) if contrast else 0.0), 5.0),
            Tissue.SOFT: (u(30, 60), 6.0),
            Tissue.FAT: (FAT_HU, 8.0),
            Tissue.SKIN: (SKIN_HU, 4.0),
            Tissue.ARTERY: (phase.muscle, 0.0),  # covered by the tubes
        }

    def _back(self) -> float:
        """Return how far back, RAS y in mm, the skin reaches."""
        anatomy = self._anatomy
        cover = 0.0 if anatomy.has_skin else self._fat + (0.0 if anatomy.has_wall else self._wall)
        step = np.array([1, anatomy.within_step, anatomy.within_step])
        kji = np.argwhere(anatomy.within_tenths[::4, ::2, ::2] * DEPTH_UNIT_MM > -cover) * (4, 2, 2) * step
        if not len(kji):
            return -150.0
        return float(self._deformation.to_patient(anatomy.grid.ras_of_kji(kji))[:, 1].min())

    def _draw_contents(self, rng) -> tuple[cKDTree | None, np.ndarray, np.ndarray]:
        """Return the middles of stretches of bowel, the HU of what each holds, and from which y on it is gas."""
        soft = next((each for each in self._anatomy.soft if each.tissue is Tissue.GUT), None)
        if soft is None:
            return None, np.zeros(0), np.zeros(0)
        start = np.array([b.start for b in soft.box])
        inside = np.argwhere(soft.share > 127)
        inside = inside[rng.permutation(len(inside))[:6000]]
        points = self._anatomy.grid.ras_of_kji(inside + start)
        chosen: list[int] = []
        free = np.ones(len(points), bool)
        for n in range(len(points)):
            if free[n]:
                chosen.append(n)
                free &= np.linalg.norm(points - points[n], axis=1) > _LOOP_MM
        middles = points[chosen]
        positive = rng.uniform() < 0.12
        u = rng.uniform
        content = np.array(
            [
                u(180, 450) if positive and u() < 0.6 else (np.nan if u() < 0.3 else u(5, 45))  # nan: stool
                for _ in chosen
            ]
        )
        # Gas gathers at the front of those who lie on their back.
        level = np.array([y + (u(-8.0, 14.0) if u() < 0.55 else 200.0) for y in middles[:, 1]])
        return cKDTree(middles), content, level

    def paint(self, canvas: Canvas, unlabelled: np.ndarray | None = None) -> None:
        """Paint all tissues into `canvas`.

        Into `unlabelled`, shape (k, j, i), goes the share of each voxel of which nothing is known but that it may be
        fat.
        """
        planes = canvas.hu.shape[1] * canvas.hu.shape[2]
        step = max(1, _AT_ONCE // planes)
        for start in range(0, len(canvas.hu), step):
            self._paint_part(canvas, (slice(start, start + step), slice(None), slice(None)), unlabelled)

    def _places(self, canvas: Canvas, part) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of a part's voxels in the label map: RAS mm, shape (n, 3), and k, j, i, shape (3, n)."""
        x, y, z = canvas.at(part)
        shape = np.broadcast_shapes(x.shape, y.shape, z.shape)
        points = np.stack([np.broadcast_to(each, shape).ravel() for each in (x, y, z)], axis=1)
        there = self._deformation.to_labels(points)
        return there, self._anatomy.grid.kji_of_ras(there).T.astype(np.float32)

    def _paint_part(self, canvas: Canvas, part, unlabelled: np.ndarray | None) -> None:
        """Paint some slices."""
        there, at = self._places(canvas, part)
        x, y, z = canvas.at(part)
        fields = {name: field(x, y, z).ravel() for name, field in self._fields.items()}
        height = np.broadcast_to(z, canvas.hu[part].shape).ravel()
        total = np.zeros(at.shape[1], np.float32)
        value = np.zeros(at.shape[1], np.float32)
        bone = np.zeros(at.shape[1], np.float32)
        contrast = np.zeros(at.shape[1], np.float32)
        plain = np.zeros(at.shape[1], np.float32)
        for soft in self._anatomy.soft:
            low = np.array([b.start for b in soft.box], np.float32)[:, None]
            high = np.array([b.stop - 1 for b in soft.box], np.float32)[:, None]
            # Beyond the map what lies at its rim goes on, as far as the outermost voxel reaches.
            inside = np.flatnonzero(((at >= low - 0.5) & (at <= high + 0.5)).all(axis=0))
            if not len(inside):
                continue
            own = at[:, inside] - low
            share = ndimage.map_coordinates(soft.share, own, np.float32, order=1, mode="nearest")
            some = share > 2.0
            inside, own, share = inside[some], own[:, some], share[some] / 255.0
            weight = share**_SHARPNESS
            picked = {name: field[inside] for name, field in fields.items()}
            hu, is_contrast = self._hu(soft, own, there[inside], at[:, inside], height[inside], picked)
            value[inside] += weight * hu
            total[inside] += weight
            if soft.tissue in _BONES:
                bone[inside] += weight
            elif soft.tissue in _PLAIN:
                plain[inside] += weight
            elif is_contrast is not None:
                contrast[inside] = weight * is_contrast
        target = canvas.hu[part]
        known = total > 0
        flat = np.full(total.shape, AIR_HU, np.float32)
        flat[known] = value[known] / total[known]
        target[...] = flat.reshape(target.shape)
        if unlabelled is not None:
            unlabelled[part] = (plain / np.maximum(total, 1e-6)).reshape(target.shape)
        marks = canvas.bystanders[part]
        marks[(bone > 0.5 * total).reshape(marks.shape)] = BYSTANDERS["bone"]
        marks[(contrast > 0.5 * total).reshape(marks.shape)] = BYSTANDERS["bowel contrast"]

    def _hu(self, soft: SoftTissue, own, there, at, height, fields) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the HU of a tissue at places, and where it is contrast medium in bowel (None: nowhere)."""
        phase, grain, tissue = self._phase, fields["grain"], soft.tissue
        if tissue in (Tissue.OUTSIDE, Tissue.BODY):
            return self._unlabelled(at, fields), None
        if tissue is Tissue.SYSTEMIC_VEIN:
            mixing = 1 / (1 + np.exp(-(height - self._renal_level + 10) / 6.0))
            return phase.cava + mixing * 0.5 * (phase.renal_vein - phase.cava), None
        if tissue is Tissue.MUSCLE:
            return phase.muscle + 6.0 * grain - 25.0 * (np.abs(grain) > 2.2), None
        if soft.depth is None:
            mean, spread = self._plain[tissue]
            return mean + spread * grain, None
        depth = ndimage.map_coordinates(soft.depth, own, np.float32, order=1, mode="nearest") * DEPTH_UNIT_MM
        if tissue in _BONES:
            cortical, marrow, shell = self._bone
            deep = np.clip((depth - shell) / 0.8 + 0.5, 0.0, 1.0)
            return self._gain * (cortical + deep * (marrow + fields["mesh"] - cortical)), None
        if tissue is Tissue.KIDNEY:
            deep = np.clip(depth - self._cortex_mm - 2.0 * fields["wavy"] + 0.5, 0.0, 1.0)
            return phase.cortex + deep * (phase.medulla - phase.cortex) + 5.0 * grain, None
        return self._bowel(depth, there, fields)

    def _bowel(self, depth, there, fields) -> tuple[np.ndarray, np.ndarray]:
        """Return the HU of bowel at depths below its surface: wall, and fluid, stool, contrast medium or gas in it."""
        assert self._loops is not None
        # Stretches of bowel end in crooked folds.
        warped = there + np.stack([fields[f"warp {axis}"] for axis in "xyz"], axis=1)
        away, loop = self._loops.query(warped, k=min(2, len(self._content)))
        if away.ndim == 1:
            nearest, fold = loop, np.full(len(away), 10.0)
        else:
            nearest, fold = loop[:, 0], away[:, 1] - away[:, 0]
        content = self._content[nearest]
        stool = -30.0 + fields["stool"]
        inner = np.where(np.isnan(content), stool, content + 2.0 * fields["grain"])
        inner = np.where(there[:, 1] > self._level[nearest] + 1.5 * fields["wavy"] * np.isnan(content), -930.0, inner)
        wall = self._phase.bowel_wall + 4.0 * fields["grain"]
        # Folds divide stretches of different content.
        within = np.clip(np.minimum(depth - self._gut_mm + 0.3 * fields["wavy"], 0.5 * fold - 0.6) + 0.5, 0.0, 1.0)
        is_contrast = (content > 150) & (inner > 150) & (within > 0.5)
        return wall + within * (inner - wall), is_contrast.astype(np.float32)

    def _unlabelled(self, at, fields) -> np.ndarray:
        """Return the HU of what has no label: air, skin, fat, muscles of the wall, and lumps of no name."""
        anatomy, grain = self._anatomy, fields["grain"]
        coarse = at / np.array([[1], [anatomy.within_step], [anatomy.within_step]], np.float32)
        within = ndimage.map_coordinates(anatomy.within_tenths, coarse, np.float32, order=1, mode="nearest")
        within *= DEPTH_UNIT_MM
        muscle = self._phase.muscle + 5.0 * grain
        lumps = np.clip(0.5 + 5.0 * (fields["lump"] - self._lumpiness), 0.0, 1.0)
        belly = FAT_HU + 9.0 * grain + lumps * (self._lump_hu + 6.0 * grain - FAT_HU - 9.0 * grain)
        if anatomy.has_skin:
            cover = np.full_like(within, self._fat)
            skin_at, fat_to = within, within - cover
            wall_to = fat_to - (0.0 if anatomy.has_wall else self._wall)
        else:
            wall = 0.0 if anatomy.has_wall else self._wall
            wall_to = within
            fat_to = within + wall
            skin_at = fat_to + np.maximum(self._fat * (1.0 + fields["fat"]), 3.0)

        def share(signed):
            return np.clip(0.5 + signed, 0.0, 1.0)

        hu = np.full_like(within, AIR_HU)
        hu += share(skin_at) * (SKIN_HU - hu)
        hu += share(skin_at - _SKIN_MM) * (FAT_HU + 8.0 * grain - hu)
        hu += share(fat_to) * (muscle - hu)
        hu += share(wall_to) * (belly - hu)
        if self._dressed:
            far, thick, cloth_hu = self._cloth
            away = -skin_at - far - np.abs(fields["cloth"])
            # Layers of gown and blanket, some millimetres apart.
            away -= 5.0 * np.clip(np.round(away / 5.0), 0, self._layers - 1)
            hu += share(thick - np.abs(away)) * (skin_at < 0) * (cloth_hu - hu)
        return hu
