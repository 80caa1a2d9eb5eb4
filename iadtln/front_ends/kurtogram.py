"""Where in the spectrum a window is impulsive: its kurtogram, rows as channels."""

from torch import Tensor

from iadtln.front_ends.base import FrontEnd
from iadtln.signals.kurtogram import kurtogram


class Kurtogram(FrontEnd):
    """Fast kurtogram of each window: kurtosis by level of the filter bank and by frequency.

    Args:
        levels: of the filter bank, at most log2 of the samples in a window, less 7; each level adds
            two channels and doubles the points: 8 channels of 48 points at 4.
        standardise: give each window and channel mean 0 and deviation 1 over all levels.

    Reference: Antoni, Fast computation of the kurtogram, MSSP 2007.
    """

    is_image = True

    def __init__(self, levels: int = 4, standardise: bool = True) -> None:
        super().__init__(standardise)
        if levels < 1:
            raise ValueError(f"expected one level or more, got {levels}")
        self.levels = levels

    @property
    def channel_factor(self) -> int:
        """Rows of the kurtogram."""
        return 2 * self.levels

    def transform(self, signal: Tensor) -> Tensor:
        """Return kurtograms, shape ``(batch, channels * 2 * levels, 3 * 2**levels)``."""
        return kurtogram(signal, self.levels).flatten(1, 2)
