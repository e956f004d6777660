"""One CT through the quick road, from process start to masks on disk: what inference.py measures.

python inference_case.py '{"ct": FILE, "output": FOLDER, ...}'
"""

import json
import sys
import time
from pathlib import Path

from AbdominalCalcificationLib.inference import ModelFolder, Worker, segment_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reporting.images import write_volume


def main(arguments: dict) -> None:
    ct = read_ct(Path(arguments["ct"])).volume
    arteries = read_mask(Path(arguments["arteries"])) if arguments.get("arteries") else None
    artery_models = [ModelFolder.open(path) for path in arguments.get("artery_models", ())]
    names = {name: "aorta" for model in artery_models for name in model.unknown_labels()}
    calcification = arguments.get("calcification_model")
    calcification = ModelFolder.open(calcification) if calcification else None
    output = Path(arguments["output"])
    output.mkdir(parents=True, exist_ok=True)
    log = []
    with Worker() as worker:
        for _ in range(arguments.get("times", 1)):
            steps = []
            begin = time.perf_counter()

            def note(step, steps=steps, begin=begin):
                if not step.waiting:
                    steps.append((time.perf_counter() - begin, step.stage, step.fraction, step.seconds_left))

            found = drain(
                segment_steps(
                    ct,
                    artery_models,
                    calcification,
                    arteries=arteries,
                    device=arguments.get("device", "cpu"),
                    precision=arguments.get("precision", "auto"),
                    label_names=names,
                    worker=worker,
                ),
                note,
                idle_s=0.01,
            )
            log.append({"seconds": time.perf_counter() - begin, "steps": steps})
    if artery_models:
        write_volume(output / "arteries.nii.gz", found.arteries)
    if found.calcification is not None:
        write_volume(output / "calcification.nii.gz", found.calcification)
    (output / "log.json").write_text(json.dumps(log))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
