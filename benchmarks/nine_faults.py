"""Why nine CWRU faults from 3 to 0 hp stay below 99.5 %: which windows are missed, and why.

    python benchmarks/nine_faults.py [RUN ...]

RUN is a folder with ``predictions.csv``, such as
``runs/measured/CWRU_9_faults_3-0_hp/IADTLN/seed_0``. Needs the recordings in $IADTLN_DATA_DIR.
"""

import sys
from pathlib import Path

import pandas as pd
from scipy.stats import kurtosis

from datamodules import CWRUDataModule

BLOCK = 1024  # samples


def blocks(label: str, load: str) -> pd.DataFrame:
    """Level and kurtosis of each block of one recording."""
    data = CWRUDataModule("3hp", "0hp", labels="type_size", classes=[label])
    (recording,) = (read() for read in data.readers(load))
    signal = recording.signal[0].double().numpy()
    parts = signal[: len(signal) // BLOCK * BLOCK].reshape(-1, BLOCK)
    start = range(0, len(parts) * BLOCK, BLOCK)
    columns = {"start": start, "level": parts.std(1), "kurtosis": kurtosis(parts, 1, fisher=False)}
    return pd.DataFrame(columns).round(3)


def missed(run: Path) -> pd.DataFrame:
    """Windows of a run with the wrong diagnosis."""
    table = pd.read_csv(run / "predictions.csv")
    wrong = table[table["truth"] != table["prediction"]]
    return wrong[["recording", "start", "truth", "prediction"]]


def main() -> None:
    for run in map(Path, sys.argv[1:]):
        print(f"\n{run}: missed windows\n{missed(run).to_string(index=False)}")
    for label in ("BF014", "BF021"):
        for load in ("3hp", "0hp"):
            found = blocks(label, load)
            quantiles = found[["level", "kurtosis"]].quantile([0.05, 0.5, 0.95, 1.0])
            print(f"\n{label} at {load}, blocks of {BLOCK} samples\n{quantiles.to_string()}")
    bursts = blocks("BF021", "0hp").query("level > 0.15")
    print(f"\nBF021 at 0hp, blocks of a level above 0.15\n{bursts.to_string(index=False)}")


if __name__ == "__main__":
    main()
