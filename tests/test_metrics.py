import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from iadtln.metrics import (
    accuracy,
    class_scores,
    confusion_matrix,
    domain_gap,
    macro_f1,
    normalised_entropy,
)

ZERO = {"zero_division": 0}


@st.composite
def diagnoses(draw):
    """Truth and diagnosis of some windows; classes may be missing on either side."""
    num_classes = draw(st.integers(2, 6))
    pairs = st.tuples(st.integers(0, num_classes - 1), st.integers(0, num_classes - 1))
    truth, said = zip(*draw(st.lists(pairs, min_size=1, max_size=40)), strict=True)
    return num_classes, torch.tensor(truth), torch.tensor(said)


@given(diagnoses())
def test_scores_are_those_of_scikit_learn(case):
    num_classes, truth, said = case
    confusion = confusion_matrix(said, truth, num_classes)
    classes, truth, said = range(num_classes), truth.numpy(), said.numpy()
    np.testing.assert_array_equal(confusion, sk.confusion_matrix(truth, said, labels=classes))
    expected = sk.precision_recall_fscore_support(truth, said, labels=classes, **ZERO)
    for ours, theirs in zip(class_scores(confusion), expected, strict=True):
        np.testing.assert_allclose(ours, theirs)
    assert accuracy(confusion) == pytest.approx(sk.accuracy_score(truth, said))
    assert macro_f1(confusion) == pytest.approx(sk.f1_score(truth, said, average="macro", **ZERO))


def test_no_windows_have_no_accuracy():
    empty = confusion_matrix(torch.tensor([]).long(), torch.tensor([]).long(), 3)
    assert empty.sum() == 0
    assert math.isnan(accuracy(empty))
    assert math.isnan(macro_f1(empty))


def test_confusion_rejects_different_lengths():
    with pytest.raises(ValueError, match=r"shape \(windows,\), got \(2,\) and \(3,\)"):
        confusion_matrix(torch.zeros(2), torch.zeros(3), 2)


@pytest.mark.parametrize("bad", [-1, 3])
def test_confusion_rejects_numbers_that_are_no_class(bad):
    with pytest.raises(ValueError, match=r"must be in 0 \.\.\. 2"):
        confusion_matrix(torch.tensor([0, 1]), torch.tensor([bad, 1]), 3)


def rows(seed, count=7, width=3, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=generator) + shift


def gap_by_loops(source, target):
    """The formula, pair by pair."""
    everyone = [*source.double(), *target.double()]
    pairs = [
        float(((x - y) ** 2).sum())
        for i, x in enumerate(everyone)
        for j, y in enumerate(everyone)
        if i != j
    ]
    middle = sorted(pairs)[(len(pairs) - 1) // 2]

    def kernel(x, y):
        return math.exp(-float(((x - y) ** 2).sum()) / (2 * middle))

    def within(part):
        values = [kernel(x, y) for i, x in enumerate(part) for j, y in enumerate(part) if i != j]
        return sum(values) / len(values)

    ours, theirs = everyone[: len(source)], everyone[len(source) :]
    across = [kernel(x, y) for x in ours for y in theirs]
    return within(ours) + within(theirs) - 2 * sum(across) / len(across)


@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0])
def test_the_gap_is_the_formula(shift):
    source, target = rows(0), rows(1, count=5, shift=shift)
    assert domain_gap(source, target) == pytest.approx(gap_by_loops(source, target), abs=1e-9)


def test_the_gap_grows_with_the_distance_and_stays_below_its_limit():
    gaps = [domain_gap(rows(0, 40), rows(1, 40, shift=s)) for s in (0.0, 0.5, 1.0, 4.0)]
    assert gaps == sorted(gaps)
    assert gaps[-1] < 2


def test_the_gap_ignores_order_shift_and_scale_of_all_features_and_which_domain_is_which():
    source, target = rows(0), rows(1, shift=1.0)
    gap = pytest.approx(domain_gap(source, target), abs=1e-6)
    assert domain_gap(source.flip(0), target) == gap
    assert domain_gap(target, source) == gap
    assert domain_gap(100 * source + 7, 100 * target + 7) == gap


def test_the_gap_of_one_distribution_is_zero_in_the_mean():
    gaps = np.array([domain_gap(rows(2 * s, 10), rows(2 * s + 1, 10)) for s in range(300)])
    assert abs(gaps.mean()) < 4 * gaps.std() / math.sqrt(len(gaps))
    assert gaps.min() < 0


def test_features_that_are_all_equal_have_no_gap():
    assert domain_gap(torch.ones(4, 2), torch.ones(3, 2)) == 0


def test_a_median_of_zero_still_gives_a_finite_gap():
    source, target = torch.zeros(9, 1), torch.zeros(9, 1)
    target[0] = 5.0
    assert math.isfinite(domain_gap(source, target))


@pytest.mark.parametrize("shapes", [((4, 2), (4, 3)), ((1, 2), (4, 2)), ((4,), (4,))])
def test_the_gap_rejects_what_has_no_distance(shapes):
    with pytest.raises(ValueError, match="same width and two or more rows"):
        domain_gap(*(torch.zeros(shape) for shape in shapes))


def test_entropy_is_one_for_no_idea_and_in_between_for_two_of_four():
    probability = torch.tensor([[0.25] * 4, [0.5, 0.5, 0.0, 0.0]])
    # log 2 / log 4 = 1/2
    torch.testing.assert_close(normalised_entropy(probability), torch.tensor([1.0, 0.5]))
