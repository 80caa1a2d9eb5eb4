"""Kernel extreme learning machine whose two numbers a population has searched."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from iadtln.classifiers.kelm import Floats, KELMClassifier
from iadtln.search import Optimiser, Space, minimise

CHUNK = 2**24  # entries of kernel matrices held at once, so that memory does not grow
Folds = list[tuple[Tensor, Tensor]]  # numbers of the windows to train on and of those held out


class TunedKELM(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    r"""KELM with an RBF kernel, its C and gamma searched by cross-validation.

    Smallest is wanted, on the training windows alone,

    .. math:: \text{share of held-out windows diagnosed wrongly} + w \min(\text{MSE}, 100),

    with the mean square error of the held-out scores: where no window is diagnosed wrongly, and
    that is a wide plain, it still says which way is better. Candidates are powers of two.

    Args:
        optimiser: searches log2 C and log2 gamma, such as iadtln.search.HBA; null tries a grid.
        generations: moves of the population after the first.
        folds: of the cross-validation, fewer if a class has fewer windows.
        log2_C: least and greatest log2 of C.
        log2_gamma: least and greatest log2 of gamma.
        grid_points: of the grid on each axis.
        square_weight: the factor w.
        standardise: as for KELMClassifier, by all training windows.
        random_state: of folds and search; null takes numpy's generator, which
            ``--seed_everything`` sets.

    Attributes:
        classes_: labels in the order of the columns of scores and probabilities.
        best_params_: C and gamma.
        best_value_: what was wanted smallest, there.
        history_: the smallest after each generation, the first population included.
        best_estimator_: fitted with them on all training windows.

    Reference: Hashim et al., Honey badger algorithm, Math. Comput. Simul. 2022, for the search;
    ranges, folds and the second term are our readings, as the paper's method section is not open.
    """

    def __init__(
        self,
        optimiser: Optimiser | None = None,
        generations: int = 20,
        folds: int = 5,
        log2_C: tuple[float, float] = (-8.0, 15.0),  # noqa: N803
        log2_gamma: tuple[float, float] = (-10.0, 5.0),
        grid_points: int = 21,
        square_weight: float = 1e-3,
        standardise: bool = True,
        random_state: int | None = None,
    ) -> None:
        self.optimiser = optimiser
        self.generations = generations
        self.folds = folds
        self.log2_C = log2_C
        self.log2_gamma = log2_gamma
        self.grid_points = grid_points
        self.square_weight = square_weight
        self.standardise = standardise
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "TunedKELM":  # noqa: N803
        """Search, then fit with what was found.

        Args:
            X: features, shape ``(windows, features)``.
            y: labels, shape ``(windows,)``.

        Raises:
            ValueError: If an option makes no sense, a class has a single window, or no candidate
                could be fitted.
        """
        self._check_options()
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, index = np.unique(y, return_inverse=True)
        random = check_random_state(self.random_state)
        folds = self._folds(index, random.randint(2**31 - 1))
        objective = self._objective(X, index, folds)
        best, self.best_value_, self.history_ = self._search(objective, random.randint(2**31 - 1))
        if not np.isfinite(self.best_value_):
            raise ValueError(
                f"no kernel matrix with log2 C in {self.log2_C} could be inverted; lower log2_C"
            )
        self.best_params_ = {"C": 2.0 ** float(best[0]), "gamma": 2.0 ** float(best[1])}
        model = KELMClassifier(**self.best_params_, standardise=self.standardise)
        self.best_estimator_ = model.fit(X, y)
        return self

    def _check_options(self) -> None:
        for name in ("log2_C", "log2_gamma"):
            least, greatest = getattr(self, name)
            if not -np.inf < least <= greatest < np.inf:
                raise ValueError(
                    f"expected {name} as the least and the greatest value, got {least} and "
                    f"{greatest}; put the smaller one first"
                )
        if self.folds < 2 or self.grid_points < 1:
            raise ValueError(
                "expected folds >= 2, to train on some and hold one out, and grid_points >= 1, got "
                f"{self.folds} and {self.grid_points}; raise them"
            )

    def _folds(self, index: NDArray[np.int64], seed: int) -> Folds:
        fewest = int(np.bincount(index).min())
        if fewest < 2 or len(self.classes_) < 2:
            raise ValueError(
                "expected two classes or more and two windows or more of each, got "
                f"{len(self.classes_)} class(es) and {fewest} window(s) of the rarest"
            )
        splitter = StratifiedKFold(min(self.folds, fewest), shuffle=True, random_state=seed)
        parts = splitter.split(np.zeros(len(index)), index)
        return [(torch.from_numpy(train), torch.from_numpy(held)) for train, held in parts]

    def _objective(
        self, features: Floats, index: NDArray[np.int64], folds: Folds
    ) -> "CrossValidation":
        scaler = StandardScaler(with_mean=self.standardise, with_std=self.standardise)
        rows = scaler.fit_transform(features)
        distance = torch.from_numpy(cdist(rows, rows, "sqeuclidean"))
        return CrossValidation(distance, torch.from_numpy(index), folds, self.square_weight)

    def _search(self, objective: "CrossValidation", seed: int) -> tuple[Tensor, float, Floats]:
        """Best log2 C and log2 gamma, their value, and the best value of each generation."""
        ranges = (self.log2_C, self.log2_gamma)
        if self.optimiser is not None:
            lower, upper = zip(*ranges, strict=True)
            space = Space(lower, upper)
            found = minimise(objective, space, self.optimiser, self.generations, seed=seed)
            return found.candidate[0], float(found.value), found.history[:, 0].numpy()
        axes = [torch.linspace(a, b, self.grid_points, dtype=torch.float64) for a, b in ranges]
        grid = torch.cartesian_prod(*axes)
        values = objective(grid[None])[0]
        best = values.argmin()
        return grid[best], float(values[best]), values[best].numpy()[None]

    def decision_function(self, X: Any) -> Floats:  # noqa: N803
        """Scores, see :meth:`KELMClassifier.decision_function`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.best_estimator_.decision_function(X)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """Labels, shape ``(windows,)``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.best_estimator_.predict(X)

    def predict_proba(self, X: Any) -> Floats:  # noqa: N803
        """Probabilities, see :meth:`KELMClassifier.predict_proba`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.best_estimator_.predict_proba(X)


