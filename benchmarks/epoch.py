"""A step of `fit` as users run it, its parts, and the same beside UDTL's recipe.

    python benchmarks/epoch.py [--threads 1] [--steps 20] [--rounds 3] [--output FILE.json]

Both train the SE-CNN on the same windows of the simulated rig (64 + 64 of 2048 samples a step) by
CORAL + JMMD + CDAN+E, whole: reading batches, forward, losses, backward, Adam, logging. Ours is
Lightning with the callbacks of the command line, times from its own profiler; UDTL's recipe is
`udtl.py`. They take turns in one process; the first round is not counted.
"""

import argparse
import json
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import torch
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode
from training import machine, peak_gflops, plain_se_cnn, return_freed_memory
from udtl import Recipe, TableOfWindows

from datamodules import PairedDataModule
from iadtln.cli import run
from iadtln.memory import keep_freed_memory
from iadtln.networks import SECNN
from iadtln.task import DomainAdaptation

BATCH, TIME = 64, 2048
PARTS = {  # what a part of a step is called by the profiler
    "data": r"train_dataloader_next|batch_to_device|on_(before|after)_batch_transfer",
    "training_step": r"\[Strategy\].*\.training_step",
    "backward": r"\[Strategy\].*\.backward",
    "zero_grad": r"optimizer_zero_grad",
    "optimizer_step": r"\[LightningModule\].*\.optimizer_step",
    "hooks": r"on_train_batch_(start|end)",
    "batch": r"run_training_batch",
    "network": r"^network$",
    "log": r"^log$",
}
Seconds = dict[str, float]
Durations = dict[str, list[float]]


@contextmanager
def timed(owner: type, method: str, durations: list[float]) -> Iterator[None]:
    """Write down how long each call of a method takes while its module is training."""
    function = getattr(owner, method)

    def call(*args: Any, **kwargs: Any) -> Any:
        begin = time.perf_counter()
        result = function(*args, **kwargs)
        if args[0].training:  # not the looks between epochs
            durations.append(time.perf_counter() - begin)
        return result

    with patch.object(owner, method, call):
        yield


def fitted(precision: str, steps: int, rounds: int, folder: str) -> tuple[Any, Durations]:
    """Run `fit` for so many epochs of transfer; and what took how long."""
    own: Durations = {"network": [], "log": []}
    with timed(SECNN, "forward", own["network"]), timed(DomainAdaptation, "log", own["log"]):
        cli = run(
            [
                *(
                    "fit",
                    "--data=datamodules.SimulatedDataModule",
                    "--config=configs/recipe/tuned.yaml",
                ),
                *("--model=configs/method/iadtln.yaml", "--model.pretrain_epochs=0"),
                f"--data.init_args.windowing={{length: {TIME}, per_recording: 400}}",
                f"--data.init_args.batch_size={BATCH}",
                *(f"--trainer.max_epochs={rounds}", f"--trainer.limit_train_batches={steps}"),
                *(f"--trainer.precision={precision}", "--trainer.limit_val_batches=0"),
                f"--trainer.logger.init_args.save_dir={folder}",
                *("--trainer.profiler=simple", "--trainer.enable_progress_bar=false"),
            ]
        )
    return cli, {**cli.trainer.profiler.recorded_durations, **own}


