"""Training of nnU-Net models on corrected cases and on virtual patients.

torch and nnunetv2 are imported inside functions only, in a process of their own.
"""
