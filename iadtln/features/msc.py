"""Which words and thresholds tell the classes apart best, by the mean silhouette."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import silhouette_score

from iadtln.signals.slope_entropy import SlopeSetting

FeaturesOf = Callable[[Sequence[SlopeSetting]], NDArray[np.float64]]


@dataclass(frozen=True)
class MSC:
    r"""Choice of order, gamma and delta of slope entropies by the mean silhouette coefficient.

    With a window's mean distance a to its own class and b to the nearest other class, the
    coefficient is the mean of :math:`(b - a) / \max(a, b)` over the training windows, by their
    labels. First delta, as the largest that is as good as any (mean over a few gammas); then order
    and gamma together. Ties go to the smaller order, then to the smaller gamma.

    The paper gives this order; its grids are not open, and those below are our readings.

    Args:
        deltas: to try.
        delta_gammas: gammas whose mean rates a delta.
        delta_order: order while delta is chosen.
        orders: to try then.
        gammas: to try then, as far as they are above delta.
        tolerance: a delta within so much of the best counts as good.

    Reference: Rousseeuw, Silhouettes, J. Comput. Appl. Math. 1987; Electronics 2026, 15(10), 2219.
    """

    deltas: tuple[float, ...] = (0.1, 0.05, 0.01, 0.001, 0.0001)
    delta_gammas: tuple[float, ...] = (0.2, 0.5, 1.0)
    delta_order: int = 3
    orders: tuple[int, ...] = (3, 4, 5, 6)
    gammas: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0)
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        if not (self.deltas and self.delta_gammas and self.orders and self.gammas):
            raise ValueError(
                "expected at least one value each in deltas, delta_gammas, orders and gammas, got "
                f"{self.deltas}, {self.delta_gammas}, {self.orders} and {self.gammas}"
            )
        if max(self.deltas) >= max(self.delta_gammas) or max(self.deltas) >= max(self.gammas):
            raise ValueError(
                f"expected a gamma above every delta, got deltas {self.deltas}, delta_gammas "
                f"{self.delta_gammas} and gammas {self.gammas}"
            )

    def choose(self, features_of: FeaturesOf, label: ArrayLike) -> SlopeSetting:
        """Search the grids.

        Args:
            features_of: training features in several settings, ``(settings, windows, features)``.
            label: of the training windows, shape ``(windows,)``.

        Returns:
            The best setting.
        """
        delta = self.best_delta(features_of, label)
        grid = [
            SlopeSetting(order, gamma, delta)
            for order in sorted(self.orders)
            for gamma in sorted(self.gammas)
            if gamma > delta
        ]
        values = [mean_silhouette(rows, label) for rows in features_of(grid)]
        return grid[int(np.argmax(values))]  # of equals the first

    def best_delta(self, features_of: FeaturesOf, label: ArrayLike) -> float:
        """The largest delta whose mean coefficient comes within the tolerance of the best."""
        grid = [
            SlopeSetting(self.delta_order, gamma, delta)
            for delta in self.deltas
            for gamma in self.delta_gammas
            if gamma > delta
        ]
        values: dict[float, list[float]] = {}
        for setting, rows in zip(grid, features_of(grid), strict=True):
            values.setdefault(setting.delta, []).append(mean_silhouette(rows, label))
        means = {delta: float(np.mean(own)) for delta, own in values.items()}
        good = max(means.values()) - self.tolerance
        return max(delta for delta, value in means.items() if value >= good)


def mean_silhouette(features: NDArray[np.float64], label: ArrayLike) -> float:
    """Mean silhouette of labelled features ``(windows, features)``; -1 if one is not finite."""
    if not np.isfinite(features).all():
        return -1.0
    return float(silhouette_score(features, label))
