import importlib

import numpy as np
import pytest
import scipy.signal
import torch

from iadtln.signals.envelope import envelope
from iadtln.signals.mckd import mckd
from tests.signals.matrices import delayed


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def slow_mckd(x, period, taps, shifts, iterations):
    """The paper's iteration with dense matrices; kept filter as in the authors' code."""
    X = [delayed(x, taps, m * period) for m in range(shifts + 1)]
    inverse = np.linalg.inv(X[0] @ X[0].T)
    f = np.zeros(taps)
    f[(taps + 1) // 2 - 1], f[(taps + 1) // 2] = 1.0, -1.0
    history, best = [], {"matlab": f, "exact": f}
    for _ in range(iterations):
        y = X[0].T @ f
        copies = [np.concatenate([np.zeros(m * period), y])[: len(y)] for m in range(shifts + 1)]
        beta = np.prod(copies, axis=0)
        right = np.zeros(taps)
        for m in range(shifts + 1):
            others = [copies[k] ** 2 for k in range(shifts + 1) if k != m]
            right += X[m] @ (copies[m] * np.prod(others, axis=0))
        new = np.sum(y**2) / (2 * np.sum(beta**2)) * inverse @ right
        new /= np.linalg.norm(new)
        kurtosis = np.sum(beta**2) / np.sum(y**2) ** (shifts + 1)
        if all(kurtosis > earlier for earlier in history):
            best = {"matlab": new, "exact": f}
        history.append(kurtosis)
        f = new
    return best, np.array(history)


def bearing(seed, time=4096, period=100, decibel=-10.0):
    """A resonance struck every ``period`` samples, in white noise."""
    generator = np.random.default_rng(seed)
    ring = np.exp(-np.arange(200) / 25) * np.sin(2 * np.pi * 0.15 * np.arange(200))
    train = np.zeros(time)
    train[int(generator.integers(period)) :: period] = 1.0
    pulses = np.convolve(train, ring)[:time]
    spread = np.sqrt(np.mean(pulses**2) / 10 ** (decibel / 10))
    return pulses + spread * generator.standard_normal(time)


@pytest.mark.parametrize("keep", ["matlab", "exact"])
@pytest.mark.parametrize(("period", "taps", "shifts"), [(100, 40, 1), (100, 41, 3), (37, 7, 5)])
def test_mckd_equals_the_dense_iteration_of_the_paper(keep, period, taps, shifts):
    x = np.stack([bearing(seed, time=600) for seed in range(3)])
    result = mckd(torch.from_numpy(x), period, taps, shifts, keep=keep)
    for row in range(3):
        centred = x[row] - x[row].mean()
        best, history = slow_mckd(centred, period, taps, shifts, 30)
        np.testing.assert_allclose(result.log_kurtosis[row].exp().numpy(), history, rtol=1e-10)
        np.testing.assert_allclose(result.filters[row].numpy(), best[keep], atol=1e-10)
        expected = scipy.signal.lfilter(best[keep], 1.0, centred)
        error = np.abs(result.signal[row].numpy() - expected).max()
        assert error <= 1e-10 * np.abs(expected).max()


def test_mckd_of_two_taps_equals_the_dense_iteration():
    # few iterations: two taps converge within rounding, where the best one is a matter of chance
    x = bearing(0, time=600) - bearing(0, time=600).mean()
    best, history = slow_mckd(x, 37, taps=2, shifts=2, iterations=4)
    result = mckd(torch.from_numpy(x), 37, taps=2, shifts=2, iterations=4)
    np.testing.assert_allclose(result.log_kurtosis.exp().numpy(), history, rtol=1e-10)
    np.testing.assert_allclose(result.filters.numpy(), best["matlab"], atol=1e-10)


def test_mckd_of_a_batch_equals_its_singles_each_with_its_own_period():
    signal = noise(2, 3, 500)
    period = torch.tensor([[40, 50, 60], [40, 70.6, 80]])
    whole = mckd(signal, period, taps=20, shifts=2, iterations=5)
    assert whole.period.tolist() == [[40, 50, 60], [40, 71, 80]]
    for i in range(2):
        for j in range(3):
            single = mckd(signal[i, j], float(period[i, j]), 20, 2, 5)
            assert single.signal.shape == (500,)
            torch.testing.assert_close(whole.signal[i, j], single.signal)
            torch.testing.assert_close(whole.filters[i, j], single.filters)
            torch.testing.assert_close(whole.log_kurtosis[i, j], single.log_kurtosis)


def test_mckd_in_small_chunks_equals_mckd_at_once(monkeypatch):
    signal = noise(5, 300)
    whole = mckd(signal, 40.0, 12, iterations=3).signal
    monkeypatch.setattr(
        importlib.import_module("iadtln.signals.mckd"), "CPU_CHUNK", 600
    )  # two signals
    torch.testing.assert_close(mckd(signal, 40.0, 12, iterations=3).signal, whole)


def test_mckd_in_float32_is_near_float64():
    signal = torch.from_numpy(np.stack([bearing(seed) for seed in range(4)]))
    double = mckd(signal, 100, 80, 3).signal
    single = mckd(signal.float(), 100, 80, 3).signal
    assert single.dtype == torch.float32
    error = (single - double).norm(dim=-1) / double.norm(dim=-1)
    assert float(error.median()) < 1e-3
    assert float(error.max()) < 1e-2


def test_mckd_ignores_the_amplitude_even_where_squares_underflow():
    signal = noise(400, dtype=torch.float32)
    faint = mckd(signal * 1e-30, 50, 20).signal * 1e30
    torch.testing.assert_close(faint, mckd(signal, 50, 20).signal, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_constant_signals_come_back_unchanged_and_flagged(dtype):
    signal = noise(4, 300, dtype=dtype)
    signal[0], signal[2], signal[3, 5] = 0.0, 3.3, float("nan")
    result = mckd(signal, 40, 20, iterations=4)
    assert result.usable.tolist() == [False, True, False, False]
    torch.testing.assert_close(result.signal[[0, 2, 3]], signal[[0, 2, 3]], equal_nan=True)
    torch.testing.assert_close(result.signal[1], mckd(signal[1], 40, 20, iterations=4).signal)
    assert result.filters[0].tolist() == [1.0] + [0.0] * 19


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"period": 100, "shifts": 3}, "shifts \\* period below the 300 samples"),
        ({"period": 50, "taps": 1}, "a filter of 2 to 300 taps .* got 1"),
        ({"period": 50, "taps": 301}, "a filter of 2 to 300 taps .* got 301"),
        ({"period": 50, "shifts": 0}, "shifts and iterations from 1, got 0 and 30"),
        ({"period": 0.3}, "period of at least one sample"),
        ({"period": torch.tensor([9.5, 8.0]), "t_mode": "resample"}, "one period .* got 2"),
    ],
)
def test_mckd_rejects_what_the_signal_cannot_hold(arguments, message):
    with pytest.raises(ValueError, match=message):
        mckd(noise(2, 300), **{"taps": 20, **arguments})


