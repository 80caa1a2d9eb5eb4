"""Entropies of other kinds at several scales or in several bands, to compare ECMSE with."""

from torch import Tensor

from iadtln.features.base import WindowFeatures
from iadtln.signals.multiscale import cmwpe, hfde, hwpe, rcmde, rcmfe


class RCMFE(WindowFeatures):
    """Refined composite multiscale fuzzy entropy: one value a scale.

    Args:
        scales: the largest scale; all from 1 on are features.
        order: samples in the shorter of the two stretches that are compared.
        tolerance: radius of likeness, as a share of the window's standard deviation.
        power: of the relative distance.
    """

    def __init__(
        self, scales: int = 8, order: int = 3, tolerance: float = 0.15, power: float = 2.0
    ) -> None:
        self.scales = scales
        self.order = order
        self.tolerance = tolerance
        self.power = power

    def features(self, windows: Tensor) -> Tensor:
        """Return the entropies, shape ``(windows, scales)``."""
        return rcmfe(windows, self.scales, self.order, self.tolerance, self.power)


class RCMDE(WindowFeatures):
    """Refined composite multiscale dispersion entropy: one value a scale.

    Args:
        scales: the largest scale; all from 1 on are features.
        order: samples in a word.
        classes: of amplitude.
    """

    def __init__(self, scales: int = 8, order: int = 3, classes: int = 5) -> None:
        self.scales = scales
        self.order = order
        self.classes = classes

    def features(self, windows: Tensor) -> Tensor:
        """Return the entropies, shape ``(windows, scales)``."""
        return rcmde(windows, self.scales, self.order, self.classes)


class CMWPE(WindowFeatures):
    """Composite multiscale weighted permutation entropy: one value a scale.

    Args:
        scales: the largest scale; all from 1 on are features.
        order: samples in a pattern.
    """

    def __init__(self, scales: int = 8, order: int = 3) -> None:
        self.scales = scales
        self.order = order

    def features(self, windows: Tensor) -> Tensor:
        """Return the entropies, shape ``(windows, scales)``."""
        return cmwpe(windows, self.scales, self.order)


class HFDE(WindowFeatures):
    """Hierarchical fluctuation dispersion entropy: one value for each of 2^levels bands.

    They come in the order of the tree, as published: of bands 0 to 7 in frequency, 0 1 3 2 7 6 4 5.

    Args:
        levels: how often the window is halved into means and differences of neighbours.
        order: samples in a word.
        classes: of amplitude.
    """

    def __init__(self, levels: int = 3, order: int = 3, classes: int = 5) -> None:
        self.levels = levels
        self.order = order
        self.classes = classes

    def features(self, windows: Tensor) -> Tensor:
        """Return the entropies in the order of the tree, shape ``(windows, 2^levels)``."""
        return hfde(windows, self.levels, self.order, self.classes)


class HWPE(WindowFeatures):
    """Hierarchical weighted permutation entropy: one value for each of 2^levels bands.

    They come in the order of the tree, as published: of bands 0 to 7 in frequency, 0 1 3 2 7 6 4 5.

    Args:
        levels: how often the window is halved into means and differences of neighbours.
        order: samples in a pattern.
    """

    def __init__(self, levels: int = 3, order: int = 3) -> None:
        self.levels = levels
        self.order = order

    def features(self, windows: Tensor) -> Tensor:
        """Return the entropies in the order of the tree, shape ``(windows, 2^levels)``."""
        return hwpe(windows, self.levels, self.order)
