"""What a trained model does: windows in, logits and scores out."""

from pathlib import Path

import torch.nn.functional as F
from lightning import LightningModule
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor, nn
from torchmetrics.classification import MulticlassAccuracy

from iadtln.checkpoints import read_state
from iadtln.networks import FeatureNetwork

Batch = dict[str, Tensor]


class Diagnosis(LightningModule):
    """A network and a classifier on its features: validation, test and predict.

    Args:
        network: windows to features.
        num_classes: number of classes.
    """

    def __init__(self, network: FeatureNetwork, num_classes: int) -> None:
        super().__init__()
        self.network = network
        self.num_classes = num_classes
        self.classifier = nn.Linear(network.num_features, num_classes)
        self.val_accuracy = MulticlassAccuracy(num_classes, average="micro")
        self.test_accuracy = MulticlassAccuracy(num_classes, average="micro")

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits of windows.

        Args:
            signal: shape ``(batch, channels, time)``.

        Returns:
            Shape ``(batch, num_classes)``.
        """
        logits: Tensor = self.classifier(self.network(signal))
        return logits

    def _evaluate(self, batch: Batch) -> dict[str, Tensor]:
        features = self.network(batch["signal"])
        outputs = {"index": batch["index"], "features": features}
        if "label" in batch:
            outputs["label"] = batch["label"]
        return {**outputs, "logits": self.classifier(features)}

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Log loss and accuracy on held-out source windows."""
        logits = self(batch["signal"])
        self.val_accuracy.update(logits, batch["label"])
        loss = F.cross_entropy(logits.float(), batch["label"])
        self.log("val/loss", loss, batch_size=len(logits), sync_dist=True)
        self.log("val/accuracy", self.val_accuracy, prog_bar=True)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Return logits and features; the accuracy is that of the first loader, the target."""
        outputs = self._evaluate(batch)
        if dataloader_idx == 0:
            self.test_accuracy.update(outputs["logits"], batch["label"])
            self.log("test/accuracy", self.test_accuracy, add_dataloader_idx=False)
        return outputs

    def predict_step(self, batch: Batch, batch_idx: int) -> dict[str, Tensor]:
        """Return logits and features of unlabelled windows."""
        return self._evaluate(batch)


def load_weights(model: Diagnosis, path: Path) -> None:
    """Take front end, network and classifier of a checkpoint; transfer losses keep their weights.

    Raises:
        MisconfigurationException: If there is no such checkpoint, or it is of another network.
    """
    state = read_state(path)
    front_end = getattr(model, "front_end", None)
    if front_end is not None:
        front_end.restore(state, path)
    for name in ("network", "classifier"):
        part = {k.removeprefix(f"{name}."): v for k, v in state.items() if k.startswith(f"{name}.")}
        try:
            getattr(model, name).load_state_dict(part)
        except RuntimeError as error:
            raise MisconfigurationException(
                f"'{path}' has another {name} than the one to train; name the same network and "
                f"classes ({error})"
            ) from error
