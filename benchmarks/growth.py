"""How time and memory grow with windows, their length, classes, recordings and the batch.

    python benchmarks/growth.py [--output FILE.json] [--picture FILE.png]

Each point is a process of its own on noise: setup, then one epoch of IADTLN's transfer, with its
peak memory over that of a process that only imports. The slope is that of the logarithms between
the two largest points: 1 is linear.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from matplotlib.figure import Figure
from tqdm import tqdm

from datamodules import PairedDataModule, Recording, Windowing
from iadtln.losses import CDANE, CORAL, JMMD
from iadtln.memory import keep_freed_memory
from iadtln.networks import SECNN
from iadtln.task import DomainAdaptation

ROOT = Path(__file__).parents[1]
BASE = {"recordings": 8, "windows": 1024, "length": 1024, "classes": 4, "batch": 64}
AXES: dict[str, tuple[int, ...]] = {
    "windows": (512, 1024, 2048, 4096),
    "length": (256, 512, 1024, 2048),
    "classes": (2, 4, 8, 16),
    "recordings": (16, 32, 64, 128),
    "batch": (32, 64, 128, 256),
}
MEASURED = ("setup seconds", "epoch seconds", "memory MiB")
Point = dict[str, float]


class Noise(PairedDataModule):
    """Recordings of noise, the same number of each class."""

    def __init__(self, recordings: int, classes: int, samples: int, **kwargs: Any) -> None:
        self.number, self.kinds, self.samples = recordings, classes, samples
        super().__init__("a", "b", **kwargs)

    def all_classes(self) -> list[str]:
        return [f"class {i}" for i in range(self.kinds)]

    def domains(self) -> list[str]:
        return ["a", "b"]

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        return [partial(self.read, domain, i) for i in range(max(self.number, self.kinds))]

    def read(self, domain: str, number: int) -> Recording:
        generator = torch.Generator().manual_seed(2 * number + (domain == "b"))
        signal = torch.randn(1, self.samples, generator=generator)
        label, name = self.all_classes()[number % self.kinds], f"{domain} {number}"
        return Recording(signal, 12000.0, None, label, domain, name, bearing_id=name)


def peak_mib() -> float:
    """High-water mark of this process's resident memory (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measure(point: Point) -> Point:
    """Set up and train one epoch; run in a process of its own."""
    size = {name: int(value) for name, value in point.items()}
    before, begin = peak_mib(), time.perf_counter()
    number = max(size["recordings"], size["classes"])
    each = max(2, size["windows"] // number)  # windows of a recording
    data = Noise(
        size["recordings"], size["classes"], (each + 2) * size["length"],
        windowing=Windowing(length=size["length"], per_recording=each), batch_size=size["batch"],
    )  # fmt: skip
    data.setup("fit")
    setup = time.perf_counter() - begin
    losses = [CORAL(), JMMD(), CDANE()]
    model = DomainAdaptation(SECNN(), data.num_classes, None, losses, pretrain_epochs=0)
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
    trainer = Trainer(
        max_epochs=1, accelerator="cpu", limit_val_batches=0, enable_checkpointing=False, **quiet
    )  # type: ignore[arg-type]
    begin = time.perf_counter()
    trainer.fit(model, datamodule=data)
    return dict(
        zip(MEASURED, (setup, time.perf_counter() - begin, peak_mib() - before), strict=True)
    )


def alone(point: Point) -> Point:
    """The same in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, "--point", json.dumps(point)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: Point = json.loads(done.stdout.splitlines()[-1])
    return found


def slope(sizes: tuple[int, ...], values: list[float]) -> float:
    """Between the two largest points, in logarithms."""
    return math.log(values[-1] / values[-2]) / math.log(sizes[-1] / sizes[-2])


def draw(found: dict[str, list[Point]], path: Path) -> None:
    """A column for each axis, a row for each thing measured; a thin line is linear growth."""
    figure = Figure(figsize=(13, 7), dpi=110, layout="constrained")
    panels = figure.subplots(len(MEASURED), len(AXES), sharex="col", sharey="row")
    for column, (axis, sizes) in enumerate(AXES.items()):
        for row, name in enumerate(MEASURED):
            values, panel = [point[name] for point in found[axis]], panels[row, column]
            panel.loglog(sizes, values, marker="o", color="#1f6fc4")
            last = values[-1]
            panel.loglog(sizes, [last * s / sizes[-1] for s in sizes], color="#c6cbd1", zorder=0)
            panel.set_title(f"slope {slope(sizes, values):.2f}", fontsize=9, loc="left")
            panel.set_xticks(sizes, [str(s) for s in sizes], minor=False)
            panel.minorticks_off()
            panel.spines[["top", "right"]].set_visible(False)
        panels[-1, column].set_xlabel(axis)
    for row, name in enumerate(MEASURED):
        panels[row, 0].set_ylabel(name)
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--point", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/growth.json")
    parser.add_argument("--picture", type=Path, default=ROOT / "benchmarks/results/growth.png")
    options = parser.parse_args()
    if options.point:
        keep_freed_memory()
        print(json.dumps(measure(options.point)))
        return
    found: dict[str, list[Point]] = {}
    bar = tqdm([(axis, size) for axis, sizes in AXES.items() for size in sizes], unit="point")
    for axis, size in bar:
        found.setdefault(axis, []).append(alone({**BASE, axis: size}))
    slopes = {
        axis: {n: round(slope(AXES[axis], [p[n] for p in points]), 2) for n in MEASURED}
        for axis, points in found.items()
    }
    facts = {"base": BASE, "threads": os.environ.get("OMP_NUM_THREADS", "default")}
    text = {**facts, "slopes": slopes, "points": found}
    options.output.write_text(json.dumps(text, indent=2) + "\n")
    draw(found, options.picture)
    print(json.dumps(slopes, indent=2))


if __name__ == "__main__":
    main()
