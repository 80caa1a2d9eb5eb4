import importlib
import math

import EntropyHub
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iadtln.signals.coarse_graining import moving_mean
from iadtln.signals.multiscale_slope import cmse, dbcmse, ecmse, ecmse_grid, zscore
from iadtln.signals.slope_entropy import SlopeSetting, slope_entropy

DIFFERENCES = ["D0", "D1", "D5", "D6"]

slope_module = importlib.import_module(slope_entropy.__module__)


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def mean_weights(scale):
    return [1 / scale] * scale


def difference_weights(scale, difference):
    power = scale - 1 if difference in ("D0", "D1") else scale
    unit = 2**power if difference in ("D0", "D5") else 1
    return [(-1) ** (power - tap) * math.comb(power, tap) / unit for tap in range(power + 1)]


def slow_composite(signal, scale, weights, **options):
    """One scale from the formula: every block of every shift, then ``slope_entropy`` of each."""
    total = 0.0
    for shift in range(scale):
        starts = range(shift, len(signal) - len(weights) + 1, scale)
        blocks = [sum(w * signal[i + tap] for tap, w in enumerate(weights)) for i in starts]
        total += slope_entropy(torch.tensor(blocks, dtype=torch.float64), **options).item()
    return total / scale


@pytest.mark.parametrize(("order", "delay"), [(2, 1), (4, 1), (3, 2)])
@pytest.mark.parametrize("norm", ["probability", "pattern"])
def test_cmse_equals_the_mean_over_all_shifts(order, delay, norm):
    signal = noise(2, 150)
    options = {"order": order, "gamma": 0.5, "delta": 0.01, "delay": delay, "norm": norm}
    expected = [
        [slow_composite(row, scale, mean_weights(scale), **options) for scale in range(1, 9)]
        for row in signal.tolist()
    ]
    entropy = cmse(signal, **options)
    np.testing.assert_allclose(entropy.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_dbcmse_equals_the_mean_over_all_shifts(difference):
    signal = noise(2, 150)
    options = {"order": 3, "gamma": 0.5, "delta": 0.01, "delay": 2}
    expected = [
        [
            slow_composite(row, scale, difference_weights(scale, difference), **options)
            for scale in range(1, 8)
        ]
        for row in signal.tolist()
    ]
    entropy = dbcmse(signal, scales=7, difference=difference, **options)
    np.testing.assert_allclose(entropy.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_cmse_equals_entropyhub_but_for_the_words_that_it_drops(capsys):
    signal = noise(2048)
    angles = tuple(np.degrees(np.arctan([0.001, 0.3])))
    method = EntropyHub.MSobject("SlopEn", m=3, Lvls=angles, Logx=0)
    expected, _ = EntropyHub.cMSEn(signal.numpy(), method, Scales=8)
    capsys.readouterr()  # it prints its progress
    entropy = cmse(signal, order=3, gamma=0.3)
    np.testing.assert_allclose(entropy.numpy(), expected, atol=2e-3)


def test_every_scale_of_cmse_takes_the_moving_means_to_the_last_bit():
    # quantised like a recording, with thresholds on its steps: a mean off by one bit would show
    signal = (noise(4, 300) * 8).round() * 0.1
    options = {"order": 3, "gamma": 0.2, "delta": 0.1}
    entropy = cmse(signal, **options)
    for scale in range(1, 9):
        means = moving_mean(signal, scale)
        shifts = [slope_entropy(means[:, shift::scale], **options) for shift in range(scale)]
        expected = torch.stack(shifts).mean(0)
        torch.testing.assert_close(entropy[:, scale - 1], expected, rtol=1e-12, atol=1e-12)


def test_first_scale_of_cmse_and_of_dbcmse_within_blocks_is_slope_entropy():
    signal = noise(3, 200)
    expected = slope_entropy(signal)[:, None]
    assert torch.equal(cmse(signal, scales=1), expected)
    assert torch.equal(dbcmse(signal, scales=1, difference="D0"), expected)
    assert torch.equal(dbcmse(signal, scales=1, difference="D1"), expected)


def test_dbcmse_of_a_ramp_is_zero_where_the_difference_leaves_nothing():
    signal = torch.arange(100.0)
    assert torch.equal(dbcmse(signal, difference="D6"), torch.zeros(8))
    assert torch.equal(ecmse(torch.ones(100), amplitude="zscore"), torch.zeros(16))


@settings(max_examples=30)
@given(st.integers(-8, 8), st.sampled_from(DIFFERENCES), st.integers(0, 2**31 - 1))
def test_both_ignore_sign_and_a_scale_of_signal_and_thresholds(power, difference, seed):
    scale, generator = 2.0**power, torch.Generator().manual_seed(seed)
    signal = torch.randn(120, dtype=torch.float64, generator=generator)
    entropy = ecmse(signal, 4, 3, 0.5, 0.125, difference=difference)
    scaled = ecmse(scale * signal, 4, 3, scale * 0.5, scale * 0.125, difference=difference)
    assert torch.equal(scaled, entropy)
    mirrored = ecmse(-signal, 4, 3, 0.5, 0.125, difference=difference)
    torch.testing.assert_close(mirrored, entropy, rtol=1e-12, atol=1e-12)


def test_ecmse_puts_both_side_by_side_or_averages_them():
    signal = noise(2, 3, 200)
    smooth, sharp = cmse(signal, 5), dbcmse(signal, 5, difference="D6")
    both = ecmse(signal, 5, difference="D6")
    assert torch.equal(both, torch.cat([smooth, sharp], -1))
    mean = ecmse(signal, 5, difference="D6", fusion="mean")
    torch.testing.assert_close(mean, (smooth + sharp) / 2)


def test_ecmse_of_standardised_signals_ignores_offset_and_strength():
    signal = noise(3, 256)
    options = {"amplitude": "zscore", "gamma": 0.5}
    moved = ecmse(4 * signal + 8, **options)
    torch.testing.assert_close(moved, ecmse(signal, **options))
    spread = (signal - signal.mean(-1, keepdim=True)).square().mean(-1, keepdim=True).sqrt()
    by_hand = (signal - signal.mean(-1, keepdim=True)) / spread
    torch.testing.assert_close(moved, ecmse(by_hand, gamma=0.5))


def test_zscore_of_one_and_three_is_minus_one_and_one_and_of_a_constant_zero():
    signal = torch.tensor([[1.0, 3.0], [2.0, 2.0]])
    assert zscore(signal).tolist() == [[-1.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize("fusion", ["concatenate", "mean"])
def test_a_grid_equals_its_settings_one_by_one(fusion):
    signal = noise(2, 3, 150, dtype=torch.float32)
    tried = [SlopeSetting(3, 0.5, 1e-4), SlopeSetting(4, 0.2, 0.05), SlopeSetting(3, 2.0, 0.0)]
    grid = ecmse_grid(signal, tried, difference="D0", fusion=fusion, amplitude="zscore")
    options = {"difference": "D0", "fusion": fusion, "amplitude": "zscore"}
    singles = [
        ecmse(signal, order=one.order, gamma=one.gamma, delta=one.delta, **options) for one in tried
    ]
    assert grid.dtype == torch.float32
    assert torch.equal(grid, torch.stack(singles))


def test_ecmse_of_a_batch_equals_its_singles_in_any_chunk(monkeypatch):
    signal = noise(2, 4, 200, dtype=torch.float32)
    singles = torch.stack([ecmse(row) for row in signal.reshape(8, 200)])
    monkeypatch.setattr(slope_module, "CHUNK", 3 * (200 + 8 * 125))
    assert torch.equal(ecmse(signal).reshape(8, 16), singles)


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_the_path_for_other_devices_equals_the_compiled_one(difference, monkeypatch):
    signal = noise(3, 200, dtype=torch.float32)
    compiled = ecmse(signal, difference=difference, norm="pattern")
    numba = importlib.import_module("iadtln.signals.slope_numba")
    monkeypatch.setattr(numba, "slope_entropies", slope_module.slope_entropies)
    torch.testing.assert_close(ecmse(signal, difference=difference, norm="pattern"), compiled)


def test_ecmse_in_single_precision_equals_double_for_the_same_values():
    signal = noise(4, 400, dtype=torch.float32)
    for amplitude in ("raw", "zscore"):
        double = ecmse(signal.double(), amplitude=amplitude)
        assert torch.equal(ecmse(signal, amplitude=amplitude), double.float())


def test_cmse_rejects_a_signal_too_short_for_its_largest_scale():
    # at scale 5 the shortest series has 15 // 5 = 3 of the 4 samples of a word
    assert cmse(torch.zeros(19), scales=4).shape == (4,)
    with pytest.raises(ValueError, match="below the 3 samples that the signal has at scale 5"):
        cmse(torch.zeros(19), scales=5)


def test_dbcmse_rejects_a_signal_shorter_than_its_largest_scale():
    with pytest.raises(ValueError, match="samples that the signal has at scale"):
        dbcmse(torch.zeros(6), scales=9, difference="D6", order=2)


def test_ecmse_rejects_no_scales_and_no_settings():
    with pytest.raises(ValueError, match="at least one scale and one setting, got 0 and 1"):
        ecmse(torch.zeros(100), scales=0)
    with pytest.raises(ValueError, match="at least one scale and one setting, got 8 and 0"):
        ecmse_grid(torch.zeros(100), [])


def test_ecmse_rejects_what_is_not_finite():
    for amplitude in ("raw", "zscore"):
        with pytest.raises(ValueError, match="expected finite samples"):
            ecmse(torch.tensor([0.0, math.nan] * 50), amplitude=amplitude)
