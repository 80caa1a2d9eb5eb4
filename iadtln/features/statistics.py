"""Statistics of a window's amplitudes: what is tried before any entropy."""

import torch
from torch import Tensor

from iadtln.features.base import WindowFeatures
from iadtln.signals.indices import kurtosis


class Statistics(WindowFeatures):
    r"""Eight classical numbers in the time domain.

    In this order: root mean square, peak :math:`\max |x|`, skewness, kurtosis (3 for Gaussian
    noise), and the ratios that forget how strong a signal is: crest (peak / RMS), shape (RMS / mean
    of :math:`|x|`), impulse (peak / mean of :math:`|x|`) and clearance factor (peak / squared mean
    of :math:`\sqrt{|x|}`). A ratio over 0 is 0.

    Example:
        >>> import numpy as np
        >>> Statistics().fit_transform(np.array([[3.0, -3.0, 3.0, -3.0]]))
        array([[3., 3., 0., 1., 1., 1., 1., 1.]])

    Reference: Lei et al., A new approach to intelligent fault diagnosis of rotating machinery,
    Expert Systems with Applications 2008, table 1.
    """

    def features(self, windows: Tensor) -> Tensor:
        """Return the eight numbers, shape ``(windows, 8)``."""
        size = windows.abs()
        rms, peak = windows.square().mean(-1).sqrt(), size.amax(-1)
        deviation, mean = torch.std_mean(windows, -1, correction=0, keepdim=True)
        skewness = _ratio(windows - mean, deviation).pow(3).mean(-1)
        ratios = [
            _ratio(peak, rms),
            _ratio(rms, size.mean(-1)),
            _ratio(peak, size.mean(-1)),
            _ratio(peak, size.sqrt().mean(-1).square()),
        ]
        return torch.stack([rms, peak, skewness, kurtosis(windows), *ratios], -1)


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    return torch.where(denominator > 0, numerator / denominator, 0.0)
