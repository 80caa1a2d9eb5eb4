"""Gaussian kernels between rows, for the maximum mean discrepancies."""

from dataclasses import dataclass

import torch
from torch import Tensor


def squared_distances(rows: Tensor) -> Tensor:
    """Squared Euclidean distance of each row to each other, by one matrix product.

    Args:
        rows: shape ``(batch, features)``.

    Returns:
        Shape ``(batch, batch)``, never negative.

    Example:
        >>> squared_distances(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
        tensor([[ 0., 25.],
                [25.,  0.]])
    """
    centred = rows - rows.mean(0).detach()  # distances stay; less is lost in the difference below
    square = centred.square().sum(1)
    product = centred @ centred.T
    return (square[:, None] + square - 2 * product).clamp_min(0)


def mean_squared_distance(rows: Tensor) -> Tensor:
    """Mean squared distance over all pairs of different rows, without forming the pairs.

    Args:
        rows: shape ``(batch, features)``, at least two rows.

    Returns:
        A scalar without gradient; twice the summed variance, and positive even for equal rows.

    Example:
        >>> mean_squared_distance(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
        tensor(25.)
    """
    return (2 * rows.detach().var(0).sum()).clamp_min(torch.finfo(rows.dtype).eps)


@dataclass(frozen=True)
class GaussianKernel:
    r"""A sum of Gaussian kernels whose bandwidths are powers of a factor apart.

    .. math:: k(a, b) = \sum_i \exp(-\lVert a - b \rVert^2 / (f^i h))

    Five kernels with factor 2 have the bandwidths :math:`h` times ¼, ½, 1, 2 and 4.

    Args:
        num_kernels: how many.
        bandwidth: :math:`h`; if none is given, the mean squared distance of the batch.
        factor: :math:`f`.
    """

    num_kernels: int = 1
    bandwidth: float | None = None
    factor: float = 2.0

    def centre(self, rows: Tensor) -> Tensor:
        """Return :math:`h` for a batch ``rows (batch, features)``, a scalar without gradient."""
        if self.bandwidth is None:
            return mean_squared_distance(rows)
        return rows.new_tensor(self.bandwidth)

    def __call__(self, squared_distance: Tensor, centre: Tensor) -> Tensor:
        """Return the kernel of each ``squared_distance``, any shape, for :math:`h` = ``centre``."""
        powers = [index - self.num_kernels // 2 for index in range(self.num_kernels)]
        bandwidths = [centre * self.factor**power for power in powers]
        return torch.stack([torch.exp(-squared_distance / h) for h in bandwidths]).sum(0)
