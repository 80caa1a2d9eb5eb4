import importlib
import math

import EntropyHub
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.signals import slope_numba
from iadtln.signals.slope_entropy import SlopeSetting, slope_entropies, slope_entropy

module = importlib.import_module(slope_entropy.__module__)

signals = st.lists(st.integers(-8, 8), min_size=12, max_size=60)  # in quarters: ties at thresholds
settings = st.builds(
    SlopeSetting, st.integers(2, 5), st.sampled_from([0.75, 1.0]), st.sampled_from([0.0, 0.25])
)
norms = st.sampled_from(["probability", "pattern"])


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def letter(slope, gamma, delta):
    if abs(slope) <= delta:
        return 0
    return math.copysign(2 if abs(slope) > gamma else 1, slope)


def slow_slope_entropy(signal, order, gamma, delta, delay=1, norm="probability"):
    letters = [letter(b - a, gamma, delta) for a, b in zip(signal, signal[delay:], strict=False)]
    seen, words = {}, len(signal) - (order - 1) * delay
    for first in range(words):
        word = tuple(letters[first : first + (order - 1) * delay : delay])
        seen[word] = seen.get(word, 0) + 1
    total = words if norm == "probability" else len(seen)
    return -sum(c / total * math.log(c / total) for c in seen.values())


@pytest.mark.parametrize(("order", "delay"), [(2, 1), (3, 2), (4, 1), (5, 3), (7, 1), (10, 1)])
@pytest.mark.parametrize("norm", ["probability", "pattern"])
@pytest.mark.parametrize("levels", [4, 10**6])
def test_slope_entropy_equals_a_slow_count_of_words(order, delay, norm, levels):
    signal = (noise(3, 200) * levels).round() / levels
    expected = [slow_slope_entropy(row, order, 0.5, 0.25, delay, norm) for row in signal.tolist()]
    entropy = slope_entropy(signal, order, 0.5, 0.25, delay, norm)
    np.testing.assert_allclose(entropy.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("norm", "by_words"), [("probability", True), ("pattern", False)])
def test_slope_entropy_equals_entropyhub(norm, by_words):
    signal = noise(700)
    angles = tuple(np.degrees(np.arctan([0.01, 0.8])))
    expected = EntropyHub.SlopEn(signal.numpy(), m=5, Lvls=angles, Logx=0, Norm=by_words)
    for order in (2, 3, 4, 5):
        entropy = slope_entropy(signal, order, 0.8, 0.01, norm=norm)
        assert entropy.item() == pytest.approx(expected[order - 2], abs=1e-12)


def test_slopes_at_a_threshold_take_the_smaller_letter():
    # slopes 1 and .5 (gentle up), .25 and -.25 (flat), -1 and -.5 (gentle down): two each
    signal = torch.tensor([0.0, 1.0, 1.5, 1.75, 1.5, 0.5, 0.0])
    entropy = slope_entropy(signal, order=2, gamma=1.0, delta=0.25)
    assert entropy.item() == pytest.approx(math.log(3))


def test_slope_entropy_of_a_constant_is_plus_zero_by_probability():
    entropy = slope_entropy(torch.full((2, 100), 0.1))
    assert torch.equal(entropy, torch.zeros(2))
    assert not entropy.signbit().any()


def test_slope_entropy_of_a_constant_by_pattern_is_below_zero():
    # 97 words of a single kind: 97 / 1 is no probability
    entropy = slope_entropy(torch.ones(100, dtype=torch.float64), norm="pattern")
    assert entropy.item() == pytest.approx(-97 * math.log(97))


@given(signals, settings)
def test_slope_entropy_lies_between_zero_and_the_logarithm_of_the_words(values, setting):
    signal = torch.tensor(values, dtype=torch.float64) / 4
    entropy = slope_entropy(signal, setting.order, setting.gamma, setting.delta).item()
    words = len(values) - setting.order + 1
    assert 0 <= entropy <= math.log(min(words, 5 ** (setting.order - 1))) + 1e-12