def test_resampling_makes_the_period_whole_and_tells_the_new_rate():
    signal = noise(500)
    result = mckd(signal, 40.3, 20, iterations=2, t_mode="resample")
    # 41 samples instead of 40.3, in the authors' steps of a twentieth: 820 / 806
    assert result.rate_ratio == pytest.approx(820 / 806, rel=1e-12)
    assert int(result.period) == 41
    assert result.signal.shape == (500,)
    rounded = mckd(signal, 40.009, 20, iterations=2, t_mode="resample")
    assert (rounded.rate_ratio, int(rounded.period)) == (1.0, 40)


def test_resampling_recovers_a_fractional_period_that_rounding_loses():
    train = np.zeros(40 * 4096)
    train[:: round(40 * 60.5)] = 1.0  # a pulse every 60.5 samples, drawn at 40 times the rate
    ring = np.exp(-np.arange(800) / 160) * np.sin(2 * np.pi * 0.01 * np.arange(800))
    fine = np.convolve(train, ring)[: len(train)]
    clean = scipy.signal.decimate(scipy.signal.decimate(fine, 8, ftype="fir"), 5, ftype="fir")
    signal = torch.from_numpy(clean) + clean.std() * noise(4096)
    resampled = mckd(signal, 60.5, 60, shifts=5, t_mode="resample").log_kurtosis.max()
    assert resampled > mckd(signal, 60.5, 60, shifts=5).log_kurtosis.max()


def line_over_floor(signal, frequency):
    """Envelope-spectrum line at a frequency (cycles per sample) over the median around it."""
    amplitude = envelope(torch.as_tensor(signal))
    spectrum = torch.fft.rfft(amplitude - amplitude.mean()).abs().numpy()
    bin_ = round(frequency * len(signal))
    floor = np.median(spectrum[bin_ - 20 : bin_ + 20])
    return spectrum[bin_ - 1 : bin_ + 2].max() / floor


def test_a_planted_period_is_recovered_under_noise_of_ten_times_its_power():
    x = np.stack([bearing(seed, time=16384, decibel=-10.0) for seed in range(8)])
    y = mckd(torch.from_numpy(x), 100, taps=100, shifts=1).signal
    before = np.array([line_over_floor(signal, 1 / 100) for signal in x])
    after = np.array([line_over_floor(signal, 1 / 100) for signal in y])
    assert (after > 1.25 * before).all()
    assert np.median(after / before) > 10 ** (4 / 20)  # 4 dB
    assert np.median(after) > 10


@pytest.mark.parametrize("keep", ["matlab", "exact"])
def test_mckd_is_the_same_where_gradients_are_wanted(keep):
    signal, period = noise(3, 500), torch.tensor([40, 41, 70])
    signal[2] = 1.0
    compiled = mckd(signal, period, 30, 2, 5, keep=keep)
    plain = mckd(signal.clone().requires_grad_(), period, 30, 2, 5, keep=keep)
    assert plain.signal.requires_grad
    for one, other in zip(compiled[:4], plain[:4], strict=True):
        torch.testing.assert_close(one, other)
