"""The products of ``fir`` in blocks, for filters that are much shorter than the signal.

A search filters one signal again and again. Cut into overlapping blocks, the filter and the sum of
the correlations each need one short transform instead of a long one, and the blocks stay in the
processor's cache: two to four times faster than ``fir_filter`` and ``correlate`` on whole signals.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from iadtln.signals.fir import fir_filter


class BlockedSignal:
    r"""Signals made ready for :math:`X_0^T f` and :math:`X_0 g` with many filters and weights.

    Block b holds its ``step`` samples first and the ``taps - 1`` samples before them last, so that
    a circular convolution leaves its good outputs, and takes its weights, at the front.

    Args:
        signal: shape ``(..., time)``.
        taps: length of the filters to come.
    """

    def __init__(self, signal: Tensor, taps: int) -> None:
        self.taps = taps
        self.time = signal.shape[-1]
        length = _block_length(self.time, taps)
        self.step = length - (taps - 1)
        self.blocks = math.ceil(self.time / self.step)
        padded = F.pad(signal, (taps - 1, self.blocks * self.step - self.time))
        frames = padded.unfold(-1, length, self.step)  # (..., blocks, length)
        self.spectrum: Tensor = torch.fft.rfft(frames.roll(1 - taps, dims=-1))
        self.conjugate = self.spectrum.conj().resolve_conj()  # not anew for each correlation

    def filter(self, taps: Tensor) -> Tensor:
        """Causal filter of the same length, :math:`X_0^T f`.

        Args:
            taps: shape ``(..., taps)``; leading dimensions broadcast with the signal's.

        Returns:
            Shape ``(..., time)``.
        """
        filtered = fir_filter(self.spectrum, taps.unsqueeze(-2), self.step)
        return filtered.flatten(-2)[..., : self.time]

    def correlate(self, weights: Tensor) -> Tensor:
        """Correlation with weights at the lags of a filter, :math:`X_0 g`.

        Args:
            weights: shape ``(..., time)``; leading dimensions broadcast with the signal's.

        Returns:
            Shape ``(..., taps)``.
        """
        length = 2 * (self.spectrum.shape[-1] - 1)
        padded = F.pad(weights, (0, self.blocks * self.step - self.time))
        blocks = padded.reshape(*weights.shape[:-1], self.blocks, self.step)
        parts = torch.fft.rfft(blocks, n=length)
        # conj(X) G sums x[n - l] g[n] at lag l; summed before the one transform back
        lags: Tensor = torch.fft.irfft((self.conjugate * parts).sum(-2), n=length)
        return lags[..., : self.taps]


def _block_length(time: int, taps: int) -> int:
    """Power of two with the least work for one long and one short transform."""
    lowest = max(1, math.ceil(math.log2(2 * taps)))
    highest = max(lowest, math.ceil(math.log2(time + taps - 1)))

    def work(exponent: int) -> float:
        blocks = math.ceil(time / (2**exponent - taps + 1))
        return float((blocks + 1) * exponent * 2**exponent)

    return int(2 ** min(range(lowest, highest + 1), key=work))
