"""Accuracy without labels: right where confidence means on the target what it did before."""

import pytest
import torch

from iadtln.trust.target_accuracy import (
    average_thresholded_confidence,
    difference_of_confidences,
    threshold_of_accuracy,
)


def planted(windows, mean, seed):
    """Confidences, and outcomes that are right exactly so often."""
    generator = torch.Generator().manual_seed(seed)
    sure = (mean + 0.1 * torch.randn(windows, generator=generator)).clamp(0.3, 1.0)
    return sure, torch.rand(windows, generator=generator) < sure


def test_both_estimates_find_a_planted_accuracy():
    source, right = planted(50000, 0.9, 0)
    target, truth = planted(50000, 0.7, 1)
    real = float(truth.float().mean())
    assert difference_of_confidences(source, right, target) == pytest.approx(real, abs=0.01)


def test_threshold_finds_a_planted_accuracy():
    # right exactly where the confidence exceeds 0.6, on both sides
    generator = torch.Generator().manual_seed(0)
    source = torch.rand(20000, generator=generator)
    target = torch.rand(20000, generator=generator) ** 2
    limit = threshold_of_accuracy(source, source > 0.6)
    assert limit == pytest.approx(0.6, abs=1e-3)
    real = float((target > 0.6).double().mean())
    assert average_thresholded_confidence(target, limit) == pytest.approx(real, abs=1e-3)


def test_the_estimate_on_the_source_itself_is_its_accuracy():
    source, right = planted(1000, 0.8, 2)
    limit = threshold_of_accuracy(source, right)
    accuracy = float(right.double().mean())
    assert average_thresholded_confidence(source, limit) == pytest.approx(accuracy, abs=0.01)
    assert difference_of_confidences(source, right, source) == pytest.approx(accuracy)


def test_without_errors_the_least_sure_window_is_the_threshold():
    sure = torch.tensor([0.9, 0.7, 0.8])
    assert threshold_of_accuracy(sure, torch.ones(3).bool()) == pytest.approx(0.7)
    assert threshold_of_accuracy(sure, torch.zeros(3).bool()) == float("inf")


def test_correctness_of_other_windows_is_refused():
    with pytest.raises(ValueError, match=r"got \(3,\) and \(2,\)"):
        threshold_of_accuracy(torch.ones(3), torch.ones(2).bool())