class CrossValidation:
    """Held-out error of many KELMs at once: an objective of :func:`iadtln.search.minimise`.

    Distances are measured once, for all candidates and folds.

    Args:
        distance: squared, between all training windows, ``(windows, windows)``, float64.
        label: numbers of the classes, all of them from 0, ``(windows,)``.
        folds: windows to train on and held out.
        square_weight: of the mean square error.
        largest_square: mean square error that counts at most.
    """

    def __init__(
        self,
        distance: Tensor,
        label: Tensor,
        folds: Folds,
        square_weight: float = 1e-3,
        largest_square: float = 100.0,
    ) -> None:
        self.distance, self.label, self.folds = distance, label, folds
        self.square_weight, self.largest_square = square_weight, largest_square
        self.codes = 2.0 * torch.nn.functional.one_hot(label).to(distance) - 1.0

    def __call__(self, candidates: Tensor) -> Tensor:
        """Return the values of pairs of log2 C and log2 gamma.

        Args:
            candidates: shape ``(problems, members, 2)``.

        Returns:
            Shape ``(problems, members)``; infinite where a kernel matrix cannot be inverted.
        """
        pairs = torch.exp2(candidates.to(self.distance)).reshape(-1, 2)
        size = max(1, CHUNK // self.distance.numel())
        values = [self._values(*chunk.unbind(-1)) for chunk in torch.split(pairs, size)]
        return torch.cat(values).reshape(candidates.shape[:-1])

    def _values(self, C: Tensor, gamma: Tensor) -> Tensor:  # noqa: N803
        wrong, square = torch.zeros_like(C), torch.zeros_like(C)
        regular = torch.ones_like(C, dtype=torch.bool)
        kernel = torch.exp(-gamma[:, None, None] * self.distance)  # (members, windows, windows)
        for train, held in self.folds:
            gram = kernel[:, train[:, None], train]
            gram.diagonal(dim1=-2, dim2=-1).add_(1.0 / C[:, None])
            factor, failed = torch.linalg.cholesky_ex(gram)
            regular &= failed == 0
            weights = torch.cholesky_solve(self.codes[train], factor)
            scores = kernel[:, held[:, None], train] @ weights  # (members, held out, classes)
            wrong += (scores.argmax(-1) != self.label[held]).sum(-1)
            square += (scores - self.codes[held]).square().sum((-1, -2))
        square = (square / self.codes.numel()).clamp(max=self.largest_square)
        value = wrong / len(self.label) + self.square_weight * square
        return torch.where(regular, value, torch.inf)
