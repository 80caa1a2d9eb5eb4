"""VDR: equal variances of the two domains in the space of a kernel."""

import math

import torch
from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_same_width
from iadtln.losses.kernels import squared_distances
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule


def student_kernel(squared_distance: Tensor, freedom: float = 0.6) -> Tensor:
    r"""A kernel shaped like Student's density, with a heavier tail than a Gaussian.

    .. math:: \frac{\Gamma(\frac{v + 1}{2})}{\Gamma(\frac{v}{2}) \sqrt{v}}
        \left( 1 + \frac{\lVert a - b \rVert^2}{2} \right)^{-\frac{v + 1}{2}}

    Args:
        squared_distance: any shape.
        freedom: the degrees of freedom :math:`v > 0`.

    Returns:
        The same shape.

    Example:
        >>> student_kernel(torch.tensor([0.0, 2.0]), freedom=1.0)  # 1 / √π, and half of it
        tensor([0.5642, 0.2821])

    Reference: Qian et al., Variance discrepancy representation, MSSP 2024.
    """
    power = (freedom + 1) / 2
    height = math.gamma(power) / (math.gamma(freedom / 2) * math.sqrt(freedom))
    return height * (1 + squared_distance / 2) ** -power


def vdr(source: Tensor, target: Tensor, freedom: float = 0.6) -> Tensor:
    r"""Distance between the variances (covariance operators) in the space of Student's kernel.

    .. math:: \overline{(H_m K_{ss} H_m)^2} + \overline{(H_n K_{tt} H_n)^2}
        - 2 \overline{(H_m K_{st} H_n)^2}, \qquad H_n = I - \tfrac{1}{n} 1 1^T

    Squares and means are over the entries.

    Args:
        source: shape ``(source_batch, width)``; the two batches may differ in size.
        target: shape ``(target_batch, width)``.
        freedom: degrees of freedom of the kernel.

    Returns:
        A scalar, not negative (beyond rounding), zero for identical batches.

    Raises:
        ValueError: If the widths differ.

    Example:
        >>> spread, point = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [1.0]])
        >>> vdr(spread, point)  # the entries of HKH are ±(k(0) - k(4)) / 2 = ±0.1469
        tensor(0.0216)

    Reference: Qian et al., Variance discrepancy representation, MSSP 2024.
    """
    require_same_width(source, target)
    kernel = student_kernel(squared_distances(torch.cat([source, target])), freedom)
    m = len(source)
    within_source, within_target = _centred(kernel[:m, :m]), _centred(kernel[m:, m:])
    across = _centred(kernel[:m, m:])
    means = [block.square().mean() for block in (within_source, within_target, across)]
    return means[0] + means[1] - 2 * means[2]


class VDR(TransferLoss):
    """Makes the variances of source and target logits equal in the space of a kernel.

    Args:
        freedom: degrees of freedom of Student's kernel; 0.6 in the paper.
        weight: factor of this loss in the total; 100 in the paper, beside 0.3 of the class loss.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant.

    Reference: Qian et al., Variance discrepancy representation, MSSP 2024.
    """

    def __init__(
        self, freedom: float = 0.6, weight: float = 100.0, schedule: Schedule | None = None
    ) -> None:
        super().__init__(weight, schedule)
        if not freedom > 0:
            raise ValueError(f"VDR needs a freedom above 0, got {freedom}; the paper has 0.6")
        self.freedom = freedom

    @full_precision
    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the discrepancy of the logits of all ranks."""
        return vdr(gather(source_logits), gather(target_logits), self.freedom)


def _centred(kernel: Tensor) -> Tensor:
    """Take the mean of each row and column away: H K H, without the matrices H."""
    columns = kernel - kernel.mean(0)
    return columns - columns.mean(1, keepdim=True)
