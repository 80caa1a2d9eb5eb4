"""Information maximisation: sure and diverse predictions on the target (SHOT)."""

import math

from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule


def information_maximisation(logits: Tensor) -> Tensor:
    r"""Mean entropy of the predictions minus the entropy of the mean prediction.

    .. math:: \overline{H(p_i)} - H(\overline{p_i})

    The negative of the mutual information between rows and predicted classes.

    Args:
        logits: shape ``(batch, classes)``.

    Returns:
        A scalar between -log(classes), each row sure and the classes even, and 0, all rows alike.

    Example:
        >>> import torch
        >>> information_maximisation(torch.tensor([[99.0, 0.0], [0.0, 99.0]]))  # 0 - log 2
        tensor(-0.6931)

    Reference: Liang et al., Do we really need to access the source data?, ICML 2020, eq. 3.
    """
    log_probabilities = logits.log_softmax(1)
    log_mean = log_probabilities.logsumexp(0) - math.log(len(logits))
    return _entropy(log_probabilities).mean() - _entropy(log_mean)


class InformationMaximisation(TransferLoss):
    """Makes predictions on the target sure row by row and diverse over the batch.

    Uses the target's logits only, so it also adapts where the source data is gone.

    Args:
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant, as in the paper.

    Reference: Liang et al., Do we really need to access the source data?, ICML 2020.
    """

    uses_source = False

    def __init__(self, weight: float = 1.0, schedule: Schedule | None = None) -> None:
        super().__init__(weight, schedule)

    @full_precision
    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the loss of the target rows of all ranks; below zero by nature."""
        return information_maximisation(gather(target_logits))


def _entropy(log_probabilities: Tensor) -> Tensor:
    """From logarithms, so that the gradient stays finite where a probability underflows."""
    return -(log_probabilities.exp() * log_probabilities).sum(-1)
