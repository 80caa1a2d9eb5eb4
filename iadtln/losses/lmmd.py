"""LMMD: equal distributions of features class by class (DSAN)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_same_width
from iadtln.losses.kernels import GaussianKernel, squared_distances
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule, Sigmoid


def lmmd(
    source: Tensor,
    target: Tensor,
    source_label: Tensor,
    target_probabilities: Tensor,
    kernel: GaussianKernel,
) -> Tensor:
    r"""Local maximum mean discrepancy: the mean over classes of a weighted one.

    .. math:: \frac{1}{K} \sum_{c=1}^{K} \Bigl\lVert \sum_i w^{sc}_i \phi(s_i)
        - \sum_j w^{tc}_j \phi(t_j) \Bigr\rVert^2,
        \qquad w^{c}_i = \frac{y_{ic}}{\sum_j y_{jc}}

    The weights come from the labels of the source and the class probabilities of the target. A
    class without a source row in the batch has no weights there and is left out of the mean.

    Args:
        source: features of shape ``(source_batch, features)``.
        target: features of shape ``(target_batch, features)``.
        source_label: class numbers, shape ``(source_batch,)``.
        target_probabilities: shape ``(target_batch, classes)``; no gradient passes through them.
        kernel: of two features.

    Returns:
        A scalar, not negative (beyond rounding).

    Raises:
        ValueError: If the widths differ.

    Example:
        >>> source, target = torch.tensor([[0.0], [5.0]]), torch.tensor([[1.0], [5.0]])
        >>> sure = torch.eye(2)
        >>> lmmd(source, target, torch.tensor([0, 1]), sure, GaussianKernel(bandwidth=1.0))
        tensor(0.6321)

    Reference: Zhu et al., Deep subdomain adaptation network for image classification, IEEE TNNLS
    2020, eq. 6–8.
    """
    require_same_width(source, target)
    one_hot = F.one_hot(source_label, target_probabilities.shape[1]).to(source.dtype)
    here = one_hot.any(0)
    source_weights = one_hot[:, here] / one_hot[:, here].sum(0)
    probabilities = target_probabilities.detach()[:, here]
    target_weights = probabilities / probabilities.sum(0).clamp_min(torch.finfo(source.dtype).tiny)
    weights = torch.cat([source_weights, -target_weights])  # (source + target, classes here)
    rows = torch.cat([source, target])
    joint = kernel(squared_distances(rows), kernel.centre(rows))
    return (weights * (joint @ weights)).sum(0).mean()  # wᵀ K w of each class


class LMMD(TransferLoss):
    """Makes the distributions of features equal within each class.

    The classes of target rows are the predicted probabilities; no gradient passes through them.

    Args:
        num_kernels: Gaussian kernels, their bandwidths spread around the mean squared distance of
            the batch.
        factor: ratio of one bandwidth to the next.
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp of the paper from 0 to 1.

    Reference: Zhu et al., Deep subdomain adaptation network, IEEE TNNLS 2020.
    """

    def __init__(
        self,
        num_kernels: int = 5,
        factor: float = 2.0,
        weight: float = 1.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(weight, schedule or Sigmoid())
        self.kernel = GaussianKernel(num_kernels, factor=factor)

    @full_precision
    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the local discrepancy of the features of all ranks."""
        return lmmd(
            gather(source_features),
            gather(target_features),
            gather(source_label),
            gather(target_logits.detach().softmax(1)),
            self.kernel,
        )
