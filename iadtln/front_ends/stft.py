"""The short-time Fourier transform of each window, its frequencies as channels."""

import torch
from torch import Tensor

from iadtln.front_ends.base import FrontEnd
from iadtln.front_ends.spectrum import Scale, scaled


class STFT(FrontEnd):
    r"""Amplitudes of the short-time Fourier transform; frequencies become channels.

    .. math:: A[k, m] = \frac{2}{\sum_n w[n]}
        \left| \sum_n w[n] \, x[m h + n - S / 2] \, e^{-2 \pi i k n / S} \right|

    with a Hann window of :math:`S` samples, hop :math:`h`, the ends mirrored and the mean taken
    off. The network sees time, so a one-dimensional one can find how often bands light up.

    Args:
        segment: samples of a segment, even; half as many frequencies come out, without the mean.
        hop: samples from one segment to the next; a fault period should be several hops.
        scale: ``amplitude`` or ``decibel``.
        standardise: give each window and channel mean 0 and deviation 1 over all frequencies.
    """

    is_image = True
    taper: Tensor

    def __init__(
        self,
        segment: int = 64,
        hop: int = 8,
        scale: Scale = "amplitude",
        standardise: bool = True,
    ) -> None:
        super().__init__(standardise)
        if segment < 2 or segment % 2 or not 1 <= hop <= segment:
            raise ValueError(
                f"expected an even segment and a hop of 1 to segment, got {segment} and {hop}"
            )
        self.segment, self.hop, self.scale = segment, hop, scale
        self.register_buffer("taper", torch.hann_window(segment), persistent=False)

    @property
    def channel_factor(self) -> int:
        """Number of frequencies."""
        return self.segment // 2

    def transform(self, signal: Tensor) -> Tensor:
        """Return amplitudes, shape ``(batch, channels * segment / 2, time // hop + 1)``.

        Raises:
            ValueError: If windows are no longer than half a segment.
        """
        if signal.shape[-1] <= self.segment // 2:
            raise ValueError(
                f"STFT needs windows of more than half a segment, {self.segment // 2} samples, "
                f"got {signal.shape[-1]}; lower segment"
            )
        centred = signal - signal.mean(-1, keepdim=True)
        spectra = torch.stft(
            centred.flatten(0, 1),
            self.segment,
            self.hop,
            window=self.taper,
            pad_mode="reflect",
            return_complex=True,
        )  # (batch * channels, frequencies, points)
        amplitude = spectra[:, 1:].abs() * (2.0 / self.taper.sum())
        image = amplitude.reshape(*signal.shape[:2], *amplitude.shape[1:])
        return scaled(image, signal, self.scale).flatten(1, 2)
