import sys

import joblib
import numpy as np
import pytest
import torch
from PyEMD import CEEMDAN

from iadtln.signals.ceemdan import ceemdan


def two_tones(time, seed=0):
    n = torch.arange(time, dtype=torch.float64)
    noise = torch.randn(time, dtype=n.dtype, generator=torch.Generator().manual_seed(seed))
    return torch.cos(0.2 * n) + 0.5 * torch.cos(1.3 * n) + 0.1 * noise


def test_ceemdan_equals_the_library_with_the_same_seed():
    signal = two_tones(128)
    expected = CEEMDAN(trials=4, epsilon=0.1, seed=3, parallel=False)(signal.numpy())
    np.testing.assert_array_equal(ceemdan(signal, trials=4, noise=0.1, seed=3).numpy(), expected)


def test_modes_add_up_to_the_signal():
    signals = torch.stack([two_tones(100, seed) for seed in range(2)]).float()
    modes = ceemdan(signals, trials=3)
    assert modes.dtype == torch.float32
    torch.testing.assert_close(modes.sum(-2), signals, rtol=0, atol=1e-6)


def test_ceemdan_of_a_batch_equals_its_singles_padded_with_zeros():
    signals = torch.stack([two_tones(90), two_tones(90, 1), torch.ones(90).double()])
    whole = ceemdan(signals[:, None], trials=3)
    assert whole.ndim == 4
    for modes, signal in zip(whole[:, 0], signals, strict=True):
        single = ceemdan(signal, trials=3)
        torch.testing.assert_close(modes[: len(single)], single)
        assert (modes[len(single) :] == 0).all()


def test_a_constant_window_is_its_own_only_mode():
    torch.testing.assert_close(ceemdan(torch.full((50,), 2.0)), torch.full((1, 50), 2.0))


def test_at_most_max_modes_and_the_remainder_come_back():
    assert ceemdan(two_tones(128), trials=3, max_modes=2).shape == (3, 128)


def test_windows_side_by_side_have_the_same_modes():
    signals = torch.stack([two_tones(80, seed) for seed in range(3)])
    with joblib.parallel_config("threading"):
        torch.testing.assert_close(ceemdan(signals, trials=2, jobs=2), ceemdan(signals, trials=2))


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "PyEMD", None)
    with pytest.raises(ImportError, match=r"pip install 'iadtln\[ceemdan\]'"):
        ceemdan(torch.zeros(10))
