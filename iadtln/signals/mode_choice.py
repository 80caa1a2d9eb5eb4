"""Which modes of a decomposition speak of a fault, and the signal they make together."""

from typing import Literal

import torch
from torch import Tensor

from iadtln.signals.indices import kurtosis

Rule = Literal["above_mean", "greatest"]


def choose_modes(modes: Tensor, rule: Rule = "above_mean") -> Tensor:
    """Modes with the strongest impulses, by their kurtosis.

    The papers that feed modes to a network do not say which; both rules here are common readings.
    Constant modes, such as the zeros that ``ceemdan`` pads with, count for nothing.

    Args:
        modes: shape ``(..., modes, time)``.
        rule: ``above_mean``: every mode whose kurtosis is above the mean over the modes, and always
            the greatest; ``greatest``: that one only, the first if there are several.

    Returns:
        True for each chosen mode, shape ``(..., modes)``.

    Raises:
        ValueError: If the rule is another.

    Example:
        >>> click, hum = torch.zeros(100), torch.sin(torch.arange(100.0))
        >>> click[50] = 1.0
        >>> choose_modes(torch.stack([hum, click]))
        tensor([False,  True])
    """
    if rule not in ("above_mean", "greatest"):
        raise ValueError(f"expected the rule 'above_mean' or 'greatest', got {rule!r}")
    values = kurtosis(modes)
    numbers = torch.arange(values.shape[-1], device=values.device)
    greatest = numbers == values.argmax(-1, keepdim=True)
    if rule == "greatest":
        return greatest
    moving = (values > 0).sum(-1, keepdim=True).clamp(min=1)
    return greatest | (values > values.sum(-1, keepdim=True) / moving)


def reconstruct(modes: Tensor, rule: Rule = "above_mean") -> Tensor:
    """Signal made of the chosen modes alone: their sum.

    Args:
        modes: shape ``(..., modes, time)``.
        rule: as in ``choose_modes``.

    Returns:
        Shape ``(..., time)``.
    """
    chosen = choose_modes(modes, rule)
    return torch.where(chosen[..., None], modes, 0.0).sum(-2)
