"""The contract of every transfer loss."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from iadtln.schedules import Constant, Schedule


class TransferLoss(nn.Module, ABC):
    """Pulls the features of two domains together; a method is a list of these.

    The task calls :meth:`configure` once, :meth:`set_progress` before each step, then the loss
    itself, and adds :meth:`contribution` of its value to the total.

    Args:
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant. Methods published with a ramp pass their own.

    Attributes:
        coefficient: ``weight`` times the schedule at the progress last set.
        uses_source: whether the loss reads the source; without that it can train source-free.
    """

    uses_source = True

    def __init__(self, weight: float = 1.0, schedule: Schedule | None = None) -> None:
        super().__init__()
        self.weight = weight
        self.schedule = schedule or Constant()
        self.coefficient = weight

    def configure(self, num_features: int, num_classes: int) -> None:
        """Build what depends on the sizes of the network; nothing for most losses."""

    def set_progress(self, progress: float) -> None:
        """Set :attr:`coefficient` for ``progress`` (0 to 1) of the transfer phase."""
        self.coefficient = self.weight * self.schedule(progress)

    def contribution(self, value: Tensor) -> Tensor:
        """Return what the total takes from ``value``, a scalar this loss returned."""
        return self.coefficient * value

    @abstractmethod
    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the unweighted loss.

        Args:
            source_features: shape ``(source_batch, features)``.
            target_features: shape ``(target_batch, features)``.
            source_logits: shape ``(source_batch, classes)``.
            target_logits: shape ``(target_batch, classes)``.
            source_label: class numbers, shape ``(source_batch,)``.

        Returns:
            A float32 scalar.
        """
