"""The signal as it is, or as recording transforms have left it."""

from torch import Tensor

from iadtln.front_ends.base import FrontEnd


class Raw(FrontEnd):
    """Windows as they are."""

    def __init__(self) -> None:
        super().__init__(standardise=False)

    def transform(self, signal: Tensor) -> Tensor:
        """Return the windows."""
        return signal
