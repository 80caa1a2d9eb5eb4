"""Sets hold the truth as often as asked, on the source and under a known shift."""

import math

import pytest
import torch

from iadtln.trust.conformal import (
    conformal_threshold,
    coverage,
    prediction_sets,
    scores_of,
    weighted_thresholds,
)


def drawn(windows, seed, mean=1.5):
    """A feature of N(mean, 1), whose label is 1 with the probability that the network knows."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(windows, generator=generator, dtype=torch.float64) + mean
    one = torch.sigmoid(2 * x)
    label = (torch.rand(windows, generator=generator, dtype=torch.float64) < one).long()
    return torch.stack([1 - one, one], 1), label, x


def test_coverage_is_the_one_asked():
    probability, label, _ = drawn(4000, 0)
    limit = conformal_threshold(scores_of(probability, label), 0.1)
    new, truth, _ = drawn(20000, 1)
    plain = scores_of(new, truth) <= limit
    assert float(plain.double().mean()) == pytest.approx(0.9, abs=0.02)
    assert coverage(prediction_sets(new, limit), truth) >= float(plain.double().mean())


def test_a_shift_breaks_plain_sets_and_weights_mend_them():
    probability, label, x = drawn(8000, 0)
    new, truth, there = drawn(20000, 1, mean=0.0)  # where the classes meet
    scores, new_scores = scores_of(probability, label), scores_of(new, truth)

    def ratio(at):  # of N(0, 1) to N(1.5, 1)
        return torch.exp(1.125 - 1.5 * at)

    plain = new_scores <= conformal_threshold(scores, 0.1)
    weighted = new_scores <= weighted_thresholds(scores, ratio(x), ratio(there), 0.1)
    assert float(plain.double().mean()) < 0.85
    assert float(weighted.double().mean()) == pytest.approx(0.9, abs=0.02)


def test_threshold_by_hand():
    scores = torch.tensor([0.4, 0.1, 0.3, 0.2])
    assert conformal_threshold(scores, 0.2) == pytest.approx(0.4)  # ceil(5 * 0.8) = 4th
    assert conformal_threshold(scores, 0.4) == pytest.approx(0.3)
    assert conformal_threshold(scores, 0.1) == math.inf  # the 5th of 4


def test_equal_weights_are_no_weights():
    generator = torch.Generator().manual_seed(0)
    scores = torch.rand(97, generator=generator)
    for rate in (0.05, 0.1, 0.3):
        limits = weighted_thresholds(scores, torch.full((97,), 2.0), torch.tensor([2.0]), rate)
        assert limits.tolist() == pytest.approx([conformal_threshold(scores, rate)])


def test_weighted_thresholds_are_those_of_a_loop():
    generator = torch.Generator().manual_seed(1)
    scores, ratio = torch.rand(2, 20, generator=generator)
    others = torch.tensor([0.1, 1.0, 5.0])
    for w, limit in zip(others, weighted_thresholds(scores, ratio, others, 0.2), strict=True):
        mass, want = 0.0, math.inf
        for s, one in sorted(zip(scores.tolist(), ratio.tolist(), strict=True)):
            mass += one / float(ratio.sum() + w)
            if mass >= 0.8:
                want = s
                break
        assert float(limit) == pytest.approx(want)


def test_a_foreign_window_may_be_anything():
    limits = weighted_thresholds(torch.rand(9), torch.ones(9), torch.tensor([1e9]), 0.1)
    assert bool(prediction_sets(torch.eye(3)[:1].double(), limits).all())


def test_the_first_choice_is_in_every_set():
    probability = torch.tensor([[0.4, 0.35, 0.25], [0.9, 0.06, 0.04]])
    assert prediction_sets(probability, 0.2).tolist() == [[True, False, False]] * 2


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_miss_rate_is_a_share(rate):
    with pytest.raises(ValueError, match="above 0 and below 1"):
        conformal_threshold(torch.rand(9), rate)
