"""Fuzzy entropy: how much of the likeness of a signal's stretches is lost with one more sample."""

import math

import torch
from torch import Tensor

CHUNK = 2**24  # comparisons held at once, so that memory does not grow with batch or record


def fuzzy_entropy(
    signal: Tensor,
    order: int = 2,
    tolerance: float = 0.15,
    power: float = 2.0,
    delay: int = 1,
    segment: int | None = None,
) -> Tensor:
    r"""Logarithm of the share of likeness that is lost when stretches grow by one sample.

    Stretches of m samples, each less its own mean, are :math:`d_{ij}` apart at most in any sample.
    With the population's standard deviation :math:`\sigma` of the signal their mean likeness is

    .. math:: \phi_m = \frac{1}{M (M - 1)} \sum_{i \ne j} \exp(-(d_{ij} / r \sigma)^n), \qquad
        H = \ln \phi_m - \ln \phi_{m+1}

    of the same :math:`M = N - m \tau` stretches for both lengths. The time it takes grows with the
    square of the samples; cut long signals into segments. A signal in single precision takes half
    the time of one in double and agrees to about 1e-6.

    Args:
        signal: shape ``(..., time)``.
        order: :math:`m`, samples in the shorter stretches, 2 or more.
        tolerance: :math:`r`, as a share of the standard deviation.
        power: :math:`n`, how sharply likeness ends. Other powers than 2 take twenty times as long.
        delay: :math:`\tau`, step between the samples of a stretch.
        segment: samples, such as 1024. Then the mean over so long neighbours without overlap, each
            with its own deviation; samples left at the end are not used. A shorter signal is one
            segment.

    Returns:
        Shape ``(...)``; zero for a constant, NaN if no longer stretches are alike at all or the
        signal is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal has no two stretches.

    Example:
        Two stretches, alike in their rise by 1, but then rising by 1 and by 3: 4/3 apart at most,
        with a variance of 7/2.

        >>> fuzzy_entropy(torch.tensor([0.0, 1.0, 2.0, 5.0]), tolerance=1.0)
        tensor(0.5079)

    Reference: Chen et al., Characterization of surface EMG signal based on fuzzy entropy, IEEE
    Transactions on Neural Systems and Rehabilitation Engineering 2007.
    """
    if segment is not None:
        if segment < 1:
            raise ValueError(f"expected a segment of at least 1 sample, got {segment}")
        parts = signal.unfold(-1, min(segment, signal.shape[-1]), min(segment, signal.shape[-1]))
        return fuzzy_entropy(parts, order, tolerance, power, delay).mean(-1)
    radius = likeness_radius(signal, tolerance)
    likeness = mean_likeness(signal, radius, order, power, delay)
    return lost_likeness(likeness).to(signal.dtype)


def likeness_radius(signal: Tensor, tolerance: float) -> Tensor:
    """Share of a signal's standard deviation.

    Args:
        signal: shape ``(..., time)``.
        tolerance: the share, above 0.

    Returns:
        Shape ``(...)``, float64; exactly zero for a constant, NaN if the signal is not finite.

    Raises:
        ValueError: If the tolerance is not above 0.
    """
    if not tolerance > 0:
        raise ValueError(f"expected a tolerance above 0, got {tolerance}")
    radius = tolerance * signal.detach().double().std(-1, correction=0)
    constant = signal.amax(-1) == signal.amin(-1)  # its mean may be a rounding away
    return torch.where(constant & radius.isfinite(), 0.0, radius)


