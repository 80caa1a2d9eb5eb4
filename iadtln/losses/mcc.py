"""MCC: predictions on the target that do not confuse classes."""

import torch
from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.cdan import entropy_weights
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule


def class_confusion(logits: Tensor, temperature: float = 2.5) -> Tensor:
    r"""How much probability two different classes share, the sure rows counting more.

    .. math:: \frac{1}{K} \sum_{i} \sum_{j \ne i} \frac{C_{ij}}{\sum_k C_{ik}},
        \qquad C = P^T \mathrm{diag}(w) P, \quad P = \mathrm{softmax}(z / T)

    The weights :math:`w` are those of CDAN+E, :math:`1 + e^{-H(p)}` with mean 1, without gradient.

    Args:
        logits: shape ``(batch, classes)``.
        temperature: :math:`T > 0`; softens the probabilities, which are surer than they are right.

    Returns:
        A scalar: 0 if each row is sure of one class, 1 - 1 / K if every row is torn between all.

    Raises:
        ValueError: If the temperature is not positive.

    Example:
        >>> class_confusion(torch.zeros(4, 2))
        tensor(0.5000)

    Reference: Jin et al., Minimum class confusion for versatile domain adaptation, ECCV 2020,
    eq. 1–6.
    """
    _require_positive(temperature)
    probabilities = (logits / temperature).softmax(1)
    weights = entropy_weights(probabilities)
    confusion = probabilities.T @ (weights[:, None] * probabilities)  # (classes, classes)
    tiny = torch.finfo(confusion.dtype).tiny  # a class that no row predicts confuses nothing
    confusion = confusion / confusion.sum(1, keepdim=True).clamp_min(tiny)
    return (confusion.sum() - confusion.trace()) / len(confusion)


class MCC(TransferLoss):
    """Minimum class confusion: sure predictions on the target, of all classes.

    Uses the target's logits only.

    Args:
        temperature: divides the logits before the softmax; 2.5 in the paper.
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant, as in the paper.

    Reference: Jin et al., Minimum class confusion for versatile domain adaptation, ECCV 2020.
    """

    uses_source = False

    def __init__(
        self, temperature: float = 2.5, weight: float = 1.0, schedule: Schedule | None = None
    ) -> None:
        super().__init__(weight, schedule)
        _require_positive(temperature)
        self.temperature = temperature

    @full_precision
    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the class confusion of the target rows of all ranks."""
        return class_confusion(gather(target_logits), self.temperature)


def _require_positive(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"MCC needs a temperature above 0, got {temperature}; the paper has 2.5")
