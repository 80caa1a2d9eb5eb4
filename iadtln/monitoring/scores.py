"""Numbers that rate a denoised signal, or an indicator over the life of a machine."""

from collections.abc import Sequence

import torch
from torch import Tensor

from iadtln.signals.coarse_graining import moving_mean
from iadtln.signals.envelope_spectrum import spectrum_axis

TINY = 1e-12  # SAIF's epsilon, which the paper does not give


def energy_retention(denoised: Tensor, original: Tensor) -> Tensor:
    r"""Share of the energy that is left, SERR over the whole spectrum.

    .. math:: \frac{\sum_k |Y_{denoised}[k]|^2}{\sum_k |Y_{original}[k]|^2}

    By Parseval's theorem it is the same in time, where it is computed. A low value is not a good
    one by itself: silence has zero.

    Args:
        denoised: shape ``(..., time)``.
        original: likewise; leading dimensions broadcast.

    Returns:
        Shape ``(...)``; zero for the denoised zeros, NaN if both are.

    Example:
        >>> energy_retention(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 1.0]))
        tensor(0.5000)

    Reference: Sensors 2026, 26(4) 1394, section 3.
    """
    return denoised.square().sum(-1) / original.square().sum(-1)


def feature_retention(
    denoised: Tensor,
    original: Tensor,
    sampling_rate: float,
    line_hz: float,
    harmonics: int = 3,
    share: float = 0.03,
) -> Tensor:
    r"""Share of the energy that is left about a fault's lines, SERR over the feature band.

    The sums of ``energy_retention`` over :math:`|f - h f_c| \le \max(2 \Delta f, \epsilon f_c)`
    for the first harmonics. The paper gives no band; this one is our reading.

    Args:
        denoised: shape ``(..., time)``; the envelope, if the lines are looked for in there.
        original: likewise.
        sampling_rate: samples per second.
        line_hz: the fault's frequency :math:`f_c`, in Hz.
        harmonics: how many, the first among them; those above half the rate are left out.
        share: half width :math:`\epsilon` about each harmonic, as a share of ``line_hz``.

    Returns:
        Shape ``(...)``.

    Raises:
        ValueError: If the line is not between 0 and half the sampling rate.
    """
    if not 0 < line_hz < sampling_rate / 2:
        raise ValueError(
            f"expected a line between 0 and half the sampling rate ({sampling_rate / 2:g} Hz), "
            f"got {line_hz:g}"
        )
    axis = spectrum_axis(original.shape[-1], sampling_rate).to(original.device)
    lines = line_hz * torch.arange(1, harmonics + 1, device=axis.device)
    half_width = max(2 * float(axis[1]), share * line_hz)
    near = ((axis - lines[:, None]).abs() <= half_width).any(0)
    kept, whole = (
        torch.fft.rfft(signal).abs().square()[..., near].sum(-1) for signal in (denoised, original)
    )
    retention: Tensor = kept / whole
    return retention


def trendability(indicator: Tensor, time: Tensor | None = None) -> Tensor:
    """Correlation of an indicator with time (Tred): 1 if it rises on a straight line.

    Args:
        indicator: one value for each snapshot, shape ``(..., snapshots)``.
        time: of each snapshot, shape ``(snapshots,)``; None for their numbers, which is the rank
            that the paper recommends.

    Returns:
        Pearson's coefficient, shape ``(...)``; zero for a constant.

    Example:
        >>> trendability(torch.tensor([0.0, 1.0, 2.0, 1.0]))
        tensor(0.6325)

    Reference: Sensors 2026, 26(4) 1394, section 2.1.2.
    """
    if time is None:
        time = torch.arange(indicator.shape[-1], device=indicator.device)
    time = time.to(indicator)
    rise = indicator - indicator.mean(-1, keepdim=True)
    late = time - time.mean()
    scale = rise.norm(dim=-1) * late.norm()
    return torch.where(_constant(indicator), 0.0, (rise * late).sum(-1) / scale)


