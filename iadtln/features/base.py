"""The contract of every feature: windows in, numbers out, as a scikit-learn transformer."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

CHUNK = 1024  # windows at once, so that memory does not grow with their number


class WindowFeatures(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
    ABC,
):
    """Turns windows ``(windows, time)`` into features ``(windows, features)``.

    A subclass remembers options and writes :meth:`features`; one that chooses something on the
    training windows writes :meth:`choose` too. All is computed in float64, window by window: a
    window's features do not depend on its neighbours.
    """

    @abstractmethod
    def features(self, windows: Tensor) -> Tensor:
        """Return the features of windows.

        Args:
            windows: shape ``(windows, time)``, float64.

        Returns:
            Shape ``(windows, features)``.
        """

    def choose(self, windows: Tensor, y: Any) -> None:
        """Choose what belongs to the training windows.

        Args:
            windows: for training, shape ``(windows, time)``, float64.
            y: their labels, shape ``(windows,)``, or None.
        """

    def fit(self, X: Any, y: Any = None) -> "WindowFeatures":  # noqa: N803
        """Check the windows, and choose what belongs to them.

        Args:
            X: windows, shape ``(windows, time)``.
            y: labels, shape ``(windows,)``; only a search looks at them.
        """
        X = validate_data(self, X, dtype=np.float64, ensure_min_features=2, force_writeable=True)
        windows = torch.from_numpy(X)
        self.choose(windows, y)
        self._n_features_out = self.features(windows[:1]).shape[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the features of windows.

        Args:
            X: windows, shape ``(windows, time)``.

        Returns:
            Shape ``(windows, features)``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False, force_writeable=True)
        return in_chunks(self.features, torch.from_numpy(X)).numpy()


def in_chunks(function: Callable[[Tensor], Tensor], windows: Tensor, dim: int = 0) -> Tensor:
    """Call a function on some windows at a time.

    Args:
        function: of windows ``(windows, time)``.
        windows: all of them.
        dim: dimension of the windows in what the function returns.
    """
    return torch.cat([function(chunk) for chunk in torch.split(windows, CHUNK)], dim)
