"""Which modes of a decomposition speak of a fault, and the signal they make together."""

from typing import Literal

import torch
from torch import Tensor

Rule = Literal["above_mean", "greatest"]


def kurtosis(signal: Tensor) -> Tensor:
    r"""Fourth central moment over the square of the second: 3 for Gaussian noise.

    .. math:: \frac{E[(x - \bar x)^4]}{E[(x - \bar x)^2]^2}

    Args:
        signal: shape ``(..., time)``.

    Returns:
        Shape ``(...)``; 0 for a constant signal, which no other signal has (the least is 1).
    """
    # the unit is taken out first, or the fourth power of a faint float32 signal would vanish; what
    # rounding leaves of a constant is no movement
    peak = signal.abs().amax(-1, keepdim=True)
    centred = signal - signal.mean(-1, keepdim=True)
    reach = centred.abs().amax(-1, keepdim=True)
    moves = reach > 8 * torch.finfo(signal.dtype).eps * peak
    square = torch.where(moves, centred / reach, 0.0).square()
    fourth, second = square.square().mean(-1), square.mean(-1)
    return torch.where(moves[..., 0], fourth / second.square(), 0.0)


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
