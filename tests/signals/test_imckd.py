import numpy as np
import torch

from iadtln.signals.imckd import imckd


def bearing(seed, time=1000, period=50):
    generator = np.random.default_rng(seed)
    ring = np.exp(-np.arange(60) / 8) * np.sin(2 * np.pi * 0.2 * np.arange(60))
    train = np.zeros(time)
    train[int(generator.integers(period)) :: period] = 1.0
    pulses = np.convolve(train, ring)[:time]
    x = pulses + pulses.std() * generator.standard_normal(time)
    return x - x.mean()


def slow_period(y):
    """Lag from 30 to 90 at which the energy of one signal is most like itself."""
    energy = y**2 - np.mean(y**2)
    return 30 + int(np.argmax([np.sum(energy[lag:] * energy[:-lag]) for lag in range(30, 91)]))


def batched_period(y):
    return torch.tensor([slow_period(row.double().numpy()) for row in y])


def slow_imckd(x, taps, iterations):
    X = np.zeros((taps, len(x)))
    for lag in range(taps):
        X[lag, lag:] = x[: len(x) - lag]
    f = np.zeros(taps)
    f[1] = 1.0
    period, best = slow_period(x), (-np.inf, None, 0)
    for _ in range(iterations):
        y = X.T @ f
        early = np.concatenate([np.zeros(period), y[:-period]])
        late = np.concatenate([y[period:], np.zeros(period)])
        f = np.linalg.solve(X @ X.T, X @ (y * (early**2 + late**2)))  # M = 1, spec C.3
        f /= np.linalg.norm(f)
        centred = y - y.mean()
        kurtosis = np.mean(centred**4) / np.mean(centred**2) ** 2
        period = slow_period(y)
        if kurtosis > best[0]:
            best = (kurtosis, y, period)
    return best


def test_imckd_equals_the_dense_iteration_with_the_same_estimate_of_the_period():
    x = np.stack([bearing(seed) for seed in range(3)])
    result = imckd(torch.from_numpy(x), batched_period, taps=30, iterations=8)
    for row in range(3):
        _, y, period = slow_imckd(x[row], 30, 8)
        np.testing.assert_allclose(result.signal[row].numpy(), y, atol=1e-9)
        assert int(result.period[row]) == period


def test_imckd_finds_the_planted_period():
    x = torch.from_numpy(np.stack([bearing(seed) for seed in range(4)]))
    assert imckd(x, batched_period, taps=30).period.tolist() == [50] * 4


def test_a_constant_signal_comes_back_unchanged_beside_another():
    signal = torch.from_numpy(np.stack([np.full(1000, 2.5), bearing(0)])).view(1, 2, 1000)
    result = imckd(signal, batched_period, taps=30, iterations=3)
    assert result.usable.tolist() == [[False, True]]
    torch.testing.assert_close(result.signal[0, 0], signal[0, 0])
    alone = imckd(signal[0, 1], batched_period, taps=30, iterations=3)
    torch.testing.assert_close(result.signal[0, 1], alone.signal)


def test_estimates_that_do_not_fit_are_held_inside_the_signal():
    signal = torch.from_numpy(bearing(0))
    for wild in (0.0, 1e6, float("nan")):
        result = imckd(signal, lambda y, wild=wild: torch.full((len(y),), wild), 20, shifts=3)
        assert 1 <= int(result.period) < 1000 / 3
        assert result.signal.isfinite().all()
