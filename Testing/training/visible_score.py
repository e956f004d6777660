"""How well the Kauppila score can be told from what a simulated radiograph shows at all.

    abdominal-calcification simulate --radiograph --seed 95000 --count 200 --output FOLDER
    python Testing/training/visible_score.py FOLDER

A reader who misses nothing that is visible, and sees nothing else, knows the visible share of each wall's length. Such
a reader adds up scores (first line), or has learnt on other films of these patients what is there where so much is
visible (second line): least squares of each part on its own visible share, that of the opposite wall and that of all,
four fifths of the films for each other fifth. Networks see more than a reader, since they may find what is fainter than
``visible`` means, and less, since bowel and bone lie over it.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats

FOLDS = 5


def read(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the scores of parts, the visible ones, and the visible shares of walls: (films, 8) each."""
    scores, visible, shares = [], [], []
    for file in sorted(folder.glob("*/truth.json")):
        truth = json.loads(file.read_text())
        if truth["score"] is None or truth["visible_score"] is None:
            continue
        scores.append([each["score"] for each in truth["segments"]])
        visible.append([each["score"] for each in truth["visible_segments"]])
        shares.append([each["extent_fraction"] for each in truth["visible_segments"]])
    return np.array(scores, float), np.array(visible, float), np.array(shares, float)


def signs(shares: np.ndarray) -> np.ndarray:
    """Return what a part's score is told from, shape (films, 8, signs); walls of a level lie side by side."""
    total = shares.sum(axis=1, keepdims=True).repeat(shares.shape[1], axis=1)
    opposite = shares.reshape(len(shares), -1, 2)[:, :, ::-1].reshape(shares.shape)
    back = np.broadcast_to(np.arange(shares.shape[1]) % 2, shares.shape)
    own = [shares, shares**2, shares**3, opposite, total, total**2, shares * total, shares * back, back]
    return np.stack([np.ones_like(shares), *own], axis=-1)


def learnt(scores: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the expected score of each part of each film, learnt on the films of the other folds."""
    known, told = signs(shares), np.empty_like(scores)
    fold = np.random.default_rng(0).permutation(len(scores)) % FOLDS
    for each in range(FOLDS):
        others = known[fold != each].reshape(-1, known.shape[-1])
        weights = np.linalg.lstsq(others, scores[fold != each].ravel(), rcond=None)[0]
        told[fold == each] = np.clip(known[fold == each] @ weights, 0.0, 3.0)
    return told


def main(folder: Path):
    scores, visible, shares = read(folder)
    true = scores.sum(axis=1)
    for name, parts in (("adds up what is visible", visible), ("and has learnt", learnt(scores, shares))):
        told = parts.sum(axis=1)
        ranks = stats.spearmanr(told, true).statistic
        print(f"{name}: mean absolute error {abs(told - true).mean():.2f}, bias {(told - true).mean():+.2f}, ", end="")
        print(f"Spearman {ranks:.3f}, {len(true)} films")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
