import numpy as np
import PyEMD
import pytest
import torch

from datamodules import Recording
from iadtln.front_ends import CEEMDAN


def recording(time=300):
    signal = torch.randn(2, time, generator=torch.Generator().manual_seed(0))
    return Recording(signal, 2000.0, np.linspace(600, 900, time), None, "a", "one")


def test_each_block_is_the_sum_of_its_impulsive_modes():
    (transform,) = CEEMDAN(trials=2, block_samples=128).recording_transforms()
    result = transform(recording())
    assert result.signal.shape == (2, 256)  # whole blocks
    assert len(result.rpm) == 256
    block = recording().signal[1, 128:256].double().numpy()
    modes = PyEMD.CEEMDAN(trials=2, epsilon=0.005, seed=0, parallel=False)(block)
    centred = modes - modes.mean(1, keepdims=True)
    impulsive = (centred**4).mean(1) / (centred**2).mean(1) ** 2
    expected = modes[impulsive > impulsive.mean()].sum(0)
    np.testing.assert_allclose(result.signal[1, 128:], expected, atol=1e-5)


def test_wrong_options_are_refused_at_once():
    with pytest.raises(ValueError, match="block_samples of 16 or more, got 10, None, 0.005 and 8"):
        CEEMDAN(trials=10, block_samples=8)
