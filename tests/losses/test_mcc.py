import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import MCC, class_confusion


def example(seed, rows=5, classes=3):
    generator = torch.Generator().manual_seed(seed)
    return 5 * torch.randn(rows, classes, dtype=torch.float64, generator=generator)


def by_hand(logits, temperature):
    """Equations 1 to 6, entry by entry."""
    probabilities = []
    for row in logits.tolist():
        powers = [math.exp(z / temperature) for z in row]
        probabilities.append([power / sum(powers) for power in powers])
    weights = [1 + math.exp(sum(p * math.log(p) for p in row)) for row in probabilities]
    n, k = len(weights), len(probabilities[0])
    weights = [n * weight / sum(weights) for weight in weights]
    rows = list(zip(weights, probabilities, strict=True))
    confusion = [[sum(w * p[i] * p[j] for w, p in rows) for j in range(k)] for i in range(k)]
    normalised = [[value / sum(row) for value in row] for row in confusion]
    return sum(normalised[i][j] for i in range(k) for j in range(k) if i != j) / k


@given(st.integers(0, 999), st.sampled_from([1.0, 2.5, 10.0]))
def test_it_is_equations_1_to_6(seed, temperature):
    logits = example(seed)
    expected = by_hand(logits, temperature)
    torch.testing.assert_close(class_confusion(logits, temperature).item(), expected)


def test_rows_torn_between_all_classes_cost_the_share_of_the_others():
    torch.testing.assert_close(class_confusion(torch.zeros(6, 4)), torch.tensor(3 / 4))


def test_sure_rows_cost_nothing_even_if_a_class_is_never_predicted():
    logits = 1000 * torch.eye(3)[[0, 1, 1]]
    logits.requires_grad_()
    value = class_confusion(logits)
    value.backward()
    assert value == 0
    assert torch.isfinite(logits.grad).all()


def test_the_loss_is_that_of_the_target_at_temperature_2_5(batch):
    expected = torch.tensor(by_hand(batch[3], 2.5))
    torch.testing.assert_close(MCC()(*batch), expected)


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_it_refuses_a_temperature_that_is_not_positive(temperature):
    with pytest.raises(ValueError, match=f"temperature above 0, got {temperature}"):
        MCC(temperature)
    with pytest.raises(ValueError, match=f"temperature above 0, got {temperature}"):
        class_confusion(torch.zeros(2, 2), temperature)
