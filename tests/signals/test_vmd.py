import importlib
import warnings

import fast_vmdpy
import numpy as np
import pytest
import torch
import vmdpy
from hypothesis import given, settings
from hypothesis import strategies as st

from iadtln.signals.vmd import _mirrored_spectrum, _wiener_gains, vmd
from iadtln.signals.vmd_numba import wiener_gains
from tests.memory import mebibytes, on_linux


def two_tones_in_noise(time, seed=0):
    n = np.arange(time)
    noise = np.random.default_rng(seed).standard_normal(time)
    return np.cos(0.3 * n) + 0.5 * np.cos(1.1 * n + 0.3) + 0.3 * noise


def slow_vmd(signal, modes, alpha, tau, tolerance, relative):
    """Complex spectra, one mode after the other, as the formulas stand; none of the real gains."""
    time = len(signal)
    spectrum = np.fft.fft(np.concatenate([signal, signal[::-1]]))[:time]
    frequency = np.arange(time) / (2 * time)
    u, dual = np.zeros((modes, time), complex), np.zeros(time, complex)
    centre = 0.5 * np.arange(modes) / modes
    for update in range(1, 500):
        before, centre_before = u.copy(), centre.copy()
        for k in range(modes):
            others = sum(u[i] for i in range(modes) if i != k)
            u[k] = (spectrum - others - dual / 2) / (1 + alpha * (frequency - centre[k]) ** 2)
            centre[k] = (frequency * abs(u[k]) ** 2).sum() / (abs(u[k]) ** 2).sum()
        dual = dual + tau * (u.sum(0) - spectrum)
        change = (abs(u - before) ** 2).sum(1)
        if update == 1:
            continue
        size = (abs(before) ** 2).sum(1)
        if (change / size if relative else change / (2 * time)).sum() <= tolerance:
            break
    whole = np.zeros((modes, 2 * time), complex)
    whole[:, :time] = before
    whole[:, time + 1 :] = before[:, :0:-1].conj()
    return np.fft.ifft(whole).real[:, :time], centre_before, update


def as_numpy(result):
    return [field.numpy() for field in result]


@pytest.mark.parametrize(
    ("time", "modes", "alpha", "tau"),
    [(512, 3, 2000.0, 0.0), (300, 4, 500.0, 0.1), (64, 2, 50.0, 0.0), (2048, 5, 2000.0, 0.0)],
)
def test_vmd_equals_vmdpy_but_for_what_that_makes_up_at_half_the_sampling_rate(
    time, modes, alpha, tau
):
    signal = two_tones_in_noise(time)
    expected, _, centres = vmdpy.VMD(signal, alpha, tau, modes, 0, 1, 1e-7)
    split, centre, iterations = as_numpy(vmd(torch.from_numpy(signal), modes, alpha, tau))
    assert iterations == len(centres)
    np.testing.assert_allclose(centre, centres[-1], rtol=0, atol=1e-10)
    # vmdpy fills that bin, where a mirrored signal is zero, with its neighbour's conjugate
    alternating = (-1.0) ** np.arange(time)
    made_up = ((expected - split) * alternating).mean(1, keepdims=True) * alternating
    np.testing.assert_allclose(split, expected - made_up, rtol=0, atol=1e-10)


def test_vmd_makes_as_many_updates_as_fast_vmdpy():
    signals = np.stack([two_tones_in_noise(256, seed) for seed in range(6)])
    limited = {"tol": 1e-6, "max_iterations": 40}
    histories = [fast_vmdpy.VMD(one, 2000.0, 0.0, 4, False, 1, **limited)[2] for one in signals]
    result = vmd(torch.from_numpy(signals), 4, tolerance=1e-6, max_iterations=40)
    assert result.iterations.tolist() == [len(history) for history in histories]
    assert 39 in result.iterations
    expected = np.stack([history[-1] for history in histories])
    np.testing.assert_allclose(result.centre_frequencies.numpy(), expected, atol=1e-10)