def mean_likeness(
    signal: Tensor, radius: Tensor, order: int = 2, power: float = 2.0, delay: int = 1
) -> Tensor:
    """Mean likeness of stretches, as ``fuzzy_entropy`` defines it, for a radius of your choice.

    Args:
        signal: shape ``(..., time)``.
        radius: distance at which likeness has fallen to 1/e, shape ``(...)``.
        order: samples in the shorter stretches.
        power: of the relative distance.
        delay: step between the samples of a stretch.

    Returns:
        Of stretches of ``order`` samples and of one more, shape ``(..., 2)``, float64; one at a
        radius of zero, NaN where signal or radius is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal has no two stretches.
    """
    time = signal.shape[-1]
    stretches = time - order * delay
    if order < 2 or delay < 1 or not power > 0:
        raise ValueError(
            f"expected an order of at least 2, a delay of at least 1 and a power above 0, "
            f"got {order}, {delay} and {power}"
        )
    if stretches < 2:
        raise ValueError(
            f"expected at least order * delay + 2 = {order * delay + 2} samples for two "
            f"stretches, got {time}"
        )
    rows, width = signal.detach().reshape(-1, time).double(), radius.reshape(-1, 1)
    rows = rows - rows.mean(-1, keepdim=True)
    usable = rows.isfinite().all(-1, keepdim=True) & width.isfinite()
    # with this unit the likeness of a distance d is 2^-(d^n)
    unit = width / math.log2(math.e) ** (1 / power)
    rows = torch.where(usable & (width > 0), rows / unit, 0.0)
    rows = rows.to(torch.promote_types(signal.dtype, torch.float32))
    likeness = _sum(rows, order, float(power), delay) / (stretches * (stretches - 1) / 2)
    return torch.where(usable, likeness, torch.nan).reshape(*signal.shape[:-1], 2)


def lost_likeness(likeness: Tensor) -> Tensor:
    """Entropy from the two mean likenesses.

    Args:
        likeness: of the shorter and the longer stretches, shape ``(..., 2)``.

    Returns:
        Shape ``(...)``; NaN without any likeness of the longer ones.
    """
    shorter, longer = likeness.unbind(-1)
    return torch.where(longer > 0, shorter.log() - longer.log(), torch.nan)


def _sum(rows: Tensor, order: int, power: float, delay: int) -> Tensor:
    """Sums over all pairs, by whichever path suits the device."""
    if rows.device.type == "cpu":
        from iadtln.signals import fuzzy_numba  # here: numba takes half a second to load

        return fuzzy_numba.sum_likeness(rows, order, power, delay)
    return sum_likeness(rows, order, power, delay)


def sum_likeness(rows: Tensor, order: int, power: float, delay: int) -> Tensor:
    """Add up the likeness of all pairs of stretches, on any device; ``fuzzy_numba`` has the same.

    Args:
        rows: in the unit in which likeness is ``2 ** -(distance ** power)``, shape
            ``(rows, time)``.
        order: samples in the shorter stretches.
        power: of the distance.
        delay: step between the samples of a stretch.

    Returns:
        Of stretches of ``order`` samples and of one more, shape ``(rows, 2)``, float64.
    """
    size = max(1, CHUNK // rows.shape[-1])
    sums = [
        [_sum_share(share, length, order, power, delay) for length in (order, order + 1)]
        for share in torch.split(rows, size)
    ]
    return torch.cat([torch.stack(both, dim=-1) for both in sums])


def _sum_share(rows: Tensor, length: int, order: int, power: float, delay: int) -> Tensor:
    stretches = rows.shape[-1] - order * delay
    span = (length - 1) * delay + 1
    samples = rows.unfold(-1, span, 1)[:, :stretches, ::delay]  # (rows, stretches, length)
    samples = (samples - samples.mean(-1, keepdim=True)).transpose(1, 2)
    # infinity after the end is like no sample
    padded = torch.nn.functional.pad(samples, (0, stretches), value=torch.inf)
    later = padded.unfold(-1, stretches, 1)  # (rows, length, lags, stretches), a view
    total = torch.zeros(len(rows), dtype=torch.float64, device=rows.device)
    lags_at_once = max(1, CHUNK // rows.numel())
    for first in range(1, stretches, lags_at_once):
        block = later[:, :, first : min(first + lags_at_once, stretches)]
        distance = (block[:, 0] - samples[:, 0, None]).abs_()
        for place in range(1, length):
            torch.maximum(
                distance, (block[:, place] - samples[:, place, None]).abs_(), out=distance
            )
        total += distance.pow_(power).neg_().exp2_().sum((1, 2), dtype=torch.float64)
    return total
