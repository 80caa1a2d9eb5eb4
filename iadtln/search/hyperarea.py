"""The area that a front of two objectives covers, and which of its points to take."""

from typing import Literal

import torch
from torch import Tensor

Choice = Literal["hyperarea", "knee", "min_product", "min_sum"]

REFERENCE = 1.1  # corner of the area on both axes, just beyond the worst of a front scaled to 1


def scaled_values(values: Tensor, ideal: Tensor, nadir: Tensor) -> Tensor:
    """Objectives as shares of a range: 0 at the ideal, 1 at the nadir.

    Args:
        values: shape ``(..., points, objectives)``.
        ideal: best of each objective, shape ``(..., objectives)``.
        nadir: worst of each, likewise; where it equals the ideal, differences stay as they are.

    Returns:
        The shape of ``values``.
    """
    extent = nadir - ideal
    extent = torch.where(extent > 0, extent, 1.0)
    return (values - ideal[..., None, :]) / extent[..., None, :]


def hyperarea(values: Tensor, reference: float = REFERENCE) -> Tensor:
    """Area between a front and the corner ``(reference, reference)``: the 2-D hypervolume.

    Args:
        values: two objectives to be minimised, scaled, shape ``(..., points, 2)``; points that
            another one beats, or beyond the corner, add nothing.
        reference: both coordinates of the corner.

    Returns:
        Shape ``(...)``.

    Example:
        >>> hyperarea(torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), reference=2.0)
        tensor(3.)

    Reference: Van Veldhuizen, Multiobjective evolutionary algorithms, PhD thesis, 1999.
    """
    order = values[..., 0].argsort(-1)
    first = values[..., 0].gather(-1, order).clamp(max=reference)
    lowest = values[..., 1].gather(-1, order).clamp(max=reference).cummin(-1).values
    right = torch.cat([first[..., 1:], torch.full_like(first[..., :1], reference)], -1)
    return ((right - first) * (reference - lowest)).sum(-1)


def choose(values: Tensor, on_front: Tensor, choice: Choice = "hyperarea") -> Tensor:
    r"""Which point of a front to take.

    The front is scaled to :math:`[0, 1]^2` by its own best and worst. Then

    - ``hyperarea``: the largest rectangle to the corner, :math:`(1.1 - f_1) (1.1 - f_2)`: our
      reading of the index of the adaptive multi-objective MCKD, whose rule is not published;
    - ``knee``: the least distance to the ideal point;
    - ``min_sum``: the least :math:`f_1 + f_2`;
    - ``min_product``: the least product of the objectives as they are, since an end of a scaled
      front always has the product 0. For positive objectives.

    Args:
        values: two objectives to be minimised, shape ``(..., points, 2)``.
        on_front: which points are on the front, shape ``(..., points)``.
        choice: rule; of equals the first point is taken.

    Returns:
        Number of the point, int64, shape ``(...)``; 0 if there is none on the front.
    """
    on = on_front[..., None]
    ideal = torch.where(on, values, torch.inf).amin(-2)
    nadir = torch.where(on, values, -torch.inf).amax(-2)
    scaled = scaled_values(values, ideal, nadir)
    if choice == "hyperarea":
        cost = -(REFERENCE - scaled).prod(-1)
    elif choice == "knee":
        cost = scaled.square().sum(-1)
    elif choice == "min_sum":
        cost = scaled.sum(-1)
    else:
        cost = values.prod(-1)
    return torch.where(on_front, cost, torch.inf).argmin(-1)
