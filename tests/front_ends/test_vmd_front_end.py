import math

import pytest
import scipy.stats
import torch

from iadtln.front_ends import VMD


def tone(turns, time=500):
    return torch.cos(2 * math.pi * turns * torch.arange(time) / time)


def impacts(time=512):
    """A hum, and every 64 samples a ringing at a quarter of the sampling rate."""
    since = torch.arange(time) % 64
    ringing = torch.exp(-since / 8) * torch.sin(2 * math.pi * since / 4)
    return (tone(8, time) + ringing).reshape(1, 1, time)


def test_all_modes_of_two_tones_are_the_tones_low_one_first():
    low, high = tone(20), 0.5 * tone(100)
    modes = VMD(modes=2, keep="all", standardise=False)((low + high).reshape(1, 1, -1))
    expected = torch.stack([low, high])[None]
    torch.testing.assert_close(modes[..., 50:-50], expected[..., 50:-50], atol=0.02, rtol=0)


def test_modes_of_a_channel_lie_side_by_side():
    signal = torch.stack([tone(20) + tone(100), tone(50) + tone(150)])[None]
    modes = VMD(modes=2, keep="all", standardise=False)(signal)
    peaks = torch.fft.rfft(modes).abs().argmax(-1)
    assert peaks.tolist() == [[20, 100, 50, 150]]


@pytest.mark.parametrize("keep", ["above_mean", "greatest"])
def test_impulsive_modes_are_added_up(keep):
    modes = VMD(keep="all", standardise=False)(impacts())[0]
    kurtosis = scipy.stats.kurtosis(modes.double().numpy(), axis=-1, fisher=False)
    chosen = kurtosis > kurtosis.mean() if keep == "above_mean" else kurtosis == kurtosis.max()
    expected = sum(mode for mode, is_chosen in zip(modes, chosen, strict=True) if is_chosen)
    output = VMD(keep=keep, standardise=False)(impacts())
    torch.testing.assert_close(output[0, 0], expected)


def test_a_hum_is_left_out():
    output = VMD(standardise=False)(impacts())
    hum = tone(8, 512)
    before, after = (abs(float((x[0, 0] * hum).mean())) * 2 for x in (impacts(), output))
    assert before > 0.95
    assert after < 0.1


@pytest.mark.parametrize("options", [{"modes": 0}, {"alpha": -1.0}, {"max_iterations": 2}])
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match="one mode or more, alpha >= 0 and max_iterations of 3"):
        VMD(**options)
