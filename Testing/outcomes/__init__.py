"""Simulated cohorts with known effects, and what R makes of them."""
