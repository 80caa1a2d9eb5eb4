"""Features and a classifier in the place of a network."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from torch import Tensor

from datamodules.datasets import JoinedDataset, LabelledWindowDataset, Normaliser, leave
from iadtln.callbacks.collect import Rows

SMALLEST = 1e-12  # probability that is told from none


class Model:
    """Features, then a classifier, with a clock beside each.

    Args:
        features: transformer of windows ``(windows, time)``.
        classifier: of its features.
        channels: of a window; each has a transformer of its own.
        length: samples in a window.
        normalise: what the data do to raw windows.

    Attributes:
        pipeline: normalisation and both, from raw windows ``(windows, channels * time)`` to labels.
        seconds: that each of the two has taken so far.
    """

    def __init__(
        self,
        features: TransformerMixin,
        classifier: ClassifierMixin,
        channels: int,
        length: int,
        normalise: Normaliser = leave,
    ) -> None:
        if channels > 1:
            features = ColumnTransformer(
                [
                    (f"channel_{i}", features, slice(i * length, (i + 1) * length))
                    for i in range(channels)
                ]
            )
        first = FunctionTransformer(
            normalised, kw_args={"normalise": normalise, "channels": channels}
        )
        self.pipeline = Pipeline(
            [("normalise", first), ("features", features), ("classifier", classifier)]
        )
        self.seconds = {"features": 0.0, "classifier": 0.0}

    def fit(self, dataset: LabelledWindowDataset | JoinedDataset) -> None:
        """Fit both to labelled windows, which the data have normalised."""
        batch = dataset.__getitems__(list(range(len(dataset))))
        label = batch["label"].numpy()
        with self._clock("features"):
            rows = self.pipeline["features"].fit_transform(_flat(batch["signal"]), label)
        with self._clock("classifier"):
            self.pipeline["classifier"].fit(rows, label)

    def test(self, dataset: LabelledWindowDataset, noise: Normaliser | None = None) -> Rows:
        """Return features, scores and truth of windows, as a test of ``fit`` does.

        Args:
            dataset: labelled windows.
            noise: added to the windows before they are normalised.
        """
        if noise is not None:
            dataset.normalise = partial(_one_after_the_other, first=noise, then=dataset.normalise)
        batch = dataset.__getitems__(list(range(len(dataset))))
        with self._clock("features"):
            rows = self.pipeline["features"].transform(_flat(batch["signal"]))
        with self._clock("classifier"):
            scores = scores_of(self.pipeline["classifier"], rows)
        kept = {name: batch[name] for name in ("index", "label")}
        return {**kept, "logits": torch.from_numpy(scores), "features": torch.from_numpy(rows)}

    def show_probabilities(self, table: pd.DataFrame, features: Tensor) -> None:
        """Put the classifier's own probabilities into a table of predictions.

        Args:
            table: its columns ``p(class)`` come of scores that are no logarithms; changed.
            features: of the windows in the table; a classifier without probabilities loses the
                columns.
        """
        columns = [name for name in map(str, table) if name.startswith("p(")]
        classifier = self.pipeline["classifier"]
        if hasattr(classifier, "predict_proba"):
            table[columns] = classifier.predict_proba(features.numpy()).round(6)
        else:
            table.drop(columns=columns, inplace=True)

    def numbers(self) -> dict[str, float]:
        """Seconds, and what both have chosen, such as ``features.order_``; for metrics.json."""
        spent = {f"{name}_seconds": seconds for name, seconds in self.seconds.items()}
        for step, fitted in self.pipeline.named_steps.items():
            spent.update(numbers_of(fitted, step))
        return spent

    def spent(self) -> str:
        """How long features and classifier took, training and test together."""
        return ", ".join(f"{name} {spent:.2f} s" for name, spent in self.seconds.items())

    @contextmanager
    def _clock(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - begin


def numbers_of(fitted: object, name: str) -> Iterator[tuple[str, float]]:
    """Numbers that an estimator has chosen, such as ``classifier.best_params_.C``.

    Args:
        fitted: estimator, or one of several channels: each channel's are named then.
        name: that theirs begin with.
    """
    for channel, one in getattr(fitted, "named_transformers_", {}).items():
        yield from numbers_of(one, f"{name}.{channel}")
    for key, value in getattr(fitted, "__dict__", {}).items():  # of "drop" there are none
        if key.endswith("_") and key != "n_features_in_":
            yield from _numbers_in(value, f"{name}.{key}")


def normalised(
    rows: NDArray[np.floating[Any]], normalise: Normaliser, channels: int
) -> NDArray[np.float64]:
    """Normalise raw windows as the data do, in single precision as there.

    Args:
        rows: raw windows, channel after channel, shape ``(windows, channels * time)``.
        normalise: of windows ``(windows, channels, time)``.
        channels: of a window.

    Returns:
        The same shape.
    """
    windows = torch.from_numpy(np.array(rows, dtype=np.float32))
    return _flat(normalise(windows.reshape(len(windows), channels, -1)))


def noisy(windows: Tensor, snr_db: float, seed: int) -> Tensor:
    r"""Add white Gaussian noise to each window and channel, as strong as its own power asks for.

    .. math:: P_\text{noise} = 10^{-\mathrm{SNR} / 10} \, P_\text{window}

    Args:
        windows: shape ``(..., time)``; their power is the mean square, mean included.
        snr_db: signal-to-noise ratio in decibels.
        seed: of the noise.
    """
    ratio = math.pow(10.0, -snr_db / 10.0)
    deviation = (windows.square().mean(-1, keepdim=True) * ratio).sqrt()
    generator = torch.Generator().manual_seed(seed)
    return windows + deviation * torch.randn(windows.shape, generator=generator)


def scores_of(classifier: ClassifierMixin, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """One score a class, the greatest for the diagnosis.

    Decision values where the classifier has them, else the logarithm of its probabilities.

    Args:
        classifier: fitted.
        features: shape ``(windows, features)``.

    Returns:
        Shape ``(windows, classes)``.

    Raises:
        ValueError: If it scores pairs of classes, or gives no scores.
    """
    if hasattr(classifier, "decision_function"):
        scores = np.asarray(classifier.decision_function(features), dtype=np.float64)
        scores = np.stack([-scores, scores], axis=1) / 2 if scores.ndim == 1 else scores
    elif hasattr(classifier, "predict_proba"):
        scores = np.log(np.maximum(classifier.predict_proba(features), SMALLEST))
    else:
        raise ValueError(
            f"expected a classifier with decision_function or predict_proba, got "
            f"{type(classifier).__name__}; choose another"
        )
    if scores.shape[1] != len(classifier.classes_):
        raise ValueError(
            f"expected one score for each of {len(classifier.classes_)} classes, got "
            f"{scores.shape[1]}; set decision_function_shape: ovr"
        )
    return scores


def _flat(signal: Tensor) -> NDArray[np.float64]:
    """Windows ``(windows, channels, time)`` as scikit-learn wants them, channel after channel."""
    return signal.flatten(1).double().numpy()


def _numbers_in(value: object, name: str) -> Iterator[tuple[str, float]]:
    """A number, or those in a dictionary; a yes or no is none."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _numbers_in(one, f"{name}.{key}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value


def _one_after_the_other(windows: Tensor, first: Normaliser, then: Normaliser) -> Tensor:
    return then(first(windows))
