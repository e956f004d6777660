"""Training of nnU-Net models on virtual patients. torch and nnunetv2 are imported inside functions only."""
