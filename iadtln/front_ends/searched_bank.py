"""Front ends that search filters once and then cost one convolution a batch."""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from datamodules.recording import Recording
from iadtln.front_ends.base import FrontEnd
from iadtln.front_ends.filtering import filtered_windows


class SearchedBank(FrontEnd):
    """Windows through filters that ``fit`` has searched; they are part of a checkpoint.

    A subclass calls :meth:`expect` when it knows how many filters there will be, and its ``fit``
    sets ``filters``.

    Attributes:
        filters: zeros behind the shorter ones, shape ``(orders, taps)``; without taps before
            ``fit``.
    """

    filters: Tensor

    def expect(self, orders: int) -> None:
        """Make room for one filter for each of so many fault orders."""
        self.register_buffer("filters", torch.empty(orders, 0))

    @property
    def channel_factor(self) -> int:
        """Number of fault orders."""
        return len(self.filters)

    @property
    def needs_fit(self) -> bool:
        """Whether there are no filters yet."""
        return self.filters.shape[-1] == 0

    @abstractmethod
    def fit(self, recordings: Sequence[Recording]) -> None:
        """Search the filters and keep them in ``filters``."""

    def transform(self, signal: Tensor) -> Tensor:
        """Return filtered windows, shape ``(batch, channels * orders, time - taps + 1)``.

        The orders of a channel stand side by side. The beginning, where a filter would need samples
        before the window, is left out.

        Raises:
            RuntimeError: If nothing has been searched or loaded yet.
            ValueError: If windows are shorter than the filters.
        """
        if self.needs_fit:
            raise RuntimeError(
                f"{type(self).__name__} has no filters yet: call fit, or load a checkpoint"
            )
        return filtered_windows(signal, self.filters)
