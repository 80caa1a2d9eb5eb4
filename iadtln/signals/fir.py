"""Finite impulse response filters that are fitted to the signal they filter.

With :math:`X_0` the matrix of delayed copies, :math:`X_0[l, n] = x[n - l]` and zero before the
first sample, the filtered signal is :math:`y = X_0^T f`. Every deconvolution here repeats three
products: :math:`X_0^T f`, :math:`X_0 g` and, once a signal, :math:`X_0 X_0^T`. None builds the
matrix.
"""

import torch
import torch.nn.functional as F
from scipy.fft import next_fast_len
from torch import Tensor

from iadtln.signals.threads import compiled_suits


def padded_spectrum(signal: Tensor, taps: int) -> Tensor:
    """Spectrum long enough that products with a filter of ``taps`` do not wrap around.

    Args:
        signal: shape ``(..., time)``.
        taps: length of the filters that will meet it.

    Returns:
        Complex, shape ``(..., frequencies)``.
    """
    length = next_fast_len(signal.shape[-1] + taps - 1, real=True)
    # an even length, because it is read back from the number of frequencies
    spectrum: Tensor = torch.fft.rfft(signal, n=length + length % 2)
    return spectrum


def fir_filter(spectrum: Tensor, taps: Tensor, time: int) -> Tensor:
    """Causal filter of the same length, :math:`X_0^T f`, as ``scipy.signal.lfilter(f, 1, x)``.

    Args:
        spectrum: of the signals, from ``padded_spectrum``, shape ``(..., frequencies)``.
        taps: filters, shape ``(..., taps)``; leading dimensions broadcast.
        time: samples of the signals.

    Returns:
        Shape ``(..., time)``.
    """
    length = 2 * (spectrum.shape[-1] - 1)
    filtered: Tensor = torch.fft.irfft(spectrum * torch.fft.rfft(taps, n=length), n=length)
    return filtered[..., :time]


def correlate(spectrum: Tensor, weights: Tensor, taps: int) -> Tensor:
    """Correlation of the signal with weights at the lags of a filter, :math:`X_0 g`.

    Args:
        spectrum: of the signals, from ``padded_spectrum``, shape ``(..., frequencies)``.
        weights: shape ``(..., time)``.
        taps: lags wanted, from 0.

    Returns:
        Shape ``(..., taps)``.
    """
    length = 2 * (spectrum.shape[-1] - 1)
    product = spectrum.conj() * torch.fft.rfft(weights, n=length)
    # conj(X) G sums x[n - l] g[n] at lag l
    lags: Tensor = torch.fft.irfft(product, n=length)
    return lags[..., :taps]


def gram(signal: Tensor, taps: int) -> Tensor:
    r"""Exact :math:`X_0 X_0^T`: autocorrelations without the products that run over the end.

    Entry (i, j) sums :math:`x[n - i] x[n - j]` over the N samples: the Toeplitz matrix of the
    autocorrelation less what the delays have pushed out, :math:`R = T(r) - S S^T` with
    :math:`S[i, s] = x[N - i + s]` below the diagonal. Without that correction it is no longer the
    matrix of McDonald's published code.

    Args:
        signal: shape ``(..., time)``.
        taps: length of the filter, at most ``time``.

    Returns:
        Symmetric, positive semi-definite, float64, shape ``(..., taps, taps)``.

    Raises:
        ValueError: If the filter is longer than the signal.
    """
    time = signal.shape[-1]
    if not 1 <= taps <= time:
        raise ValueError(f"expected a filter of 1 to {time} taps (the signal's length), got {taps}")
    if compiled_suits(signal):
        from iadtln.signals import fir_numba  # here: numba takes half a second to load

        return fir_numba.gram(signal.double(), taps)
    return _gram(signal.double(), taps)


def _gram(signal: Tensor, taps: int) -> Tensor:
    """Gram matrices in PyTorch; ``fir_numba`` has the same by another way."""
    lags = correlate(padded_spectrum(signal, taps), signal, taps)
    index = torch.arange(taps, device=signal.device)
    toeplitz = lags[..., (index[:, None] - index).abs()]
    tail = F.pad(signal.flip(-1)[..., : taps - 1], (1, 0))  # tail[d] = x[N - d], d >= 1
    delay = index[:, None] - index  # i - s
    shifted = torch.where(delay > 0, tail[..., delay.clamp(min=0)], 0.0)
    return toeplitz - shifted @ shifted.transpose(-1, -2)


def factorise(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Cholesky factor, with the least ridge that a nearly singular matrix needs.

    Args:
        matrix: symmetric, float64, shape ``(..., taps, taps)``.

    Returns:
        The lower factor, and whether it is of any use (False for a signal that is zero throughout
        or not finite), shape ``(...)``; the factor is then the identity.
    """
    taps = matrix.shape[-1]
    eye = torch.eye(taps, dtype=matrix.dtype, device=matrix.device)
    power = matrix.diagonal(dim1=-2, dim2=-1).mean(-1)
    usable = (power > 0) & power.isfinite()  # no entry is larger than the diagonal's
    if not bool(usable.all()):
        matrix = torch.where(usable[..., None, None], matrix, eye)
    factor, info = torch.linalg.cholesky_ex(matrix)
    ridge = 1e-12
    while bool((info != 0).any()):
        lifted = matrix + ridge * (power * (info != 0))[..., None, None] * eye
        again, info_again = torch.linalg.cholesky_ex(lifted)
        factor = torch.where((info != 0)[..., None, None], again, factor)
        info = torch.where(info != 0, info_again, info)
        ridge *= 10
    return factor, usable
