import numpy as np
import pysdkit
import pytest
import scipy.signal
import torch
from pysdkit._tid.fmd import CK, TT

from iadtln.signals import mode_decomposition
from iadtln.signals.filter_bank import filter_bank
from iadtln.signals.fmd import fmd, fmd_path
from iadtln.signals.mode_decomposition import CHUNK_CPU, first_iterations
from iadtln.signals.period import estimate_period


def impulses(seed: int, time: int, period: float = 97.0) -> torch.Tensor:
    """Ringing impulses in noise."""
    rng = np.random.default_rng(seed)
    signal = 0.5 * rng.standard_normal(time) + 0.3 * np.sin(2 * np.pi * 0.013 * np.arange(time))
    ring = 2 * np.exp(-0.1 * np.arange(60)) * np.sin(2 * np.pi * 0.22 * np.arange(60))
    for start in np.arange(20, time - 60, period).astype(int):
        signal[start : start + 60] += ring
    return torch.from_numpy(signal)


@pytest.mark.parametrize(
    ("time", "rate", "taps", "bands", "modes", "iterations"),
    [(1024, 1024, 20, 5, 2, 10), (1001, 500, 31, 4, 1, 9), (700, 5000, 24, 6, 6, 5)],
)
def test_modes_and_filters_equal_pysdkit(time, rate, taps, bands, modes, iterations):
    signal = impulses(0, time)
    reference = pysdkit.FMD(
        fs=rate, mode_num=modes, filter_size=taps, cut_num=bands, max_iter_num=iterations
    )
    expected = reference.fit_transform(signal.numpy())
    found = fmd(signal, taps, bands, modes, iterations, window="hann", max_lag=rate, period_bias=2)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found.modes.numpy() / scale, expected / scale, atol=1e-7)
    np.testing.assert_allclose(found.filters.numpy(), reference.filters, atol=1e-7)
    for mode, period, value in zip(expected, found.period, found.objective, strict=True):
        assert value.item() == pytest.approx(CK(mode - mode.mean(), int(period), 1), rel=1e-6)


@pytest.mark.parametrize("length", [400, 401])
@pytest.mark.parametrize("max_lag", [60, 399])
def test_period_equals_the_published_rule_but_for_its_slip_of_two(length, max_lag):
    for seed in range(5):
        signal = impulses(seed, length, period=37.0)
        energy = np.abs(scipy.signal.hilbert(signal.numpy()))
        expected = TT(energy - energy.mean(), max_lag)
        assert estimate_period(signal, max_lag, bias=2) == min(expected, length // 2 - 1)
        assert estimate_period(signal, max_lag) == min(expected - 2, length // 2 - 1)


def test_period_of_clean_impulses_is_exact():
    signal = torch.zeros(2000, dtype=torch.float64)
    signal[50::100] = 1.0
    assert estimate_period(signal, max_lag=150) == 100


@pytest.mark.parametrize("fill", [0.0, 3.0])
def test_period_of_a_constant_lies_within_the_signal(fill):
    assert 1 <= estimate_period(torch.full((64,), fill)) <= 31


def test_modes_stand_out_at_the_planted_period():
    signal = impulses(1, 4000, period=100.0)
    found = fmd(signal, taps=30, bands=5, modes=2, max_lag=150)
    best = found.objective.argmax()
    assert abs(found.period[best].item() - 100) <= 1
    raw = CK((signal - signal.mean()).numpy(), 100, 1)
    assert found.objective[best] > 2 * raw


def test_a_single_iteration_with_all_bands_only_filters():
    signal = impulses(3, 500)
    found = fmd(signal, taps=20, bands=3, modes=3, iterations=1)
    expected = [scipy.signal.lfilter(taps, 1.0, signal.numpy()) for taps in filter_bank(20, 3)]
    np.testing.assert_allclose(found.modes.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(("bands", "modes", "expected"), [(7, 3, 12), (12, 2, 1), (5, 5, 20)])
def test_the_published_schedule_takes_two_iterations_off_for_each_mode_that_leaves(
    bands, modes, expected
):
    assert first_iterations("published", 20, bands, modes) == expected
    assert first_iterations("fixed", 20, bands, modes) == 20


def test_a_path_holds_the_decomposition_into_every_number_of_modes():
    signal = impulses(4, 800)
    path = list(fmd_path(signal, 20, 5, 2, iterations=6))
    assert [found.modes.shape[-2] for found in path] == [5, 4, 3, 2]
    for found in path:
        alone = fmd(signal, 20, 5, found.modes.shape[-2], 6, schedule="fixed")
        torch.testing.assert_close(alone.modes, found.modes)


def test_a_batch_equals_its_singles_and_one_mode_at_a_time(monkeypatch):
    signal = torch.stack([impulses(seed, 1024) for seed in range(6)]).reshape(2, 3, 1024)
    found = fmd(signal, taps=24, bands=7, modes=4, iterations=14)
    assert found.modes.shape == (2, 3, 4, 1024)
    for chunk in (CHUNK_CPU, 1):
        monkeypatch.setattr(mode_decomposition, "CHUNK_CPU", chunk)
        for row in range(2):
            for column in range(3):
                alone = fmd(signal[row, column], taps=24, bands=7, modes=4, iterations=14)
                for one, other in zip(alone, found, strict=True):
                    torch.testing.assert_close(one, other[row, column], rtol=1e-6, atol=1e-6)


def test_most_modes_in_float32_are_near_those_in_float64():
    signal = torch.stack([impulses(seed, 1024) for seed in range(20)])
    exact, rough = fmd(signal, 20, 5, 2), fmd(signal.float(), 20, 5, 2)
    assert rough.modes.dtype == rough.filters.dtype == torch.float32
    error = (rough.modes - exact.modes).norm(dim=(-2, -1)) / exact.modes.norm(dim=(-2, -1))
    assert (error < 1e-2).double().mean() >= 0.8  # the rest chose another period or mode


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_modes_scale_with_the_signal(dtype):
    signal = impulses(5, 600).to(dtype)
    large, small = fmd(signal * 2.0**60, 16, 4, 2), fmd(signal * 2.0**-60, 16, 4, 2)
    torch.testing.assert_close(large.modes / 2.0**60, small.modes * 2.0**60)


@pytest.mark.parametrize("fill", [0.0, 2.0, torch.nan])
def test_a_silent_constant_or_broken_row_leaves_the_others_alone(fill):
    signal = torch.stack([torch.full((500,), fill), impulses(6, 500).float()])
    found = fmd(signal, 20, 5, 2)
    assert all(field.isfinite().all() for field in found)
    torch.testing.assert_close(found.modes[1], fmd(signal[1], 20, 5, 2).modes, rtol=1e-3, atol=1e-3)


def test_impossible_requests_are_refused():
    signal = torch.zeros(50)
    with pytest.raises(ValueError, match="3 to 50 taps .* got 51"):
        fmd(signal, taps=51)
    with pytest.raises(ValueError, match="1 to 3 modes .* got 4"):
        fmd(signal, bands=3, modes=4)
    with pytest.raises(ValueError, match="at least one iteration, got 0"):
        fmd_path(signal, iterations=0)
    with pytest.raises(ValueError, match="at least 4 samples, got 3"):
        estimate_period(torch.zeros(3))


@pytest.mark.parametrize("max_lag", [60, None])
def test_period_is_the_same_where_gradients_are_wanted(max_lag):
    signal = torch.stack([impulses(seed, 401, period=37.0) for seed in range(5)])
    plain = estimate_period(signal.clone().requires_grad_(), max_lag)
    assert estimate_period(signal, max_lag).tolist() == plain.tolist()
