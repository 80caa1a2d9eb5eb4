"""A small trained run on disk, and recordings of the simulated rig as files, for the verbs."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datamodules import SimulatedDataModule
from iadtln.main import main
from tests import fakes

DATA = [
    "--data=datamodules.SimulatedDataModule",
    "--data.seconds=3.0",
    "--data.bearings_per_class=1",
    "--data.batch_size=8",
]


def trained(folder: Path, *options: str, data: Sequence[str] = DATA, epochs: int = 1) -> Path:
    """Fit for a few epochs on the source alone; return the checkpoint."""
    main(
        [
            "fit",
            *data,
            f"--trainer.max_epochs={epochs}",
            "--model.transfer_losses=[]",
            "--trainer.accelerator=cpu",
            "--trainer.enable_progress_bar=false",
            f"--trainer.logger.init_args.save_dir={folder}",
            *options,
        ]
    )
    return folder / "version_0" / "checkpoints" / "last.ckpt"


def recordings(folder: Path, domain: str = "B") -> list[Path]:
    """Write a domain of the rig as .npy files, one a class; A is the source of ``DATA``."""
    data = SimulatedDataModule(seconds=3.0, bearings_per_class=1)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for read in data.readers(domain):
        recording = read()
        paths.append(folder / f"{recording.label}.npy")
        np.save(paths[-1], recording.signal.numpy()[0])
    return paths


def trained_on_files(folder: Path, recordings: Path) -> Path:
    """Fit for one epoch to files in a folder, whose manifest tells their rate, 12000 Hz."""
    rows = []
    for path in sorted(recordings.iterdir()):
        signal = np.load(path)
        for domain, part in (("a", signal[:20000]), ("b", signal[20000:])):
            np.save(folder / f"{domain}{path.name}", part)
            rows.append({"file": f"{domain}{path.name}", "domain": domain, "label": path.stem,
                         "sampling_rate": 12000})  # fmt: skip
    manifest = fakes.manifest(folder / "manifest.csv", rows)
    data = [
        "--data=datamodules.ManifestDataModule",
        f"--data.manifest={manifest}",
        "--data.source=a",
        "--data.target=b",
        "--data.batch_size=8",
    ]
    return trained(folder / "runs", data=data, epochs=1)


def diagnose(folder: Path, *arguments, status: int = 0):
    """Run the verb; return its table, what it wrote in JSON, and its windows."""
    command = ["diagnose", *map(str, arguments), f"--output={folder}", "--device=cpu"]
    if status:
        with pytest.raises(SystemExit) as end:
            main(command)
        assert end.value.code == status
    else:
        main(command)
    if status == 2:
        return None
    said = json.loads((folder / "diagnosis.json").read_text())
    table = pd.read_csv(folder / "diagnosis.csv", keep_default_na=False)
    return table, said, pd.read_csv(folder / "windows.csv")