@given(signals, settings, norms, st.integers(-10, 10))
def test_slope_entropy_ignores_a_scale_of_signal_and_thresholds(values, setting, norm, power):
    signal, scale = torch.tensor(values, dtype=torch.float64) / 4, 2.0**power
    order, gamma, delta = setting.order, setting.gamma, setting.delta
    scaled = slope_entropy(scale * signal, order, scale * gamma, scale * delta, norm=norm)
    assert torch.equal(scaled, slope_entropy(signal, order, gamma, delta, norm=norm))


@given(signals, settings, norms)
def test_slope_entropy_ignores_sign_offset_and_direction_of_time(values, setting, norm):
    signal = torch.tensor(values, dtype=torch.float64) / 4
    alike = torch.stack([signal, -signal, signal + 3, signal.flip(-1)])
    entropy = slope_entropy(alike, setting.order, setting.gamma, setting.delta, norm=norm)
    torch.testing.assert_close(entropy, entropy[:1].expand(4), rtol=1e-12, atol=1e-12)


@given(signals, settings, norms, st.integers(1, 3), st.integers(1, 2))
def test_compiled_and_torch_entropies_agree(values, setting, norm, hop, delay):
    rows = torch.tensor([values, values[::-1]], dtype=torch.float64).repeat(1, 3) / 4
    table = torch.special.xlogy(torch.arange(200.0).double(), torch.arange(200.0).double())
    compiled = slope_numba.slope_entropies(rows, table, hop, setting, delay, norm)
    plain = slope_entropies(rows, table, hop, setting, delay, norm)
    torch.testing.assert_close(compiled, plain, rtol=1e-12, atol=1e-12)


def test_slope_entropy_of_a_batch_equals_its_singles_in_any_chunk(monkeypatch):
    signal = noise(3, 4, 300, dtype=torch.float32)
    singles = torch.stack([slope_entropy(row) for row in signal.reshape(12, 300)])
    monkeypatch.setattr(module, "CHUNK", 5 * (300 + 125))
    whole = slope_entropy(signal)
    assert whole.dtype == torch.float32
    assert torch.equal(whole.flatten(), singles)


def test_slope_entropy_on_two_threads_equals_one(monkeypatch):
    monkeypatch.setattr("iadtln.signals.threads.LITTLE", 0)
    signal, threads = noise(7, 300), torch.get_num_threads()
    torch.set_num_threads(1)
    alone = slope_entropy(signal)
    try:
        torch.set_num_threads(2)
        assert torch.equal(slope_entropy(signal), alone)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_slope_entropy_of_narrow_numbers_is_that_of_the_same_numbers_in_double(dtype):
    signal = noise(4, 400).to(dtype)
    entropy = slope_entropy(signal, gamma=0.3, delta=0.1)
    expected = slope_entropy(signal.double(), gamma=0.3, delta=0.1).to(dtype)
    assert torch.equal(entropy, expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_slope_entropy_rejects_what_is_not_finite(bad):
    signal = noise(3, 100)
    signal[1, 50] = bad
    with pytest.raises(ValueError, match="expected finite samples, got NaN or infinity in 1 of 3"):
        slope_entropy(signal)


@pytest.mark.parametrize("order", [1, 11])
def test_slope_entropy_rejects_an_order(order):
    with pytest.raises(ValueError, match=f"expected an order of 2 to 10, got {order}"):
        slope_entropy(torch.zeros(100), order)


@pytest.mark.parametrize(("gamma", "delta"), [(0.1, 0.1), (1.0, -0.1), (math.nan, 0.0)])
def test_slope_entropy_rejects_thresholds(gamma, delta):
    with pytest.raises(ValueError, match="expected gamma > delta >= 0, got"):
        slope_entropy(torch.zeros(100), gamma=gamma, delta=delta)


@pytest.mark.parametrize("delay", [0, 4])
def test_slope_entropy_rejects_a_delay(delay):
    with pytest.raises(ValueError, match="below the 12 samples .* got order 4 and delay"):
        slope_entropy(torch.zeros(12), delay=delay)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("norm", ["probability", "pattern"])
def test_slope_entropy_on_a_gpu_equals_the_cpu(norm):
    signal = noise(5, 400, dtype=torch.float32)
    entropy = slope_entropy(signal.cuda(), norm=norm)
    assert entropy.is_cuda
    torch.testing.assert_close(entropy.cpu(), slope_entropy(signal, norm=norm))
