import pytest
import torch
from torch import nn

from iadtln.networks.conv_block import ConvBlock, MaxOfBins, MaxOfPairs, Whole

POOLS = [
    pytest.param(Whole, nn.Identity, id="no pool"),
    pytest.param(MaxOfPairs, lambda: nn.MaxPool1d(2), id="pairs"),
    pytest.param(lambda: MaxOfBins(4), lambda: nn.AdaptiveMaxPool1d(4), id="bins"),
    pytest.param(lambda: MaxOfBins(7), lambda: nn.AdaptiveMaxPool1d(7), id="bins that overlap"),
]


def block_and_reference(pool, plain_pool):
    """Ours and plain PyTorch with the same weights, batch norm's factor of either sign."""
    torch.manual_seed(0)
    block = ConvBlock(3, 8, 3, pool()).double()
    nn.init.normal_(block.norm.weight)
    nn.init.normal_(block.norm.bias)
    assert block.norm.weight.min() < 0 < block.norm.weight.max()
    conv, norm = nn.Conv1d(3, 8, 3).double(), nn.BatchNorm1d(8).double()
    conv.load_state_dict(block.conv.state_dict())
    norm.load_state_dict(block.norm.state_dict())
    return block, nn.Sequential(conv, norm, nn.ReLU(), plain_pool())


@pytest.mark.parametrize("time", [31, 34])
@pytest.mark.parametrize(("pool", "plain_pool"), POOLS)
def test_training_equals_the_plain_chain_in_value_gradient_and_statistics(pool, plain_pool, time):
    block, plain = block_and_reference(pool, plain_pool)
    for _ in range(2):
        signal = torch.randn(5, 3, time, dtype=torch.double, requires_grad=True)
        expected, actual = plain(signal), block(signal)
        torch.testing.assert_close(actual, expected)
        upstream = torch.randn_like(expected)
        torch.testing.assert_close(
            torch.autograd.grad(actual, [signal, *block.parameters()], upstream),
            torch.autograd.grad(expected, [signal, *plain.parameters()], upstream),
        )
    torch.testing.assert_close(dict(block.norm.state_dict()), dict(plain[1].state_dict()))


@pytest.mark.parametrize("options", [{"stride": 3}, {"padding": 2}, {"stride": 2, "padding": 1}])
def test_stride_and_padding_are_those_of_the_plain_chain(options):
    torch.manual_seed(0)
    block = ConvBlock(3, 8, 5, MaxOfPairs(), **options).double()
    plain = nn.Sequential(
        nn.Conv1d(3, 8, 5, **options), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2)
    ).double()
    plain[0].load_state_dict(block.conv.state_dict())
    signal = torch.randn(5, 3, 34, dtype=torch.double, requires_grad=True)
    actual, expected = block(signal), plain(signal)
    torch.testing.assert_close(actual, expected)
    upstream = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad(actual, [signal, *block.parameters()], upstream),
        torch.autograd.grad(expected, [signal, *plain.parameters()], upstream),
    )


@pytest.mark.parametrize(("pool", "plain_pool"), POOLS)
def test_a_factor_of_zero_gives_the_same_value(pool, plain_pool):
    block, plain = block_and_reference(pool, plain_pool)
    with torch.no_grad():  # every sample is then a maximum, and each choice a right subgradient
        block.norm.weight.zero_(), plain[1].weight.zero_()
    signal = torch.randn(5, 3, 31, dtype=torch.double)
    torch.testing.assert_close(block(signal), plain(signal))


@pytest.mark.parametrize(("pool", "plain_pool"), POOLS)
def test_evaluation_equals_the_plain_chain(pool, plain_pool):
    block, plain = block_and_reference(pool, plain_pool)
    block.norm.running_mean.normal_()
    plain[1].load_state_dict(block.norm.state_dict())
    signal = torch.randn(5, 3, 31, dtype=torch.double)
    torch.testing.assert_close(block.eval()(signal), plain.eval()(signal))


def test_frozen_batch_norm_keeps_its_statistics_and_passes_the_bias_a_gradient():
    block, plain = block_and_reference(Whole, nn.Identity)
    block.norm.eval(), plain[1].eval()
    before = block.norm.running_mean.clone()
    signal = torch.randn(5, 3, 31, dtype=torch.double)
    block(signal).sum().backward()
    plain(signal).sum().backward()
    torch.testing.assert_close(block.conv.bias.grad, plain[0].bias.grad)
    torch.testing.assert_close(block.norm.running_mean, before)


def test_equal_neighbours_give_the_gradient_to_the_first_as_max_pool_does():
    image = torch.zeros(1, 1, 1, 4)
    total = torch.zeros_like(image)
    _, where = MaxOfPairs().take(image)
    MaxOfPairs().add_back(total, torch.tensor([[[[2.0, 3.0]]]]), where)
    assert total.flatten().tolist() == [2.0, 0.0, 3.0, 0.0]


@pytest.mark.parametrize("pool", [Whole(), MaxOfPairs(), MaxOfBins(4)], ids=lambda p: str(p))
def test_training_is_deterministic_and_says_so(pool):
    torch.manual_seed(0)
    block, signal = ConvBlock(1, 8, 15, pool), torch.randn(4, 1, 64)

    def gradient():
        block.zero_grad()
        block(signal).square().sum().backward()
        return block.conv.weight.grad.clone()

    torch.use_deterministic_algorithms(True)
    try:
        assert torch.equal(gradient(), gradient())
    finally:
        torch.use_deterministic_algorithms(False)


def test_synchronised_batch_norm_takes_the_place_of_batch_norm():
    block = nn.SyncBatchNorm.convert_sync_batchnorm(block_and_reference(Whole, nn.Identity)[0])
    assert isinstance(block.norm, nn.SyncBatchNorm)
    assert block.eval()(torch.randn(2, 3, 31, dtype=torch.double)).shape == (2, 8, 29)
