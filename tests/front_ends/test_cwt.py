import math
from inspect import signature

import numpy as np
import pytest
import pywt
import torch

from iadtln.front_ends import CWT
from iadtln.front_ends.cwt import morlet_transform


def noise(time):
    return torch.randn(2, time, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_coefficients_equal_a_slow_convolution_with_the_wavelet():
    signal, scale, omega = noise(200), 12.0, 6.0
    tau = (np.arange(200)[:, None] - np.arange(200)) / scale
    # the inverse Fourier transform of 2 exp(-(s w - w0)^2 / 2) over s, t
    wavelet = 2 * np.exp(-(tau**2) / 2 + 1j * omega * tau) / (scale * math.sqrt(2 * math.pi))
    expected = signal.numpy() @ wavelet.T
    transformed = morlet_transform(signal, torch.tensor([scale]).double(), omega, 100, 1)
    np.testing.assert_allclose(transformed[:, 0].numpy(), expected, atol=1e-6)


@pytest.mark.skipif(
    "precision" not in signature(pywt.cwt).parameters, reason="PyWavelets before 1.9 is coarse"
)
def test_it_equals_pywavelets_up_to_its_factor():
    signal, omega = noise(1024), 6.0
    # theirs lies half a sample aside and sums a staircase: short and very long scales are coarse
    scales = np.array([32.0, 48.0, 64.0])
    # cmor2-C is exp(-t^2 / 2) exp(i 2 pi C t) / sqrt(2 pi), and the transform divides by sqrt(s)
    wavelet = f"cmor2.0-{omega / (2 * math.pi)}"
    theirs, _ = pywt.cwt(signal.numpy(), scales, wavelet, precision=16, axis=-1)
    expected = 2 * np.abs(theirs) / np.sqrt(scales)[:, None, None]
    ours = morlet_transform(signal, torch.from_numpy(scales), omega, 300, 1).abs()
    atol = 0.02 * expected.max()
    np.testing.assert_allclose(ours.numpy().swapaxes(0, 1), expected, atol=atol)


@pytest.mark.parametrize("hop", [2, 3, 8, 16])
@pytest.mark.parametrize("time", [500, 501])
def test_a_hop_keeps_every_so_many_coefficients(hop, time):
    signal, scales = noise(time), torch.tensor([4.0, 10.0, 25.0]).double()
    every = morlet_transform(signal, scales, 6.0, 200, 1)
    torch.testing.assert_close(morlet_transform(signal, scales, 6.0, 200, hop), every[..., ::hop])


def test_a_tone_has_its_amplitude_at_its_scale():
    front_end = CWT(num_scales=33, low=0.02, high=0.32, standardise=False)  # eight to an octave
    tone = 0.7 * torch.sin(2 * math.pi * 0.08 * torch.arange(1024)).reshape(1, 1, 1024)
    image = front_end(tone)
    assert image.shape == (1, 33, 128)
    inner = image[0, :, 32:-32]
    assert (inner.argmax(0) == 16).all()  # two octaves below the top
    torch.testing.assert_close(inner[16], torch.full((64,), 0.7), atol=1e-3, rtol=0)


def test_the_end_does_not_wrap_into_the_beginning():
    click = torch.zeros(1, 1024, dtype=torch.float64)
    click[0, -1] = 1.0
    front_end = CWT()
    image = morlet_transform(click, front_end.scales.double(), 6.0, front_end.reach, 1).abs()
    assert image[..., :300].max() < 2e-3 * image.max()


@pytest.mark.parametrize(
    "options",
    [{"num_scales": 0}, {"hop": 0}, {"low": 0.4}, {"high": 0.5}, {"low": 0.0}, {"omega": 0.0}],
)
def test_impossible_scales_are_refused(options):
    with pytest.raises(ValueError, match="0 < low < high < 0.5 and omega > 0, got"):
        CWT(**options)
