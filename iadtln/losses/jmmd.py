"""JMMD: equal joint distributions of features and predictions."""

from collections.abc import Sequence
from functools import reduce
from typing import Literal

import torch
from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_rows, require_same_width
from iadtln.losses.kernels import GaussianKernel, squared_distances
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule, Sigmoid


def jmmd(
    source_layers: Sequence[Tensor],
    target_layers: Sequence[Tensor],
    kernels: Sequence[GaussianKernel],
) -> Tensor:
    r"""Joint maximum mean discrepancy of several layers, biased estimate.

    .. math:: \overline{K_{ss}} + \overline{K_{tt}} - 2 \overline{K_{st}},
        \qquad K(i, j) = \prod_l k_l(z^l_i, z^l_j)

    Args:
        source_layers: one ``(source_batch, width)`` per layer.
        target_layers: one ``(target_batch, width)`` per layer; the two batches may differ in size.
        kernels: one per layer.

    Returns:
        A scalar, not negative (beyond rounding) and zero for identical batches.

    Raises:
        ValueError: If the numbers of layers or the widths of a layer differ.

    Example:
        >>> source, target = torch.tensor([[0.0]]), torch.tensor([[1.0]])
        >>> jmmd([source], [target], [GaussianKernel(bandwidth=1.0)])  # 1 + 1 - 2 / e
        tensor(1.2642)

    Reference: Long et al., Deep transfer learning with joint adaptation networks, ICML 2017, eq. 9.
    """
    _require_layers(source_layers, target_layers, kernels, at_least=1)
    layers = []
    for source, target, kernel in zip(source_layers, target_layers, kernels, strict=True):
        rows = torch.cat([source, target])
        layers.append(kernel(squared_distances(rows), kernel.centre(rows)))
    joint: Tensor = reduce(torch.mul, layers)  # (source_batch + target_batch, the same)
    num_source, num_target = len(source_layers[0]), len(target_layers[0])
    mean = joint.new_full((num_source,), 1 / num_source)
    weights = torch.cat([mean, joint.new_full((num_target,), -1 / num_target)])
    return weights.dot(joint @ weights)  # the three block means at once


def linear_jmmd(
    source_layers: Sequence[Tensor],
    target_layers: Sequence[Tensor],
    kernels: Sequence[GaussianKernel],
) -> Tensor:
    r"""Joint maximum mean discrepancy, unbiased estimate in linear time.

    .. math:: \frac{2}{n} \sum_{i=1}^{n/2} K(s_{2i-1}, s_{2i}) + K(t_{2i-1}, t_{2i})
        - K(s_{2i-1}, t_{2i}) - K(s_{2i}, t_{2i-1})

    It uses each row once, so its value depends on their order, is noisier than :func:`jmmd`, and
    can be negative.

    Args:
        source_layers: one ``(source_batch, width)`` per layer.
        target_layers: one ``(target_batch, width)`` per layer. Of batches that differ in size, or
            are odd, the last rows are only used for the bandwidth.
        kernels: one per layer.

    Returns:
        A scalar, zero for identical batches.

    Raises:
        ValueError: If the numbers of layers or the widths of a layer differ, or a batch has fewer
            than two rows.

    Reference: Long et al., Deep transfer learning with joint adaptation networks, ICML 2017,
    eq. 10.
    """
    _require_layers(source_layers, target_layers, kernels, at_least=2)
    num_used = min(len(source_layers[0]), len(target_layers[0])) // 2 * 2
    layers = []
    for source, target, kernel in zip(source_layers, target_layers, kernels, strict=True):
        source_odd, source_even = source[:num_used:2], source[1:num_used:2]
        target_odd, target_even = target[:num_used:2], target[1:num_used:2]
        left = torch.stack([source_odd, target_odd, source_odd, source_even])
        right = torch.stack([source_even, target_even, target_even, target_odd])
        distance = (left - right).square().sum(-1)  # (4, pairs)
        layers.append(kernel(distance, kernel.centre(torch.cat([source, target]))))
    joint: Tensor = reduce(torch.mul, layers).mean(1)  # within source, target; across, and back
    return joint[0] + joint[1] - joint[2] - joint[3]


class JMMD(TransferLoss):
    """Makes the joint distributions of features and predicted probabilities equal.

    Args:
        num_feature_kernels: Gaussian kernels on the features, their bandwidths spread around the
            mean squared distance of the batch.
        num_softmax_kernels: Gaussian kernels on the class probabilities, their bandwidths spread
            around softmax_bandwidth.
        factor: ratio of one bandwidth to the next.
        softmax_bandwidth: bandwidth h of exp(-distance²/h) on the class probabilities; 1.68² by
            default. The code of UDTL uses 1.68.
        estimate: "biased" compares all pairs of rows; "linear" each row once, which is noisier.
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp of the paper from 0 to 1.

    Reference: Yang et al., Scientific Reports 2025, eq. 4–5; Long et al., ICML 2017.
    """

    def __init__(
        self,
        num_feature_kernels: int = 5,
        num_softmax_kernels: int = 1,
        factor: float = 2.0,
        softmax_bandwidth: float = 2.8224,
        estimate: Literal["biased", "linear"] = "biased",
        weight: float = 1.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(weight, schedule or Sigmoid())
        self.kernels = (
            GaussianKernel(num_feature_kernels, factor=factor),
            GaussianKernel(num_softmax_kernels, softmax_bandwidth, factor),
        )
        self.estimator = {"biased": jmmd, "linear": linear_jmmd}[estimate]

    @full_precision
    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the JMMD of features and softmax of the logits, of all ranks."""
        source_layers = [gather(source_features), gather(source_logits.softmax(1))]
        target_layers = [gather(target_features), gather(target_logits.softmax(1))]
        return self.estimator(source_layers, target_layers, self.kernels)


def _require_layers(
    source_layers: Sequence[Tensor],
    target_layers: Sequence[Tensor],
    kernels: Sequence[GaussianKernel],
    at_least: int,
) -> None:
    if not len(source_layers) == len(target_layers) == len(kernels) > 0:
        raise ValueError(
            "JMMD needs as many source layers, target layers and kernels, at least one of each, "
            f"got {len(source_layers)}, {len(target_layers)} and {len(kernels)}"
        )
    for source, target in zip(source_layers, target_layers, strict=True):
        require_same_width(source, target)
        require_rows(source, target, at_least, "this estimate of JMMD")
