"""MK-MMD: equal distributions of the features of the two domains."""

from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.jmmd import jmmd
from iadtln.losses.kernels import GaussianKernel
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule, Sigmoid


class MKMMD(TransferLoss):
    r"""Makes the distributions of source and target features equal.

    .. math:: \overline{K_{ss}} + \overline{K_{tt}} - 2 \overline{K_{st}}

    The biased estimate of the maximum mean discrepancy with a sum of Gaussian kernels, which is
    :func:`~iadtln.losses.jmmd` of the features alone.

    Args:
        num_kernels: Gaussian kernels, their bandwidths spread around the mean squared distance of
            the batch; 5 lie at ¼, ½, 1, 2 and 4 times that.
        factor: ratio of one bandwidth to the next.
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, the sigmoid ramp from 0 to 1, as UDTL has it.

    Reference: Long et al., Learning transferable features with deep adaptation networks, ICML 2015.
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
        """Return the discrepancy of the features of all ranks."""
        return jmmd([gather(source_features)], [gather(target_features)], [self.kernel])
