"""The one LightningModule: learn on the source, then carry it over to the target."""

import os
from typing import Any, Literal

import torch
import torch.nn.functional as F
from lightning import LightningModule
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable, ReduceLROnPlateau
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torchmetrics.classification import MulticlassAccuracy

from iadtln.losses import AdversarialLoss, ISoftmax, TransferLoss
from iadtln.networks import FeatureNetwork
from iadtln.schedules import Constant

Batch = dict[str, Tensor]
Phase = Literal["pretrain", "transfer"]


class DomainAdaptation(LightningModule):
    r"""Pretraining on the source, then transfer to the unlabelled target, in one fit.

    Phase 1, epochs 0 to ``pretrain_epochs`` - 1: class loss on the source only; the target does not
    enter the network. Phase 2: the class loss plus every transfer loss, each under its schedule.
    Phase and schedules are functions of the epoch, so a resumed run equals an uninterrupted one;
    the optimiser's state goes on across the switch. Without transfer losses there is no phase 2:
    that is the source-only baseline.

    Args:
        network: windows to features.
        num_classes: number of classes; comes from the data.
        class_loss: of logits and labels of the source; I-Softmax without margins (which is
            softmax cross entropy) by default.
        transfer_losses: what pulls the domains together; a method is a list of these.
        pretrain_epochs: epochs on the source alone; 3 of 15 is our recipe, 50 of 250 the paper's.
        progress_unit: the schedules see progress by ``epoch`` (the paper; the first transfer epoch
            has progress 0) or by ``step``.
        domain_forward: ``together`` passes both domains through the network in one batch with
            common batch-norm statistics; ``apart`` gives each its own in training.
        normalise_classifier: divide the last layer's weight by its norm before each step, as
            DDTLN does; not part of IADTLN.
        optimizer: for all parameters, discriminators included.
        lr_scheduler: stepped each epoch; none by default.

    Reference: Yang et al., Scientific Reports 2025, eq. 18–21.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        num_classes: int,
        class_loss: nn.Module | None = None,
        transfer_losses: list[TransferLoss] | None = None,
        pretrain_epochs: int = 3,
        progress_unit: Literal["epoch", "step"] = "epoch",
        domain_forward: Literal["together", "apart"] = "together",
        normalise_classifier: bool = False,
        optimizer: OptimizerCallable = torch.optim.Adam,
        lr_scheduler: LRSchedulerCallable | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters("num_classes", "pretrain_epochs")
        self.network = network
        self.num_classes = num_classes
        self.classifier = nn.Linear(network.num_features, num_classes)
        self.class_loss = class_loss or ISoftmax()
        self.transfer_losses = nn.ModuleList(transfer_losses or [])
        for loss in self._losses():
            loss.configure(network.num_features, num_classes)
        self.pretrain_epochs = pretrain_epochs
        self.progress_unit = progress_unit
        self.domain_forward = domain_forward
        self.normalise_classifier = normalise_classifier
        self.optimizer, self.lr_scheduler = optimizer, lr_scheduler
        self.val_accuracy = MulticlassAccuracy(num_classes, average="micro")
        self.test_accuracy = MulticlassAccuracy(num_classes, average="micro")

    def _losses(self) -> list[TransferLoss]:
        return [loss for loss in self.transfer_losses if isinstance(loss, TransferLoss)]

    def forward(self, signal: Tensor) -> Tensor:
        """Return logits of windows.

        Args:
            signal: shape ``(batch, channels, time)``.

        Returns:
            Shape ``(batch, num_classes)``.
        """
        logits: Tensor = self.classifier(self.network(signal))
        return logits

    @property
    def phase(self) -> Phase:
        """What the current epoch does; without transfer losses always ``pretrain``."""
        transfer = len(self.transfer_losses) > 0 and self.current_epoch >= self.pretrain_epochs
        return "transfer" if transfer else "pretrain"

    def progress(self, batch_idx: int) -> float:
        """How much of the transfer phase has passed, 0 to 1 (eq. 20: (e - 50) / 200)."""
        epochs = max(1, (self.trainer.max_epochs or 1) - self.pretrain_epochs)
        passed = float(self.current_epoch - self.pretrain_epochs)
        if self.progress_unit == "step":
            passed += batch_idx / max(1.0, float(self.trainer.num_training_batches))
        return min(1.0, max(0.0, passed / epochs))

    def on_fit_start(self) -> None:
        """Say when the epochs end before the transfer begins."""
        epochs = self.trainer.max_epochs or 0
        fast = self.trainer.fast_dev_run  # type: ignore[attr-defined]
        if len(self.transfer_losses) and 0 < epochs <= self.pretrain_epochs and not fast:
            rank_zero_warn(
                f"the transfer never begins: pretrain_epochs is {self.pretrain_epochs} and "
                f"trainer.max_epochs is {epochs}; raise max_epochs, or set transfer_losses: []"
            )

    def on_train_batch_start(self, batch: dict[str, Batch], batch_idx: int) -> None:
        """Seed dropout at the first batch of an epoch; normalise the last layer where asked.

        Dropout is so a function of (seed, epoch, process), as the order of batches is, and a
        resumed run is exact. Not at the epoch's start: loaders draw a number after that, but not
        in the first epoch of a resumed run.
        """
        if batch_idx == 0:
            seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))
            place = self.current_epoch * self.trainer.world_size + self.trainer.global_rank
            torch.manual_seed(1_000_003 * seed + place)
        if self.normalise_classifier:
            with torch.no_grad():
                self.classifier.weight.div_(self.classifier.weight.norm())

    def training_step(self, batch: dict[str, Batch], batch_idx: int) -> dict[str, Tensor]:
        """Return the loss of one pair of batches, and the features for whoever watches."""
        if self.phase == "pretrain":
            features = self.network(batch["source"]["signal"])
            loss = self.class_loss(self.classifier(features), batch["source"]["label"])
            self._log_step({"class_loss": loss, "loss": loss}, len(features))
            return {"loss": loss, "source_features": features.detach()}
        return self._transfer_step(batch["source"], batch["target"], self.progress(batch_idx))

    def _transfer_step(self, source: Batch, target: Batch, progress: float) -> dict[str, Tensor]:
        source_features, target_features = self._features(source["signal"], target["signal"])
        source_logits = self.classifier(source_features)
        target_logits = self.classifier(target_features)
        total = class_loss = self.class_loss(source_logits, source["label"])
        terms = {"class_loss": class_loss}
        for number, loss in enumerate(self._losses()):
            name = type(loss).__name__.lower()
            name = f"{name}_{number}" if name in terms else name
            loss.set_progress(progress)
            value = loss(
                source_features, target_features, source_logits, target_logits, source["label"]
            )
            total = total + loss.contribution(value)
            terms[name] = value
            self.log(f"coefficient/{name}", loss.coefficient, on_step=False, on_epoch=True)
            if not isinstance(loss.schedule, Constant):
                terms["beta"] = torch.tensor(loss.schedule(progress))
            if isinstance(loss, AdversarialLoss):
                terms["domain_accuracy"] = loss.domain_accuracy
        self._log_step({**terms, "loss": total}, len(source_features))
        return {
            "loss": total,
            "source_features": source_features.detach(),
            "target_features": target_features.detach(),
        }

    def _features(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Features of both domains, by default through batch norm together."""
        if self.domain_forward == "apart":
            return self.network(source), self.network(target)
        both = self.network(torch.cat([source, target]))
        return both[: len(source)], both[len(source) :]

    def _log_step(self, terms: dict[str, Tensor], batch_size: int) -> None:
        named = {f"train/{name}": value for name, value in terms.items()}
        self.log_dict(named, on_step=False, on_epoch=True, batch_size=batch_size, sync_dist=True)

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

    def configure_optimizers(self) -> Any:
        """Build the optimiser, and its scheduler if there is one."""
        optimizer = self.optimizer(self.parameters())
        if self.lr_scheduler is None:
            return optimizer
        scheduler = self.lr_scheduler(optimizer)
        epochs = self.trainer.max_epochs or 0
        if isinstance(scheduler, CosineAnnealingLR) and scheduler.T_max < epochs:
            rank_zero_warn(
                f"the learning rate is zero after {scheduler.T_max} of {epochs} epochs and would "
                "rise again; set model.lr_scheduler.init_args.T_max to trainer.max_epochs"
            )
        config: dict[str, Any] = {"scheduler": scheduler}
        if isinstance(scheduler, ReduceLROnPlateau):
            config["monitor"] = scheduler.monitor
        return {"optimizer": optimizer, "lr_scheduler": config}
