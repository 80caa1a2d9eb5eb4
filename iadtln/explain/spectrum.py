"""The spectrum that fault lines are looked for in, and what stands out of it by chance."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from scipy.stats import gamma
from torch import Tensor


class Periodogram(NamedTuple):
    """Mean power spectrum of overlapping segments.

    Args:
        power: shape ``(..., bins)``.
        averages: how many independent segments the mean is worth.
    """

    power: Tensor
    averages: float


def prewhiten(signal: Tensor) -> Tensor:
    r"""Give every frequency the same amplitude and leave its phase (cepstral prewhitening).

    .. math:: x_w = \mathcal{F}^{-1} \left[ \frac{X}{|X|} \right]

    Shaft and gear lines, which are high and narrow, lose their weight; impacts, which are spread
    over many frequencies, keep theirs. The mean is dropped. Impacts at perfectly even intervals
    would be lines too, and lost; those of real bearings slip.

    Args:
        signal: shape ``(..., time)``.

    Returns:
        The same shape; zeros for zeros.

    Reference: Borghesani et al., Application of cepstrum pre-whitening for the diagnosis of bearing
    faults under variable speed conditions, MSSP 36, 2013, eq. 5.
    """
    spectrum = torch.fft.rfft(signal)
    # abs() and not sgn(): bins that are only rounding of silence stay silent
    size = spectrum.abs()
    rounding = torch.finfo(size.dtype).eps * size.amax(-1, keepdim=True)
    white = torch.where(size > rounding, spectrum / size, 0.0)
    white[..., 0] = 0.0
    flat: Tensor = torch.fft.irfft(white, n=signal.shape[-1])
    return flat


def averaged_power(signal: Tensor, length: int) -> Periodogram:
    r"""Power spectrum by Welch: Hann windows that overlap by half.

    Neighbouring segments share a part of their noise, so :math:`K` of them are worth

    .. math:: \frac{K}{1 + \frac{2 (K - 1)}{36 K}}

    independent ones.

    Args:
        signal: shape ``(..., time)``, at least one segment long.
        length: samples of a segment.

    Returns:
        Spectrum of shape ``(..., length // 2 + 1)``, without scale, and its averages.

    Reference: Welch, IEEE Transactions on Audio and Electroacoustics 15, 1967.
    """
    segments = signal.unfold(-1, length, max(1, length // 2))  # (..., segments, length)
    window = torch.hann_window(length, dtype=signal.dtype, device=signal.device)
    centred = (segments - segments.mean(-1, keepdim=True)) * window
    power = torch.fft.rfft(centred).abs().square().mean(-2)
    count = segments.shape[-2]
    return Periodogram(power, count / (1 + (count - 1) / (18 * count)))


def noise_floor(power: Tensor, averages: float, reach: int) -> Tensor:
    """Mean power of the noise about each bin, which lines in there do not lift.

    It is a running median, scaled to the mean of what it would be the median of: an average of
    independent bins of Gaussian noise follows a gamma distribution.

    Args:
        power: shape ``(..., bins)``.
        averages: of the power, from ``averaged_power``.
        reach: bins on each side that the median is taken over; fewer at the ends.

    Returns:
        The same shape.
    """
    reach = min(reach, power.shape[-1] - 2)
    rows = power.reshape(-1, power.shape[-1])
    # the mean has been taken away and left a hole at zero, which is no part of the floor
    inner = F.pad(rows[None, :, 1:], (reach + 1, reach), mode="reflect")[0]
    middle = inner.unfold(-1, 2 * reach + 1, 1).median(-1).values
    mean_over_median = averages / float(gamma.median(averages))
    return (middle * mean_over_median).reshape(power.shape)


def chance_level(bins: int, averages: float, false_alarms: float) -> float:
    r"""Power over the floor that the greatest of several bins of noise passes by chance.

    The power of one bin of Gaussian noise, averaged :math:`K` times, over its mean follows a gamma
    distribution :math:`\Gamma` of shape :math:`K` and mean 1, so that of :math:`m` independent bins
    one passes :math:`x` with the chance :math:`p = 1 - \Gamma(x)^m`.

    Args:
        bins: :math:`m`, among which the greatest is looked for.
        averages: :math:`K`, from ``averaged_power``.
        false_alarms: :math:`p`, share of noise in which the level is passed.

    Returns:
        :math:`x`, a ratio of powers.

    Example:
        >>> round(chance_level(1, 1.0, 0.01), 3)  # exponential: -ln(0.01)
        4.605
    """
    each = 1 - (1 - false_alarms) ** (1 / max(1, bins))
    return float(gamma.isf(each, averages)) / averages
