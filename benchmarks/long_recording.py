"""Memory and time of `diagnose` for a recording of a minute and for one of a day.

    python benchmarks/long_recording.py --ckpt runs/version_0/checkpoints/last.ckpt [--hours 24]

Each is a WAV file of white noise, 12 kHz and 16 bits, diagnosed by a process of its own, whose
high-water mark of resident memory is read when it has ended (Linux).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
RATE = 12_000
DIAGNOSE = """
import sys
from iadtln.main import main
main(sys.argv[1:])
lines = open("/proc/self/status").read().splitlines()
print("peak", next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""


def write_noise(path: Path, minutes: int) -> None:
    """A minute of noise, so many times over: what is measured does not depend on the samples."""
    minute = 3000 * np.random.default_rng(0).standard_normal(60 * RATE)
    content = minute.astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for _ in range(minutes):
            file.writeframesraw(content)


def diagnosed(path: Path, checkpoint: Path) -> dict[str, float]:
    """Seconds and MiB of one call, in a process of its own."""
    options = [str(path), f"--ckpt={checkpoint}", f"--output={path.parent / 'out'}", "--device=cpu"]
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", DIAGNOSE, "diagnose", *options],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kib = int(done.stdout.split("peak ")[-1])
    return {
        "seconds": round(time.perf_counter() - begin, 1),
        "peak MiB": round(kib / 1024, 1),
        "file MiB": round(path.stat().st_size / 2**20, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ckpt", type=Path, required=True)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--folder", type=Path, help="for the recordings: 2 GB for a day")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks/results/long_recording.json"
    )
    options = parser.parse_args()
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        for name, minutes in (("a minute", 1), (f"{options.hours} hours", 60 * options.hours)):
            path = Path(place) / "recording.wav"
            write_noise(path, minutes)
            found[name] = diagnosed(path, options.ckpt)
            print(name, found[name], flush=True)
    found |= {
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
        "processor": platform.processor() or platform.machine(),
        "torch": torch.__version__,
    }
    options.output.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
