"""Numbers that say how clearly a signal or its spectrum shows a fault."""

import torch
from torch import Tensor


def kurtosis(signal: Tensor) -> Tensor:
    r"""Fourth moment about the mean over the squared second, 3 for Gaussian noise (not excess).

    .. math:: K = \frac{E[(x - \bar x)^4]}{E[(x - \bar x)^2]^2}

    Args:
        signal: shape ``(..., time)``.

    Returns:
        Shape ``(...)``; zero for a constant, whose kurtosis does not exist.

    Example:
        >>> kurtosis(torch.tensor([0.0, 0.0, 0.0, 4.0]))
        tensor(2.3333)
    """
    centred = signal - signal.mean(-1, keepdim=True)
    scale = centred.abs().amax(-1, keepdim=True)
    rounding = 10 * torch.finfo(signal.dtype).eps * signal.abs().amax(-1, keepdim=True)
    # the greatest value becomes 1, so that fourth powers neither vanish nor overflow
    power = torch.where(scale <= rounding, 0.0, centred / scale).square()
    variance = power.mean(-1)
    return torch.where(variance == 0, 0.0, power.square().mean(-1) / variance.square())


def kurtosis_gain(filtered: Tensor, signal: Tensor) -> Tensor:
    """Kurtosis after a filter over kurtosis before it (ERAK, if both are sampled in angle).

    Args:
        filtered: shape ``(..., time)``.
        signal: what went into the filter, shape ``(..., time)``; leading dimensions broadcast.

    Returns:
        Shape ``(...)``; above 1 if the filter made the signal more impulsive, infinite or NaN for a
        constant signal. The gain in percent is ``100 * (kurtosis_gain - 1)``.

    Reference: ED-GAFMD (doi 10.1177/10775463261461759), ERAK; its formula is not printed in the
    text we have, this is the reading of its description.
    """
    return kurtosis(filtered) / kurtosis(signal)


def energy_ratio_db(filtered: Tensor, signal: Tensor) -> Tensor:
    r"""Energy after a filter over energy before it (FER).

    .. math:: 10 \log_{10} \frac{\sum u^2}{\sum x^2}

    A filter of free gain, as all deconvolutions are, moves it at will: see
    ``feature_energy_ratio_db``.

    Args:
        filtered: shape ``(..., time)``.
        signal: what went into the filter, shape ``(..., time)``; leading dimensions broadcast.

    Returns:
        Decibels, shape ``(...)``.

    Reference: ED-GAFMD (doi 10.1177/10775463261461759), FER, as its text describes it.
    """
    return _decibels(filtered.square().sum(-1), signal.square().sum(-1))


def feature_energy_ratio_db(
    spectrum: Tensor, axis: Tensor, line: float, harmonics: int = 5, tolerance: float = 0.02
) -> Tensor:
    r"""Energy of a fault's harmonics over all energy of a spectrum (FER of the order spectrum).

    .. math::
        10 \log_{10} \frac{\sum_{h=1}^{H} \sum_{|o - h o_f| \le \epsilon o_f} S(o)^2}
        {\sum_{o > 0} S(o)^2}

    Args:
        spectrum: amplitudes, shape ``(..., bins)``.
        axis: order or frequency of each bin, shape ``(bins,)``.
        line: the fault's order or frequency :math:`o_f`, in the unit of ``axis``.
        harmonics: :math:`H`, with the first.
        tolerance: half width :math:`\epsilon` about each harmonic, as a share of ``line``.

    Returns:
        Decibels, at most 0, shape ``(...)``.

    Raises:
        ValueError: If no bin lies within the tolerance of the first harmonic.
    """
    energy = spectrum.square()
    numbers = torch.arange(1, harmonics + 1, dtype=axis.dtype, device=axis.device)
    distance = (axis - line * numbers[:, None]).abs()  # (harmonics, bins)
    near = (distance <= tolerance * line).any(0)
    _require_bins(distance[0] <= tolerance * line, axis, line, tolerance)
    return _decibels((energy * near).sum(-1), (energy * (axis > 0)).sum(-1))


def line_to_floor_db(
    spectrum: Tensor, axis: Tensor, line: float, tolerance: float = 0.02, reach: float = 0.2
) -> Tensor:
    r"""How far a line stands above the spectrum about it.

    The line is the greatest bin within ``tolerance * line`` of ``line``. The floor is the median of
    the other bins within ``reach * line``: a median, so that sidebands and other lines in there
    do not lift it. Both are amplitudes, so the ratio is :math:`20 \log_{10}`.

    Args:
        spectrum: amplitudes, shape ``(..., bins)``.
        axis: order or frequency of each bin, shape ``(bins,)``.
        line: the order or frequency looked for, in the unit of ``axis``.
        tolerance: how far off the line may lie, as a share of ``line``: 2 % for slip of the balls.
        reach: how far the floor is taken from, likewise.

    Returns:
        Decibels, shape ``(...)``. The greatest of n bins lies above their median in pure noise too:
        about 5 dB for 5 bins, 8 dB for 50; compare with the same line of other signals.

    Raises:
        ValueError: If no bin lies within the tolerance, or none is left for the floor.
    """
    distance = (axis - line).abs()
    near = distance <= tolerance * line
    around = (distance <= reach * line) & ~near & (axis > 0)
    _require_bins(near, axis, line, tolerance)
    _require_bins(around, axis, line, reach)
    peak = spectrum[..., near].amax(-1)
    floor = spectrum[..., around].quantile(0.5, dim=-1)
    return 2 * _decibels(peak, floor)


def _require_bins(chosen: Tensor, axis: Tensor, line: float, share: float) -> None:
    if not bool(chosen.any()):
        raise ValueError(
            f"expected bins within {share:.1%} of {line:g} on an axis that ends at "
            f"{float(axis[-1]):g} in steps of {float(axis[1] - axis[0]):g}, got none: take "
            "a longer signal or a wider tolerance"
        )


def _decibels(numerator: Tensor, denominator: Tensor) -> Tensor:
    smallest = torch.finfo(numerator.dtype).tiny  # no logarithm of zero: silence is 0 dB to silence
    decibels: Tensor = 10 * torch.log10(numerator.clamp(min=smallest))
    return decibels - 10 * torch.log10(denominator.clamp(min=smallest))
