"""Soft neighbourhood density: do target windows have many neighbours of their own kind?"""

import torch
import torch.nn.functional as F
from torch import Tensor


def soft_neighbourhood_density(vectors: Tensor, temperature: float = 0.05) -> float:
    r"""Mean entropy of the windows' soft neighbourhoods; higher is better.

    .. math::
        P_{ij} = \frac{e^{\hat f_i \cdot \hat f_j / \tau}}{\sum_{k \ne i}
        e^{\hat f_i \cdot \hat f_k / \tau}}, \qquad
        \mathrm{SND} = -\frac{1}{n} \sum_i \sum_{j \ne i} P_{ij} \log P_{ij}

    with :math:`\hat f` of length one. Dense clusters give each window many equal neighbours, hence
    a large entropy: at most :math:`\log(n - 1)`, so only values of equally many windows compare.
    A network that gives all windows one diagnosis has that largest value: look at
    ``domain/target_balance`` too.

    Args:
        vectors: one row a window, shape ``(windows, classes)``; the paper takes the diagnoses'
            probabilities, which carry the class and little else.
        temperature: 0.05 in the paper for all data sets.

    Raises:
        ValueError: If there are fewer than two windows.

    Example:
        >>> round(soft_neighbourhood_density(torch.eye(2).repeat(3, 1)), 4)  # 2 equals each: log 2
        0.6931

    Reference: Saito et al., Tune it the right way, ICCV 2021, section 3.
    """
    if vectors.ndim != 2 or len(vectors) < 2:
        raise ValueError(
            "the neighbourhood density needs two or more rows of shape (windows, classes), got "
            f"{tuple(vectors.shape)}"
        )
    rows = F.normalize(vectors.detach().double(), dim=1)
    similarity = (rows @ rows.T) / temperature
    similarity.fill_diagonal_(-torch.inf)  # a window is no neighbour of itself
    return float(torch.special.entr(similarity.softmax(1)).sum(1).mean())
