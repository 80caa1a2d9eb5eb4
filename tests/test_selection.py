"""Criteria against loops written from the formulas, and what they pick from hand-made histories."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from iadtln.selection import (
    CRITERIA,
    Outputs,
    chosen_epochs,
    density_ratio,
    dev_risk,
    selected,
    soft_neighbourhood_density,
)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def slow_density(rows, temperature):
    """The formula, one number at a time."""
    rows = [[v / math.sqrt(sum(w * w for w in row)) for v in row] for row in rows]
    entropies = []
    for i, row in enumerate(rows):
        others = [other for j, other in enumerate(rows) if j != i]
        similar = [sum(a * b for a, b in zip(row, o, strict=True)) for o in others]
        powers = [math.exp(s / temperature) for s in similar]
        shares = [power / sum(powers) for power in powers]
        entropies.append(-sum(share * math.log(share) for share in shares if share > 0))
    return sum(entropies) / len(entropies)


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_the_neighbourhood_density_is_that_of_a_slow_loop(temperature):
    rows = normal(9, 4).double().softmax(1)
    expected = slow_density(rows.tolist(), temperature)
    assert soft_neighbourhood_density(rows, temperature) == pytest.approx(expected, rel=1e-9)


def test_clusters_of_four_have_three_neighbours_each():
    # similarity 1 in a cluster and 0 across: e^-20 beside 1, so the entropy is log 3 almost
    rows = torch.eye(3).repeat_interleave(4, 0)
    assert soft_neighbourhood_density(rows) == pytest.approx(math.log(3), abs=1e-6)


@given(st.integers(2, 12), st.integers(1, 5), st.integers(0, 99))
def test_the_neighbourhood_density_is_between_zero_and_that_of_equal_rows(windows, width, seed):
    value = soft_neighbourhood_density(normal(windows, width, seed=seed))
    assert -1e-9 <= value <= math.log(max(windows - 1, 1)) + 1e-9


def test_the_neighbourhood_density_ignores_the_order_and_the_length_of_rows():
    rows = normal(8, 3)
    assert soft_neighbourhood_density(3 * rows.flip(0)) == pytest.approx(
        soft_neighbourhood_density(rows), abs=1e-6
    )


def test_the_neighbourhood_density_rejects_a_lone_window():
    with pytest.raises(ValueError, match=r"two or more rows .* got \(1, 4\)"):
        soft_neighbourhood_density(torch.zeros(1, 4))


def slow_risk(weight, loss):
    """You et al., algorithm 2, one number at a time."""
    n = len(weight)
    weighted = [w * value for w, value in zip(weight, loss, strict=True)]
    mean_w, mean_l = sum(weight) / n, sum(weighted) / n
    pairs = zip(weighted, weight, strict=True)
    covariance = sum((x - mean_l) * (w - mean_w) for x, w in pairs) / (n - 1)
    variance = sum((w - mean_w) ** 2 for w in weight) / (n - 1)
    eta = -covariance / variance
    return mean_l + eta * mean_w - eta


def test_the_risk_is_that_of_a_slow_loop():
    weight, loss = normal(20).exp(), normal(20, seed=1).abs()
    expected = slow_risk(weight.tolist(), loss.tolist())
    assert dev_risk(weight, loss) == pytest.approx(expected, rel=1e-9)


def test_the_risk_by_hand():
    # weights 1 and 2, losses 1 and 2: products 1 and 4, mean 2.5; covariance 1.5, variance 0.5,
    # eta -3; mean weight 1.5: 2.5 - 3 * 0.5 = 1
    assert dev_risk(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0])) == pytest.approx(1.0)


@given(st.floats(0, 9), st.integers(0, 99))
def test_a_constant_loss_is_its_own_risk_whatever_the_weights(loss, seed):
    # w l = l w: eta = -l, so l mean(w) - l mean(w) + l
    weight = normal(10, seed=seed).exp()
    assert dev_risk(weight, torch.full((10,), loss)) == pytest.approx(loss, abs=1e-5)


def test_equal_weights_give_the_mean_loss():
    assert dev_risk(torch.ones(4), torch.tensor([0.0, 1.0, 1.0, 0.0])) == 0.5


def test_the_risk_rejects_different_lengths():
    with pytest.raises(ValueError, match=r"as many losses.* got \(3,\) and \(2,\)"):
        dev_risk(torch.ones(3), torch.ones(2))


def test_the_density_ratio_of_two_gaussians_is_the_known_one():
    # N(0, 1) and N(1, 1): p_T / p_S = exp(f - 1/2), a logistic regression's own model
    source, target = normal(4000, 1), normal(2000, 1, seed=1) + 1
    at = torch.tensor([[-1.0], [0.0], [0.5], [1.0], [2.0]])
    ratio = density_ratio(source, target, at)
    assert ratio.log().numpy() == pytest.approx(at.flatten().numpy() - 0.5, abs=0.12)


def test_the_density_ratio_of_one_and_the_same_sample_is_one():
    rows = normal(60, 3)
    ratio = density_ratio(rows, rows, rows)
    assert ratio.numpy() == pytest.approx(np.ones(60), abs=1e-3)


def test_the_density_ratio_knows_how_many_windows_each_domain_has():
    # constant features say nothing: P(T) = 10 / 40, the ratio is 30/10 * (1/4) / (3/4) = 1
    ratio = density_ratio(torch.ones(30, 2), torch.ones(10, 2), torch.ones(5, 2))
    assert ratio.numpy() == pytest.approx(np.ones(5), abs=1e-3)


def test_the_density_ratio_stays_finite_for_domains_far_apart():
    ratio = density_ratio(normal(20, 2), normal(20, 2) + 1e6, torch.full((2, 2), 1e12))
    assert torch.isfinite(ratio).all()


@pytest.mark.parametrize("shapes", [((9, 2), (9, 3), (9, 2)), ((2, 2), (9, 2), (9, 2))])
def test_the_density_ratio_rejects_too_few_rows_and_different_widths(shapes):
    with pytest.raises(ValueError, match="3 or more rows of each domain, all of one width, got"):
        density_ratio(*(torch.zeros(shape) for shape in shapes))


class SeenByHand:
    """Four windows of each set."""

    def __init__(self, features=None):
        nothing = torch.empty(0, dtype=torch.int64)
        features = normal(4, 2) if features is None else features
        logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, 0.5]])
        self.source_train = Outputs(features, logits, nothing)
        self.source_val = Outputs(features, logits, torch.tensor([0, 1, 1, 1]))
        self.target = Outputs(features, logits.flip(0), nothing)


def test_criteria_of_four_windows():
    seen = SeenByHand()
    assert CRITERIA["source_accuracy"].value(seen) == 0.75
    chances = seen.target.logits.double().softmax(1).numpy()
    expected = np.mean([entropy(chance, base=2) for chance in chances])
    assert CRITERIA["target_entropy"].value(seen) == pytest.approx(expected)
    assert CRITERIA["snd"].value(seen) == pytest.approx(slow_density(chances.tolist(), 0.05))
    # source and target are one sample: all weights are 1, the risk is the cross entropy
    margins = torch.tensor([2.0, 1.0, -3.0, 0.5]).double()
    expected = float(torch.log1p(torch.exp(-margins)).mean())
    assert CRITERIA["dev"].value(seen) == pytest.approx(expected, abs=1e-3)


def test_diverged_features_have_no_risk():
    assert math.isnan(CRITERIA["dev"].value(SeenByHand(torch.full((4, 2), math.nan))))


HISTORY = pd.DataFrame(
    {
        "epoch": [0, 1, 2, 3, 4],
        "phase": ["pretrain", "pretrain", "transfer", "transfer", "transfer"],
        "source_accuracy": [1.0, 1.0, 0.8, 0.9, 0.9],  # best before the transfer; equals after
        "target_entropy": [0.0, 0.5, 0.1, 0.2, 0.3],
        "snd": [9.0, 1.0, 1.0, math.inf, 3.0],
        "dev": [-9.0, 5.0, 2.0, 1.0, math.nan],
        "oracle_target_accuracy": [0.99, 0.2, 0.5, 0.7, 0.6],
    }
)


def test_only_epochs_of_the_transfer_are_picked_and_of_equals_the_later():
    picked = {"last": 4, "source_accuracy": 4, "target_entropy": 2, "snd": 4, "dev": 3}
    assert chosen_epochs(HISTORY) == picked


def test_a_baseline_without_transfer_is_picked_from_all_epochs():
    baseline = HISTORY.assign(phase="pretrain")
    picked = {"last": 4, "source_accuracy": 1, "target_entropy": 0, "snd": 0, "dev": 0}
    assert chosen_epochs(baseline) == picked


def test_selected_says_what_each_choice_was_worth():
    assert selected(HISTORY) == {
        "last": 0.6,
        "source_accuracy": 0.6,
        "target_entropy": 0.5,
        "snd": 0.6,
        "dev": 0.7,
        "oracle": 0.7,
    }


def test_the_order_of_rows_does_not_matter():
    assert selected(HISTORY.iloc[[3, 0, 4, 2, 1]]) == selected(HISTORY)


def test_a_criterion_that_was_never_finite_picks_nothing():
    history = HISTORY.assign(dev=math.nan)
    assert "dev" not in chosen_epochs(history)
    assert math.isnan(selected(history)["dev"])


def test_the_oracle_chooses_nothing():
    moved = HISTORY.assign(oracle_target_accuracy=[0.1, 0.2, 0.9, 0.8, 0.3])
    assert chosen_epochs(moved) == chosen_epochs(HISTORY)
    assert chosen_epochs(HISTORY.drop(columns="oracle_target_accuracy")) == chosen_epochs(HISTORY)


def test_what_a_choice_was_worth_needs_the_oracle():
    with pytest.raises(ValueError, match=r"'oracle_target_accuracy', got epoch, .*oracle=True"):
        selected(HISTORY.drop(columns="oracle_target_accuracy"))


def test_nothing_can_be_chosen_from_no_epoch():
    with pytest.raises(ValueError, match="has no epoch"):
        chosen_epochs(HISTORY.iloc[:0])
