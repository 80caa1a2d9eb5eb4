"""What every optimiser does with a population of shape ``(problems, population, variables)``."""

import torch
from torch import Tensor


def take(positions: Tensor, index: Tensor) -> Tensor:
    """Members by their number.

    Args:
        positions: shape ``(problems, population, ...)``.
        index: shape ``(problems, members)``.

    Returns:
        Shape ``(problems, members, ...)``.
    """
    problem = torch.arange(len(index), device=index.device)[:, None]
    return positions[problem, index]


def fittest(positions: Tensor, values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Members of least value, the best first; of equals the earlier.

    Args:
        positions: shape ``(problems, population, variables)``.
        values: shape ``(problems, population)``.
        count: how many.

    Returns:
        Their positions, ``(problems, count, variables)``, and values, ``(problems, count)``.
    """
    order = values.argsort(dim=-1, stable=True)[:, :count]
    return take(positions, order), take(values, order)


def keep_better(
    positions: Tensor, values: Tensor, new_positions: Tensor, new_values: Tensor
) -> tuple[Tensor, Tensor]:
    """Each member where it was, or where it moved if that is better; shapes as they came."""
    better = new_values < values
    return (
        torch.where(better[..., None], new_positions, positions),
        torch.where(better, new_values, values),
    )
