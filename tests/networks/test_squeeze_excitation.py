import math

import pytest
import torch

from iadtln.networks import SqueezeExcitation


def test_squeeze_excitation_of_a_hand_computed_signal():
    se = SqueezeExcitation(2, reduction=2)  # 2 -> 1 -> 2
    with torch.no_grad():
        se.gate[0].weight.copy_(torch.tensor([[1.0, -2.0]]))
        se.gate[0].bias.fill_(0.5)
        se.gate[2].weight.copy_(torch.tensor([[1.0], [-1.0]]))
        se.gate[2].bias.copy_(torch.tensor([0.0, 0.25]))
    signal = torch.tensor([[[1.0, 3.0], [0.0, 1.0]]])
    # means 2 and 0.5; hidden 2 - 1 + 0.5 = 1.5; gates sigmoid(1.5) and sigmoid(-1.25)
    first, second = 1 / (1 + math.exp(-1.5)), 1 / (1 + math.exp(1.25))
    expected = torch.tensor([[[first, 3 * first], [0.0, second]]])
    torch.testing.assert_close(se(signal), expected)


@pytest.mark.parametrize(
    ("channels", "reduction", "hidden"), [(16, 16, 1), (8, 16, 1), (64, 16, 4)]
)
def test_bottleneck_has_at_least_one_unit(channels, reduction, hidden):
    assert SqueezeExcitation(channels, reduction).gate[0].out_features == hidden


def test_squeeze_excitation_never_amplifies():
    torch.manual_seed(0)
    signal = torch.randn(3, 16, 20)
    assert (SqueezeExcitation(16)(signal).abs() <= signal.abs()).all()


def test_the_papers_gate_is_a_constant_for_about_half_of_all_seeds():
    signal = torch.randn(8, 16, 32, generator=torch.Generator().manual_seed(0)).relu()
    constant = 0
    for seed in range(40):
        torch.manual_seed(seed)
        gate = SqueezeExcitation(16).gate(signal.mean(2))
        constant += bool((gate == gate[0]).all())
    assert 10 <= constant <= 30  # of 40: what the docstring says
