"""The period of repeated impulses, read from the envelope's autocorrelation."""

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from iadtln.signals.threads import compiled_suits


def estimate_period(signal: Tensor, max_lag: int | None = None, bias: int = 0) -> Tensor:
    """Lag at which the envelope looks most like itself.

    The autocorrelation of the centred envelope falls from lag 0; the period is its highest point
    after it has first reached zero. That point is the global maximum, hence often a multiple of
    the period. Periods are kept between 1 and half the signal.

    Args:
        signal: shape ``(..., time)``, at least 4 samples.
        max_lag: longest lag looked at, in samples; the published code takes one second. All lags
            if None.
        bias: samples added to the lag. The published code adds 2 (its indices start at 1), which
            halves the correlated kurtosis of sharp impulses; 0 is right.

    Returns:
        Whole samples, int64, shape ``(...)``.

    Raises:
        ValueError: If the signal is too short to hold two periods.

    Reference: Miao et al., Feature mode decomposition, IEEE TIE 2022, and its published code.
    """
    time = signal.shape[-1]
    if time < 4:
        raise ValueError(f"expected a signal of at least 4 samples, got {time}")
    last = time - 1 if max_lag is None else min(max_lag, time - 1)
    energy = _centred_envelope(signal)
    length = next_fast_len(time + last, real=True)
    length += length % 2
    spectrum = torch.fft.rfft(energy, n=length)
    power = spectrum.real.square().add_(spectrum.imag.square())
    likeness: Tensor = torch.fft.irfft(power, n=length)
    peak = _highest_after_crossing(likeness, last)
    return torch.clamp(peak + bias, 1, max(time // 2 - 1, 1))


def _highest_after_crossing(likeness: Tensor, last: int) -> Tensor:
    """Lag of the highest autocorrelation after it has first reached zero, 1 to ``last``."""
    if compiled_suits(likeness):
        from iadtln.signals import period_numba  # here: numba takes half a second to load

        return period_numba.highest_after_crossing(likeness, last)
    likeness = likeness[..., 1 : last + 1]
    # without a crossing this is 0 as well: the search then starts at lag 1
    crossing = (likeness <= 0).to(torch.uint8).argmax(-1, keepdim=True)
    lag = torch.arange(last, device=likeness.device)
    return likeness.masked_fill(lag < crossing, -torch.inf).argmax(-1) + 1


def _centred_envelope(signal: Tensor) -> Tensor:
    """Envelope less its mean, by real transforms: half the work of the complex signal."""
    time = signal.shape[-1]
    spectrum = torch.fft.rfft(signal)
    spectrum[..., 0] = 0
    if time % 2 == 0:
        spectrum[..., -1] = 0
    quadrature: Tensor = torch.fft.irfft(spectrum * -1j, n=time)
    amplitude = quadrature.square_().add_(signal.square()).sqrt_()
    return amplitude.sub_(amplitude.mean(-1, keepdim=True))
