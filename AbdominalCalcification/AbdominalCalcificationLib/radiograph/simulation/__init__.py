"""Simulated lateral radiographs of virtual patients."""

from typing import TYPE_CHECKING

from ...on_demand import names_on_demand

if TYPE_CHECKING:
    from .virtual import TEST_SEEDS, VirtualRadiograph, simulate_radiograph

__all__ = ["TEST_SEEDS", "VirtualRadiograph", "simulate_radiograph"]

__getattr__ = names_on_demand(__name__, virtual="TEST_SEEDS VirtualRadiograph simulate_radiograph")
