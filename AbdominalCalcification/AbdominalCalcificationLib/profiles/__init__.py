"""What lies along a vessel: its centreline, the profile of its lumen and calcification, its straight view."""

from __future__ import annotations

from .centreline import Centreline, centreline_of
from .profile import Profile, local_burden, profile_of
from .straight import Straightened, straightened
from .vessels import PlaceAlong, Vessels

__all__ = [
    "Centreline",
    "PlaceAlong",
    "Profile",
    "Straightened",
    "Vessels",
    "centreline_of",
    "local_burden",
    "profile_of",
    "straightened",
]
