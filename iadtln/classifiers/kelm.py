"""Kernel extreme learning machine: least squares on class codes, in the space of a kernel."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler, label_binarize
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
Gamma = float | Literal["scale"]
Kernel = Literal["rbf", "linear"]


class KELMClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    r"""Kernel extreme learning machine.

    With a row of T for each training window, +1 in the column of its class and -1 elsewhere,

    .. math::
        \beta = (\Omega + I / C)^{-1} T, \qquad \Omega_{ij} = k(x_i, x_j),
        \qquad f(x) = \sum_i k(x, x_i) \beta_i;

    the class with the greatest score :math:`f(x)` is the diagnosis. It is kernel ridge regression
    on class codes. The well-known MATLAB code writes the RBF kernel with the reciprocal of
    ``gamma``.

    Args:
        C: weight of the training errors against the size of :math:`\beta`. 1 hardly learns the
            published entropies; 100 does as well as any search.
        gamma: of the RBF kernel :math:`e^{-\gamma \lVert x - x' \rVert^2}`; ``scale`` for
            1 / (features x their variance), as in scikit-learn.
        kernel: ``rbf`` or ``linear``.
        standardise: bring each feature to mean 0 and deviation 1 by the training windows first;
            the papers do not say.

    Attributes:
        classes_: labels in the order of the columns of scores and probabilities.
        gamma_: of the RBF kernel, as a number.
        scaler_: mean and deviation of the training features.
        support_: standardised training features, ``(windows, features)``.
        dual_coef_: the matrix :math:`\beta`, ``(windows, classes)``; one column for two classes.

    Example:
        >>> model = KELMClassifier(kernel="linear", standardise=False).fit([[-1.0], [1.0]], [0, 1])
        >>> model.decision_function([[1.0]]).round(3)  # 2 / (2 + 1 / C)
        array([0.995])

    Reference: Huang et al., Extreme learning machine for regression and multiclass classification,
    IEEE Transactions on Systems, Man and Cybernetics B 2012, eq. 32 and 38.
    """

    def __init__(
        self,
        C: float = 100.0,  # noqa: N803 (the name in every paper and in scikit-learn)
        gamma: Gamma = "scale",
        kernel: Kernel = "rbf",
        standardise: bool = True,
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.kernel = kernel
        self.standardise = standardise

    def fit(self, X: Any, y: Any) -> "KELMClassifier":  # noqa: N803
        """Solve for the weights.

        Args:
            X: features, shape ``(windows, features)``.
            y: labels, shape ``(windows,)``.

        Raises:
            ValueError: If an option makes no sense, or there are fewer than two classes.
        """
        self._check_options()
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, index = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("expected labels of two classes or more, got one class")
        self.scaler_ = StandardScaler(with_mean=self.standardise, with_std=self.standardise).fit(X)
        self.support_ = self.scaler_.transform(X)
        self.gamma_ = float(scale_gamma(self.support_) if self.gamma == "scale" else self.gamma)
        gram = self._kernel(self.support_)
        gram[np.diag_indices_from(gram)] += 1.0 / self.C
        codes = label_binarize(index, classes=np.arange(len(self.classes_)), neg_label=-1)
        try:
            self.dual_coef_ = cho_solve(cho_factor(gram), codes.astype(np.float64))
        except LinAlgError as error:
            raise ValueError(
                f"expected a C that makes the kernel matrix regular, got {self.C:g}: lower it"
            ) from error
        return self

    def decision_function(self, X: Any) -> Floats:  # noqa: N803
        """Return scores, about 1 for the class of a window and -1 for the others.

        Returns:
            Shape ``(windows, classes)``; ``(windows,)`` for two classes, above 0 for the second.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scores: Floats = self._kernel(self.scaler_.transform(X)) @ self.dual_coef_
        return scores.ravel() if scores.shape[1] == 1 else scores

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Return the label with the greatest score, shape ``(windows,)``."""
        scores = self.decision_function(X)
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        r"""Return probabilities, shape ``(windows, classes)``; their order is that of the scores.

        Least squares on codes of -1 and 1 estimate :math:`2 p - 1`; what comes of that is moved to
        the nearest distribution. Far away from all training windows it is uniform (RBF).
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            scores = np.stack([-scores, scores], axis=1)
        return nearest_distribution((scores + 1) / 2)

    def _kernel(self, rows: Floats) -> Floats:
        if self.kernel == "linear":
            return np.asarray(rows @ self.support_.T)
        return np.asarray(np.exp(-self.gamma_ * cdist(rows, self.support_, "sqeuclidean")))

    def _check_options(self) -> None:
        if self.kernel not in ("rbf", "linear"):
            raise ValueError(f"expected kernel 'rbf' or 'linear', got {self.kernel!r}")
        if not self.C > 0:
            raise ValueError(f"expected C > 0, got {self.C}")
        if self.gamma != "scale" and not (isinstance(self.gamma, (int, float)) and self.gamma > 0):
            raise ValueError(f"expected gamma 'scale' or a number above 0, got {self.gamma!r}")


def scale_gamma(features: Floats) -> float:
    """Width of the RBF kernel that fits standardised features: 1 / (features x their variance).

    Args:
        features: shape ``(windows, features)``.
    """
    variance = float(features.var())
    return 1.0 / (features.shape[1] * variance) if variance > 0 else 1.0


def nearest_distribution(rows: Floats) -> Floats:
    """Point nearest to each row, of those that are at least 0 and add up to 1.

    Args:
        rows: shape ``(rows, classes)``.

    Returns:
        The same shape; what was greatest in a row stays so.

    Example:
        >>> nearest_distribution(np.array([[0.9, 0.3, -0.2], [0.5, 0.5, 0.5]])).round(4)
        array([[0.8   , 0.2   , 0.    ],
               [0.3333, 0.3333, 0.3333]])

    Reference: Duchi et al., Efficient projections onto the l1-ball, ICML 2008, figure 1.
    """
    falling = -np.sort(-rows, axis=1)
    counts = np.arange(1, rows.shape[1] + 1)
    surplus = (falling.cumsum(1) - 1) / counts  # to take from each, if so many are kept above 0
    kept = (falling > surplus).sum(1, keepdims=True)
    return np.asarray(np.maximum(rows - np.take_along_axis(surplus, kept - 1, 1), 0.0))
