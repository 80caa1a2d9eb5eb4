"""MCD: features on which two classifiers agree."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_same_width
from iadtln.losses.gradient_reversal import reverse_gradient
from iadtln.schedules import Schedule, Sigmoid


def classifier_discrepancy(first: Tensor, second: Tensor) -> Tensor:
    r"""Mean difference of two classifiers' probabilities, :math:`\overline{|p_1 - p_2|}`.

    Args:
        first: probabilities of one classifier, shape ``(batch, classes)``.
        second: probabilities of the other, the same shape.

    Returns:
        A scalar between 0, they agree, and 2 / classes, each is sure of another class.

    Example:
        >>> classifier_discrepancy(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5]]))
        tensor(0.5000)

    Reference: Saito et al., Maximum classifier discrepancy, CVPR 2018, eq. 2.
    """
    return (first - second).abs().mean()


class MCD(TransferLoss):
    r"""Two classifiers search target rows on which they can disagree; the features leave none.

    .. math:: \sum_{k=1}^{2} L_{ce}(C_k(f_s), y_s) - \overline{|p_1(f_t) - p_2(f_t)|}

    The paper alternates three steps with two optimisers. Here one backward pass does the same: the
    two classifiers, which belong to this loss, descend the value, and a gradient reversal makes the
    target features descend the discrepancy that the classifiers ascend. Three consequences:

    - Windows are diagnosed by the task's own classifier; the two here only shape the features.
    - The cross entropy here trains the two classifiers alone (the source features are detached):
      the task's class loss already teaches the features, and at coefficient zero they get no
      gradient from this loss.
    - The reversal carries the coefficient, and only it: the classifiers always learn at full rate,
      and :meth:`contribution` is the value itself. The paper's several feature steps for each
      step of the classifiers are here a larger ``weight``.

    Args:
        num_hidden: width of the hidden layer of each of the two classifiers.
        dropout: share of hidden units of the two classifiers dropped in training.
        weight: how strongly the features are pushed to make the two classifiers agree.
        schedule: how that strength follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp from 0 to 1 (the paper has none): the two classifiers are new
            when the transfer begins.

    Reference: Saito et al., Maximum classifier discrepancy, CVPR 2018.
    """

    def __init__(
        self,
        num_hidden: int = 256,
        dropout: float = 0.5,
        weight: float = 1.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(weight, schedule or Sigmoid())
        self.num_hidden = num_hidden
        self.dropout = dropout

    def configure(self, num_features: int, num_classes: int) -> None:
        """Build the two classifiers, equal but for their random weights."""
        self.classifiers = nn.ModuleList(
            nn.Sequential(
                nn.Linear(num_features, self.num_hidden),
                nn.ReLU(),
                nn.Dropout(self.dropout),
                nn.Linear(self.num_hidden, num_classes),
            )
            for _ in range(2)
        )

    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the loss of the two classifiers.

        They run in the precision of training, like the network; what follows their logits is
        float32. Under DDP the value is that of the rank's own rows, and its mean over ranks is the
        loss of the whole batch.
        """
        if not hasattr(self, "classifiers"):
            raise RuntimeError(
                "MCD has no classifiers yet: call configure(num_features, num_classes) once before "
                "the first batch"
            )
        require_same_width(source_features, target_features)
        source = source_features.detach()
        target = reverse_gradient(target_features, self.coefficient)
        costs = [F.cross_entropy(one(source).float(), source_label) for one in self.classifiers]
        first, second = (one(target).float().softmax(1) for one in self.classifiers)
        return torch.stack(costs).sum() - classifier_discrepancy(first, second)

    def contribution(self, value: Tensor) -> Tensor:
        """Return ``value``: the reversal has already taken the coefficient."""
        return value
