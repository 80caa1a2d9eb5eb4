import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from loss_examples import build
from torch import nn

from iadtln.losses import CDAN, CDANE, DANN, entropy_weights, multilinear, randomised_multilinear
from iadtln.schedules import Constant


def features_and_logits(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(rows, 6, generator=generator)
    return features, 3 * torch.randn(rows, 3, generator=generator)


def same(loss_class, **arguments):
    """A loss whose discriminator is always the same."""
    torch.manual_seed(0)
    return build(loss_class, **arguments)


def feature_gradients(loss, batch):
    for rows in batch[:4]:
        rows.grad = None
    loss.contribution(loss(*batch)).backward()
    return torch.cat([batch[0].grad, batch[1].grad])


def test_dann_is_half_the_cross_entropy_of_each_domain(batch):
    loss = same(DANN)
    source, target = loss.discriminator(batch[0]), loss.discriminator(batch[1])
    expected = F.binary_cross_entropy_with_logits(source, torch.ones(8)) / 2
    expected += F.binary_cross_entropy_with_logits(target, torch.zeros(6)) / 2
    torch.testing.assert_close(loss(*batch), expected)


def test_cdane_weighs_rows_by_how_sure_the_classifier_is(batch):
    loss = same(CDANE)
    expected = 0.0
    for features, logits, domain in [(*batch[0:3:2], 1.0), (*batch[1:4:2], 0.0)]:
        p = logits.detach().softmax(1)
        entropy = -(p * p.log()).sum(1)
        weight = 1 + torch.exp(-entropy)
        weight = len(weight) * weight / weight.sum()
        rows = torch.stack([torch.outer(f, q).flatten() for f, q in zip(features, p, strict=True)])
        label = torch.full((len(rows),), domain)
        logit = loss.discriminator(rows)
        expected += F.binary_cross_entropy_with_logits(logit, label, weight=weight) / 2
    torch.testing.assert_close(loss(*batch), expected)


def test_the_entropy_weights_matter(batch):
    plain, weighted = (feature_gradients(same(one), batch) for one in (CDAN, CDANE))
    assert not torch.allclose(plain, weighted, rtol=1e-2)


@pytest.mark.parametrize("loss_class", [DANN, CDAN, CDANE])
def test_an_ignorant_discriminator_costs_log_2_and_is_half_right(loss_class, batch):
    loss = build(loss_class)
    for parameter in loss.parameters():
        nn.init.zeros_(parameter)
    torch.testing.assert_close(loss(*batch), torch.tensor(math.log(2)))
    assert loss.domain_accuracy == 0.5


def test_domain_accuracy_counts_both_domains_alike():
    loss = build(DANN)
    loss.discriminator = nn.Flatten(0)  # the single feature is the logit
    source, target = torch.tensor([[1.0], [1.0], [1.0], [-1.0]]), torch.tensor([[-1.0], [1.0]])
    logits = torch.zeros(4, 3), torch.zeros(2, 3)
    loss(source, target, *logits, torch.zeros(4))
    assert loss.domain_accuracy == (3 / 4 + 1 / 2) / 2
    assert not loss.domain_accuracy.requires_grad


def test_what_follows_a_bf16_logit_is_float32():
    loss = build(DANN)
    loss.discriminator = nn.Flatten(0)
    source, target = torch.tensor([[0.7], [1.3]]).bfloat16(), torch.tensor([[-0.3]]).bfloat16()
    expected = F.softplus(-source.float()).mean() / 2 + F.softplus(target.float()).mean() / 2
    value = loss(source, target, torch.zeros(2, 3), torch.zeros(1, 3), torch.zeros(2))
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("loss_class", [DANN, CDAN, CDANE])
def test_the_coefficient_reverses_the_features_and_spares_the_discriminator(loss_class, batch):
    gradients = {}
    for weight in (0.5, 2.0):
        loss = same(loss_class, weight=weight, schedule=Constant())
        to_features = feature_gradients(loss, batch)
        to_discriminator = [parameter.grad for parameter in loss.parameters()]
        gradients[weight] = to_features, to_discriminator
    torch.testing.assert_close(4 * gradients[0.5][0], gradients[2.0][0])
    torch.testing.assert_close(gradients[0.5][1], gradients[2.0][1])


def test_features_climb_what_the_discriminator_descends(batch):
    loss = same(DANN, weight=0.3, schedule=Constant())
    reversed_ = feature_gradients(loss, batch)
    rows = torch.cat(batch[:2]).detach().requires_grad_()
    source, target = loss.discriminator(rows).split([8, 6])
    (F.softplus(-source).mean() / 2 + F.softplus(target).mean() / 2).backward()
    torch.testing.assert_close(reversed_, -0.3 * rows.grad)


@pytest.mark.parametrize("loss_class", [CDAN, CDANE])
def test_no_gradient_passes_through_the_probabilities(loss_class, batch):
    loss = build(loss_class)
    loss(*batch).backward()
    assert batch[2].grad is None
    assert batch[3].grad is None


def test_entropy_weights_of_a_sure_and_a_torn_row():
    weights = entropy_weights(torch.tensor([[1.0, 0.0], [0.5, 0.5]]))
    # 1 + e⁰ = 2 and 1 + e^(-ln 2) = 1.5, divided by their mean 1.75
    torch.testing.assert_close(weights, torch.tensor([8 / 7, 6 / 7]))


@given(st.integers(1, 20), st.integers(0, 99))
def test_entropy_weights_sum_to_the_batch(rows, seed):
    weights = entropy_weights(features_and_logits(rows, seed)[1].softmax(1))
    torch.testing.assert_close(weights.sum(), torch.tensor(float(rows)))


def test_the_random_map_of_a_row_by_hand():
    features, probabilities = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.25, 0.75]])
    maps = torch.eye(2), torch.diag(torch.tensor([2.0, 4.0]))
    # (1, 2) times (0.5, 3), over the root of the two dimensions
    expected = torch.tensor([[0.5, 6.0]]) / math.sqrt(2)
    torch.testing.assert_close(randomised_multilinear(features, probabilities, *maps), expected)


