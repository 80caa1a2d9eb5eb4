"""Entropies at several time scales, or in several bands: features to compare slope entropy with."""

import torch
from torch import Tensor

from iadtln.signals.coarse_graining import hierarchical_nodes, moving_mean
from iadtln.signals.dispersion_entropy import (
    amplitude_classes,
    class_limits,
    entropy_of_shares,
    fluctuation_dispersion_entropy,
    word_shares,
)
from iadtln.signals.fuzzy_entropy import likeness_radius, lost_likeness, mean_likeness
from iadtln.signals.weighted_permutation_entropy import (
    composite_weighted_permutation_entropy,
    weighted_permutation_entropy,
)


def rcmfe(
    signal: Tensor,
    scales: int = 8,
    order: int = 2,
    tolerance: float = 0.15,
    power: float = 2.0,
) -> Tensor:
    r"""Refined composite multiscale fuzzy entropy.

    At scale s the signal has s coarse-grained forms, of means over s samples from each of the first
    s starts. Their mean likenesses :math:`\phi` are averaged over the forms before the logarithm:

    .. math:: H_s = \ln \overline{\phi_m} - \ln \overline{\phi_{m+1}}

    The radius of likeness stays that of the signal itself at all scales.

    Args:
        signal: shape ``(..., time)``.
        scales: 1 to so many samples are averaged.
        order: :math:`m`, samples in the shorter stretches.
        tolerance: radius, as a share of the signal's standard deviation.
        power: of the relative distance.

    Returns:
        Shape ``(..., scales)``; as ``fuzzy_entropy`` at edges.

    Raises:
        ValueError: If an argument makes no sense or the signal is too short at the last scale.

    Reference: Azami et al., Refined multiscale fuzzy entropy based on standard deviation for
    biomedical signal analysis, Medical and Biological Engineering and Computing 2017.
    """
    radius = likeness_radius(signal, tolerance)
    entropies = []
    for scale in _scales(scales):
        means = moving_mean(signal, scale)
        forms = [
            mean_likeness(means[..., shift::scale], radius, order, power) for shift in range(scale)
        ]
        entropies.append(lost_likeness(torch.stack(forms).mean(0)))
    return torch.stack(entropies, dim=-1).to(signal.dtype)


def rcmde(signal: Tensor, scales: int = 8, order: int = 3, classes: int = 5) -> Tensor:
    """Refined composite multiscale dispersion entropy.

    At scale s the shares of the words are averaged over the signal's s coarse-grained forms before
    their entropy is taken, as a share of the greatest. The classes stay those of the signal itself
    at all scales.

    Args:
        signal: shape ``(..., time)``.
        scales: 1 to so many samples are averaged.
        order: samples in a word.
        classes: of amplitude.

    Returns:
        Shape ``(..., scales)``; zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal is too short at the last scale.

    Reference: Azami et al., Refined composite multiscale dispersion entropy and its application to
    biomedical signals, IEEE Transactions on Biomedical Engineering 2017.
    """
    limits = class_limits(signal, classes)
    entropies = []
    for scale in _scales(scales):
        symbols = amplitude_classes(moving_mean(signal, scale), limits)
        shares = word_shares(symbols, order, classes, hop=scale)
        entropies.append(entropy_of_shares(shares))
    entropy = torch.stack(entropies, dim=-1).to(signal.dtype)
    return torch.where(limits[..., :1].isnan(), torch.nan, entropy)


def cmwpe(signal: Tensor, scales: int = 8, order: int = 3) -> Tensor:
    """Composite multiscale weighted permutation entropy.

    At scale s the mean of the entropies of the signal's s coarse-grained forms.

    Args:
        signal: shape ``(..., time)``.
        scales: 1 to so many samples are averaged.
        order: samples in a pattern.

    Returns:
        Shape ``(..., scales)``; zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal is too short at the last scale.

    Reference: weighted permutation entropy (Fadlallah et al., Physical Review E 2013) of composite
    coarse graining (Wu et al., Entropy 2013).
    """
    entropies = [
        composite_weighted_permutation_entropy(moving_mean(signal, scale), order, hop=scale)
        for scale in _scales(scales)
    ]
    return torch.stack(entropies, dim=-1)


def hfde(signal: Tensor, levels: int = 3, order: int = 3, classes: int = 5) -> Tensor:
    """Hierarchical fluctuation dispersion entropy: that of each band of a tree of halvings.

    Each band has classes of its own mean and deviation.

    Args:
        signal: shape ``(..., time)``.
        levels: of the tree, for 2^levels bands.
        order: samples in a word.
        classes: of amplitude.

    Returns:
        Shape ``(..., 2^levels)``, in the order of the tree: of bands 0 to 7 in frequency, 0 1 3 2 7
        6 4 5, see ``hierarchical_nodes``. Zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal is too short for the levels.

    Reference: fluctuation dispersion entropy (Azami and Escudero, Entropy 2018) of the nodes of
    Jiang, Peng and Xu, Journal of Computational and Applied Mathematics 2011.
    """
    return fluctuation_dispersion_entropy(hierarchical_nodes(signal, levels), order, classes)


def hwpe(signal: Tensor, levels: int = 3, order: int = 3) -> Tensor:
    """Hierarchical weighted permutation entropy: that of each band of a tree of halvings.

    Args:
        signal: shape ``(..., time)``.
        levels: of the tree, for 2^levels bands.
        order: samples in a pattern.

    Returns:
        Shape ``(..., 2^levels)``, in the order of the tree: of bands 0 to 7 in frequency, 0 1 3 2 7
        6 4 5, see ``hierarchical_nodes``. Zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal is too short for the levels.

    Reference: weighted permutation entropy (Fadlallah et al., Physical Review E 2013) of the nodes
    of Jiang, Peng and Xu, Journal of Computational and Applied Mathematics 2011.
    """
    return weighted_permutation_entropy(hierarchical_nodes(signal, levels), order)


def _scales(scales: int) -> range:
    if scales < 1:
        raise ValueError(f"expected at least one scale, got {scales}")
    return range(1, scales + 1)
