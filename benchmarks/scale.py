"""What a million windows cost on one core: read and cut, front end, diagnosis.

    python benchmarks/scale.py [--rounds 5] [--output FILE.json]

Recordings of 10 s at 12 kHz are written to disk, read, checked and cut in windows of 2048 samples
as a run does it; then windows go through a front end, or through front end and network, in batches
of 64. One thread, processor time (other programs may use the same cores), one round uncounted;
printed is the median. docs/scale.md multiplies it.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.io
import torch

import iadtln
from datamodules import ManifestDataModule, Windowing
from iadtln.front_ends import STFT, VMD, EnvelopeSpectrum, FrontEnd
from iadtln.memory import keep_freed_memory
from iadtln.networks import SECNN

RATE, SECONDS, RECORDINGS, LENGTH, BATCH = 12000, 10, 40, 2048, 64


def write_recordings(folder: Path, kind: str) -> Path:
    """Noise in files of a kind, as float32, and the manifest that names them."""
    rng = np.random.default_rng(0)
    lines = ["file,label,domain,sampling_rate,channel"]
    for number in range(RECORDINGS):
        signal = rng.standard_normal(RATE * SECONDS).astype(np.float32)
        path = folder / f"{number}.{kind}"
        if kind == "npy":
            np.save(path, signal)
        else:
            scipy.io.savemat(path, {"x": signal})
        domain, label = ("source", "target")[number % 2], ("a", "b")[number // 2 % 2]
        lines.append(f"{path.name},{label},{domain},{RATE},{'' if kind == 'npy' else 'x'}")
    manifest = folder / f"{kind}.csv"
    manifest.write_text("\n".join(lines) + "\n")
    return manifest


def read_and_cut(manifest: Path) -> int:
    """Read all files, and gather all windows in batches; how many there were."""
    data = ManifestDataModule(
        str(manifest), source="source", target="target", windowing=Windowing(LENGTH)
    )
    data.setup("fit")
    parts = (("source", "first"), ("source", "second"), ("target", "first"))
    number = 0
    for side, part in parts:
        windows = data.windows(side, part)
        for first in range(0, len(windows), BATCH):
            batch = windows.__getitems__(list(range(first, min(first + BATCH, len(windows)))))
            number += len(batch["signal"])
    return number


def seconds_of(work: Callable[[], object]) -> float:
    """Processor seconds."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def tasks(folder: Path) -> dict[str, tuple[int, Callable[[], object]]]:
    """By name, how many windows are worked on, and the work."""
    signal = torch.randn(BATCH, 1, LENGTH, generator=torch.Generator().manual_seed(0))
    network = torch.nn.Sequential(SECNN(), torch.nn.Linear(256, 10)).eval()
    work: dict[str, tuple[int, Callable[[], object]]] = {}
    for kind in ("npy", "mat"):
        manifest = write_recordings(folder, kind)
        work[f"read and cut .{kind}"] = (
            read_and_cut(manifest),
            lambda manifest=manifest: read_and_cut(manifest),
        )
    front_ends: list[FrontEnd] = [EnvelopeSpectrum(share=0.25), STFT(segment=64, hop=8), VMD(5)]
    for front_end in front_ends:
        name = f"front end {type(front_end).__name__}"
        work[name] = (BATCH, lambda front_end=front_end: front_end(signal))
    work["diagnosis, SE-CNN float32"] = (BATCH, lambda: network(signal))

    def in_bf16() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            network(signal)

    work["diagnosis, SE-CNN bf16"] = (BATCH, in_bf16)
    return work


@torch.no_grad()
def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Each piece of work in turn, in every round."""
    with tempfile.TemporaryDirectory() as folder:
        work = tasks(Path(folder))
        seconds: dict[str, list[float]] = {name: [] for name in work}
        for number in range(rounds + 1):
            for name, (_, one) in work.items():
                taken = seconds_of(one)
                if number:  # the first warms caches up
                    seconds[name].append(taken)
    return {
        name: {
            "windows": windows,
            "windows_per_second": windows / statistics.median(seconds[name]),
            "slowest": windows / max(seconds[name]),
            "core_hours_per_million": 1e6 * statistics.median(seconds[name]) / windows / 3600,
        }
        for name, (windows, _) in work.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    found = measure(options.rounds)
    for name, row in found.items():
        print(
            f"{name:<30}{row['windows_per_second']:>10.0f} windows/s"
            f"{row['core_hours_per_million']:>10.3f} core hours a million"
        )
    if options.output:
        where = {
            "machine": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": 1,
            "load": os.getloadavg()[0],
            "torch": torch.__version__,
            "iadtln": iadtln.__version__,
            "samples_a_window": LENGTH,
            "rounds": options.rounds,
        }
        options.output.write_text(json.dumps({**where, "found": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
