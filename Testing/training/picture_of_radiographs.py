"""Draw ten virtual radiographs: the picture of ``virtual-patients.md``.

    python Testing/training/picture_of_radiographs.py [--seeds 8100-8109] [--output PNG]

Each with the bodies of the vertebrae, both walls of the aorta and its score, or without (`--plain`).
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.processes.spread import results_of
from AbdominalCalcificationLib.radiograph.simulation import simulate_radiograph

OUTPUT = Path(__file__).resolve().parents[2] / "Resources" / "Screenshots" / "virtual-radiographs.png"
COLUMNS, HEIGHT, WIDTH = 5, 420, 250
VERTEBRAE, WALLS = (255, 90, 70), {"anterior": (70, 200, 255), "posterior": (255, 220, 70)}


def picture(seed: int, plain: bool) -> np.ndarray:
    """Return one radiograph as high as all of them, RGB."""
    virtual = simulate_radiograph(seed)
    pixels, truth = virtual.radiograph.pixels, virtual.truth
    gray = np.rint(pixels / (2 ** truth["processing"]["bits"] - 1) * 255).astype(np.uint8)
    scale = min(HEIGHT / gray.shape[0], WIDTH / gray.shape[1])
    size = max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale))
    image = Image.fromarray(gray).resize(size, Image.LANCZOS).convert("RGB")
    draw = ImageDraw.Draw(image)
    if not plain:
        labels = np.asarray(Image.fromarray(virtual.labels).resize(size, Image.NEAREST))
        edge = (labels > 0) & (ndimage.minimum_filter(labels, 3) != ndimage.maximum_filter(labels, 3))
        image.paste(VERTEBRAE, mask=Image.fromarray(edge))
        for wall, color in WALLS.items():
            line = [
                (x / truth["spacing_mm"][1] * scale, y / truth["spacing_mm"][0] * scale)
                for x, y in truth["walls"][wall]
            ]
            draw.line(line, fill=color)
        draw.text((4, size[1] - 14), f"{truth['score']} of 24", fill=(120, 255, 120))
    frame = Image.new("RGB", (WIDTH, HEIGHT), (18, 18, 18))
    frame.paste(image, ((WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2))
    return np.asarray(frame)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="8100-8109")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="without what is known")
    options = parser.parse_args()
    seeds = parse_seeds(options.seeds)
    todo = [(seed, options.plain) for seed in seeds]
    found = dict(each for each in results_of(picture, todo, options.processes) if each is not None)
    pictures = [found[n] for n in range(len(seeds))]
    rows = [np.hstack(pictures[n : n + COLUMNS]) for n in range(0, len(pictures), COLUMNS)]
    Image.fromarray(np.vstack(rows)).quantize(64, dither=Image.Dither.NONE).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