def parts_of(recorded: Durations, steps: int, rounds: int) -> Seconds:
    """Seconds of each part of a step: the median over all rounds but the first."""
    found: Durations = defaultdict(lambda: [0.0] * (rounds - 1))
    for action, durations in recorded.items():
        for part, pattern in PARTS.items():
            if re.search(pattern, action):
                each = max(1, len(durations) // rounds)  # calls in an epoch
                for number in range(1, rounds):
                    own = durations[number * each : (number + 1) * each]
                    found[part][number - 1] += sum(own) / steps
    raw = {part: statistics.median(values) for part, values in found.items()}
    inner = raw["training_step"] + raw["backward"] + raw["zero_grad"]
    return {
        "data feeding": raw["data"],
        "forward": raw["network"],
        "losses": raw["training_step"] - raw["network"] - raw["log"],
        "logging": raw["log"],
        "backward": raw["backward"],
        "optimiser": raw["optimizer_step"] - inner + raw["zero_grad"],
        "callbacks": raw["hooks"],
        "loop": raw["batch"] - raw["optimizer_step"],
    }


def theirs(data: PairedDataModule, bfloat16: bool, steps: int) -> tuple[Recipe, Any]:
    """UDTL's recipe over the same windows."""
    sides = []
    for windows in (
        data.pair.labelled_windows("source", "first"),
        data.pair.windows("target", "first"),
    ):
        number = min(len(windows), steps * BATCH)
        rows = windows.__getitems__(list(range(number)))
        labels = rows.get("label", torch.zeros(number, dtype=torch.int64)).tolist()
        table = TableOfWindows(list(rows["signal"].numpy()), labels)
        sides.append(DataLoader(table, BATCH, shuffle=True, drop_last=True))
    return Recipe(plain_se_cnn(), 256, data.num_classes, bfloat16), sides


def convolution_share(network: torch.nn.Module, bfloat16: bool, peak: float) -> float:
    """Rate of the convolutions, forward and backward, as a share of the best matrix product."""
    signal = torch.randn(2 * BATCH, 1, TIME)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            features = network(signal)
        features.float().sum().backward()

    with FlopCounterMode(display=False) as counter:
        step()
    flops = sum(
        number for op, number in counter.get_flop_counts()["Global"].items() if "conv" in str(op)
    )
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        for _ in range(5):
            step()
    names = {"aten::conv2d", "aten::conv1d", "aten::convolution_backward"}
    micro = sum(e.cpu_time_total for e in profile.key_averages() if e.key in names) / 5
    return 1e-3 * flops / micro / peak


def measure(precision: str, steps: int, rounds: int, folder: str) -> dict[str, Any]:
    """Ours and theirs in one precision, in milliseconds a step."""
    bfloat16 = precision == "bf16-mixed"
    keep_freed_memory()
    cli, recorded = fitted(precision, steps, rounds + 1, folder)
    parts = parts_of(recorded, steps, rounds + 1)
    ours = sum(parts.values())
    peak = peak_gflops(torch.bfloat16 if bfloat16 else torch.float32)
    share = convolution_share(cli.model.network, bfloat16, peak)
    recipe, sides = theirs(cli.datamodule, bfloat16, steps)
    return_freed_memory()
    times = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        recipe.epoch(*sides)
        times.append((time.perf_counter() - begin) / len(sides[0]))
    other = statistics.median(times[1:])
    core = parts["forward"] + parts["backward"] + parts["losses"]
    return {
        "ours, ms": round(1e3 * ours, 1),
        "UDTL's recipe, ms": round(1e3 * other, 1),
        "times as fast": round(other / ours, 2),
        "parts, ms": {name: round(1e3 * value, 2) for name, value in parts.items()},
        "beside forward, losses and backward": round(1 - core / ours, 3),
        "convolutions, share of the peak": round(share, 2),
        "peak, GFLOP/s": round(peak),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/epoch.json"))
    options = parser.parse_args()
    found: dict[str, Any] = {"machine": machine()}
    with TemporaryDirectory() as folder:
        for threads in options.threads:
            torch.set_num_threads(threads)
            for precision in ("32-true", "bf16-mixed"):
                name = f"{threads} thread{'s' * (threads > 1)}, {precision}"
                found[name] = measure(precision, options.steps, options.rounds, folder)
                print(name, json.dumps(found[name], indent=2), flush=True)
    reference = "UDTL's recipe, ms"
    for threads in options.threads:  # what is asked for: bf16 beside their float32
        one = f"{threads} thread{'s' * (threads > 1)}, "
        faster = found[one + "32-true"][reference] / found[one + "bf16-mixed"]["ours, ms"]
        found[one + "bf16-mixed"]["times as fast as theirs in float32"] = round(faster, 2)
    options.output.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
