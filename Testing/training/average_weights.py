"""Average the weights of two models of one network: of one that was trained on from the other, and of that one.

    python Testing/training/average_weights.py MODEL OTHER OUTPUT [--share 0.5] [--films FOLDER]

MODEL and OTHER are folders of models of vertebrae, or of the Kauppila score; OTHER counts for the share. What is in
between keeps what the first model knew of other films (Wortsman et al. 2022, arXiv 2109.01903). A model of the score is
then calibrated anew on every seventh of the films in FOLDER (``raw/films`` of a work folder), as training does.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from AbdominalCalcificationLib.inference.checkpoint import halved, load_checkpoint, save_checkpoint, saving
from AbdominalCalcificationLib.inference.kauppila_model import CHECKPOINT_FILE, KauppilaModel
from AbdominalCalcificationLib.inference.kauppila_network import build_network
from AbdominalCalcificationLib.training.kauppila.calibration import calibrate
from AbdominalCalcificationLib.training.kauppila.films import read_film
from AbdominalCalcificationLib.training.kauppila.learning import said_of
from AbdominalCalcificationLib.training.kauppila.work import divided

_NNUNET = Path("fold_0/checkpoint_final.pth")


def averaged(one: Mapping, other: Mapping, share: float) -> dict:
    """Return weights (torch tensors by name) of which `other` counts for `share`; whole numbers are of `other`."""
    if one.keys() != other.keys() or any(one[name].shape != other[name].shape for name in one):
        raise SystemExit("The models have other networks.")
    made: dict = {}
    found = {}
    for name, value in other.items():
        # What has two names is one tensor, and stays one.
        key = value.data_ptr(), value.shape
        if key not in made:
            mean = (1 - share) * one[name].float() + share * value.float() if value.is_floating_point() else value
            made[key] = mean.to(value.dtype)
        found[name] = made[key]
    return found


def average(model: Path, other: Path, share: float, output: Path) -> None:
    """Write the model in between as a copy of `other` with other weights."""
    file = Path(CHECKPOINT_FILE) if (other / CHECKPOINT_FILE).is_file() else _NNUNET
    one, content = load_checkpoint(model / file), load_checkpoint(other / file)
    content["network_weights"] = halved(averaged(one["network_weights"], content["network_weights"], share))
    shutil.copytree(other, output)
    save_checkpoint(output / file, saving(content))


def calibrated(folder: Path, films: Path, shares: dict) -> None:
    """Calibrate a model of the score on films held out, and say in its ``model.json`` what it was averaged of."""
    model = KauppilaModel.open(folder)
    network = build_network(model.architecture, model.geometry.margin_rows)
    network.load_state_dict(load_checkpoint(folder / CHECKPOINT_FILE)["network_weights"])
    network.eval()
    _, held_out = divided([read_film(path) for path in sorted(films.glob("*.npz"))])
    document = json.loads((folder / "model.json").read_text())
    document["calibration"] = calibrate(*said_of(network, model.geometry, held_out)).to_json()
    document["name"], document["training"]["averaged"] = folder.name, shares
    (folder / "model.json").write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document["calibration"], indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "other", "output"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of OTHER (0.5)")
    parser.add_argument("--films", type=Path, help="to calibrate a model of the score on")
    options = parser.parse_args()
    average(options.model, options.other, options.share, options.output)
    if options.films is not None:
        of = [KauppilaModel.open(path).identity()["checksum"] for path in (options.model, options.other)]
        calibrated(options.output, options.films, {"of": of, "share_of_the_latter": options.share})


if __name__ == "__main__":
    main()
