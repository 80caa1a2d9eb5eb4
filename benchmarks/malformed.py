"""Hundreds of bad inputs, each read in a process of its own: its end, seconds and memory.

python benchmarks/malformed.py [--each 18] writes results/malformed.json. Linux only: the peak is
that of /proc. Memory counts against twice the file and a constant for what libraries load.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from iadtln.checkpoints import read_state
from iadtln.configurations import read_options
from tests.faults.malformed import Bad, good_recordings, mutated
from tests.faults.malformed import good_checkpoint as checkpoint
from tests.faults.malformed_claims import CLAIMS, PAYLOAD
from tests.faults.malformed_text import MANIFESTS, TABLES, YAML
from tests.faults.reading import ending, listed, streamed, whole

RESULT = Path(__file__).parent / "results" / "malformed.json"
LIMIT_SECONDS, CONSTANT = 20, 64 * 2**20
Read = Callable[[Path], object]


def texts(folder: Path, contents: dict[str, bytes], kind: str, suffix: str) -> Iterator[Bad]:
    for number, (name, content) in enumerate(contents.items()):
        path = folder / f"{kind}_{number}{suffix}"
        path.write_bytes(content)
        yield Bad(f"{kind} {name}", path)


def inputs(folder: Path, each: int) -> Iterator[tuple[str, Bad, list[Read]]]:
    """Group, input, and who reads it."""
    both: list[Read] = [whole, streamed]
    for good in good_recordings(folder):
        for bad in mutated(good, each):
            yield f"mutated {good.suffix}", bad, both
    for name, make in CLAIMS.items():
        path = make(folder)
        yield f"claims of {path.suffix}", Bad(name, path), both
    np.save(folder / "a.npy", np.random.default_rng(0).standard_normal(900))
    for bad in texts(folder, TABLES, "table", ".csv"):
        yield "tables", bad, both
    for bad in texts(folder, MANIFESTS, "manifest", ".csv"):
        yield "manifests", bad, [listed]
    for bad in texts(folder, YAML, "options", ".yaml"):
        yield "configurations", bad, [read_options]
    for bad in mutated(checkpoint(folder / "good.ckpt"), 2 * each):
        yield "checkpoints", bad, [read_state]


def status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(one for one in lines if one.startswith(name))
    return 1024 * int(line.split()[1])


def in_a_process(read: Read, path: Path) -> dict[str, Any]:
    """How the reading of a file ended; a process that is killed by the clock is a hang."""
    out, into = os.pipe()
    if not (child := os.fork()):
        signal.alarm(LIMIT_SECONDS)
        Path("/proc/self/clear_refs").write_text("5")
        before, begin = status("VmHWM"), time.perf_counter()
        how, said = ending(read, path)
        seconds = time.perf_counter() - begin
        told = {"how": how, "said": said[-300:], "peak": status("VmHWM") - before}
        os.write(into, json.dumps({**told, "seconds": seconds}).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    killed = {"how": "hang", "said": "", "peak": 0, "seconds": float(LIMIT_SECONDS)}
    return json.loads(content) if content else killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=18, help="mutations of each good file")
    options = parser.parse_args()
    groups: dict[str, Counter[str]] = {}
    worst: dict[str, Any] = {"peak_over_constant_per_byte": 0.0}
    wrong, number, slowest = [], 0, 0.0
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        for group, bad, readers in inputs(Path(name), options.each):
            number += 1
            for read in readers:
                found = in_a_process(read, bad.path)
                groups.setdefault(group, Counter())[found["how"]] += 1
                size = bad.path.stat().st_size
                slowest = max(slowest, found["seconds"])
                ratio = max(0, found["peak"] - CONSTANT) / max(1, size)
                if ratio > worst["peak_over_constant_per_byte"]:
                    worst = {"peak_over_constant_per_byte": ratio, "input": bad.kind}
                if found["how"] in ("traceback", "hang") or found["peak"] > 2 * size + CONSTANT:
                    wrong.append({"input": bad.kind, "reader": read.__name__, **found})
        ran = [str(path) for path in Path(name).parent.glob(f"*/{PAYLOAD}")]
    total = sum(groups.values(), Counter[str]())
    result = {"inputs": number, "readings": dict(total), "groups": groups, "wrong": wrong,
              "payloads_run": ran, "slowest_seconds": slowest, "memory": worst,
              "constant_bytes": CONSTANT}  # fmt: skip
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps({**result, "groups": {k: dict(v) for k, v in groups.items()}}, indent=1))


if __name__ == "__main__":
    main()
