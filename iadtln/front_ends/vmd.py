"""Variational mode decomposition of each window: the impulsive modes, or all of them."""

from typing import Literal

from torch import Tensor

from iadtln.front_ends.base import FrontEnd
from iadtln.signals.mode_choice import reconstruct
from iadtln.signals.vmd import vmd


class VMD(FrontEnd):
    """Variational modes of each window; the impulsive ones are added up again.

    Which modes the papers feed to their networks is not said; ``keep`` holds the usual readings.
    The decomposition iterates in every window until its modes have settled, so this is the dearest
    front end of these, and the only one that cannot be exported.

    Args:
        modes: how many.
        alpha: penalty on the bandwidth of a mode; more gives narrower bands.
        max_iterations: of the decomposition, at most.
        keep: ``above_mean`` adds up the modes whose kurtosis is above the mean over the modes,
            ``greatest`` takes the one of greatest kurtosis, ``all`` makes each a channel, low
            frequencies first.
        standardise: give each channel of the output mean 0 and deviation 1 in each window.

    Reference: Dragomiretskiy and Zosso, Variational mode decomposition, IEEE TSP 2014.
    """

    def __init__(
        self,
        modes: int = 5,
        alpha: float = 2000.0,
        max_iterations: int = 500,
        keep: Literal["above_mean", "greatest", "all"] = "above_mean",
        standardise: bool = True,
    ) -> None:
        super().__init__(standardise)
        if modes < 1 or alpha < 0 or max_iterations < 3:
            raise ValueError(
                "expected one mode or more, alpha >= 0 and max_iterations of 3 or more, "
                f"got {modes}, {alpha} and {max_iterations}"
            )
        self.modes, self.alpha, self.max_iterations = modes, alpha, max_iterations
        self.keep = keep

    @property
    def channel_factor(self) -> int:
        """Number of modes where all are kept."""
        return self.modes if self.keep == "all" else 1

    def transform(self, signal: Tensor) -> Tensor:
        """Return modes or their sum, shape ``(batch, channels * factor, time)``."""
        found = vmd(signal, self.modes, self.alpha, max_iterations=self.max_iterations).modes
        return found.flatten(1, 2) if self.keep == "all" else reconstruct(found, self.keep)
