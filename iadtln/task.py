"""The one LightningModule: learn on the source, then carry it over to the target."""

import os
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable, ReduceLROnPlateau
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from iadtln.adabn import adapt_batch_norm
from iadtln.diagnosis import Batch, Diagnosis, load_weights
from iadtln.losses import AdversarialLoss, ISoftmax, TransferLoss
from iadtln.networks import FeatureNetwork
from iadtln.schedules import Constant

Phase = Literal["pretrain", "transfer"]


class DomainAdaptation(Diagnosis):
    r"""Pretraining on the source, then transfer to the unlabelled target, in one fit.

    Phase 1, epochs 0 to ``pretrain_epochs`` - 1: class loss on the source only; the target does not
    enter the network. Phase 2: the class loss plus every transfer loss, each under its schedule.
    Phase and schedules are functions of the epoch, so a resumed run equals an uninterrupted one;
    the optimiser's state goes on across the switch. Without transfer losses there is no phase 2:
    that is the source-only baseline. Batches may come without a source (``source_free`` of the
    data): then there is no class loss, and only losses of the target can be used.

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
        adapt_batch_norm: AdaBN, after the last step batch norm takes the averages of the target
            (and the last validation, of the source, sees them too).
        initial_weights: checkpoint whose network and classifier to begin with.
        freeze_classifier: leave the last layer as it is.
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
        adapt_batch_norm: bool = False,
        initial_weights: str | None = None,
        freeze_classifier: bool = False,
        normalise_classifier: bool = False,
        optimizer: OptimizerCallable = torch.optim.Adam,
        lr_scheduler: LRSchedulerCallable | None = None,
    ) -> None:
        super().__init__(network, num_classes)
        self.save_hyperparameters("num_classes", "pretrain_epochs")
        self.class_loss = class_loss or ISoftmax()
        self.transfer_losses = nn.ModuleList(transfer_losses or [])
        for loss in self._losses():
            loss.configure(network.num_features, num_classes)
        self.pretrain_epochs = pretrain_epochs
        self.progress_unit = progress_unit
        self.domain_forward = domain_forward
        self.adapt_batch_norm = adapt_batch_norm
        self.initial_weights = initial_weights
        self.classifier.requires_grad_(not freeze_classifier)
        self.normalise_classifier = normalise_classifier
        self.optimizer, self.lr_scheduler = optimizer, lr_scheduler

    def _losses(self) -> list[TransferLoss]:
        return [loss for loss in self.transfer_losses if isinstance(loss, TransferLoss)]

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

    def setup(self, stage: str) -> None:
        """Begin with the weights of another run, where asked; a resumed run replaces them."""
        if stage == "fit" and self.initial_weights is not None:
            load_weights(self, Path(self.initial_weights))

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

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """AdaBN after the last step, before whoever validates, chooses or saves."""
        is_last = self.current_epoch + 1 == self.trainer.max_epochs and self.trainer.is_last_batch
        if self.adapt_batch_norm and is_last:
            loader = self.trainer.train_dataloader["target"]  # type: ignore[index]
            adapt_batch_norm(self.network, (one["signal"].to(self.device) for one in loader))

    def training_step(self, batch: dict[str, Batch], batch_idx: int) -> dict[str, Tensor]:
        """Return the loss of one pair of batches, and the features for whoever watches."""
        if "source" not in batch:
            return self._source_free_step(batch["target"], self.progress(batch_idx))
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
        class_loss = self.class_loss(source_logits, source["label"])
        rows = source_features, target_features, source_logits, target_logits, source["label"]
        total, terms = self._transfer(rows, progress)
        total = class_loss + total
        self._log_step({"class_loss": class_loss, **terms, "loss": total}, len(source_features))
        return {
            "loss": total,
            "source_features": source_features.detach(),
            "target_features": target_features.detach(),
        }

    def _source_free_step(self, target: Batch, progress: float) -> dict[str, Tensor]:
        needy = [type(loss).__name__ for loss in self._losses() if loss.uses_source]
        if needy or not len(self.transfer_losses):
            raise MisconfigurationException(
                "without a source only losses of the target can train, such as "
                f"InformationMaximisation, got {', '.join(needy) or 'none'}; set transfer_losses"
            )
        if self.initial_weights is None and self.trainer.ckpt_path is None:
            raise MisconfigurationException(
                "without a source and without weights there is nothing to adapt; set "
                "model.initial_weights to the checkpoint of a run that knew the source"
            )
        features = self.network(target["signal"])
        logits = self.classifier(features)
        rows = features[:0], features, logits[:0], logits, target["index"][:0]
        total, terms = self._transfer(rows, progress)
        self._log_step({**terms, "loss": total}, len(features))
        return {"loss": total, "target_features": features.detach()}

    def _transfer(
        self, rows: tuple[Tensor, Tensor, Tensor, Tensor, Tensor], progress: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What all transfer losses contribute, and each by name."""
        total, terms = rows[0].new_zeros((), dtype=torch.float32), dict[str, Tensor]()
        for number, loss in enumerate(self._losses()):
            name = type(loss).__name__.lower()
            name = f"{name}_{number}" if name in terms else name
            loss.set_progress(progress)
            value = loss(*rows)
            total = total + loss.contribution(value)
            terms[name] = value
            self.log(
                f"coefficient/{name}",
                loss.coefficient,
                on_step=False,
                on_epoch=True,
                sync_dist=True,
            )
            if not isinstance(loss.schedule, Constant):
                terms["beta"] = torch.tensor(loss.schedule(progress))
            if isinstance(loss, AdversarialLoss):
                terms["domain_accuracy"] = loss.domain_accuracy
        return total, terms

    def _features(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Features of both domains, by default through batch norm together."""
        if self.domain_forward == "apart":
            return self.network(source), self.network(target)
        both = self.network(torch.cat([source, target]))
        return both[: len(source)], both[len(source) :]

    def _log_step(self, terms: dict[str, Tensor], batch_size: int) -> None:
        named = {f"train/{name}": value for name, value in terms.items()}
        self.log_dict(named, on_step=False, on_epoch=True, batch_size=batch_size, sync_dist=True)

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
