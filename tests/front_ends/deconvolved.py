"""Recordings with a planted train of pulses, for the deconvolution front ends."""

import math

import numpy as np
import scipy.linalg
import scipy.signal
import torch

from datamodules import Recording

PERIOD = 100  # samples between two pulses: at 10 strikes a revolution, 1000 samples a revolution
ORDER = 10.0
RPM = 720.0  # 12000 Hz * 60 s / 720 = 1000 samples a revolution


def pulses(time=8192, period=PERIOD, offset=30):
    """Ringing that starts anew each period, of power 1."""
    since = (torch.arange(time) - offset) % period
    ringing = torch.exp(-since / 8) * torch.sin(2 * math.pi * 0.22 * since)
    return ringing / ringing.square().mean().sqrt()


def recording(noise_db=10.0, seed=0, channels=1, time=8192, period=PERIOD, rpm=RPM, name="one"):
    """Pulses under white noise whose power lies ``noise_db`` above theirs."""
    noise = torch.randn(channels, time, generator=torch.Generator().manual_seed(seed))
    signal = pulses(time, period) + 10 ** (noise_db / 20) * noise
    return Recording(signal, 12000.0, rpm, None, "a", name)


def gain_db(filters):
    """By how much a filter lifts the pulses above white noise of any level."""
    taps = filters.double().numpy()
    passed = scipy.signal.lfilter(taps, 1.0, pulses(100 * PERIOD).double().numpy())
    return 10 * np.log10((passed[len(taps) :] ** 2).mean() / (taps**2).sum())


def best_gain_db(taps):
    """The most that any filter of this length can do: the greatest eigenvalue."""
    one = pulses(100 * PERIOD).double().numpy()
    lags = [(one[d:] * one[: len(one) - d]).mean() for d in range(taps)]
    return 10 * np.log10(scipy.linalg.eigvalsh(scipy.linalg.toeplitz(lags)).max())
