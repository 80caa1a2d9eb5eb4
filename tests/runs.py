"""A small trained run on disk, and recordings of the simulated rig as files, for the verbs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from datamodules import SimulatedDataModule
from iadtln.main import main

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
