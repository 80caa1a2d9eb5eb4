"""Windows unlike anything trained on: far from all classes in feature space, or high in energy."""

import torch
from sklearn.covariance import ledoit_wolf
from torch import Tensor


class ClassCentres:
    r"""How far features lie from the nearest class of the training windows.

    .. math:: d(f) = \min_c \, (f - \mu_c)^\top \Sigma^{-1} (f - \mu_c)

    One covariance serves all classes: that of the features about their own centres, shrunk towards
    a sphere after Ledoit and Wolf, as there are hundreds of features and sometimes fewer windows.
    A feature that slept in training counts a little of what all move on average: one that wakes up
    is far, but not infinitely.

    Args:
        features: of training windows, shape ``(windows, features)``.
        label: class numbers, shape ``(windows,)``.

    Raises:
        ValueError: If there are fewer than two windows, or the shapes differ.

    Reference: Lee et al., A simple unified framework for detecting out-of-distribution samples and
    adversarial attacks, NeurIPS 2018, eq. 1 and 2; Ledoit and Wolf, J. Multivariate Analysis 88,
    2004.
    """

    def __init__(self, features: Tensor, label: Tensor) -> None:
        if features.ndim != 2 or label.shape != features.shape[:1] or len(label) < 2:
            raise ValueError(
                "expected features of shape (windows, features) and as many labels, of two windows "
                f"or more, got {tuple(features.shape)} and {tuple(label.shape)}"
            )
        rows = features.double()
        kinds, member = torch.unique(label, return_inverse=True)
        count = torch.bincount(member, minlength=len(kinds)).double()
        total = rows.new_zeros(len(kinds), rows.shape[1]).index_add_(0, member, rows)
        centres = total / count[:, None]
        shrunk, _ = ledoit_wolf((rows - centres[member]).numpy(), assume_centered=True)
        covariance = torch.from_numpy(shrunk)
        # where hardly anything was shrunk, sleeping features would have no variance at all
        floor = max(1e-9 * float(covariance.diagonal().mean()), 1e-30)
        self.factor = torch.linalg.cholesky(covariance + floor * torch.eye(len(covariance)))
        self.centres = self._whitened(centres)

    def _whitened(self, rows: Tensor) -> Tensor:
        white: Tensor = torch.linalg.solve_triangular(self.factor, rows.T, upper=False)
        return white.T

    def distance(self, features: Tensor) -> Tensor:
        """Squared Mahalanobis distance to the nearest class.

        Args:
            features: shape ``(windows, features)``.

        Returns:
            Shape ``(windows,)``, float64.
        """
        exact = "donot_use_mm_for_euclid_dist"  # differences first: large norms cancel
        apart = torch.cdist(self._whitened(features.double()), self.centres, compute_mode=exact)
        return apart.amin(1).square()


def energy(logits: Tensor, temperature: float = 1.0) -> Tensor:
    r"""Free energy of a window; higher is more foreign.

    .. math:: E = -T \log \sum_k e^{z_k / T}

    Args:
        logits: shape ``(windows, classes)``.
        temperature: T; 1 in the paper's experiments.

    Returns:
        Shape ``(windows,)``, float64.

    Example:
        >>> energy(torch.zeros(1, 4))  # -log 4
        tensor([-1.3863], dtype=torch.float64)

    Reference: Liu et al., Energy-based out-of-distribution detection, NeurIPS 2020, eq. 4.
    """
    return -temperature * torch.logsumexp(logits.double() / temperature, 1)


def outlier_threshold(scores: Tensor, accepted: float = 0.95) -> float:
    """Score above which a window is foreign: a quantile of held-out source windows.

    Args:
        scores: of these, shape ``(windows,)``.
        accepted: share of them that is not foreign.
    """
    return float(torch.quantile(scores.double(), accepted))
