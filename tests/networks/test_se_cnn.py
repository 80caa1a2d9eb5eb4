import pytest
import torch
from reference import PlainSECNN
from torch import nn

from iadtln.memory import keep_freed_memory
from iadtln.networks import SECNN

CASES = [
    pytest.param(1, True, 5, 2048, id="Table 1"),
    pytest.param(1, False, 4, 1025, id="without SE, odd time"),
    pytest.param(3, True, 3, 333, id="three channels, odd batch"),
    pytest.param(2, True, 2, 32, id="the shortest window"),
]


def twins(in_channels, se):
    """Ours and the reference with the same weights, some factors of batch norm below zero."""
    torch.manual_seed(0)
    ours = SECNN(in_channels, se, dropout=0.0)
    for block in (ours.conv1, ours.conv2, ours.conv3, ours.conv4):
        nn.init.normal_(block.norm.weight, 0.5)
        nn.init.normal_(block.norm.bias, 0.5)
    plain = PlainSECNN(in_channels, se, dropout=0.0)
    plain.load_state_dict(ours.state_dict())
    return ours, plain


def step(network, signal, upstream, **autocast):
    """Features, gradients by name, and state after one training step."""
    signal = signal.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, **autocast):
        features = network(signal)
    features.float().backward(upstream)
    grads = {name: parameter.grad for name, parameter in network.named_parameters()}
    return features.detach(), {**grads, "signal": signal.grad}, dict(network.state_dict())


def relative_error(actual, expected):
    return ((actual - expected).norm() / expected.norm().clamp_min(1e-12)).item()


@pytest.mark.parametrize(("in_channels", "se", "batch", "time"), CASES)
def test_training_in_float32_equals_plain_pytorch(in_channels, se, batch, time):
    ours, plain = twins(in_channels, se)
    signal, upstream = torch.randn(batch, in_channels, time), torch.randn(batch, 256)
    actual, expected = (step(n, signal, upstream, enabled=False) for n in (ours, plain))
    torch.testing.assert_close(actual[0], expected[0], atol=1e-5, rtol=1e-5)
    for name, gradient in expected[1].items():
        if name.endswith("conv.bias"):  # zero in exact arithmetic, and in ours
            assert not actual[1][name].any()
            assert gradient.norm() < 1e-3
        else:
            assert relative_error(actual[1][name], gradient) < 1e-4, name
    torch.testing.assert_close(actual[2], expected[2], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("in_channels", "se", "batch", "time"), CASES)
def test_evaluation_in_float32_equals_plain_pytorch(in_channels, se, batch, time):
    ours, plain = twins(in_channels, se)
    signal = torch.randn(batch, in_channels, time)
    ours(torch.randn(8, in_channels, 64))  # running statistics other than 0 and 1
    plain.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours.eval()(signal), plain.eval()(signal), atol=1e-5, rtol=1e-5)


def test_training_in_bfloat16_is_as_near_to_float32_as_plain_pytorch_is():
    ours, plain = twins(1, True)
    signal, upstream = torch.randn(16, 1, 512), torch.randn(16, 256)
    exact = step(twins(1, True)[1], signal, upstream, enabled=False)
    actual, usual = (step(n, signal, upstream) for n in (ours, plain))
    assert actual[0].dtype == torch.bfloat16
    assert relative_error(actual[0].float(), exact[0]) < 0.02
    for name, gradient in exact[1].items():
        if not name.endswith("conv.bias"):
            error = relative_error(actual[1][name], gradient)
            assert error < 0.02 + 1.5 * relative_error(usual[1][name], gradient), name
    for name, state in exact[2].items():
        assert actual[2][name].dtype == state.dtype
        if "running" in name:
            assert relative_error(actual[2][name], state) < 0.02, name


def test_number_of_parameters_is_that_of_table_1():
    convolutions = (16 * 15 + 16) + (32 * 16 * 3 + 32) + (64 * 32 * 3 + 64) + (128 * 64 * 3 + 128)
    norms = 2 * (16 + 32 + 64 + 128)
    squeeze_excitation = (16 * 1 + 1) + (1 * 16 + 16)
    dense = (512 * 512 + 512) + (512 * 256 + 256)
    total = sum(parameter.numel() for parameter in SECNN().parameters())
    assert total == convolutions + norms + squeeze_excitation + dense
    plain = sum(parameter.numel() for parameter in SECNN(se=False).parameters())
    assert total - plain == squeeze_excitation


def test_too_short_a_window_is_named():
    with pytest.raises(ValueError, match="at least 32 samples, got 31"):
        SECNN()(torch.zeros(2, 1, 31))


def test_another_number_of_channels_is_named():
    with pytest.raises(ValueError, match=r"\(batch, 1, time\), got \(2, 3, 64\)"):
        SECNN()(torch.zeros(2, 3, 64))


def test_a_window_without_channel_axis_is_named():
    with pytest.raises(ValueError, match=r"got \(2, 64\)"):
        SECNN()(torch.zeros(2, 64))


def test_dropout_acts_in_training_only():
    torch.manual_seed(0)
    network, signal = SECNN(dropout=0.9), torch.randn(4, 1, 64)
    assert not torch.equal(network(signal), network(signal))
    network.eval()
    assert torch.equal(network(signal), network(signal))


def test_keeping_freed_memory_changes_no_result():
    torch.manual_seed(0)
    network, signal = SECNN().eval(), torch.randn(4, 1, 64)
    before = network(signal)
    keep_freed_memory()
    assert torch.equal(network(signal), before)
