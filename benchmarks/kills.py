"""kill -9 at random moments of a run: resumed to its end, is it the run that nobody killed?

    python benchmarks/kills.py [--kills 20] [--seed 0] [--output FILE.json]

A small run of IADTLN on the simulated rig is killed at seeded random moments of its training, as
often on the source as in transfer, and goes on by the command of the README: the same options and
the last checkpoint, or the options alone where there is none yet. Half of them go on in the folder
of the killed run, as ``compare`` and ``benchmark`` do, the others in a folder of their own, as
``fit`` does: there the curve is that of both, and where both have a point the later one counts.
Compared are all weights, bit by bit, and all curves in the event files. See benchmarks/README.md.
"""

import argparse
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from iadtln.callbacks.resume import SCALARS_ONLY

ROOT = Path(__file__).parents[1]
Curves = dict[str, dict[int, float]]
EPOCHS, PRETRAIN = 10, 6  # an epoch of transfer takes longer than one on the source


class StepLoss(Callback):
    """Log the loss of every step beside the means of the epochs."""

    def on_train_batch_end(self, trainer: Trainer, module: Any, outputs: Any, *rest: Any) -> None:
        """Write it under the number of the step."""
        for logger in trainer.loggers:
            logger.log_metrics({"step/loss": float(outputs["loss"])}, trainer.global_step - 1)


@dataclass(frozen=True)
class Kill:
    """What became of one killed run.

    Args:
        phase: that it was killed in.
        seconds: after its first step.
        steps: that it had written down by then.
        resumed_after: epochs in its last checkpoint.
        same_folder: whether it went on in the folder of the killed run.
        weights_equal: whether all tensors equal those of the unbroken run, bit by bit.
        curves_equal: whether every curve has the points of the unbroken run.
        doubled: points that TensorBoard shows twice in one curve.
        missing: points that it does not show.
    """

    phase: str
    seconds: float
    steps: int
    resumed_after: int
    same_folder: bool
    weights_equal: bool = False
    curves_equal: bool = False
    doubled: int = 0
    missing: int = 0


def command(folder: Path, *more: str) -> list[str]:
    """What is typed; the scheduler is there because its state must come back too."""
    adam = '{"class_path": "torch.optim.Adam", "init_args": {"lr": 0.001, "fused": true}}'
    cosine = "torch.optim.lr_scheduler.CosineAnnealingLR"
    options = [
        "--data=datamodules.SimulatedDataModule",
        "--data.windowing={length: 256, per_recording: 40}",
        "--data.seconds=3.0",
        "--data.bearings_per_class=1",
        "--data.batch_size=16",
        f"--model.optimizer={adam}",
        f'--model.lr_scheduler={{"class_path": "{cosine}", "init_args": {{"T_max": {EPOCHS}}}}}',
        f"--model.pretrain_epochs={PRETRAIN}",
        f"--trainer.max_epochs={EPOCHS}",
        "--trainer.callbacks+=kills.StepLoss",
        "--trainer.accelerator=cpu",
        f"--trainer.logger.init_args.save_dir={folder}",
    ]
    return [sys.executable, "-m", "iadtln", "fit", *options, *more]


