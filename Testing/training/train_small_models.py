"""Train the two bundled models from scratch: simulate, preprocess, train, ship.

python Testing/training/train_small_models.py --work FOLDER simulate
python Testing/training/train_small_models.py --work FOLDER prepare arteries
python Testing/training/train_small_models.py --work FOLDER train arteries --minutes 40
python Testing/training/train_small_models.py --work FOLDER ship arteries MODEL_FOLDER
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from AbdominalCalcificationLib.training import simulated, small


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the bundled models on virtual patients.")
    parser.add_argument("--work", type=Path, required=True, help="folder for nnU-Net's raw, preprocessed and results")
    parser.add_argument("--processes", type=int, default=1)
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("simulate")
    make.add_argument("--count", type=int, default=40)
    for name in ("prepare", "train", "ship"):
        command = commands.add_parser(name)
        command.add_argument("task", choices=sorted(simulated.TASKS))
        if name == "train":
            command.add_argument("--minutes", type=float, default=40.0)
            command.add_argument("--threads", type=int, default=1)
        if name == "ship":
            command.add_argument("destination", type=Path)
            command.add_argument("--checkpoint", default="checkpoint_final.pth")
    arguments = parser.parse_args()
    configuration = small.SmallConfiguration()
    if arguments.command == "simulate":
        first = simulated.FIRST_TRAINING_SEED
        simulated.write_raw_datasets(arguments.work / "raw", range(first, first + arguments.count), arguments.processes)
    elif arguments.command == "prepare":
        small.prepare(arguments.work, arguments.task, configuration, arguments.processes)
    elif arguments.command == "train":
        import torch

        torch.set_num_threads(arguments.threads)
        print(small.train(arguments.work, arguments.task, arguments.minutes, configuration))
    else:
        dataset = simulated.TASKS[arguments.task].dataset
        trained = f"SmallTrainer__{small.PLANS}__{small.CONFIGURATION}"
        small.ship(arguments.work / "results" / dataset / trained, arguments.destination, arguments.checkpoint)


if __name__ == "__main__":
    main()
