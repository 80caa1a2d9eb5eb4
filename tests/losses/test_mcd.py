import pytest
import torch
import torch.nn.functional as F
from loss_examples import build
from torch import nn

from iadtln.losses import MCD, classifier_discrepancy
from iadtln.schedules import Constant


def same(**arguments):
    """A loss whose two classifiers are always the same pair."""
    torch.manual_seed(0)
    return build(MCD, schedule=Constant(), **arguments)


def gradients(value, parameters):
    return torch.autograd.grad(value, parameters, retain_graph=True)


def disagreement(loss, target):
    """The mean absolute difference of probabilities, entry by entry."""
    first, second = (one(target).softmax(1) for one in loss.classifiers)
    rows, classes = first.shape
    total = sum((first[i, j] - second[i, j]).abs() for i in range(rows) for j in range(classes))
    return total / (rows * classes)


def source_cost(loss, source, label):
    return sum(F.nll_loss(one(source).log_softmax(1), label) for one in loss.classifiers)


def test_two_classifiers_sure_of_different_classes_differ_by_2_over_classes():
    first, second = torch.eye(4)[[0, 1]], torch.eye(4)[[2, 3]]
    assert classifier_discrepancy(first, second) == 2 / 4
    assert classifier_discrepancy(first, first) == 0


def test_the_value_is_the_cost_on_the_source_minus_the_disagreement_on_the_target(batch):
    loss = same()
    expected = source_cost(loss, batch[0], batch[4]) - disagreement(loss, batch[1])
    torch.testing.assert_close(loss(*batch), expected)


@pytest.mark.parametrize("weight", [0.5, 2.0])
def test_classifiers_climb_the_disagreement_that_the_target_features_descend(batch, weight):
    loss = same(weight=weight)
    total = loss.contribution(loss(*batch))
    parameters = list(loss.parameters())
    cost = gradients(source_cost(loss, batch[0], batch[4]), parameters)
    climb = gradients(disagreement(loss, batch[1]), [*parameters, batch[1]])
    expected = [a - b for a, b in zip(cost, climb, strict=False)]
    expected.append(weight * climb[-1])
    torch.testing.assert_close(list(gradients(total, [*parameters, batch[1]])), expected)


def test_the_paper_step_by_step_moves_everything_the_same_way(batch):
    """Step B for the classifiers, step C for the features, each a descent of its own."""
    loss, rate = same(), 0.1
    target = batch[1].detach().clone().requires_grad_()
    step_b = source_cost(loss, batch[0].detach(), batch[4]) - disagreement(loss, target.detach())
    parameters = list(loss.parameters())
    after_b = [p - rate * g for p, g in zip(parameters, gradients(step_b, parameters), strict=True)]
    after_c = target - rate * gradients(disagreement(loss, target), [target])[0]
    loss.contribution(loss(*batch)).backward()
    torch.testing.assert_close([p - rate * p.grad for p in parameters], after_b)
    torch.testing.assert_close(batch[1] - rate * batch[1].grad, after_c)


def test_the_source_features_learn_nothing_from_it(batch):
    loss = same()
    loss.contribution(loss(*batch)).backward()
    assert batch[0].grad is None


def test_at_coefficient_zero_the_two_classifiers_still_learn(batch):
    loss = same(weight=0.0)
    loss.contribution(loss(*batch)).backward()
    assert not batch[1].grad.any()
    assert all(parameter.grad.any() for parameter in loss.parameters())


def test_the_two_classifiers_start_apart():
    first, second = build(MCD).classifiers
    assert not torch.equal(first[0].weight, second[0].weight)


def test_what_follows_a_bf16_logit_is_float32(batch):
    loss = build(MCD)
    loss.classifiers = nn.ModuleList([nn.Identity(), nn.Softshrink()])
    source, target = batch[2].bfloat16(), batch[3].bfloat16()
    exact = loss(source.float(), target.float(), *batch[2:])
    torch.testing.assert_close(loss(source, target, *batch[2:]), exact, rtol=1e-2, atol=1e-3)
    assert loss(source, target, *batch[2:]).dtype == torch.float32


def test_without_configure_it_says_what_is_missing(batch):
    with pytest.raises(RuntimeError, match=r"call configure\(num_features, num_classes\)"):
        MCD()(*batch)
