"""The continuous wavelet transform of each window, its scales as channels."""

import math

import torch
import torch.nn.functional as F
from scipy.fft import next_fast_len
from torch import Tensor

from iadtln.front_ends.base import FrontEnd
from iadtln.front_ends.spectrum import Scale, scaled

SUPPORT = 4.0  # standard deviations of the longest wavelet that are kept from wrapping around


def morlet_transform(signal: Tensor, scales: Tensor, omega: float, reach: int, hop: int) -> Tensor:
    r"""Coefficients of the analytic Morlet wavelet at every ``hop``-th sample, zero outside.

    .. math:: W[s, t] = \mathcal{F}^{-1} \left\{ X(\omega) \,
        2 e^{-(s \omega - \omega_0)^2 / 2} \right\}, \quad \omega > 0

    so that a tone of amplitude A has the modulus A at its scale. Samples between hops are never
    computed: keeping every h-th of them folds the spectrum h times.

    Args:
        signal: shape ``(..., time)``.
        scales: in samples, shape ``(scales,)``.
        omega: :math:`\omega_0`, the radians the wavelet turns through in one scale.
        reach: zeros put after the signal, which keep its ends apart.
        hop: samples from one coefficient to the next.

    Returns:
        Complex, shape ``(..., scales, ceil(time / hop))``.
    """
    time = signal.shape[-1]
    kept = 2 * next_fast_len(math.ceil((time + reach) / (2 * hop)))  # even, so the length is too
    length, folds = kept * hop, math.ceil(hop / 2)
    turns = torch.arange(folds * kept, dtype=signal.dtype, device=signal.device)
    radians = scales[:, None] * turns * (2 * math.pi / length)
    bank = (2.0 / hop) * torch.exp(-0.5 * (radians - omega) ** 2) * (turns > 0)
    spectrum = torch.fft.rfft(signal, n=length)[..., : length // 2]  # half a turn at most
    spectrum = F.pad(spectrum, (0, folds * kept - length // 2))  # an odd hop folds a half one
    folded = torch.einsum(
        "...hk,shk->...sk",
        spectrum.reshape(*signal.shape[:-1], folds, kept),
        bank.reshape(-1, folds, kept).to(spectrum.dtype),
    )
    coefficients: Tensor = torch.fft.ifft(folded)
    return coefficients[..., : math.ceil(time / hop)]


class CWT(FrontEnd):
    """Moduli of the analytic Morlet transform; scales, evenly spaced in octaves, become channels.

    Written here in a few lines, because ptwt (EUPL, which is copyleft) integrates each wavelet in
    NumPy and loops over scales at every call, and PyWavelets has no GPU; the tests compare with
    PyWavelets.

    Args:
        num_scales: number of scales.
        low: lowest centre frequency in cycles per sample, that is, over the sampling rate.
        high: highest centre frequency, below 0.5.
        omega: radians the wavelet turns through in one standard deviation; more resolves
            frequencies better and impacts worse.
        hop: samples from one coefficient to the next.
        scale: ``amplitude`` or ``decibel``.
        standardise: give each window and channel mean 0 and deviation 1 over all scales.
    """

    is_image = True
    scales: Tensor

    def __init__(
        self,
        num_scales: int = 32,
        low: float = 0.01,
        high: float = 0.4,
        omega: float = 6.0,
        hop: int = 8,
        scale: Scale = "amplitude",
        standardise: bool = True,
    ) -> None:
        super().__init__(standardise)
        if num_scales < 1 or hop < 1 or not 0 < low < high < 0.5 or omega <= 0:
            raise ValueError(
                "expected num_scales and hop of 1 or more, 0 < low < high < 0.5 and omega > 0, "
                f"got {num_scales}, {hop}, {low}, {high} and {omega}"
            )
        self.omega, self.hop, self.scale = omega, hop, scale
        longest, shortest = (omega / (2 * math.pi * frequency) for frequency in (low, high))
        scales = torch.logspace(math.log10(shortest), math.log10(longest), num_scales)
        self.register_buffer("scales", scales, persistent=False)
        self.reach = math.ceil(SUPPORT * longest)

    @property
    def channel_factor(self) -> int:
        """Number of scales."""
        return len(self.scales)

    def transform(self, signal: Tensor) -> Tensor:
        """Return moduli, shape ``(batch, channels * scales, ceil(time / hop))``.

        High frequencies come first.
        """
        centred = signal - signal.mean(-1, keepdim=True)
        image = morlet_transform(centred, self.scales, self.omega, self.reach, self.hop).abs()
        return scaled(image, signal, self.scale).flatten(1, 2)
