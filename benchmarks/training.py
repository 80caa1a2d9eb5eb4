"""Milliseconds per whole training step of IADTLN, ours beside plain PyTorch.

    python benchmarks/training.py [--threads 1] [--rounds 10] [--output FILE.json]

A step is what the transfer phase does with 64 source and 64 target windows of 2048 samples: one
forward of the 128 windows, I-Softmax + CORAL + JMMD + CDAN+E, backward, Adam. All forms take turns
in one process, so that whatever else the machine does hits each of them. See benchmarks/README.md.
"""

import argparse
import ctypes
import json
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from iadtln.losses import CDANE, CORAL, JMMD, ISoftmax
from iadtln.memory import keep_freed_memory
from iadtln.networks import SECNN

BATCH, TIME, NUM_CLASSES = 64, 2048, 4  # per domain


class SqueezeExcitation(nn.Module):
    """Squeeze-excitation as one would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(16, 1), nn.ReLU(), nn.Linear(1, 16), nn.Sigmoid())

    def forward(self, signal: Tensor) -> Tensor:
        gate: Tensor = self.gate(signal.mean(2))
        return signal * gate.unsqueeze(2)


def plain_se_cnn() -> nn.Module:
    """Table 1 of the paper in PyTorch's own layers."""

    def block(in_channels: int, out_channels: int, kernel_size: int) -> list[nn.Module]:
        conv = nn.Conv1d(in_channels, out_channels, kernel_size)
        return [conv, nn.BatchNorm1d(out_channels), nn.ReLU()]

    def dense(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(0.5)]

    return nn.Sequential(
        *(*block(1, 16, 15), SqueezeExcitation(), *block(16, 32, 3), nn.MaxPool1d(2)),
        *(*block(32, 64, 3), *block(64, 128, 3), nn.AdaptiveMaxPool1d(4), nn.Flatten()),
        *(*dense(512, 512), *dense(512, 256)),
    )


def require_same_function() -> None:
    """Stop if the two networks disagree: a faster step of something else proves nothing."""
    ours, plain = SECNN(dropout=0.0), plain_se_cnn()
    for dropout in (module for module in plain.modules() if isinstance(module, nn.Dropout)):
        dropout.p = 0.0
    for mine, theirs in zip(ours.parameters(), plain.parameters(), strict=True):
        theirs.data.copy_(mine.data)
    signal = torch.randn(8, 1, TIME)
    torch.testing.assert_close(ours(signal), plain(signal), atol=1e-4, rtol=1e-4)


def build_step(network: nn.Module, bfloat16: bool, fused: bool) -> Callable[[], None]:
    """Return one training step of the transfer phase as a function without arguments."""
    classifier, class_loss = nn.Linear(256, NUM_CLASSES), ISoftmax(shift=0.0, scale=3.0)
    losses = CORAL(), JMMD(), CDANE()
    for loss in losses:
        loss.configure(256, NUM_CLASSES)
        loss.set_progress(0.5)
    parameters = list(nn.ModuleList([network, classifier, *losses]).parameters())
    optimizer = torch.optim.Adam(parameters, lr=1e-4, weight_decay=1e-5, fused=fused)
    signal, label = torch.randn(2 * BATCH, 1, TIME), torch.randint(NUM_CLASSES, (BATCH,))

    def precision() -> AbstractContextManager[object]:
        return torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext()

    def step() -> None:
        with precision():
            features = network(signal)
            logits = classifier(features)
            total = class_loss(logits[:BATCH], label)
            for loss in losses:
                halves = (*features.split(BATCH), *logits.split(BATCH))
                total = total + loss.contribution(loss(*halves, label))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()

    return step


def return_freed_memory() -> None:
    """Put glibc's malloc where its own adaptation ends in a process that trains."""
    mallopt = ctypes.CDLL(None).mallopt
    for option, value in ((-4, 65536), (-3, 32 * 2**20), (-1, 64 * 2**20)):
        mallopt(option, value)


