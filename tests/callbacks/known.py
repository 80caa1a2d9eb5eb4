"""A test of ten windows whose result can be worked out by hand.

Confusion (rows are the truth)::

    good  3 1 0
    worn  0 3 0
    cracked  1 0 2
"""

from typing import Any

import lightning.pytorch as pl
import pandas as pd
import torch
from torch.utils.data import DataLoader

CLASSES = ["good", "worn", "cracked"]
TRUTH = torch.tensor([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
SAID = torch.tensor([0, 0, 0, 1, 1, 1, 1, 2, 2, 0])
RECORDINGS = ["pump"] * 4 + ["fan"] * 3 + ["gear"] * 3
SOURCE_TRUTH = torch.arange(12) % 3
SOURCE_SAID = torch.cat([torch.tensor([1]), SOURCE_TRUTH[1:]])  # eleven of twelve


class KnownData(pl.LightningDataModule):
    """Two domains without signals."""

    class_names = CLASSES
    source, target, protocol, labelled_target = "bench", "field", "inductive", 0

    def summary(self) -> str:
        return "source 'bench' -> target 'field'\nguard: nothing shared"

    def describe(self, split: str) -> pd.DataFrame:
        assert split in ("test", "predict")
        label = None if split == "predict" else [CLASSES[i] for i in TRUTH]
        start = [100 * i for i in range(10)]
        columns = {"recording": RECORDINGS, "start": start, "domain": "field", "label": label}
        return pd.DataFrame(columns)

    def test_dataloader(self):
        return [DataLoader(range(10), batch_size=4), DataLoader(range(12), batch_size=5)]

    def predict_dataloader(self):
        return DataLoader(range(10), batch_size=4)


class KnownTask(pl.LightningModule):
    """Says what it was told to say."""

    phase = "transfer"

    def __init__(self, num_classes: int = 3, pretrain_epochs: int = 1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.num_classes, self.pretrain_epochs = num_classes, pretrain_epochs
        self.network, self.classifier = torch.nn.Linear(2, 5), torch.nn.Linear(5, 3)
        self.transfer_losses = torch.nn.ModuleList()

    def outputs(self, index: torch.Tensor, said: torch.Tensor, shift: float) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(0)
        features = torch.randn(12, 5, generator=generator)[index] + shift
        logits = 4.0 * torch.nn.functional.one_hot(said[index], 3)
        return {"index": index, "logits": logits, "features": features}

    def test_step(self, index, batch_idx, dataloader_idx=0):
        said, truth = ((SAID, TRUTH), (SOURCE_SAID, SOURCE_TRUTH))[dataloader_idx]
        return {**self.outputs(index, said, dataloader_idx), "label": truth[index]}

    def predict_step(self, index, batch_idx):
        return self.outputs(index, SAID, 0)


def trainer(folder, **kwargs):
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    return pl.Trainer(default_root_dir=folder, **{"logger": False, **quiet, **kwargs})
