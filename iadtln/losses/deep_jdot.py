"""DeepJDOT: the least cost of carrying the source, with its labels, over to the target."""

import math

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from iadtln.distributed import gather
from iadtln.losses.base import TransferLoss
from iadtln.losses.checks import require_rows, require_same_width
from iadtln.losses.kernels import squared_distances
from iadtln.losses.precision import full_precision
from iadtln.schedules import Schedule


def transport_cost(cost: Tensor) -> Tensor:
    r"""Least mean cost of coupling rows with columns, each of which carries the same mass.

    .. math:: \min_\gamma \sum_{ij} \gamma_{ij} c_{ij}, \qquad
        \sum_j \gamma_{ij} = \tfrac{1}{m}, \quad \sum_i \gamma_{ij} = \tfrac{1}{n}

    With as many rows as columns an optimal coupling is an assignment, which scipy finds exactly.
    Otherwise both are repeated up to their least common multiple, where it is one again: keep the
    sizes equal, or their least common multiple small.

    Args:
        cost: shape ``(m, n)``, finite.

    Returns:
        A scalar; its gradient is that of the cost under the coupling found, which is constant.

    Example:
        >>> transport_cost(torch.tensor([[1.0, 5.0], [2.0, 3.0]]))  # (1 + 3) / 2
        tensor(2.)

    Reference: Damodaran et al., DeepJDOT, ECCV 2018, eq. 6; scipy.optimize.linear_sum_assignment.
    """
    num_rows, num_columns = cost.shape
    size = math.lcm(num_rows, num_columns)
    plan = cost.detach().cpu().double().numpy()
    plan = plan.repeat(size // num_rows, axis=0).repeat(size // num_columns, axis=1)
    row, column = linear_sum_assignment(plan)
    pairs = np.stack([row * num_rows // size, column * num_columns // size])
    row, column = torch.from_numpy(pairs).to(cost.device)
    return cost[row, column].mean()


def joint_cost(
    source: Tensor,
    target: Tensor,
    source_label: Tensor,
    target_logits: Tensor,
    feature_cost: float,
    label_cost: float,
) -> Tensor:
    r"""Cost of carrying each source row to each target row, of features and labels together.

    .. math:: c_{ij} = \alpha \lVert f_i - f_j \rVert^2 - \lambda \log p_j(y_i)

    Args:
        source: features of shape ``(source_batch, features)``.
        target: features of shape ``(target_batch, features)``.
        source_label: class numbers :math:`y`, shape ``(source_batch,)``.
        target_logits: shape ``(target_batch, classes)``; :math:`p` is their softmax.
        feature_cost: :math:`\alpha`.
        label_cost: :math:`\lambda`.

    Returns:
        Shape ``(source_batch, target_batch)``, not negative.

    Raises:
        ValueError: If the widths differ or a batch is empty.

    Reference: Damodaran et al., DeepJDOT, ECCV 2018, eq. 5.
    """
    require_same_width(source, target)
    require_rows(source, target, 1, "a transport")
    distance = squared_distances(torch.cat([source, target]))[: len(source), len(source) :]
    surprise = -target_logits.log_softmax(1).T[source_label]  # (source_batch, target_batch)
    return feature_cost * distance + label_cost * surprise


class DeepJDOT(TransferLoss):
    """Carries source rows and labels to target rows at the least cost, and lowers that cost.

    The target's logits learn the labels that arrive. The coupling is exact and without gradient.

    Args:
        feature_cost: alpha of the paper: cost of a unit of squared distance between features.
        label_cost: lambda of the paper: cost of a unit of cross entropy between the label of the
            source row and the prediction of the target row.
        weight: factor of this loss in the total.
        schedule: how the factor follows the progress of the transfer phase, 0 to 1; if none is
            given, constant, as in the paper.

    Reference: Damodaran et al., DeepJDOT: deep joint distribution optimal transport, ECCV 2018.
    """

    def __init__(
        self,
        feature_cost: float = 0.01,
        label_cost: float = 1.0,
        weight: float = 1.0,
        schedule: Schedule | None = None,
    ) -> None:
        super().__init__(weight, schedule)
        self.feature_cost = feature_cost
        self.label_cost = label_cost

    @full_precision
    def forward(
        self,
        source_features: Tensor,
        target_features: Tensor,
        source_logits: Tensor,
        target_logits: Tensor,
        source_label: Tensor,
    ) -> Tensor:
        """Return the transport cost between the rows of all ranks."""
        cost = joint_cost(
            gather(source_features),
            gather(target_features),
            gather(source_label),
            gather(target_logits),
            self.feature_cost,
            self.label_cost,
        )
        return transport_cost(cost)
