"""Dispersion entropies: how evenly a signal uses all the words that its amplitude classes spell."""

import math

import torch
from torch import Tensor

from iadtln.signals.permutation_entropy import count_codes

MAX_BINS = 2**22  # different words; no signal fills more
CHUNK = 2**24  # samples and counts held at once, so that memory does not grow with the batch


def dispersion_entropy(
    signal: Tensor, order: int = 3, classes: int = 5, normalise: bool = True, delay: int = 1
) -> Tensor:
    r"""Entropy of the words that the amplitude classes of a signal spell.

    A sample's class is where it would stand among normally distributed ones of the signal's mean
    :math:`\mu` and deviation :math:`\sigma` (that of the population), in c equal shares:

    .. math:: z_i = \min\bigl(\lfloor c\, \Phi((x_i - \mu) / \sigma) \rfloor + 1, c\bigr)

    With the share :math:`p_k` of each of the :math:`c^m` words
    :math:`z_i, z_{i+\tau}, \dots, z_{i+(m-1)\tau}`,

    .. math:: H = -\sum_k p_k \ln p_k, \qquad H / \ln c^m \text{ if normalised.}

    Args:
        signal: shape ``(..., time)``.
        order: :math:`m`, samples in a word. Choose c^m well below the number of samples.
        classes: :math:`c`, 2 or more.
        normalise: divide by the entropy of equally frequent words, so that it ends at 1.
        delay: :math:`\tau`, step between the samples of a word.

    Returns:
        Shape ``(...)``; zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal is too short for a word.

    Example:
        Two classes, split at the mean: words low-low, low-high and high-high, once each.

        >>> dispersion_entropy(torch.tensor([0.0, 1.0, 8.0, 9.0]), order=2, classes=2)
        tensor(0.7925)

    Reference: Rostaghi and Azami, Dispersion entropy: a measure for time-series analysis, IEEE
    Signal Processing Letters 2016.
    """
    limits = class_limits(signal, classes)
    shares = word_shares(amplitude_classes(signal, limits), order, classes, delay)
    entropy = entropy_of_shares(shares, normalise).to(signal.dtype)
    return torch.where(limits[..., 0].isnan(), torch.nan, entropy)


def fluctuation_dispersion_entropy(
    signal: Tensor, order: int = 3, classes: int = 5, normalise: bool = True, delay: int = 1
) -> Tensor:
    r"""Entropy of the words that the steps between a signal's amplitude classes spell.

    As ``dispersion_entropy``, with the m - 1 differences :math:`z_{i+\tau} - z_i` within a word in
    place of its m classes: :math:`(2c - 1)^{m-1}` words, which a slow drift does not change.

    Args:
        signal: shape ``(..., time)``.
        order: :math:`m`, samples in a word, one more than steps.
        classes: :math:`c`, 2 or more.
        normalise: divide by the entropy of equally frequent words, so that it ends at 1.
        delay: :math:`\tau`, step between the samples of a word.

    Returns:
        Shape ``(...)``; zero for a constant, NaN where the signal is not finite.

    Raises:
        ValueError: If an argument makes no sense or the signal is too short for a word.

    Reference: Azami and Escudero, Amplitude- and fluctuation-based dispersion entropy, Entropy
    2018.
    """
    if order < 2 or not 1 <= delay < signal.shape[-1]:
        raise ValueError(
            f"expected an order of at least 2 and a delay of 1 or more, below the signal's "
            f"{signal.shape[-1]} samples, got {order} and {delay}"
        )
    limits = class_limits(signal, classes)
    symbols = amplitude_classes(signal, limits)
    steps = symbols[..., delay:] - symbols[..., :-delay] + (classes - 1)
    shares = word_shares(steps, order - 1, 2 * classes - 1, delay)
    entropy = entropy_of_shares(shares, normalise).to(signal.dtype)
    return torch.where(limits[..., 0].isnan(), torch.nan, entropy)


