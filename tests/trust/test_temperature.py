"""The temperature makes confidence mean what it says."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from torchmetrics.functional.classification import multiclass_calibration_error

from iadtln.trust.temperature import confidence, expected_calibration_error, temperature


def drawn(scale, windows=20000, classes=4, seed=0):
    """Logits whose labels are drawn from softmax(logits / scale)."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(windows, classes, generator=generator)
    label = torch.multinomial((logits / scale).softmax(1), 1, generator=generator)[:, 0]
    return logits, label


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.5])
def test_temperature_finds_the_one_that_labels_were_drawn_with(scale):
    assert temperature(*drawn(scale)) == pytest.approx(scale, rel=0.05)


def test_temperature_by_hand_for_two_classes():
    # 9 of 12 right, all at a difference of 2: p = 3/4, so 2 / T = log 3
    logits, label = torch.tensor([[2.0, 0.0]] * 12), torch.tensor([0] * 9 + [1] * 3)
    assert temperature(logits, label, prior=0.0) == pytest.approx(2 / math.log(3), rel=1e-6)
    # two imagined windows: (9 + 1) of 14
    assert temperature(logits, label, prior=2.0) == pytest.approx(2 / math.log(10 / 4), rel=1e-6)


def test_temperature_minimises_the_likelihood_that_scipy_minimises():
    logits, label = drawn(1.7, windows=300)

    def loss(log_beta):
        scaled = logits.double().numpy() * math.exp(log_beta)
        log_sum = np.log(np.exp(scaled).sum(1))
        return float((log_sum - scaled[np.arange(300), label.numpy()]).mean())

    found = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-10})
    assert temperature(logits, label, 0.0) == pytest.approx(math.exp(-found.x), rel=1e-5)


def test_where_all_is_right_confidence_is_that_of_one_imagined_window():
    # 99 right of 99: the target is (99 + 1/2) / 100
    logits = torch.tensor([[5.0, 0.0]] * 99)
    scale = temperature(logits, torch.zeros(99, dtype=torch.int64))
    assert float(confidence(logits, scale)[0]) == pytest.approx(0.995, rel=1e-6)


def test_temperature_stays_finite_where_likelihood_has_no_end():
    right = torch.tensor([[5.0, 0.0]] * 3)
    assert temperature(right, torch.tensor([0, 0, 0]), prior=0.0) == pytest.approx(1e-3)
    assert temperature(right, torch.tensor([1, 1, 1]), prior=0.0) == pytest.approx(1e3)
    assert temperature(torch.zeros(3, 2), torch.tensor([0, 0, 1])) == 1.0


@given(st.integers(0, 1000), st.floats(0.2, 5.0))
def test_temperature_follows_the_scale_of_the_logits(seed, scale):
    logits, label = drawn(1.0, windows=60, seed=seed)
    alone = temperature(logits.double(), label)
    assert temperature(scale * logits.double(), label) == pytest.approx(scale * alone, rel=1e-6)


def test_calibration_error_is_that_of_torchmetrics():
    logits, label = drawn(2.0, windows=2000)
    want = multiclass_calibration_error(logits.softmax(1), label, num_classes=4, n_bins=15)
    assert expected_calibration_error(logits, label) == pytest.approx(float(want), abs=1e-6)


def test_temperature_lowers_the_calibration_error_of_new_windows():
    logits, label = drawn(2.5)
    scale = temperature(logits[:10000], label[:10000])
    before = expected_calibration_error(logits[10000:], label[10000:])
    assert expected_calibration_error(logits[10000:] / scale, label[10000:]) < 0.2 * before


@pytest.mark.parametrize("label", [torch.zeros(3).long(), torch.zeros(2, 2).long()])
def test_labels_of_other_windows_are_refused(label):
    with pytest.raises(ValueError, match="as many labels"):
        temperature(torch.zeros(2, 2), label)
