"""Features of both domains in the plane."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from torch import Tensor

from iadtln.callbacks.collect import Rows

FEWEST = 8  # below that a picture of neighbourhoods says nothing


class Sample(NamedTuple):
    """Some windows of both domains."""

    features: Tensor
    label: Tensor
    prediction: Tensor
    window: Tensor
    is_target: Tensor


def sample(target: Rows, source: Rows | None, max_points: int, seed: int) -> Sample:
    """Draw at most ``max_points`` windows, half of each domain; windows with NaN are left out.

    Args:
        target: outputs of the target test split.
        source: outputs of the source validation split, if there is one.
        max_points: in all.
        seed: of the draw.
    """
    generator = np.random.default_rng(seed)
    domains = [target] if source is None else [source, target]
    parts = []
    for rows in domains:
        usable = torch.isfinite(rows["features"]).all(1).nonzero().flatten().numpy()
        size = min(len(usable), max_points // len(domains))
        chosen = torch.from_numpy(np.sort(generator.choice(usable, size, replace=False)))
        parts.append({key: value[chosen] for key, value in rows.items()})
    flags = [
        torch.full((len(part["index"]),), rows is target)
        for part, rows in zip(parts, domains, strict=True)
    ]
    joined = {key: torch.cat([part[key] for part in parts]) for key in target}
    return Sample(
        features=joined["features"],
        label=joined["label"],
        prediction=joined["logits"].argmax(1),
        window=joined["index"],
        is_target=torch.cat(flags),
    )


def tsne(features: Tensor, seed: int) -> NDArray[np.float64]:
    """Place features in the plane so that neighbours stay neighbours.

    Features are scaled to unit variance over all windows, by one common factor.

    Args:
        features: shape ``(windows, features)``, at least :data:`FEWEST` windows.
        seed: the same seed gives the same picture.

    Returns:
        Shape ``(windows, 2)``.

    Reference: van der Maaten and Hinton, Visualizing data using t-SNE, JMLR 2008.
    """
    rows = features.double().numpy()
    scale = rows.std()
    if scale == 0:
        return np.zeros((len(rows), 2))
    perplexity = min(30.0, (len(rows) - 1) / 3)
    projection = TSNE(perplexity=perplexity, init="pca", random_state=seed, learning_rate="auto")
    return np.asarray(projection.fit_transform(rows / scale), dtype=np.float64)
