import numpy as np
import pytest
import scipy.signal
import torch

from iadtln.signals.envelope_spectrum import envelope_spectrum, spectrum_axis


@pytest.mark.parametrize("time", [255, 256])
def test_envelope_spectrum_equals_scipy_and_numpy(time):
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(2, 3, time, dtype=torch.float64, generator=generator)
    bumps = np.abs(scipy.signal.hilbert(signal.numpy()))
    bumps -= bumps.mean(-1, keepdims=True)
    expected = 2 * np.abs(np.fft.fft(bumps))[..., : time // 2 + 1] / time
    np.testing.assert_allclose(envelope_spectrum(signal).numpy(), expected, atol=1e-12)
    single = envelope_spectrum(signal.float())
    np.testing.assert_allclose(single.numpy(), expected, atol=1e-5)


def test_envelope_spectrum_shows_the_modulation_and_not_the_carrier():
    time = torch.arange(1000, dtype=torch.float64) / 1000  # one second
    modulation = 1 + 0.5 * torch.cos(2 * torch.pi * 7 * time)
    spectrum = envelope_spectrum(modulation * torch.cos(2 * torch.pi * 100 * time))
    expected = torch.zeros(501, dtype=torch.float64)
    expected[7] = 0.5
    torch.testing.assert_close(spectrum, expected, atol=1e-9, rtol=0)


def test_envelope_spectrum_of_zeros_is_zero():
    assert not envelope_spectrum(torch.zeros(2, 64)).any()


@pytest.mark.parametrize("time", [7, 8])
def test_spectrum_axis_equals_numpy(time):
    np.testing.assert_allclose(spectrum_axis(time, 50.0).numpy(), np.fft.rfftfreq(time, 1 / 50.0))
