"""CORAL: equal covariances of the two domains."""

from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_rows, require_same_width
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule


def coral(source: Tensor, target: Tensor) -> Tensor:
    r"""Distance between the covariances of two sets of features.

    .. math:: \frac{1}{4 d^2} \lVert C_s - C_t \rVert_F^2

    Args:
        source: features of shape ``(batch, features)``; the two batches may differ in size.
        target: likewise.

    Returns:
        A scalar, zero for equal covariances.

    Raises:
        ValueError: If the widths differ or a batch has fewer than two rows.

    Example:
        >>> import torch
        >>> x = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
        >>> coral(x, 2 * x)
        tensor(2.2500)

    Reference: Sun and Saenko, Deep CORAL, ECCV Workshops 2016.
    """
    require_same_width(source, target)
    require_rows(source, target, 2, "a covariance")
    difference = _covariance(source) - _covariance(target)
    return difference.square().sum() / (4 * source.shape[1] ** 2)


class CORAL(TransferLoss):
    """Makes the covariances of source and target features equal.

    Args:
        weight: factor of this loss in the total; 1 in the paper.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant.

    Reference: Yang et al., Scientific Reports 2025, eq. 1–3; Sun and Saenko, Deep CORAL, 2016.
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
        """Return the CORAL distance of the features of all ranks."""
        return coral(gather(source_features), gather(target_features))


def _covariance(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(0)
    return centred.T @ centred / (len(rows) - 1)