def test_the_random_map_keeps_inner_products_on_average():
    (f, z), (g, y) = features_and_logits(2, 0), features_and_logits(2, 1)
    p, q = z.softmax(1), y.softmax(1)
    generator = torch.Generator().manual_seed(0)
    maps = [torch.randn(size, 200_000, generator=generator) for size in (6, 3)]
    random = randomised_multilinear(f, p, *maps) @ randomised_multilinear(g, q, *maps).T
    exact = multilinear(f, p) @ multilinear(g, q).T
    # the spread of a mean of 200 000 products of 4 Gaussians is below 9 |f||g||p||q| / √200 000
    bound = 5 * 9 * f.norm(dim=1).max() * g.norm(dim=1).max() / math.sqrt(200_000)
    assert (random - exact).abs().max() < bound


def test_many_products_are_projected_and_few_are_not():
    exact, random = CDAN(), CDAN()
    exact.configure(256, 16)  # 4096 products
    random.configure(256, 17)
    assert exact.discriminator.layers[0].in_features == 4096
    assert exact.feature_matrix is None
    assert random.discriminator.layers[0].in_features == 1024
    assert random.feature_matrix.shape == (256, 1024)
    assert random.class_matrix.shape == (17, 1024)


def test_the_random_map_survives_a_checkpoint(batch, tmp_path):
    loss = build(CDANE, randomised_above=0, num_random=8)
    torch.save(loss.state_dict(), tmp_path / "loss.pt")
    other = build(CDANE, randomised_above=0, num_random=8)
    assert other(*batch) != loss(*batch)
    other.load_state_dict(torch.load(tmp_path / "loss.pt"))
    assert torch.equal(other(*batch), loss(*batch))


def test_without_configure_it_says_what_is_missing(batch):
    with pytest.raises(RuntimeError, match=r"call configure\(num_features, num_classes\)"):
        DANN()(*batch)
