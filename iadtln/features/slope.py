"""Slope entropies of several scales as features: CMSE, DBCMSE and ECMSE."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Tags, check_consistent_length, column_or_1d
from torch import Tensor

from iadtln.features.base import WindowFeatures, in_chunks
from iadtln.features.msc import MSC
from iadtln.signals.coarse_graining import Difference
from iadtln.signals.multiscale_slope import (
    Amplitude,
    Fusion,
    cmse_grid,
    dbcmse_grid,
    ecmse_grid,
    zscore,
)
from iadtln.signals.slope_entropy import Norm, SlopeSetting


class SlopeFeatures(WindowFeatures):
    """Slope entropies whose order, gamma and delta are given, or searched on training windows.

    Attributes:
        order_: samples in a word.
        gamma_: where slopes become steep.
        delta_: up to where they are flat.
    """

    order: int
    gamma: float
    delta: float
    search: MSC | None

    @abstractmethod
    def in_settings(self, windows: Tensor, settings: Sequence[SlopeSetting]) -> Tensor:
        """Return the features in several settings.

        Args:
            windows: shape ``(windows, time)``, float64.
            settings: orders and thresholds.

        Returns:
            Shape ``(settings, windows, features)``.
        """

    def choose(self, windows: Tensor, y: Any) -> None:
        """Take the given order and thresholds, or search them on labelled training windows.

        Args:
            windows: for training, shape ``(windows, time)``, float64.
            y: their labels, shape ``(windows,)``; not needed without a search.

        Raises:
            ValueError: If labels are missing, or too few classes or windows for a silhouette.
        """
        chosen = SlopeSetting(self.order, self.gamma, self.delta)
        if self.search is not None:
            if y is None:
                raise ValueError(
                    "a search by the mean silhouette requires y to be passed, but the target y is "
                    "None; set search: null to keep the given order, gamma and delta"
                )
            label = column_or_1d(y, warn=True)
            check_consistent_length(windows, label)

            def features_of(settings: Sequence[SlopeSetting]) -> NDArray[np.float64]:
                return in_chunks(partial(self.in_settings, settings=settings), windows, 1).numpy()

            chosen = self.search.choose(features_of, label)
        self.order_, self.gamma_, self.delta_ = chosen.order, chosen.gamma, chosen.delta

    def features(self, windows: Tensor) -> Tensor:
        """Return the features in the chosen setting, shape ``(windows, features)``."""
        return self.in_settings(
            windows, [SlopeSetting(self.order_, self.gamma_, self.delta_)]
        ).squeeze(0)

    def __sklearn_tags__(self) -> Tags:
        """Say that a search needs labels."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.search is not None
        return tags


class CMSE(SlopeFeatures):
    """Composite multiscale slope entropy: one value a scale.

    Args:
        scales: the largest scale; all from 1 on are features.
        order: samples in a word.
        gamma: where slopes become steep, in the units of what amplitude leaves.
        delta: up to where they are flat, likewise.
        delay: step between the samples of a word, in blocks.
        norm: probability divides counts by the number of words; pattern, as first published, by
            the number of different ones.
        amplitude: raw as the windows come, or zscore for mean 0 and deviation 1 of each.
        search: chooses order, gamma and delta on the training windows, {} with its usual grids;
            null keeps the given ones.
    """

    def __init__(
        self,
        scales: int = 8,
        order: int = 4,
        gamma: float = 1.0,
        delta: float = 1e-3,
        delay: int = 1,
        norm: Norm = "probability",
        amplitude: Amplitude = "raw",
        search: MSC | None = None,
    ) -> None:
        self.scales = scales
        self.order = order
        self.gamma = gamma
        self.delta = delta
        self.delay = delay
        self.norm = norm
        self.amplitude = amplitude
        self.search = search

    def in_settings(self, windows: Tensor, settings: Sequence[SlopeSetting]) -> Tensor:
        """Return the features in several settings, ``(settings, windows, scales)``."""
        windows = zscore(windows) if self.amplitude == "zscore" else windows
        return cmse_grid(windows, settings, self.scales, self.delay, self.norm)


class DBCMSE(SlopeFeatures):
    """Difference-based composite multiscale slope entropy: one value a scale.

    Args:
        scales: the largest scale; all from 1 on are features.
        order: samples in a word.
        gamma: where slopes become steep, in the units of what amplitude leaves.
        delta: up to where they are flat, likewise.
        delay: step between the samples of a word, in blocks.
        norm: probability divides counts by the number of words; pattern, as first published, by
            the number of different ones.
        difference: how blocks are differenced: D1 of order scale - 1, D0 the same scaled down, D6
            of order scale, D5 that scaled down.
        amplitude: raw as the windows come, or zscore for mean 0 and deviation 1 of each.
        search: chooses order, gamma and delta on the training windows, {} with its usual grids;
            null keeps the given ones.
    """

    def __init__(
        self,
        scales: int = 8,
        order: int = 4,
        gamma: float = 1.0,
        delta: float = 1e-3,
        delay: int = 1,
        norm: Norm = "probability",
        difference: Difference = "D1",
        amplitude: Amplitude = "raw",
        search: MSC | None = None,
    ) -> None:
        self.scales = scales
        self.order = order
        self.gamma = gamma
        self.delta = delta
        self.delay = delay
        self.norm = norm
        self.difference = difference
        self.amplitude = amplitude
        self.search = search

    def in_settings(self, windows: Tensor, settings: Sequence[SlopeSetting]) -> Tensor:
        """Return the features in several settings, ``(settings, windows, scales)``."""
        windows = zscore(windows) if self.amplitude == "zscore" else windows
        return dbcmse_grid(windows, settings, self.scales, self.delay, self.norm, self.difference)


class ECMSE(SlopeFeatures):
    """Enhanced composite multiscale slope entropy: CMSE and DBCMSE together.

    Args:
        scales: the largest scale; all from 1 on are features, of both.
        order: samples in a word.
        gamma: where slopes become steep, in the units of what amplitude leaves.
        delta: up to where they are flat, likewise.
        delay: step between the samples of a word, in blocks.
        norm: probability divides counts by the number of words; pattern, as first published, by
            the number of different ones.
        difference: how blocks are differenced: D1 of order scale - 1, D0 the same scaled down, D6
            of order scale, D5 that scaled down.
        fusion: concatenate puts both side by side, mean averages them.
        amplitude: raw as the windows come, or zscore for mean 0 and deviation 1 of each.
        search: chooses order, gamma and delta on the training windows, {} with its usual grids;
            null keeps the given ones.

    Reference: Electronics 2026, 15(10), 2219.
    """

    def __init__(
        self,
        scales: int = 8,
        order: int = 4,
        gamma: float = 1.0,
        delta: float = 1e-3,
        delay: int = 1,
        norm: Norm = "probability",
        difference: Difference = "D1",
        fusion: Fusion = "concatenate",
        amplitude: Amplitude = "raw",
        search: MSC | None = None,
    ) -> None:
        self.scales = scales
        self.order = order
        self.gamma = gamma
        self.delta = delta
        self.delay = delay
        self.norm = norm
        self.difference = difference
        self.fusion = fusion
        self.amplitude = amplitude
        self.search = search

    def in_settings(self, windows: Tensor, settings: Sequence[SlopeSetting]) -> Tensor:
        """Return the features in several settings, ``(settings, windows, features)``."""
        return ecmse_grid(
            windows,
            settings,
            self.scales,
            self.delay,
            self.norm,
            difference=self.difference,
            fusion=self.fusion,
            amplitude=self.amplitude,
        )
