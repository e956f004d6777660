"""What is decided of a patient before anything is drawn: sex, build, where the arms lie, rare anatomy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# How often, ours: the rare is shown more often than it is met, so that a few hundred patients hold some of it.
_ARMS = {"raised": 0.5, "beside": 0.28, "one": 0.07, "across": 0.15}
_KIDNEYS = {"two": 0.95, "horseshoe": 0.02, "transplanted": 0.03}
_SITUS_INVERSUS = 0.008
_ROUND_FIELD = 0.15


@dataclass(frozen=True)
class Person:
    """Decisions that several parts of a patient share.

    Attributes
    ----------
    female : bool
    age : float
        0 (young) to 1 (old): calcified cartilage.
    arms : str
        ``raised`` (out of sight), ``beside`` the body, ``one`` beside it, or ``across`` the belly.
    kidneys : str
        ``two``, ``horseshoe`` or ``transplanted`` (a third one in the pelvis, and shrunken ones of the patient's own).
    side : float
        Of what lies on one side alone: -1 left, 1 right.
    situs_inversus : bool
        Everything mirrored: what is named left lies on the left all the same.
    urine_hu : float
        Of the renal pelvis, the ureters and the bladder; high after excretion of contrast medium.
    round_field : bool
        The scanner gives no values outside of the circle that fits into the field of view.
    detail_seed : int
        For the random details of what is painted.
    """

    female: bool
    age: float
    arms: str
    kidneys: str
    side: float
    situs_inversus: bool
    urine_hu: float
    round_field: bool
    detail_seed: int

    def rng(self, part: int) -> np.random.Generator:
        """Return the random numbers of one part of the details."""
        return np.random.Generator(np.random.PCG64([self.detail_seed, part]))

    def document(self) -> dict:
        """Return what the truth says of the person."""
        return {
            "sex": "female" if self.female else "male",
            "arms": self.arms,
            "kidneys": self.kidneys,
            "situs_inversus": self.situs_inversus,
            "urine_hu": round(self.urine_hu),
        }


def draw_person(rng: np.random.Generator) -> Person:
    """Return a random person."""
    u = rng.uniform
    return Person(
        female=bool(u() < 0.5),
        age=float(u()),
        arms=str(rng.choice(list(_ARMS), p=list(_ARMS.values()))),
        kidneys=str(rng.choice(list(_KIDNEYS), p=list(_KIDNEYS.values()))),
        side=float(rng.choice((-1.0, 1.0))),
        situs_inversus=bool(u() < _SITUS_INVERSUS),
        # Contrast medium reaches the renal pelvis after some three minutes, or was given before.
        urine_hu=float(np.exp(u(np.log(150), np.log(1500))) if u() < 0.15 else u(0, 18)),
        round_field=bool(u() < _ROUND_FIELD),
        detail_seed=int(rng.integers(2**62)),
    )
