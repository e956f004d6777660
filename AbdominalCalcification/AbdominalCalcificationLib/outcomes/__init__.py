"""Calcification and what comes after: association with events, and reference values."""

from __future__ import annotations