def peak_gflops(dtype: torch.dtype) -> float:
    """Return the best rate of a matrix product: MKL's, or oneDNN's as a convolution of length 1."""
    rows, width = 8192, 512
    left, right = torch.randn(rows, width).to(dtype), torch.randn(width, width).to(dtype)
    image = left.view(64, 1, rows // 64, width).permute(0, 3, 1, 2)
    products: tuple[Callable[[], Tensor], ...] = (
        lambda: left @ right,
        lambda: nn.functional.conv2d(image, right[:, :, None, None]),
    )
    best = min(seconds_of(product)[1] for product in products for _ in range(5))
    return 2e-9 * rows * width**2 / best


def seconds_of(function: Callable[[], object]) -> tuple[float, float]:
    """Return wall time and processor time per thread of one call."""
    wall, processor = time.perf_counter(), time.process_time()
    function()
    processor = time.process_time() - processor
    return time.perf_counter() - wall, processor / torch.get_num_threads()


def take_turns(forms: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[list[float]]]:
    """Time two steps of each form in each round, after one that is not counted."""
    times: dict[str, list[list[float]]] = {name: [] for name in forms}
    for _ in range(rounds):
        for name, step in forms.items():
            return_freed_memory() if "default memory" in name else keep_freed_memory()
            step()
            times[name] += [[1e3 * s for s in seconds_of(step)] for _ in range(2)]
    return times


def summary(times: list[list[float]], gflop: float, peak: float) -> dict[str, float]:
    """Return median, quartile range and minimum in ms, and the share of the peak."""
    wall, processor = zip(*times, strict=True)
    low, median, high = statistics.quantiles(wall, n=4)
    fields = {
        "median_ms": median,
        "iqr_ms": high - low,
        "min_ms": min(wall),
        "processor_median_ms": statistics.median(processor),
        "processor_min_ms": min(processor),
        "share_of_peak": 1e3 * gflop / statistics.median(processor) / peak,
    }
    return {name: round(value, 3) for name, value in fields.items()}


def machine() -> dict[str, object]:
    cpu = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    return {"cpu": cpu[0], "cores": len(cpu), "threads": torch.get_num_threads(), **versions}


FORMS = {  # name: (network, bfloat16, fused Adam)
    "plain float32, default memory": (plain_se_cnn, False, False),
    "plain bf16-mixed, default memory": (plain_se_cnn, True, False),
    "plain float32": (plain_se_cnn, False, False),
    "plain bf16-mixed": (plain_se_cnn, True, False),
    "ours float32": (SECNN, False, False),
    "ours bf16-mixed": (SECNN, True, False),
    "ours float32, fused Adam": (SECNN, False, True),
    "ours bf16-mixed, fused Adam": (SECNN, True, True),
}


def measure(rounds: int) -> tuple[dict[str, object], dict[str, dict[str, float]]]:
    """Return facts about the machine, and the figures of each form."""
    forms = {
        name: build_step(network(), bfloat16, fused)
        for name, (network, bfloat16, fused) in FORMS.items()
    }
    with FlopCounterMode(display=False) as counter:
        forms["plain float32"]()
    gflop = counter.get_total_flops() / 1e9
    times = take_turns(forms, rounds)
    peaks = {
        dtype: max(peak_gflops(dtype) for _ in range(rounds))
        for dtype in (torch.float32, torch.bfloat16)
    }
    steps = {
        name: summary(times[name], gflop, peaks[torch.bfloat16 if bfloat16 else torch.float32])
        for name, (_, bfloat16, _) in FORMS.items()
    }
    for step in steps.values():
        for field in ("median_ms", "processor_median_ms"):
            for name in ("plain float32, default memory", "plain float32"):
                step[f"times_faster_than_{name}_by_{field}"] = round(
                    steps[name][field] / step[field], 2
                )
    facts = {
        **machine(),
        "gflop_per_step": round(gflop, 2),
        "peak_gflops": {str(d).removeprefix("torch."): round(p) for d, p in peaks.items()},
    }
    return facts, steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--output", type=Path, help="write the figures here as JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    require_same_function()
    facts, steps = measure(arguments.rounds)
    show(steps)
    if arguments.output:
        text = json.dumps({"machine": facts, "steps": steps}, indent=2)
        arguments.output.write_text(text + "\n", encoding="utf-8")


def show(steps: dict[str, dict[str, float]]) -> None:
    """Print a line for each form: wall and processor time in ms, speed-ups by processor time."""
    columns = ("median", "iqr", "min", "cpu", "of peak", "faster", "than kept")
    print("ms per step".ljust(34), *(column.rjust(9) for column in columns))
    for name, s in steps.items():
        figures = s["median_ms"], s["iqr_ms"], s["min_ms"], s["processor_median_ms"]
        faster = (
            s[f"times_faster_than_{reference}_by_processor_median_ms"]
            for reference in ("plain float32, default memory", "plain float32")
        )
        print(
            name.ljust(34),
            *(f"{figure:9.0f}" for figure in figures),
            f"{s['share_of_peak']:9.0%}",
            *(f"{ratio:9.2f}" for ratio in faster),
        )


if __name__ == "__main__":
    main()
