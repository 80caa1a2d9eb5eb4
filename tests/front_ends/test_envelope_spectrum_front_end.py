import math

import numpy as np
import pytest
import scipy.signal
import torch

from datamodules import BandPass
from iadtln.front_ends import EnvelopeSpectrum


def test_it_equals_hilbert_and_fourier_of_scipy():
    signal = np.random.default_rng(0).standard_normal((2, 1, 300)) + 1.0
    centred = signal - signal.mean(-1, keepdims=True)
    envelope = np.abs(scipy.signal.hilbert(centred))
    expected = np.abs(np.fft.rfft(envelope - envelope.mean(-1, keepdims=True)))[..., 1:] / 150
    output = EnvelopeSpectrum(share=1.0, standardise=False)(torch.from_numpy(signal))
    np.testing.assert_allclose(output.numpy(), expected, atol=1e-6)


def test_the_modulation_of_a_carrier_is_its_only_line():
    time = torch.arange(400) / 400
    modulation = 1 + 0.5 * torch.cos(2 * math.pi * 7 * time)
    signal = (modulation * torch.sin(2 * math.pi * 100 * time)).reshape(1, 1, 400)
    spectrum = EnvelopeSpectrum(share=0.25, standardise=False)(signal)
    expected = torch.zeros(1, 1, 50)  # a quarter of 200 bins
    expected[..., 6] = 0.5
    torch.testing.assert_close(spectrum, expected, atol=1e-5, rtol=0)


def test_a_band_is_filtered_on_recordings():
    (transform,) = EnvelopeSpectrum(low_hz=100.0, high_hz=200.0).recording_transforms()
    assert isinstance(transform, BandPass)
    assert (transform.low_hz, transform.high_hz) == (100.0, 200.0)
    assert not EnvelopeSpectrum().recording_transforms()


@pytest.mark.parametrize(("low", "high"), [(100.0, None), (None, 100.0), (200.0, 100.0)])
def test_half_a_band_is_refused(low, high):
    with pytest.raises(ValueError, match="0 < low_hz < high_hz, or null for both, got"):
        EnvelopeSpectrum(low, high)


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(ValueError, match="share of the spectrum above 0, up to 1, got"):
        EnvelopeSpectrum(share=share)
