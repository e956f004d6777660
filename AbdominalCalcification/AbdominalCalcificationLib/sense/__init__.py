"""Anatomical sense: what a model calls an artery, or calcification of one, is held against anatomy.

Masks that people drew are never changed by it. The rules: ``Resources/docs/measurement.md#anatomical-sense``.
"""
