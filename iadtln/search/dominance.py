"""Which candidates beat which, when there are several objectives, all to be minimised."""

import torch
from torch import Tensor


def dominates(values: Tensor) -> Tensor:
    """Whether member i is nowhere worse than member j and somewhere better.

    Args:
        values: shape ``(..., population, objectives)``.

    Returns:
        Boolean, shape ``(..., population, population)``, indexed i, j.
    """
    shape = (*values.shape[:-1], values.shape[-2])
    no_worse = torch.ones(shape, dtype=torch.bool, device=values.device)
    better = torch.zeros_like(no_worse)
    for objective in values.unbind(-1):  # few, and far faster than all() over so short a dimension
        one, other = objective[..., :, None], objective[..., None, :]
        no_worse &= one <= other
        better |= one < other
    return no_worse & better


def front_ranks(values: Tensor) -> Tensor:
    """Number of the front of each member: 0 for those that none dominates, 1 without these, ...

    Args:
        values: shape ``(..., population, objectives)``.

    Returns:
        int64, shape ``(..., population)``.

    Example:
        >>> front_ranks(torch.tensor([[1.0, 3.0], [3.0, 1.0], [3.0, 3.0], [4.0, 4.0]]))
        tensor([0, 0, 1, 2])

    Reference: Deb et al., NSGA-II, IEEE Trans. Evol. Comput. 2002, section III-A.
    """
    beats = dominates(values).float()
    ranks = torch.full(values.shape[:-1], -1, device=values.device)
    waiting = torch.ones_like(ranks, dtype=torch.bool)
    rank = 0
    while bool(waiting.any()):
        beaten = (waiting[..., None, :].float() @ beats)[..., 0, :] > 0
        front = waiting & ~beaten
        ranks = ranks.masked_fill(front, rank)
        waiting = waiting & ~front
        rank += 1
    return ranks


def crowding_distance(values: Tensor, ranks: Tensor) -> Tensor:
    r"""How much room a member has on its front.

    For each objective the gap between the two neighbours on the front, as a share of the front's
    extent, summed; infinite at the ends. An objective that is constant on a front adds nothing
    between its ends.

    Args:
        values: shape ``(..., population, objectives)``.
        ranks: of ``front_ranks``, shape ``(..., population)``.

    Returns:
        Shape ``(..., population)``.

    Example:
        >>> front = torch.tensor([[0.0, 4.0], [1.0, 2.0], [4.0, 0.0]])
        >>> crowding_distance(front, torch.tensor([0, 0, 0]))
        tensor([inf, 2., inf])

    Reference: Deb et al., NSGA-II, IEEE Trans. Evol. Comput. 2002, section III-B.
    """
    total = torch.zeros_like(values[..., 0])
    for objective in values.unbind(-1):
        total = total + _gaps(objective, ranks)
    return total


def _gaps(objective: Tensor, ranks: Tensor) -> Tensor:
    order = objective.argsort(dim=-1, stable=True)
    order = order.gather(-1, ranks.gather(-1, order).argsort(dim=-1, stable=True))
    objective, ranks = objective.gather(-1, order), ranks.gather(-1, order)  # front by front
    low = torch.full_like(objective, torch.inf).scatter_reduce(-1, ranks, objective, "amin")
    high = torch.full_like(objective, -torch.inf).scatter_reduce(-1, ranks, objective, "amax")
    extent = (high - low).gather(-1, ranks)
    gap = torch.full_like(objective, torch.inf)
    inner = (objective[..., 2:] - objective[..., :-2]) / extent[..., 1:-1]
    ends = (ranks[..., 2:] != ranks[..., 1:-1]) | (ranks[..., :-2] != ranks[..., 1:-1])
    # 0 / 0 where the front is one point wide, and infinities where candidates have failed
    gap[..., 1:-1] = torch.where(ends, torch.inf, inner.nan_to_num(nan=0.0, posinf=0.0))
    return torch.empty_like(gap).scatter(-1, order, gap)
