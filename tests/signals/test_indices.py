import math

import numpy as np
import pytest
import scipy.stats
import torch

from iadtln.signals.indices import (
    energy_ratio_db,
    feature_energy_ratio_db,
    kurtosis,
    kurtosis_gain,
    line_to_floor_db,
)


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_kurtosis_equals_scipy_at_any_scale(scale):
    signal = noise(2, 3, 500) ** 3 + 1
    expected = scipy.stats.kurtosis(signal.numpy(), axis=-1, fisher=False)
    np.testing.assert_allclose(kurtosis(scale * signal).numpy(), expected, rtol=1e-10)
    single = kurtosis((scale * signal).float())
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single.numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6])
def test_kurtosis_of_a_constant_is_zero(value):
    assert kurtosis(torch.full((2, 1000), value)).tolist() == [0.0, 0.0]


def test_kurtosis_is_nan_only_where_the_signal_is():
    signal = torch.stack([torch.arange(4.0), torch.tensor([0.0, torch.nan, 1.0, 2.0])])
    assert kurtosis(signal).isnan().tolist() == [False, True]


def test_kurtosis_gain_is_the_ratio_and_one_without_a_filter():
    signal = noise(3, 400)
    torch.testing.assert_close(kurtosis_gain(signal, signal), torch.ones(3, dtype=torch.float64))
    # one of n samples stands out: kurtosis (n^2 - 3n + 3) / (n - 1), n = 4 and 8
    four, eight = torch.tensor([0.0, 0, 0, 1, 0, 0, 0, 1]), torch.tensor([0.0, 0, 0, 0, 0, 0, 0, 1])
    assert kurtosis_gain(eight, four).item() == pytest.approx((43 / 7) / (7 / 3), rel=1e-6)


def test_energy_ratio_of_a_tenfold_gain_is_twenty_decibels():
    signal = noise(2, 300)
    expected = torch.full((2,), 20.0, dtype=torch.float64)
    torch.testing.assert_close(energy_ratio_db(10 * signal, signal), expected)


def test_energy_ratio_of_silence_to_silence_is_zero():
    assert energy_ratio_db(torch.zeros(10), torch.zeros(10)).item() == 0.0


def test_feature_energy_ratio_equals_a_slow_sum():
    spectrum, axis = noise(400).abs(), torch.arange(400, dtype=torch.float64) / 20
    wanted = total = 0.0
    for amplitude, order in zip(spectrum.tolist(), axis.tolist(), strict=True):
        if order > 0:
            total += amplitude**2
        if any(abs(order - harmonic * 3.58) <= 0.02 * 3.58 for harmonic in (1, 2, 3, 4, 5)):
            wanted += amplitude**2
    ratio = feature_energy_ratio_db(torch.stack([spectrum, 9 * spectrum]), axis, 3.58)
    np.testing.assert_allclose(ratio.numpy(), 10 * math.log10(wanted / total), atol=1e-10)


def test_feature_energy_ratio_of_harmonics_alone_is_zero_whatever_the_mean():
    axis = torch.arange(100, dtype=torch.float64)
    spectrum = torch.zeros(100)
    spectrum[[0, 10, 20]] = torch.tensor([7.0, 1.0, 2.0])
    assert feature_energy_ratio_db(spectrum, axis, 10.0).item() == pytest.approx(0.0, abs=1e-6)


def test_line_to_floor_equals_a_hand_count():
    axis = torch.arange(40, dtype=torch.float64) / 4  # line 5: line 4.9 to 5.1, floor 4 to 6
    spectrum = torch.ones(2, 40)
    spectrum[0, 20] = 10.0  # at 5, over a floor of 1: 20 dB
    spectrum[1, 20] = 10.0
    spectrum[1, 16:20] = torch.tensor(
        [2.0, 4.0, 100.0, 100.0]
    )  # the rest are four ones: median 1.5
    expected = [20.0, 20 * math.log10(10 / 1.5)]
    np.testing.assert_allclose(line_to_floor_db(spectrum, axis, 5.0).numpy(), expected, atol=1e-5)


def test_line_to_floor_finds_a_line_that_slipped_by_a_percent():
    axis = torch.arange(2000, dtype=torch.float64) / 200
    spectrum = torch.ones(2000)
    spectrum[990] = 10.0  # 4.95 in place of 5
    assert line_to_floor_db(spectrum, axis, 5.0).item() == pytest.approx(20.0, abs=1e-4)


def test_line_to_floor_ignores_scale():
    spectrum, axis = noise(3, 500).abs(), torch.arange(500, dtype=torch.float64) / 50
    level = line_to_floor_db(spectrum, axis, 5.0)
    torch.testing.assert_close(line_to_floor_db(1000 * spectrum, axis, 5.0), level)


@pytest.mark.parametrize("function", [line_to_floor_db, feature_energy_ratio_db])
@pytest.mark.parametrize("line", [5.5, 60.0])
def test_indices_of_a_line_reject_an_axis_without_it(function, line):
    with pytest.raises(ValueError, match=f"within 2.0% of {line:g} on an axis that ends at 49"):
        function(torch.ones(50), torch.arange(50.0), line)
