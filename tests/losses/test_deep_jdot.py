import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from iadtln.losses import DeepJDOT, joint_cost, transport_cost

sizes = st.integers(1, 6)


def random_cost(rows, columns, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(rows, columns, dtype=torch.float64, generator=generator)


@given(sizes, sizes, st.integers(0, 999))
def test_the_cost_is_that_of_the_linear_programme_of_pot(rows, columns, seed):
    pot = pytest.importorskip("ot", reason="pip install pot")  # codespell:ignore ot
    cost = random_cost(rows, columns, seed)
    plan = pot.emd([], [], cost.numpy())  # empty: uniform masses
    torch.testing.assert_close(transport_cost(cost).item(), (plan * cost.numpy()).sum())


@given(st.integers(1, 5), st.integers(0, 999))
def test_of_a_square_it_is_the_best_of_all_permutations(size, seed):
    cost = random_cost(size, size, seed)
    totals = [
        sum(cost[i, j].item() for i, j in enumerate(order))
        for order in itertools.permutations(range(size))
    ]
    torch.testing.assert_close(transport_cost(cost).item(), min(totals) / size)


def test_one_row_is_shared_by_all_columns():
    cost = torch.tensor([[1.0, 2.0, 6.0]])
    assert transport_cost(cost) == 3
    assert transport_cost(cost.T) == 3


def test_two_rows_and_three_columns_by_hand():
    cost = torch.tensor([[0.0, 3.0, 9.0], [9.0, 3.0, 0.0]])
    # a third of the mass to each column, the middle one from both rows: (0 + 3 + 0) / 3
    torch.testing.assert_close(transport_cost(cost), torch.tensor(1.0))


def test_its_gradient_is_the_coupling():
    cost = torch.tensor([[0.0, 3.0, 9.0], [9.0, 3.0, 0.0]], requires_grad=True)
    transport_cost(cost).backward()
    torch.testing.assert_close(cost.grad, torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]]) / 6)


def test_the_joint_cost_is_that_of_each_pair(batch):
    source, target, _, target_logits, label = batch
    expected = torch.empty(8, 6)
    for i, j in itertools.product(range(8), range(6)):
        distance = math.dist(source[i].tolist(), target[j].tolist()) ** 2
        powers = [math.exp(z) for z in target_logits[j].tolist()]
        expected[i, j] = 0.3 * distance - 0.7 * math.log(powers[label[i]] / sum(powers))
    value = joint_cost(source, target, label, target_logits, 0.3, 0.7)
    torch.testing.assert_close(value, expected)


def test_labels_alone_decide_where_features_cost_nothing():
    source, target = torch.zeros(2, 1), torch.tensor([[0.0], [5.0]])
    logits, label = torch.tensor([[0.0, math.log(3)], [math.log(3), 0.0]]), torch.tensor([0, 1])
    loss = DeepJDOT(feature_cost=0.0, label_cost=2.0)
    value = loss(source, target, logits, logits, label)  # each finds its class, of probability ¾
    torch.testing.assert_close(value, torch.tensor(2 * math.log(4 / 3)))


def test_a_source_row_carried_to_itself_pays_only_for_the_label(batch):
    source, _, source_logits, _, _ = batch
    sure = 100 * torch.nn.functional.one_hot(batch[4], 3).float()
    value = DeepJDOT()(source, source, source_logits, sure, batch[4])
    torch.testing.assert_close(value, torch.tensor(0.0), rtol=0, atol=1e-6)


def test_an_empty_batch_is_refused():
    label = torch.zeros(0, dtype=torch.long)
    with pytest.raises(ValueError, match="transport needs at least 1 rows per domain"):
        joint_cost(torch.zeros(0, 3), torch.zeros(2, 3), label, torch.zeros(2, 2), 1.0, 1.0)
