"""Composite multiscale slope entropies: each window as sixteen numbers, for a small network."""

import torch
from torch import Tensor

from iadtln.front_ends.base import FrontEnd
from iadtln.signals.coarse_graining import Difference
from iadtln.signals.multiscale_slope import Amplitude, ecmse


class ECMSE(FrontEnd):
    """Enhanced composite multiscale slope entropy of each window, for a network such as MLP.

    The entropies only count words, so nothing can be learned through them: no gradient passes.

    Args:
        scales: the largest scale; each window becomes twice as many numbers a channel.
        order: samples in a word.
        gamma: where slopes become steep, in the units of what ``amplitude`` leaves.
        delta: up to where they are flat, likewise.
        difference: reading of the difference-based half.
        amplitude: take windows as they come, or give each mean 0 and deviation 1.

    Reference: Electronics 2026, 15(10), 2219; in front of a network that adapts, which the paper
    leaves as future work.
    """

    def __init__(
        self,
        scales: int = 8,
        order: int = 3,
        gamma: float = 0.4,
        delta: float = 1e-4,
        difference: Difference = "D0",
        amplitude: Amplitude = "zscore",
    ) -> None:
        super().__init__(standardise=False)  # the level of an entropy is what it says
        self.scales, self.order, self.gamma, self.delta = scales, order, gamma, delta
        self.difference: Difference = difference
        self.amplitude: Amplitude = amplitude

    @torch.no_grad()
    def transform(self, signal: Tensor) -> Tensor:
        """Return the entropies, shape ``(batch, channels, 2 * scales)``."""
        return ecmse(
            signal,
            self.scales,
            self.order,
            self.gamma,
            self.delta,
            difference=self.difference,
            amplitude=self.amplitude,
        )
