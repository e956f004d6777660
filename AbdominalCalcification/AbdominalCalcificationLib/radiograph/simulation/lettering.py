"""Letters of five by seven dots, for markers on radiographs."""

from __future__ import annotations

import numpy as np

_DOTS = {
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "B": "11110 10001 10001 11110 10001 10001 11110",
    "D": "11110 10001 10001 10001 10001 10001 11110",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "G": "01110 10001 10000 10111 10001 10001 01110",
    "I": "01110 00100 00100 00100 00100 00100 01110",
    "L": "10000 10000 10000 10000 10000 10000 11111",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "N": "10001 11001 10101 10011 10001 10001 10001",
    "P": "11110 10001 10001 11110 10000 10000 10000",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "S": "01111 10000 10000 01110 00001 00001 11110",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "U": "10001 10001 10001 10001 10001 10001 01110",
    "X": "10001 10001 01010 00100 01010 10001 10001",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "-": "00000 00000 00000 01110 00000 00000 00000",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}


def write(
    image: np.ndarray, text: str, corner: tuple[float, float], size: int, value: float, replace: bool = False
) -> None:
    """Write a text into an image, in place, as far as it fits.

    Parameters
    ----------
    image : ndarray
    text : str
    corner : tuple of float
        Of its upper left end, shares of the height and of the width.
    size : int
        Pixels of a dot.
    value : float
        Added, or put in the place of what is there (`replace`).
    """
    blocks = [np.array([[int(dot) for dot in row] for row in _DOTS[letter].split()]) for letter in text]
    line = np.concatenate([np.pad(block, ((0, 0), (0, 1))) for block in blocks], axis=1)
    dots = np.kron(line, np.ones((size, size), int)).astype(bool)
    top, left = int(corner[0] * image.shape[0]), int(corner[1] * image.shape[1])
    part = image[top : top + dots.shape[0], left : left + dots.shape[1]]
    own = dots[: part.shape[0], : part.shape[1]]
    if replace:
        part[own] = value
    else:
        part[own] += value
