"""Memory of training on a folder that does not fit in it: recordings kept on disk.

    python benchmarks/large_folder.py [--gigabytes 50] [--folder PLACE] [--steps 50]

Makes a folder of .npy recordings (float32, ten minutes at 51.2 kHz each) and its manifest, then
runs `fit` with `storage: disk` in a process of its own, once with a tenth of the folder, once with
all of it. Printed: the largest private memory (RssAnon, Linux) that was seen; mapped pages of files
are not counted, the system takes them back when it needs them. Needs twice the folder's size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
RATE, SECONDS = 51_200, 600
KINDS = ("healthy", "outer race")


def make(folder: Path, gigabytes: float) -> int:
    """Write recordings and manifest; the number of recordings of each class and domain."""
    samples, random = RATE * SECONDS, np.random.default_rng(0)
    number = max(1, round(gigabytes * 1e9 / (4 * samples * 4)))
    lines = ["file,label,domain,sampling_rate,rpm,channel,bearing_id"]
    for i in tqdm(range(number), "writing", unit="recording"):
        for domain in ("a", "b"):
            for label in KINDS:
                name = f"{domain}_{label}_{i}.npy".replace(" ", "_")
                np.save(folder / name, random.standard_normal(samples, np.float32))
                lines.append(f"{name},{label},{domain},{RATE},,0,{name}")
    (folder / "all.csv").write_text("\n".join(lines) + "\n")
    tenth = 1 + max(1, number // 10) * len(KINDS) * 2
    (folder / "tenth.csv").write_text("\n".join(lines[:tenth]) + "\n")
    return number


def private_mib(process: int) -> float:
    """Anonymous memory of a process that runs; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith("RssAnon")), 0.0)


def trained(folder: Path, manifest: str, steps: int) -> dict[str, Any]:
    """Fit, and watch its memory."""
    size = sum(
        (folder / line.split(",")[0]).stat().st_size
        for line in (folder / manifest).read_text().splitlines()[1:]
    )
    command = [
        *(sys.executable, "-m", "iadtln", "fit", "--data=datamodules.ManifestDataModule"),
        f"--data.init_args.manifest={folder / manifest}",
        *("--data.init_args.source=a", "--data.init_args.target=b"),
        "--data.init_args.windowing={length: 2048, per_recording: 1000}",
        *("--data.init_args.storage=disk", f"--data.init_args.cache_dir={folder / 'cache'}"),
        *("--trainer.max_epochs=2", "--model.pretrain_epochs=1"),
        f"--trainer.limit_train_batches={steps}",
        *("--trainer.limit_val_batches=2", "--trainer.enable_progress_bar=false"),
        f"--trainer.logger.init_args.save_dir={folder / 'runs'}",
    ]
    begin, peak = time.perf_counter(), 0.0
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        while process.poll() is None:
            peak = max(peak, private_mib(process.pid))
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit((folder / "log.txt").read_text())
    seconds = round(time.perf_counter() - begin)
    return {"GB": round(size / 1e9, 2), "private MiB": round(peak), "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=50.0)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--folder", type=Path)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks/results/large_folder.json"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        make(Path(place), options.gigabytes)
        found = {
            "a tenth": trained(Path(place), "tenth.csv", options.steps),
            "all": trained(Path(place), "all.csv", options.steps),
        }
    options.output.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
