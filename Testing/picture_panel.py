"""Take pictures of the panel with a CT of yours, measured, as wide as people have it.

    python Testing/picture_panel.py CT FOLDER [--arteries MASK] [--calcification MASK] [--widths 400 600]
        [--review arteries]

Without masks the bundled models run. With ``--review`` that mask is under review. Writes ``FOLDER/panel-WIDTH.png``,
the whole panel, and says how far down the results reach: in Slicer on a screen of 1080 pixels about 800 of the panel
are seen without scrolling.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "AbdominalCalcification"))

from matplotlib import image

from AbdominalCalcificationLib.reading import read_ct, read_mask
from host import start
from panel_pictures import open_review, panel_of, picture_of, press


def show_masks(parameters, arteries: Path | None, calcification: Path | None) -> None:
    """Choose masks from files in place of the models."""
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from AbdominalCalcificationPanel.parameters import ArterySource, CalcificationSource

    if arteries is not None:
        parameters.arteries = show_arteries(parameters.ct, read_mask(arteries))
        parameters.arterySource = ArterySource.EXISTING
    if calcification is not None:
        parameters.calcification = show_calcification(parameters.ct, read_mask(calcification))
        parameters.calcificationSource = CalcificationSource.EXISTING


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ct", metavar="CT", type=Path)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--arteries", metavar="MASK", type=Path)
    parser.add_argument("--calcification", metavar="MASK", type=Path)
    parser.add_argument("--widths", metavar="PIXELS", type=int, nargs="+", default=[400, 600])
    parser.add_argument("--review", choices=("arteries", "calcification"))
    options = parser.parse_args()
    start()
    from AbdominalCalcificationLib.scene.volumes import volume_node_from

    ct = read_ct(options.ct)
    panel, parameters = panel_of(lambda scene: volume_node_from(ct.volume, options.ct.name, scene))
    show_masks(parameters, options.arteries, options.calcification)
    press(panel, panel.ui.runButton)
    if options.review:
        open_review(panel, options.review)
    options.folder.mkdir(parents=True, exist_ok=True)
    for width in options.widths:
        image.imsave(options.folder / f"panel-{width}.png", picture_of(panel, width, 800))
        for name in ("verdictLabel", "summaryLabel", "territoriesTable"):
            widget = getattr(panel.ui, name)
            top = widget.mapTo(panel.parent, widget.rect.topLeft()).y()
            print(f"{width} pixels wide: {name} from {top} to {top + widget.height}")
    panel.cleanup()


if __name__ == "__main__":
    main()
