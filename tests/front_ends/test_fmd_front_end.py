import numpy as np
import pytest
import scipy.stats
import torch

from datamodules import Recording
from iadtln.front_ends import FMD
from iadtln.signals.fmd import fmd


def recording(time=5000, rpm=1200.0):
    signal = 0.3 * torch.randn(2, time, generator=torch.Generator().manual_seed(0))
    signal[..., ::90] += 4.0
    return Recording(signal, 2000.0, rpm, None, "a", "one")


def transformed(front_end, given):
    for transform in front_end.recording_transforms():
        given = transform(given)
    return given


def unit(modes):
    return modes / modes.square().mean(-1, keepdim=True).sqrt()


def plain(signal, lead=2 * 19, taps=20, bands=4, modes=3):
    return unit(fmd(signal, taps, bands, modes, 20, max_lag=2000).modes[..., lead:])


def test_a_block_gives_its_modes_with_deviation_1_less_where_filters_fill_up():
    result = transformed(FMD(modes=3, bands=4, taps=20, keep="all"), recording())
    expected = plain(recording().signal)  # (channels, modes, time)
    assert result.signal.shape == (6, 5000 - 38)
    torch.testing.assert_close(result.signal, expected.flatten(0, 1))


def test_the_mode_of_greatest_kurtosis_is_kept():
    result = transformed(FMD(modes=3, bands=4, taps=20), recording())
    for channel, modes in zip(result.signal, plain(recording().signal), strict=True):
        kurtosis = scipy.stats.kurtosis(modes.double().numpy(), axis=-1)
        torch.testing.assert_close(channel, modes[kurtosis.argmax()])


def test_blocks_are_decomposed_each_by_itself():
    front_end = FMD(modes=3, bands=4, taps=20, block_samples=2500, keep="all")
    result = transformed(front_end, recording())
    step = (5000 - 38) // 2
    assert result.signal.shape == (6, 2 * step)
    second = plain(recording().signal[:, step : 38 + 2 * step])
    torch.testing.assert_close(result.signal[:, step:], second.flatten(0, 1))


def test_a_speed_profile_is_cut_with_the_signal():
    profile = np.linspace(600.0, 1200.0, 5000)
    result = transformed(FMD(modes=3, bands=4, taps=20), recording(rpm=profile))
    assert np.array_equal(result.rpm, profile[38:])


def test_the_modes_that_are_kept_are_counted():
    assert (FMD().channel_factor, FMD().recording_factor) == (1, 1)
    every = FMD(modes=3, keep="all")
    assert (every.channel_factor, every.recording_factor) == (3, 3)


def test_windows_are_left_as_they_are():
    windows = torch.randn(3, 2, 64)
    assert torch.equal(FMD()(windows), windows)


@pytest.mark.parametrize(
    "options", [{"modes": 8}, {"modes": 0}, {"taps": 2}, {"iterations": 0}, {"block_samples": 100}]
)
def test_impossible_options_are_refused_at_once(options):
    with pytest.raises(ValueError, match="1 <= modes <= bands"):
        FMD(**options)