@pytest.mark.parametrize("time", [128, 129])
@pytest.mark.parametrize("tau", [0.0, 0.2])
@pytest.mark.parametrize("stop", ["absolute", "relative"])
def test_vmd_equals_a_slow_loop_over_complex_spectra(time, tau, stop):
    signal = two_tones_in_noise(time)
    expected = slow_vmd(signal, 3, 300.0, tau, 1e-5, stop == "relative")
    result = vmd(torch.from_numpy(signal), 3, 300.0, tau, tolerance=1e-5, stop=stop)
    for ours, theirs in zip(as_numpy(result), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11)


@pytest.mark.parametrize("tau", [0.0, 0.1])
@pytest.mark.parametrize("stop", ["absolute", "relative"])
@pytest.mark.parametrize("max_iterations", [3, 12, 300])
def test_the_compiled_gains_equal_those_in_pytorch(tau, stop, max_iterations):
    scale = torch.tensor([0.0, 1e-4, 0.01, 1.0, 10.0], dtype=torch.float64)  # finish one by one
    signals = torch.from_numpy(np.stack([two_tones_in_noise(1500, seed) for seed in range(5)]))
    power = _mirrored_spectrum(signals * scale[:, None]).abs().square()
    alpha = torch.linspace(100.0, 3000.0, 5, dtype=torch.float64)
    compiled = wiener_gains(power, alpha, 4, tau, 1e-6, max_iterations, stop)
    plain = _wiener_gains(power, alpha, 4, tau, 1e-6, max_iterations, stop)
    for one, other in zip(compiled, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


def test_two_tones_are_split_at_their_frequencies():
    time = torch.arange(1001, dtype=torch.float64)
    tones = torch.stack([torch.cos(0.2 * time), 2 * torch.cos(1.5 * time + 1)])
    result = vmd(tones.sum(0), modes=2)
    expected = torch.tensor([0.2, 1.5], dtype=torch.float64) / (2 * torch.pi)
    torch.testing.assert_close(result.centre_frequencies, expected, rtol=0, atol=1e-3)
    middle = slice(100, -100)
    torch.testing.assert_close(result.modes[:, middle], tones[:, middle], rtol=0, atol=0.05)


@pytest.mark.parametrize("time", [400, 401])
def test_modes_add_up_to_the_signal_when_the_multipliers_enforce_it(time):
    signal = torch.from_numpy(two_tones_in_noise(time))
    modes = vmd(signal, 4, alpha=50.0, tau=1.0, tolerance=1e-14).modes
    torch.testing.assert_close(modes.sum(0), signal, rtol=0, atol=1e-6)


def test_modes_of_tones_add_up_to_about_the_signal_without_multipliers():
    time = torch.arange(1000, dtype=torch.float64)
    signal = torch.cos(0.3 * time) + torch.cos(1.2 * time)
    error = vmd(signal, modes=2, alpha=200.0).modes.sum(0) - signal
    assert error.norm() < 0.05 * signal.norm()


@settings(max_examples=20, deadline=None)
@given(exponent=st.floats(-4, 4), sign=st.sampled_from([-1.0, 1.0]))
def test_a_relative_stop_does_not_see_the_unit_of_the_signal(exponent, sign):
    signal = torch.from_numpy(two_tones_in_noise(100))
    scale = sign * 10**exponent
    whole = vmd(signal, 3, stop="relative")
    scaled = vmd(scale * signal, 3, stop="relative")
    assert scaled.iterations == whole.iterations
    torch.testing.assert_close(scaled.modes, scale * whole.modes, rtol=1e-7, atol=1e-9 * abs(scale))


def test_vmd_of_a_batch_equals_its_singles():
    signals = np.stack([two_tones_in_noise(256, seed) for seed in range(6)])
    signals = torch.from_numpy(signals).float().reshape(2, 3, 256)
    whole = vmd(signals, 3)
    assert whole.modes.shape == (2, 3, 3, 256)
    assert len(whole.iterations.unique()) > 1
    for i in range(2):
        for j in range(3):
            single = vmd(signals[i, j], 3)
            assert single.iterations == whole.iterations[i, j]
            torch.testing.assert_close(whole.modes[i, j], single.modes)
            torch.testing.assert_close(whole.centre_frequencies[i, j], single.centre_frequencies)


def test_chunks_and_threads_do_not_change_the_modes(monkeypatch):
    monkeypatch.setattr("iadtln.signals.threads.LITTLE", 0)
    signals = torch.from_numpy(np.stack([two_tones_in_noise(200, seed) for seed in range(5)]))
    whole = vmd(signals, 3)
    threads = torch.get_num_threads()
    monkeypatch.setattr(importlib.import_module("iadtln.signals.vmd"), "CHUNK", 2 * 3 * 200)
    torch.set_num_threads(2)
    try:
        torch.testing.assert_close(vmd(signals, 3), whole)
    finally:
        torch.set_num_threads(threads)


def test_a_population_of_penalties_meets_every_window_in_one_call():
    signals = torch.from_numpy(np.stack([two_tones_in_noise(200, seed) for seed in range(2)]))
    alpha = torch.tensor([[100.0], [1000.0], [5000.0]])
    whole = vmd(signals, 3, alpha)
    assert whole.modes.shape == (3, 2, 3, 200)
    for row, value in zip(whole.modes, [100.0, 1000.0, 5000.0], strict=True):
        torch.testing.assert_close(row, vmd(signals, 3, value).modes)


def test_float32_is_near_float64():
    signals = torch.from_numpy(np.stack([two_tones_in_noise(512, seed) for seed in range(4)]))
    single, double = vmd(signals.float(), 4), vmd(signals, 4)
    assert single.modes.dtype == single.centre_frequencies.dtype == torch.float32
    torch.testing.assert_close(single.modes.double(), double.modes, rtol=0, atol=1e-3)


def test_a_silent_window_has_silent_modes_at_their_starting_frequencies():
    result = vmd(torch.zeros(2, 50), modes=4)
    assert (result.modes == 0).all()
    torch.testing.assert_close(result.centre_frequencies[1], torch.arange(4) / 8)


def test_a_constant_is_the_first_mode():
    modes = vmd(torch.full((101,), 3.0), modes=3).modes
    torch.testing.assert_close(modes[0], torch.full((101,), 3.0), rtol=0, atol=1e-3)
    assert modes[1:].abs().max() < 1e-3


def test_a_faint_signal_is_not_returned_as_zeros():
    signal = two_tones_in_noise(200) * 1e-7
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not vmdpy.VMD(signal, 2000.0, 0.0, 3, 0, 1, 1e-7)[0].any()
    assert vmd(torch.from_numpy(signal), 3).modes.norm() > 0.1 * np.linalg.norm(signal)


def test_gradients_pass_with_the_gains_held_fixed():
    # with fixed gains the modes are linear, so the gradient times the signal is their own product
    signal = torch.from_numpy(two_tones_in_noise(100)).requires_grad_()
    modes = vmd(signal, 3).modes
    weights = torch.randn(3, 100, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    product = (weights * modes).sum()
    product.backward()
    torch.testing.assert_close(signal.grad @ signal, product)


@pytest.mark.cuda
def test_vmd_on_the_gpu_equals_vmd_on_the_cpu():
    if not torch.cuda.is_available():
        pytest.skip("no GPU here")
    signals = torch.from_numpy(np.stack([two_tones_in_noise(512, seed) for seed in range(4)]))
    on_gpu = vmd(signals.cuda(), 4)
    torch.testing.assert_close(on_gpu.modes.cpu(), vmd(signals, 4).modes, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("signal", "options", "sentence"),
    [
        (torch.zeros(10, dtype=torch.long), {}, "float32 or float64, got torch.int64"),
        (torch.zeros(3, 1), {}, r"at least 2 samples, got shape \(3, 1\)"),
        (torch.zeros(10), {"modes": 0}, "at least one mode, got modes=0"),
        (torch.zeros(10), {"alpha": -1.0}, "alpha of at least 0, got -1"),
        (torch.zeros(10), {"max_iterations": 2}, "max_iterations of at least 3"),
        (torch.zeros(10), {"stop": "never"}, "'absolute' or 'relative', got 'never'"),
    ],
)
def test_vmd_says_what_it_expected(signal, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        vmd(signal, **options)


@pytest.mark.slow
@on_linux
def test_ten_modes_of_a_long_record_need_less_than_50_mebibytes():
    before = """
import torch
from iadtln.signals import vmd
signal = torch.randn(20480, dtype=torch.float64)
vmd(signal[:512], 10)"""
    assert 0 < mebibytes(before, "vmd(signal, 10)") < 50  # the kept library needs gigabytes
