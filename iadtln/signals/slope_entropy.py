"""Slope entropy: how evenly a signal uses all the ways it can climb and fall."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from iadtln.signals.permutation_entropy import count_codes

Norm = Literal["probability", "pattern"]

MAX_ORDER = 10  # 5^9 = 2 million words; no signal fills more
CHUNK = 2**20  # samples and counts held at once, so that memory does not grow with the batch


@dataclass(frozen=True)
class SlopeSetting:
    """What counts as the same slope, and how many slopes make a word; see ``slope_entropy``.

    Args:
        order: samples in a word, one more than slopes.
        gamma: where slopes become steep, in the signal's units.
        delta: up to where they are flat, likewise.
    """

    order: int = 4
    gamma: float = 1.0
    delta: float = 1e-3

    def __post_init__(self) -> None:
        if not 2 <= self.order <= MAX_ORDER:
            raise ValueError(f"expected an order of 2 to {MAX_ORDER}, got {self.order}")
        if not self.gamma > self.delta >= 0:
            raise ValueError(
                f"expected gamma > delta >= 0, got gamma {self.gamma} and delta {self.delta}"
            )


def slope_entropy(
    signal: Tensor,
    order: int = 4,
    gamma: float = 1.0,
    delta: float = 1e-3,
    delay: int = 1,
    norm: Norm = "probability",
) -> Tensor:
    r"""Entropy of the words that the slopes of a signal spell.

    Each difference :math:`d_i = x_{i+\tau} - x_i` is steep (:math:`|d| > \gamma`), gentle
    (:math:`\delta < |d| \le \gamma`), up or down, or flat: five letters. The m - 1 differences
    within m samples, each :math:`\tau` apart, make a word. With the count :math:`c_k` of word k
    among n words, of which U are different,

    .. math:: H = -\sum_k p_k \ln p_k, \qquad
        p_k = \frac{c_k}{n} \text{ (probability)} \quad \text{or} \quad
        p_k = \frac{c_k}{U} \text{ (pattern).}

    Args:
        signal: shape ``(..., time)``; the thresholds are applied in double precision.
        order: :math:`m`, samples in a word.
        gamma: :math:`\gamma`, where slopes become steep, in the signal's units per ``delay``.
        delta: :math:`\delta`, up to where they are flat.
        delay: :math:`\tau`, step between the samples of a word.
        norm: divide counts by the number of words, for an entropy between 0 and the logarithm of
            the possible words, or, as the paper does, by the number of different ones: no
            distribution, without bounds.

    Returns:
        Shape ``(...)``; in nats. Zero for a constant if the norm is ``probability``.

    Raises:
        ValueError: If an option makes no sense, the signal is too short for a word or not finite.

    Example:
        Four steps up and two down: two letters, 4 and 2 times.

        >>> signal = torch.tensor([0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0])
        >>> slope_entropy(signal, order=2)
        tensor(0.6365)

    Reference: Cuesta-Frau, Slope entropy: a new time series complexity estimator based on both
    symbolic patterns and amplitude information, Entropy 2019.
    """
    setting = SlopeSetting(order, gamma, delta)
    pieces = [
        interleaved_slope_entropy(chunk.double(), 1, setting, delay, norm)
        for chunk in torch.split(finite_rows(signal), rows_at_once(signal.shape[-1], 1, order))
    ]
    return torch.cat(pieces).to(signal.dtype).reshape(signal.shape[:-1])


def finite_rows(signal: Tensor) -> Tensor:
    """Signals of shape ``(..., time)`` as ``(rows, time)``; an error unless all are finite."""
    rows = signal.detach().reshape(-1, signal.shape[-1])
    finite = (rows - rows).sum(-1) == 0  # x - x is NaN unless finite; isfinite takes six times this
    if not finite.all():
        raise ValueError(
            f"expected finite samples, got NaN or infinity in {int((~finite).sum())} of "
            f"{len(rows)} signals; drop these first"
        )
    return rows


def rows_at_once(time: int, hop: int, order: int) -> int:
    """How many signals to work on side by side; see ``interleaved_slope_entropy``."""
    bins: int = 5 ** (order - 1)
    return max(1, CHUNK // (time + hop * bins))


def interleaved_slope_entropy(
    values: Tensor, hop: int, setting: SlopeSetting, delay: int, norm: Norm
) -> Tensor:
    """Mean slope entropy of the series that take every so-manieth value.

    Args:
        values: float64, shape ``(rows, time)``.
        hop: number of the series; they are ``values[:, k::hop]`` for k from 0 to hop - 1.
        setting: of the words.
        delay: step between the samples of a word, within a series.
        norm: as in ``slope_entropy``.

    Returns:
        float64, shape ``(rows,)``.

    Raises:
        ValueError: If the delay makes no sense, or a series is too short for a word.
    """
    shortest = values.shape[-1] // hop
    if delay < 1 or shortest <= (setting.order - 1) * delay:
        raise ValueError(
            f"expected a delay of at least 1 and (order - 1) * delay below the {shortest} samples "
            f"that the signal has at scale {hop}, got order {setting.order} and "
            f"delay {delay}"
        )
    table = torch.arange(shortest + 2, dtype=torch.float64, device=values.device)
    table = torch.special.xlogy(table, table)  # c ln c, one look-up in place of a logarithm
    if values.device.type == "cpu":
        from iadtln.signals import slope_numba  # here: numba takes half a second to load

        return slope_numba.slope_entropies(values, table, hop, setting, delay, norm)
    return slope_entropies(values, table, hop, setting, delay, norm)


def slope_entropies(
    values: Tensor, table: Tensor, hop: int, setting: SlopeSetting, delay: int, norm: Norm
) -> Tensor:
    r"""The same on any device; ``slope_numba`` has it compiled for the CPU.

    .. math:: H = \frac{n \ln n - \sum_k c_k \ln c_k}{n} \text{ (probability)}, \qquad
        H = \frac{n \ln U - \sum_k c_k \ln c_k}{U} \text{ (pattern)}

    Args:
        values: as above.
        table: c ln c of all counts c, up to that of all words of a series, shape ``(counts,)``.
        hop: as above, like all that follow.
        setting: of the words.
        delay: step between the samples of a word.
        norm: what to divide counts by.

    Returns:
        float64, shape ``(rows,)``.
    """
    order, gamma, delta = setting.order, setting.gamma, setting.delta
    step, bins = hop * delay, 5 ** (order - 1)
    slopes = values[:, step:] - values[:, :-step]
    letters = sum((slopes >= -gamma, slopes >= -delta, slopes > delta), (slopes > gamma).long())
    words = values.shape[-1] - (order - 1) * step
    codes = torch.zeros(len(values), words, dtype=torch.int64, device=values.device)
    for place in range(order - 1):
        codes = codes * 5 + letters[:, place * step : place * step + words]
    codes += torch.arange(words, device=values.device) % hop * bins  # a histogram per series
    counts = count_codes(codes, hop * bins).reshape(len(values), hop, bins)
    total, known = counts.sum(-1), table[counts].sum(-1)
    entropy: Tensor = (table[total] - known) / total
    if norm == "pattern":
        different = (counts > 0).sum(-1)
        entropy = (total * different.double().log() - known) / different
    return entropy.mean(-1)
