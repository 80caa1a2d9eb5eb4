"""The three transfer losses of DDTLN: marginal, conditional, and pseudo-labels."""

import torch
from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_rows, require_same_width
from iadtln.losses.i_softmax import ISoftmax
from iadtln.losses.jmmd import jmmd
from iadtln.losses.kernels import GaussianKernel
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule

UNIT_GAUSSIAN = GaussianKernel(bandwidth=2.0)  # exp(-d² / 2σ²) with σ = 1


def mda(source: Tensor, target: Tensor) -> Tensor:
    r"""Marginal distribution alignment: means in the space of a kernel, and covariances.

    .. math:: 100 \, \mathrm{MMD}^2 + \frac{10}{4 d^2} \lVert C_s - C_t \rVert_F

    The kernel is Gaussian with :math:`\sigma = 1`, the estimate the biased one, and the norm of the
    covariances is not squared.

    Args:
        source: shape ``(source_batch, width)``; the two batches may differ in size.
        target: shape ``(target_batch, width)``.

    Returns:
        A scalar, not negative (beyond rounding), zero for identical batches.

    Raises:
        ValueError: If the widths differ or a batch has fewer than two rows.

    Example:
        >>> source, target = torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [4.0]])
        >>> mda(source, target)  # 100 (1 - e⁻²) / 2, and 10 / 4 times the variances' 8 - 2
        tensor(58.2332)

    Reference: Qian et al., Deep discriminative transfer learning network, MSSP 2023.
    """
    require_same_width(source, target)
    require_rows(source, target, 2, "a covariance")
    discrepancy = jmmd([source], [target], [UNIT_GAUSSIAN])
    difference = torch.cov(source.T) - torch.cov(target.T)
    norm: Tensor = torch.linalg.vector_norm(difference)  # its gradient at zero is zero, not NaN
    return 100 * discrepancy + 10 * norm / (4 * source.shape[1] ** 2)


def cda(source: Tensor, target: Tensor, source_label: Tensor, target_label: Tensor) -> Tensor:
    """Conditional distribution alignment: the mean over classes of :func:`mda` within the class.

    A class with fewer than two rows in a domain has no covariance there and is left out.

    Args:
        source: shape ``(source_batch, width)``.
        target: shape ``(target_batch, width)``.
        source_label: class numbers, shape ``(source_batch,)``.
        target_label: pseudo-labels, shape ``(target_batch,)``.

    Returns:
        A scalar; zero, without gradient, if no class has two rows in both domains.

    Raises:
        ValueError: If the widths differ.

    Reference: Qian et al., Deep discriminative transfer learning network, MSSP 2023.
    """
    require_same_width(source, target)
    of_class = []
    for number in sorted(set(source_label.tolist())):
        rows = source[source_label == number], target[target_label == number]
        if min(map(len, rows)) >= 2:
            of_class.append(mda(*rows))
    return torch.stack(of_class).mean() if of_class else source.new_zeros(())


class MDA(TransferLoss):
    """DDTLN's marginal alignment of the logits: a mean discrepancy and a covariance distance.

    Args:
        weight: factor of this loss in the total; 1 in the paper.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant, as in the paper.

    Reference: Qian et al., Deep discriminative transfer learning network, MSSP 2023.
    """

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
        """Return the alignment of the logits of all ranks."""
        return mda(gather(source_logits), gather(target_logits))


class CDA(TransferLoss):
    """DDTLN's alignment of the logits class by class; target rows count as the class predicted.

    Args:
        weight: factor of this loss in the total; 0.1 in the paper.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant, as in the paper.

    Reference: Qian et al., Deep discriminative transfer learning network, MSSP 2023.
    """

    def __init__(self, weight: float = 0.1, schedule: Schedule | None = None) -> None:
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
        """Return the mean alignment of the classes in the logits of all ranks."""
        source, target = gather(source_logits), gather(target_logits)
        return cda(source, target, gather(source_label), target.argmax(1))


class PseudoLabel(TransferLoss):
    """DDTLN's I-Softmax on the target, with the predicted class for a label.

    Uses the target's logits only.

    Args:
        shift: the margin n of DDTLN, as in the class loss: subtracted from the logit of the
            predicted class.
        scale: the margin m of DDTLN, as in the class loss: divides a positive logit of the
            predicted class and multiplies a negative one; 1 if training does not converge.
        weight: factor of this loss in the total; 0.1 in the paper.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant, as in the paper.

    Reference: Qian et al., Deep discriminative transfer learning network, MSSP 2023.
    """

    uses_source = False

    def __init__(
        self,
        shift: float = 16.0,
        scale: float = 3.0,
        weight: float = 0.1,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(weight, schedule)
        self.class_loss = ISoftmax(shift, scale)

    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the mean over the rank's own target rows; the mean over ranks is the whole."""
        value: Tensor = self.class_loss(target_logits, target_logits.argmax(1))
        return value
