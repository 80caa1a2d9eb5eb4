"""Dynamic weighted centre clustering (DWCC): which modes of a signal belong together."""

from typing import Literal, NamedTuple

import torch
from sklearn.cluster import kmeans_plusplus
from torch import Tensor

Density = Literal["point", "cluster"]


class Clusters(NamedTuple):
    """What ``dwcc`` found.

    Args:
        labels: cluster of each point, shape ``(points,)``.
        centres: in standardised units times the roots of the weights, shape
            ``(clusters, features)``.
        iterations: that were made.
    """

    labels: Tensor
    centres: Tensor
    iterations: int


def dwcc(
    features: Tensor,
    clusters: int = 6,
    balance: float = 0.1,
    smoothing: float = 0.5,
    tolerance: float = 1e-4,
    max_iterations: int = 100,
    density: Density = "point",
    weights: Tensor | None = None,
    seed: int = 0,
) -> Clusters:
    r"""Cluster a few points about centres that move slowly.

    The features are standardised and the centres drawn by k-means++. In each iteration a point
    goes to the cluster

    .. math:: c_i = \arg\min_j d_w(z_i, \mu_j) + \frac{\lambda}{\rho_i}, \quad
        d_w^2 = \sum_k w_k (z_{ik} - \mu_{jk})^2, \quad
        \rho_i = \frac{1}{n} \sum_l e^{-(d_{il} / h)^2}

    with the median distance :math:`h` of all pairs; a centre moves to
    :math:`\alpha \mu_j + (1 - \alpha)` times the mean of its members; then a point moves over if
    the squares within the clusters fall. It ends when no label changes and the centres move less
    than :math:`\epsilon_t = \epsilon (1 + t / 10)`.

    As printed the density :math:`\rho_i` is the same for all clusters and changes nothing. The
    paper gives none of the constants, nor the density's formula: those are our readings.

    Args:
        features: shape ``(points, features)``, or ``(points,)`` for one feature.
        clusters: how many at most; fewer if fewer points differ. Six in the paper's example.
        balance: :math:`\lambda`, of density against distance.
        smoothing: :math:`\alpha`, share of the old centre that is kept.
        tolerance: :math:`\epsilon`.
        max_iterations: at most.
        density: ``point`` as printed; ``cluster`` sums :math:`\rho_{ij}` over the members of
            cluster j alone, so that a point prefers to join many near ones.
        weights: :math:`w_k` of each feature, shape ``(features,)``; None for equal ones.
        seed: of the first centres.

    Returns:
        Labels, centres and iterations.

    Raises:
        ValueError: If there is no point, no cluster, or a feature is not finite.

    Example:
        >>> dwcc(torch.tensor([0.0, 0.1, 5.0, 5.1]), clusters=2).labels.bincount()
        tensor([2, 2])

    Reference: Sensors 2026, 26(4) 1394, section 2.4.
    """
    points = _standardise(features, clusters)
    share = points.new_ones(points.shape[1]) / points.shape[1] if weights is None else weights
    scaled = points * share.to(points).sqrt()  # in these the weighted distance is the plain one
    clusters = min(clusters, len(torch.unique(scaled, dim=0)))
    first, _ = kmeans_plusplus(scaled.numpy(), clusters, random_state=seed)
    centres = torch.from_numpy(first)
    likeness = _likeness(scaled)
    labels = torch.cdist(scaled, centres).argmin(1)
    for iteration in range(1, max_iterations + 1):
        members = torch.nn.functional.one_hot(labels, clusters).to(scaled)
        crowd = likeness.mean(1, keepdim=True)
        if density == "cluster":
            crowd = likeness @ members / len(scaled)
        cost = torch.cdist(scaled, centres) + balance / crowd.clamp(min=1e-12)
        new = _enhance(scaled, cost.argmin(1), clusters)
        moved = _means(scaled, new, centres) - centres
        centres = centres + (1 - smoothing) * moved
        shift = (1 - smoothing) * float(moved.norm(dim=1).max())
        settled = shift < tolerance * (1 + iteration / 10) and torch.equal(new, labels)
        labels = new
        if settled:
            break
    return Clusters(labels, centres, iteration)


def _standardise(features: Tensor, clusters: int) -> Tensor:
    points = features.detach().double().cpu()
    points = points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or len(points) == 0 or clusters < 1:
        raise ValueError(
            "expected features of shape (points, features), one point and one cluster at least, "
            f"got {tuple(features.shape)} and {clusters} clusters"
        )
    if not bool(points.isfinite().all()):
        raise ValueError("expected finite features, got NaN or infinity; leave such modes out")
    deviation = points.std(0, correction=0)
    return (points - points.mean(0)) / torch.where(deviation == 0, 1.0, deviation)


def _likeness(points: Tensor) -> Tensor:
    """Density that each point gives each other, ``(points, points)``."""
    distance = torch.cdist(points, points)
    pairs = distance[torch.triu(torch.ones_like(distance), 1) > 0]
    reach = float(pairs.median()) if len(pairs) else 0.0
    return torch.exp(-((distance / (reach or 1.0)) ** 2))


def _enhance(points: Tensor, labels: Tensor, clusters: int) -> Tensor:
    """Move each point in turn to another cluster in use if the squares within clusters fall."""
    labels, empty = labels.clone(), points.new_zeros(clusters, points.shape[1])
    for index, point in enumerate(points):
        size = labels.bincount(minlength=clusters).to(points)
        own = int(labels[index])
        if size[own] < 2:
            continue  # it is the whole cluster
        # what a cluster pays for the point: n / (n + 1) d^2 to join, n / (n - 1) d^2 to stay
        price = (_means(points, labels, empty) - point).square().sum(1)
        price = torch.where(size > 0, price * size / (size + 1), torch.inf)
        price[own] *= (size[own] + 1) / (size[own] - 1)
        labels[index] = price.argmin() if price.min() < price[own] else own
    return labels


def _means(points: Tensor, labels: Tensor, centres: Tensor) -> Tensor:
    """Mean of each cluster's members; of an empty one its centre."""
    members = torch.nn.functional.one_hot(labels, len(centres)).to(points)
    size = members.sum(0)[:, None]
    return torch.where(size > 0, members.T @ points / size.clamp(min=1), centres)
