"""Fast kurtogram: how impulsive a signal is in every band of a binary and ternary tree.

All filters are causal and every node keeps every second or third sample of its parent, so the whole
tree is worked through in the frequency domain: a filter is a product, to keep each D-th sample is
to fold the spectrum D times. What wraps around touches only the first samples of a node, which are
left out anyway because there the filters still fill up.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.signal import firwin
from torch import Tensor

from iadtln.signals.indices import kurtosis

# bytes of signal worked on at once, whatever the batch; the tree needs about ten times as many
CACHE = 2**17  # on the CPU: blocks this small are used again, not fetched anew from the system
MEMORY = 2**26  # elsewhere: keeps many small kernels off the device
CUTOFF = 0.4  # of a binary filter, relative to half the sampling rate; so in Antoni's code


def kurtogram(signal: Tensor, levels: int = 4) -> Tensor:
    r"""Spectral kurtosis of a signal in each band of a tree of filters.

    A node filters its parent to a half (or a third) of the band with an analytic filter and drops
    the samples that are no longer needed. Of its complex envelope c, without its mean,

    .. math:: K = \max\left(0, \frac{E |c|^4}{(E |c|^2)^2} - 2\right)

    which is 0 for stationary noise; for the whole band, which is real, 3 is taken off.

    Args:
        signal: shape ``(..., time)``.
        levels: halvings of the band. Each takes half of the samples; 128 must be left at the last.

    Returns:
        Shape ``(..., 2 * levels, 3 * 2**levels)``. The rows split the band into 1, 2, 3, 4, 6, 8,
        12, ... nodes, up to ``2**levels``; the columns go from 0 to half the sampling rate. Zero
        for a constant signal, NaN for one that is not finite.

    Raises:
        ValueError: If the signal is too short for the levels.

    Reference: Antoni, Fast computation of the kurtogram for the detection of transient faults, MSSP
    2007, and his published code, whose numbers these are.
    """
    time = signal.shape[-1]
    if levels < 1 or time < 2 ** (levels + 7):
        most = max(0, int(math.log2(max(1, time))) - 7)
        raise ValueError(
            f"expected 1 to {most} levels for {time} samples (log2 of them, less 7), got {levels}"
        )
    rows = signal.reshape(-1, time)
    budget = CACHE if rows.device.type == "cpu" else MEMORY
    size = max(1, budget // (time * rows.element_size()))
    # an exported graph takes a batch of any size, which cannot be cut in a known number of chunks
    chunks = (rows,) if torch.compiler.is_compiling() else torch.split(rows, size)
    pieces = [_image(chunk, levels) for chunk in chunks]
    return torch.cat(pieces).reshape(*signal.shape[:-1], 2 * levels, 3 * 2**levels)


def kurtogram_bands(sampling_rate: float, levels: int = 4) -> Tensor:
    """Band of the node that each cell of a kurtogram belongs to.

    Args:
        sampling_rate: samples per second.
        levels: as in ``kurtogram``.

    Returns:
        Lower and upper edge in Hz, float64, shape ``(2 * levels, 3 * 2**levels, 2)``.

    Example:
        >>> kurtogram_bands(12000.0, levels=2)[2, 5]  # the sixth cell of twelve: of three, node 2
        tensor([2000., 4000.], dtype=torch.float64)
    """
    columns = torch.arange(3 * 2**levels, dtype=torch.float64)
    rows = []
    for nodes in nodes_per_row(levels):
        node = (columns * nodes / len(columns)).floor()
        rows.append(torch.stack([node, node + 1], dim=-1) * (sampling_rate / 2 / nodes))
    return torch.stack(rows)


def nodes_per_row(levels: int) -> list[int]:
    """Return the number of nodes in each row of a kurtogram.

    Args:
        levels: as in ``kurtogram``.

    Example:
        >>> nodes_per_row(4)
        [1, 2, 3, 4, 6, 8, 12, 16]
    """
    halves = [2**level for level in range(levels + 1)]
    return sorted(halves + [3 * nodes for nodes in halves[: levels - 1]])


def best_band(
    signal: Tensor, sampling_rate: float, levels: int = 4
) -> tuple[Tensor, Tensor, Tensor]:
    """Band in which a signal is most impulsive.

    Args:
        signal: shape ``(..., time)``.
        sampling_rate: samples per second.
        levels: as in ``kurtogram``.

    Returns:
        Lower edge in Hz, upper edge in Hz and the spectral kurtosis of each signal, shape
        ``(...)``. Of equal nodes the widest, then the lowest; so the whole band for a constant.
    """
    kurtosis, cell = kurtogram(signal, levels).flatten(-2).max(-1)
    edges = kurtogram_bands(sampling_rate, levels).to(signal).flatten(0, 1)[cell]
    return edges[..., 0], edges[..., 1], kurtosis


def _image(rows: Tensor, levels: int) -> Tensor:
    time, columns = rows.shape[-1], 3 * 2**levels
    step = 2 * columns  # every fold, and half of every node's spectrum, comes out whole
    length = step * next_fast_len(math.ceil(time / step))
    rows = _standardise(rows)
    binary, ternary = (
        torch.from_numpy(response).to(rows.device, rows.dtype.to_complex())
        for response in _responses(length)
    )
    image = [kurtosis(rows)[:, None] - 3]
    nodes = torch.fft.fft(rows, n=length)[:, None]  # (rows, nodes, frequencies)
    for level in range(levels):
        left = time // 2**level
        halves, kurtoses = _halve(nodes, binary[:, :: 2**level], left // 2)
        image.append(kurtoses)
        if level < levels - 1:
            thirds = torch.fft.ifft(_split(nodes, ternary[:, :: 2**level]))
            image.append(_envelope_kurtosis(thirds[..., 16 : left // 3]).flatten(1))
        nodes = halves
    cells = [row.repeat_interleave(columns // row.shape[-1], dim=-1) for row in image]
    return torch.stack(cells, dim=1).clamp(min=0.0)


def _standardise(rows: Tensor) -> Tensor:
    """Zero mean and unit power, so that powers neither vanish nor grow; zeros for a constant."""
    centred = rows - rows.mean(-1, keepdim=True)
    scale = centred.square().mean(-1, keepdim=True).sqrt()
    rounding = 10 * torch.finfo(rows.dtype).eps * rows.abs().amax(-1, keepdim=True)
    return torch.where(scale <= rounding, 0.0, centred / scale)


def _halve(nodes: Tensor, responses: Tensor, left: int) -> tuple[Tensor, Tensor]:
    """Both halves of each node, of which ``left`` samples count, and the kurtosis of each."""
    halves = _split(nodes, responses)
    high = halves[:, :, 1]  # lies in the upper half of its circle, and goes to the lower
    high.copy_(high.roll(high.shape[-1] // 2, -1))
    samples = torch.fft.ifft(halves)[..., :left]
    # as many samples are left out as the filter has, less one: 16 and 15
    low = _envelope_kurtosis(samples[:, :, 0, 16:])
    kurtoses = torch.stack([low, _envelope_kurtosis(samples[:, :, 1, 15:])], dim=-1)
    return halves.flatten(1, 2), kurtoses.flatten(1)


def _split(nodes: Tensor, responses: Tensor) -> Tensor:
    """Filter each node with D filters and keep each D-th sample, which folds the spectrum D times.

    Shapes: ``(rows, nodes, frequencies)`` and ``(D, frequencies)`` to
    ``(rows, nodes, D, frequencies / D)``.
    """
    parts = nodes[:, :, None].chunk(len(responses), -1)
    weights = responses.chunk(len(responses), -1)
    children = parts[0] * weights[0]
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        children.addcmul_(part, weight)
    return children


def _envelope_kurtosis(samples: Tensor) -> Tensor:
    """Kurtosis of complex envelopes, less the 2 of complex Gaussian noise."""
    samples = samples - samples.mean(-1, keepdim=True)
    power = samples.real.square().addcmul_(samples.imag, samples.imag)
    mean = power.mean(-1)
    # a node without power, of a constant, holds rounding errors only
    dead = mean <= (10 * torch.finfo(mean.dtype).eps) ** 2
    return torch.where(dead, 0.0, power.square_().mean(-1) / mean.square() - 2)


@lru_cache(maxsize=4)
def _responses(length: int) -> list[NDArray[np.complex128]]:
    """Responses of the two and of the three filters, ready for ``_split``.

    They are advanced, as the last of each D samples is the one that is kept, and divided by the D
    folds.
    """
    frequency = np.arange(length) / length
    return [
        np.fft.fft(taps, length) * np.exp(2j * np.pi * frequency * (len(taps) - 1)) / len(taps)
        for taps in (_binary_taps(), _ternary_taps())
    ]


def _binary_taps() -> NDArray[np.complex128]:
    """Filters to the lower and the upper half of the band 0 to half the sampling rate."""
    place = np.arange(17)
    low = firwin(17, CUTOFF) * np.exp(2j * np.pi * place / 8)
    high = np.append(low[15::-1] * (-1.0) ** (place[:16] + 1), 0.0)  # 16 taps
    return np.stack([low, high])


def _ternary_taps() -> NDArray[np.complex128]:
    """Filters to the three thirds of the band 0 to half the sampling rate."""
    place = np.arange(25)
    prototype = firwin(25, CUTOFF * 2 / 3)
    centres = np.array([1, 3, 5])[:, None] / 12  # cycles a sample
    taps: NDArray[np.complex128] = prototype * np.exp(2j * np.pi * centres * place)
    return taps
