"""What lies along a vessel: its centreline, the profile of its lumen and calcification, its straight view."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
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

__getattr__ = names_on_demand(
    __name__,
    centreline="Centreline centreline_of",
    profile="Profile local_burden profile_of",
    straight="Straightened straightened",
    vessels="PlaceAlong Vessels",
)
