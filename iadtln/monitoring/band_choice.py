"""Band of a resonance, found by the spectral kurtosis of short spectra."""

import torch
from torch import Tensor

EDGE = 2  # bins at either end that are left out: there a spectrum is real and its kurtosis another


def spectral_kurtosis(signal: Tensor, window: int) -> Tensor:
    r"""How much the power of each frequency comes and goes.

    .. math:: SK(f) = \frac{\langle |X(t, f)|^4 \rangle}{\langle |X(t, f)|^2 \rangle^2} - 2

    over the short-time spectra of Hann windows that overlap by three quarters: 0 for stationary
    noise, -1 for a tone, great where pulses ring.

    Args:
        signal: shape ``(..., time)``.
        window: samples in a spectrum, a multiple of 4.

    Returns:
        Shape ``(..., window // 2 + 1)``; zero where there is no power.

    Raises:
        ValueError: If the signal is shorter than a window, or the window no multiple of 4.

    Reference: Antoni, The spectral kurtosis: a useful tool for characterising non-stationary
    signals, MSSP 2006.
    """
    time = signal.shape[-1]
    if window < 8 or window % 4 or window > time:
        raise ValueError(
            f"expected a window of 8 to {time} samples (the signal's) and a multiple of 4, "
            f"got {window}"
        )
    hann = torch.hann_window(window, dtype=signal.dtype, device=signal.device)
    rows = signal.reshape(-1, time)
    frames = torch.stft(rows, window, window // 4, window=hann, center=False, return_complex=True)
    power = frames.real.square().addcmul_(frames.imag, frames.imag)
    mean = power.mean(-1)
    moment = power.square_().mean(-1)
    kurtosis = torch.where(mean > 0, moment / mean.square() - 2, 0.0)
    return kurtosis.reshape(*signal.shape[:-1], -1)


def spectral_kurtosis_band(
    signal: Tensor, sampling_rate: float, longest: int = 64, extend: float = 0.5
) -> tuple[Tensor, Tensor, Tensor]:
    """Band in which short spectra of some length come and go most.

    Windows of 16, 32, ... samples are tried, and the frequency and window of greatest spectral
    kurtosis chosen. The band reaches 1.5 bins to either side of that frequency, and of all
    frequencies beside it whose kurtosis is still a share of the greatest.

    Args:
        signal: shape ``(..., time)``.
        sampling_rate: samples per second.
        longest: longest window tried. Long windows make few spectra, whose kurtosis is great by
            chance in narrow bands; a window must also be shorter than the time between two strikes.
        extend: that share; 1 keeps the three bins alone.

    Returns:
        Lower edge, upper edge, both in Hz and inside the half sampling rate, and the kurtosis;
        shape ``(...)``.

    Raises:
        ValueError: If the signal is shorter than 16 samples or ``longest`` less than that.

    Reference: Sensors 2026, 26(4) 1394, section 4, which names no windows; they are our reading.
    """
    if longest < 16:
        raise ValueError(f"expected the longest window to be 16 samples or more, got {longest}")
    found = []
    window = 16
    while window <= min(longest, signal.shape[-1]):
        found.append(_best(signal, sampling_rate, window, extend))
        window *= 2
    if not found:
        raise ValueError(f"expected 16 samples at least, got shape {tuple(signal.shape)}")
    stacked = torch.stack(found, -1)  # (3, ..., windows)
    chosen = stacked[2].argmax(-1, keepdim=True)
    low, high, kurtosis = (field.gather(-1, chosen)[..., 0] for field in stacked)
    return low, high, kurtosis


def _best(signal: Tensor, sampling_rate: float, window: int, extend: float) -> Tensor:
    """Band and kurtosis at one length of window, shape ``(3, ...)``."""
    kurtosis = spectral_kurtosis(signal, window)
    kurtosis[..., :EDGE] = kurtosis[..., -EDGE:] = -torch.inf
    top, peak = kurtosis.max(-1, keepdim=True)
    bins = torch.arange(kurtosis.shape[-1], device=signal.device)
    far = kurtosis < extend * top
    # the last bin below the peak and the first above it that are not as impulsive
    first = torch.where(far & (bins < peak), bins, 0).amax(-1) + 1
    last = torch.where(far & (bins > peak), bins, window // 2).amin(-1) - 1
    spacing = sampling_rate / window
    low = ((first - 1.5) * spacing).clamp(min=0.01 * sampling_rate)
    high = ((last + 1.5) * spacing).clamp(max=0.49 * sampling_rate)
    return torch.stack([low.to(top), high.to(top), top[..., 0]])
