"""Band-pass filter and Hilbert envelope, in the frequency domain and without phase."""

import torch
import torch.nn.functional as F
from torch import Tensor


def analytic_signal(signal: Tensor) -> Tensor:
    r"""Signal whose imaginary part is the Hilbert transform of the real one.

    Negative frequencies are dropped and positive ones doubled, as in ``scipy.signal.hilbert``.

    Args:
        signal: real, shape ``(..., time)``.

    Returns:
        Complex, the same shape.
    """
    length = signal.shape[-1]
    gain = torch.zeros(length, dtype=signal.dtype, device=signal.device)
    gain[0] = 1.0
    gain[1 : (length + 1) // 2] = 2.0
    if length % 2 == 0:
        gain[length // 2] = 1.0
    analytic: Tensor = torch.fft.ifft(torch.fft.fft(signal) * gain)
    return analytic


def envelope(signal: Tensor) -> Tensor:
    """Amplitude of the analytic signal.

    Args:
        signal: shape ``(..., time)``.

    Returns:
        Non-negative, the same shape.
    """
    return analytic_signal(signal).abs()


def band_pass(
    signal: Tensor, sampling_rate: float, low_hz: float, high_hz: float, order: int = 4
) -> Tensor:
    r"""Zero-phase Butterworth band-pass.

    The spectrum is multiplied with the squared magnitude of an analogue Butterworth band-pass,

    .. math:: |H(f)|^2 = \frac{1}{1 + \left(\frac{f^2 - f_l f_h}{f (f_h - f_l)}\right)^{2n}},

    which is what one run forward and one backward give. The ends are mirrored first, so that the
    last samples do not leak into the first.

    Args:
        signal: shape ``(..., time)``.
        sampling_rate: samples per second.
        low_hz: lower edge, at which the amplitude is halved.
        high_hz: upper edge, likewise; below half the sampling rate.
        order: :math:`n`.

    Returns:
        The same shape.

    Raises:
        ValueError: If the band is empty or passes half the sampling rate.
    """
    if not 0.0 < low_hz < high_hz < sampling_rate / 2:
        raise ValueError(
            f"expected 0 < low_hz < high_hz < half the sampling rate ({sampling_rate / 2:g} Hz), "
            f"got {low_hz:g} and {high_hz:g}"
        )
    time = signal.shape[-1]
    mirrored = min(time - 1, int(sampling_rate / low_hz) * 10)
    flat = F.pad(signal.reshape(1, -1, time), (mirrored, mirrored), mode="reflect")
    frequency = torch.fft.rfftfreq(
        flat.shape[-1], 1.0 / sampling_rate, dtype=signal.dtype, device=signal.device
    )
    detune = (frequency**2 - low_hz * high_hz) / (frequency * (high_hz - low_hz)).clamp(min=1e-12)
    response = 1.0 / (1.0 + detune.abs().clamp(max=1e4) ** (2 * order))
    filtered: Tensor = torch.fft.irfft(torch.fft.rfft(flat) * response, n=flat.shape[-1])
    return filtered[..., mirrored : mirrored + time].reshape(signal.shape)