def start(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """Begin a run, with its words in ``folder/log.txt``."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(Path(__file__).parent), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with (folder / "log.txt").open("a") as log:
        return subprocess.Popen(command(folder, *more), env=environment, stdout=log, stderr=log)


def finish(folder: Path, *more: str) -> None:
    """Run to the end."""
    if start(folder, *more).wait():
        raise RuntimeError((folder / "log.txt").read_text()[-2000:])


def shown(folder: Path) -> EventAccumulator:
    """What TensorBoard shows of a run, which tells each time what was withdrawn."""
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    return EventAccumulator(str(folder), size_guidance=SCALARS_ONLY).Reload()


def curves(folders: list[Path]) -> tuple[Curves, int]:
    """Every curve of a run in one or more folders, and how many points one folder doubles."""
    found: Curves = {}
    doubled = 0
    for folder in folders:
        events = shown(folder)
        for tag in {*events.Tags()["scalars"]} - {"epoch"}:  # which comes with all that is logged
            points = events.Scalars(tag)
            doubled += sum(many - 1 for many in Counter(one.step for one in points).values())
            found.setdefault(tag, {}).update({one.step: one.value for one in points})
    return found, doubled


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(last(folder), weights_only=True)["state_dict"]
    return state


def last(folder: Path) -> Path:
    return folder / "checkpoints" / "last.ckpt"


def steps_in(folder: Path) -> int:
    """Steps of which the loss has reached the disk."""
    if not any(folder.glob("events*")):
        return 0
    events = shown(folder)
    return len(events.Scalars("step/loss")) if "step/loss" in events.Tags()["scalars"] else 0


def wait_for_training(run: subprocess.Popen[bytes], folder: Path) -> None:
    """Return at the first step that is written down."""
    while steps_in(folder) < 1:
        if run.poll() is not None:
            raise RuntimeError((folder.parent / "log.txt").read_text()[-2000:])
        time.sleep(0.02)


def killed(folder: Path, phase: str, draw: random.Random, whole: Curves, same: bool) -> Kill:
    """Start a run, kill it once a random share of a phase's steps is done, and a moment more."""
    run = start(folder)
    place = folder / "version_0"
    wait_for_training(run, place)
    begin = time.perf_counter()
    per_epoch = len(whole["step/loss"]) // EPOCHS
    first, epochs = (0, PRETRAIN) if phase == "pretrain" else (PRETRAIN, EPOCHS - PRETRAIN)
    steps = int((first + draw.random() * epochs) * per_epoch)
    while steps_in(place) < steps and run.poll() is None:
        time.sleep(0.02)
    time.sleep(0.2 * draw.random())  # within a step, the validation, or the writing of a checkpoint
    os.kill(run.pid, signal.SIGKILL)
    if run.wait() != -signal.SIGKILL:
        raise RuntimeError(f"the run in '{folder}' had ended before it was killed")
    seconds = time.perf_counter() - begin
    saved = last(place)
    saved_epochs = torch.load(saved, weights_only=True)["epoch"] + 1 if saved.exists() else 0
    return Kill(phase, round(seconds, 2), steps_in(place), saved_epochs, same)


def go_on(folder: Path, kill: Kill, unbroken: Path, whole: Curves) -> Kill:
    """Resume a killed run to its end and compare."""
    place = folder / "version_0"
    resume = [f"--ckpt_path={last(place)}"] if last(place).exists() else []
    here = ["--trainer.logger.init_args.version=0"] if kill.same_folder else []
    finish(folder, *resume, *here)
    folders = [place] if kill.same_folder else [place, folder / "version_1"]
    found, doubled = curves(folders)
    ours, theirs = weights(folders[-1]), weights(unbroken)
    return replace(
        kill,
        weights_equal=ours.keys() == theirs.keys()
        and all(torch.equal(ours[name], theirs[name]) for name in ours),
        curves_equal=found == whole,
        doubled=doubled,
        missing=sum(len(whole[tag].keys() - found.get(tag, {}).keys()) for tag in whole),
    )


def measure(kills: int, seed: int, place: Path) -> list[Kill]:
    """Kill as many runs in each phase, and compare each with the unbroken one."""
    unbroken = place / "unbroken"
    begin = time.perf_counter()
    finish(unbroken)
    print(f"unbroken: {time.perf_counter() - begin:.1f} s")
    whole, _ = curves([unbroken / "version_0"])
    draw = random.Random(seed)
    found = []
    for number in range(kills):
        phase = ("pretrain", "transfer")[number % 2]
        folder = place / f"killed_{number}"
        kill = killed(folder, phase, draw, whole, same=number % 4 < 2)
        found.append(go_on(folder, kill, unbroken / "version_0", whole))
        print(number + 1, *asdict(found[-1]).values(), sep="\t", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/kills.json")
    options = parser.parse_args()
    print("kill", *Kill.__dataclass_fields__, sep="\t")
    with tempfile.TemporaryDirectory() as place:
        found = measure(options.kills, options.seed, Path(place))
    equal = sum(one.weights_equal and one.curves_equal and not one.doubled for one in found)
    report = {
        "kills": len(found),
        "bit-identical to the unbroken run": equal,
        "epochs": {"pretrain": PRETRAIN, "transfer": EPOCHS - PRETRAIN},
        "torch": torch.__version__,
        "runs": [asdict(one) for one in found],
    }
    options.output.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{equal} of {len(found)} are the unbroken run, weights and curves")


if __name__ == "__main__":
    main()
