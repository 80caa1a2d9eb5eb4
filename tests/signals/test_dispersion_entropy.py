import importlib
import math
from collections import Counter

import EntropyHub
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from iadtln.signals import dispersion_numba
from iadtln.signals.dispersion_entropy import (
    amplitude_classes,
    class_limits,
    count_words,
    dispersion_entropy,
    fluctuation_dispersion_entropy,
    word_shares,
)

both = pytest.mark.parametrize("entropy", [dispersion_entropy, fluctuation_dispersion_entropy])


def noise(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


def slow_words(row, order, classes, delay):
    """Words of classes from the formula, one sample at a time."""
    scores = ndtr((row - row.mean()) / row.std())
    symbols = [min(math.floor(classes * score) + 1, classes) for score in scores]
    starts = range(len(row) - (order - 1) * delay)
    return [tuple(symbols[i + k * delay] for k in range(order)) for i in starts]


def slow_entropy(words):
    shares = [count / len(words) for count in Counter(words).values()]
    return -sum(p * math.log(p) for p in shares)


@pytest.mark.parametrize(
    ("order", "classes", "delay"), [(1, 5, 1), (2, 3, 2), (3, 5, 1), (4, 6, 3)]
)
def test_dispersion_entropy_equals_the_formula_word_by_word(order, classes, delay):
    signal = noise(3, 400).cumsum(-1)
    expected = [slow_entropy(slow_words(row, order, classes, delay)) for row in signal.numpy()]
    entropy = dispersion_entropy(signal, order, classes, normalise=False, delay=delay)
    np.testing.assert_allclose(entropy.numpy(), expected, atol=1e-13)


@pytest.mark.parametrize(("order", "classes", "delay"), [(2, 3, 2), (3, 5, 1), (4, 6, 3)])
def test_fluctuation_dispersion_entropy_equals_the_formula_word_by_word(order, classes, delay):
    signal = noise(3, 400).cumsum(-1)
    expected = [
        slow_entropy([tuple(np.diff(word)) for word in slow_words(row, order, classes, delay)])
        for row in signal.numpy()
    ]
    entropy = fluctuation_dispersion_entropy(signal, order, classes, False, delay)
    np.testing.assert_allclose(entropy.numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("fluctuation", [False, True])
def test_both_entropies_equal_entropyhub(fluctuation):
    signal = noise(500)
    ours = fluctuation_dispersion_entropy if fluctuation else dispersion_entropy
    # the second of theirs is another measure, the reverse entropy
    expected = EntropyHub.DispEn(signal.numpy(), m=3, c=5, Fluct=fluctuation, Norm=True)[0]
    assert ours(signal).item() == pytest.approx(expected, abs=1e-13)
    expected = EntropyHub.DispEn(signal.numpy(), m=3, c=5, Fluct=fluctuation)[0]
    assert ours(signal, normalise=False).item() == pytest.approx(expected, abs=1e-13)


def test_a_sample_at_a_limit_belongs_to_the_class_above():
    # mean 0 and two classes: the limit is 0
    signal = torch.tensor([-1.0, 0.0, 0.0, 1.0])
    limits = class_limits(signal, 2)
    assert limits.tolist() == [0.0]
    assert amplitude_classes(signal, limits).tolist() == [0, 1, 1, 1]


@given(
    st.lists(st.integers(0, 2), min_size=20, max_size=40),
    st.integers(1, 4),
    st.integers(1, 2),
    st.integers(1, 3),
)
def test_compiled_and_torch_counts_agree_exactly(letters, order, delay, hop):
    rows = torch.tensor([letters, letters[::-1]])
    compiled = dispersion_numba.count_words(rows, order, 3, delay, hop)
    assert torch.equal(compiled.long(), count_words(rows, order, 3, delay, hop))


@given(st.lists(st.integers(0, 2), min_size=20, max_size=40), st.integers(1, 3))
def test_shares_of_several_series_are_the_mean_of_each(letters, hop):
    symbols = torch.tensor(letters)
    singles = [word_shares(symbols[shift::hop], 2, 3) for shift in range(hop)]
    whole = word_shares(symbols, 2, 3, hop=hop)
    torch.testing.assert_close(whole, torch.stack(singles).mean(0))


@both
@given(st.lists(st.integers(-9, 9), min_size=10, max_size=60), st.integers(2, 4))
def test_normalised_entropy_lies_between_zero_and_one(entropy, samples, order):
    value = entropy(torch.tensor(samples, dtype=torch.float64), order)
    assert 0 <= value.item() <= 1


@both
@pytest.mark.parametrize(("scale", "offset"), [(0.125, 100), (4.0, 0), (1024.0, -7)])
def test_entropy_ignores_scale_and_offset(entropy, scale, offset):
    signal = noise(2, 200)
    torch.testing.assert_close(entropy(scale * signal + offset), entropy(signal))


@both
@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
def test_entropy_of_a_constant_is_zero(entropy, value):
    assert entropy(torch.full((100,), value)).item() == 0.0


def test_dispersion_entropy_of_white_noise_is_near_one():
    # plug-in bias: about (125 - 1) / 2n = 62 / 50000 nats of ln 125
    value = dispersion_entropy(noise(50002))
    assert value.item() == pytest.approx(1 - 62 / 50000 / math.log(125), abs=3e-4)


@both
def test_entropy_of_a_batch_equals_its_singles_in_any_chunk(entropy, monkeypatch):
    signal = noise(3, 4, 300, dtype=torch.float32)
    singles = torch.stack([entropy(row) for row in signal.reshape(12, 300)])
    module = importlib.import_module(dispersion_entropy.__module__)
    monkeypatch.setattr(module, "CHUNK", 5 * (300 + 125))
    whole = entropy(signal)
    assert whole.shape == (3, 4)
    assert whole.dtype == torch.float32
    assert torch.equal(whole.flatten(), singles)


@both
def test_entropy_in_single_precision_is_near_double(entropy):
    signal = noise(4, 400)
    torch.testing.assert_close(entropy(signal.float()).double(), entropy(signal), atol=0.01, rtol=0)


@both
@pytest.mark.parametrize("spoilt", [torch.nan, torch.inf])
def test_entropy_is_nan_only_where_the_signal_is_not_finite(entropy, spoilt):
    signal = noise(2, 100)
    signal[1, 50] = spoilt
    assert entropy(signal).isnan().tolist() == [False, True]


@both
@pytest.mark.parametrize("classes", [1, 128])
def test_entropy_rejects_a_number_of_classes(entropy, classes):
    with pytest.raises(ValueError, match=f"expected 2 to 127 classes, got {classes}"):
        entropy(torch.zeros(100), classes=classes)


def test_dispersion_entropy_rejects_senseless_words():
    with pytest.raises(ValueError, match="expected an order of at least 1 and at most"):
        dispersion_entropy(torch.zeros(100), order=10)
    with pytest.raises(ValueError, match="fits 10 samples, got order 3 and delay 5"):
        dispersion_entropy(torch.zeros(10), delay=5)


@pytest.mark.parametrize(("order", "delay"), [(1, 1), (3, 0), (3, 10)])
def test_fluctuation_dispersion_entropy_rejects_senseless_words(order, delay):
    with pytest.raises(ValueError, match=f"10 samples, got {order} and {delay}"):
        fluctuation_dispersion_entropy(torch.zeros(10), order, delay=delay)