def monotonicity(indicator: Tensor) -> Tensor:
    """Rises less falls from one snapshot to the next, over all steps (Mono).

    Args:
        indicator: shape ``(..., snapshots)``, two at least.

    Returns:
        From -1 (always falls) to 1 (always rises), shape ``(...)``.

    Example:
        >>> monotonicity(torch.tensor([0.0, 1.0, 2.0, 1.0, 3.0]))
        tensor(0.5000)

    Reference: Sensors 2026, 26(4) 1394, section 2.1.2.
    """
    return indicator.diff().sign().mean(-1)


def saif(
    indicator: Tensor,
    scales: Sequence[int] = (1, 2, 4, 8),
    windows: int = 8,
    weights: Sequence[float] | None = None,
    skewness_weight: float = 0.1,
    kurtosis_weight: float = 0.1,
) -> Tensor:
    r"""Scale-adaptive integrated feature variability of an indicator (SAIF).

    At each scale the indicator is averaged over so many snapshots and cut into equal windows; of
    these

    .. math::
        \frac{1}{N} \sum_{i=1}^{N} w_i \frac{1}{L} \sum_{j=1}^{L} \Bigl[ \Bigl(
        \frac{\sigma_{ij}}{\mu_{ij} + \epsilon} \Bigr)^2 + \alpha \, skew_{ij} + \beta \, kurt_{ij}
        \Bigr]

    with the excess kurtosis. The paper gives none of the constants and calls values "approaching 1"
    good, which this formula does not bound: compare indicators of one machine by it, no more.

    Args:
        indicator: shape ``(..., snapshots)``.
        scales: snapshots averaged; scales that leave fewer than two values a window are left out.
        windows: :math:`L`, at each scale.
        weights: :math:`w_i` of each of ``scales``, left out with it; None for :math:`1 / N` each.
        skewness_weight: :math:`\alpha`.
        kurtosis_weight: :math:`\beta`.

    Returns:
        Shape ``(...)``; zero for a constant, NaN if there are too few snapshots for any scale.

    Raises:
        ValueError: If there are not as many weights as scales.

    Reference: Sensors 2026, 26(4) 1394, section 2.1.2.
    """
    if weights is not None and len(weights) != len(scales):
        raise ValueError(
            f"expected a weight for each of the {len(scales)} scales, got {len(weights)}"
        )
    usable = [scale for scale in scales if indicator.shape[-1] // scale >= 2 * windows]
    if not usable:
        return torch.full_like(indicator[..., 0], torch.nan)
    given = dict(zip(scales, weights or [1 / len(usable)] * len(scales), strict=True))
    each = torch.as_tensor([given[scale] for scale in usable]).to(indicator)
    values = []
    for scale in usable:
        coarse = moving_mean(indicator, scale)[..., ::scale]
        length = coarse.shape[-1] // windows
        pieces = coarse[..., : length * windows].unfold(-1, length, length)
        spread, skewness, excess = _shape(pieces)
        terms = spread.square() + skewness_weight * skewness + kurtosis_weight * excess
        values.append(terms.mean(-1))
    return (torch.stack(values, -1) * each).mean(-1)


def _shape(pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Deviation over mean, skewness and excess kurtosis of the last dimension; 0 of a constant."""
    mean = pieces.mean(-1, keepdim=True)
    centred = pieces - mean
    deviation = centred.square().mean(-1).sqrt()
    unit = centred / deviation[..., None]
    constant = _constant(pieces)
    moments = unit.pow(3).mean(-1), unit.pow(4).mean(-1) - 3
    spread = deviation / (mean[..., 0] + TINY)
    skewness, excess, spread = (torch.where(constant, 0.0, value) for value in (*moments, spread))
    return spread, skewness, excess


def _constant(values: Tensor) -> Tensor:
    return (values == values[..., :1]).all(-1)