def class_limits(signal: Tensor, classes: int) -> Tensor:
    r"""Where the amplitude classes of a signal meet.

    .. math:: \mu + \sigma \Phi^{-1}(k / c), \quad k = 1, \dots, c - 1

    Args:
        signal: shape ``(..., time)``.
        classes: :math:`c`, 2 to 127.

    Returns:
        Shape ``(..., classes - 1)``; NaN where the signal is not finite.

    Raises:
        ValueError: If the number of classes makes no sense.
    """
    if not 2 <= classes <= 127:
        raise ValueError(f"expected 2 to 127 classes, got {classes}")
    share = torch.arange(1, classes, dtype=torch.float64, device=signal.device) / classes
    spread, mean = torch.std_mean(signal.detach().double(), -1, correction=0, keepdim=True)
    limits: Tensor = mean + spread * torch.special.ndtri(share)
    return limits.to(signal.dtype)


def amplitude_classes(signal: Tensor, limits: Tensor) -> Tensor:
    """Class of every sample: the number of limits that it reaches.

    Args:
        signal: shape ``(..., time)``.
        limits: rising, shape ``(..., limits)``.

    Returns:
        int16, shape ``(..., time)``.
    """
    symbols = torch.zeros(signal.shape, dtype=torch.int16, device=signal.device)
    for limit in limits.unbind(-1):
        symbols += signal >= limit[..., None]
    return symbols


def word_shares(symbols: Tensor, order: int, base: int, delay: int = 1, hop: int = 1) -> Tensor:
    """Share of each word among those of a series of symbols.

    Args:
        symbols: integers from 0 to ``base - 1``, shape ``(..., time)``.
        order: symbols in a word.
        base: number of different symbols.
        delay: step between the symbols of a word, within a series.
        hop: number of series, which are ``symbols[..., k::hop]`` for k from 0 to hop - 1; their
            shares are averaged.

    Returns:
        float64, shape ``(..., base ** order)``.

    Raises:
        ValueError: If an argument makes no sense or a series is too short for a word.
    """
    shortest, bins = symbols.shape[-1] // hop, base**order
    if order < 1 or bins > MAX_BINS:
        raise ValueError(
            f"expected an order of at least 1 and at most {MAX_BINS} different words, "
            f"got order {order} of {base} symbols"
        )
    if delay < 1 or shortest <= (order - 1) * delay:
        raise ValueError(
            f"expected a delay of at least 1 and a word that fits {shortest} samples, "
            f"got order {order} and delay {delay}"
        )
    rows = symbols.reshape(-1, symbols.shape[-1])
    size = max(1, CHUNK // (rows.shape[-1] + hop * bins))
    pieces = []
    for chunk in torch.split(rows, size):
        counts = _count(chunk, order, base, delay, hop).double()
        pieces.append((counts / counts.sum(-1, keepdim=True)).mean(-2))
    return torch.cat(pieces).reshape(*symbols.shape[:-1], bins)


def entropy_of_shares(shares: Tensor, normalise: bool = True) -> Tensor:
    """Shannon entropy, in nats or as a share of that of equal shares.

    Args:
        shares: adding up to 1, shape ``(..., shares)``.
        normalise: divide by the logarithm of their number.

    Returns:
        Shape ``(...)``.
    """
    entropy: Tensor = torch.special.entr(shares).sum(-1)
    return entropy / math.log(shares.shape[-1]) if normalise else entropy


def _count(rows: Tensor, order: int, base: int, delay: int, hop: int) -> Tensor:
    """Counts of the words, by whichever path suits the device."""
    if rows.device.type == "cpu":
        from iadtln.signals import dispersion_numba  # here: numba takes half a second to load

        return dispersion_numba.count_words(rows, order, base, delay, hop)
    return count_words(rows, order, base, delay, hop)


def count_words(rows: Tensor, order: int, base: int, delay: int, hop: int) -> Tensor:
    """Count the words of each row, on any device; ``dispersion_numba`` has the same.

    Args:
        rows: symbols from 0 to ``base - 1``, shape ``(rows, time)``.
        order: symbols in a word.
        base: number of different symbols.
        delay: step between the symbols of a word, within a series.
        hop: number of series, which are ``rows[:, k::hop]``.

    Returns:
        Integers, shape ``(rows, hop, base ** order)``; words are numbers of that base.
    """
    step = delay * hop
    words = rows.shape[-1] - (order - 1) * step
    codes = torch.arange(words, device=rows.device) % hop  # a histogram per series
    codes = codes.expand(len(rows), -1)
    for place in range(order):
        codes = codes * base + rows[:, place * step : place * step + words]
    return count_codes(codes, hop * base**order).reshape(len(rows), hop, -1)
