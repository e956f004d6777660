"""Radiographs in the scene: the image, vertebrae, walls and scores, what readers corrected of them (needs slicer)."""
