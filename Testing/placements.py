"""Directions and transforms in which a patient may lie, written out."""

import numpy as np


def affine(linear, shift):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = linear, shift
    return matrix


def rotation(axis, degrees):
    """Rotation about x (0), y (1) or z (2), written out."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrices = [
        [[1, 0, 0], [0, c, -s], [0, s, c]],
        [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    ]
    return np.array(matrices[axis])


PLAIN = np.eye(3)
OBLIQUE = rotation(0, 20) @ rotation(2, -35)
FLIPPED = np.diag([-1.0, 1.0, -1.0])
MIRRORED = np.diag([-1.0, -1.0, -1.0])
