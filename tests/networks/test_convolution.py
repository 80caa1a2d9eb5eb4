import pytest
import torch
from torch import nn

from iadtln.networks.convolution import BatchNorm1d, Conv1d, as_image

OPTIONS = [
    {},
    {"stride": 2},
    {"padding": 3},
    {"dilation": 2},
    {"groups": 2},
    {"bias": False},
    {"padding": "same"},
    {"padding": 2, "padding_mode": "circular"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_convolution_and_its_gradients_equal_those_of_pytorch(options):
    torch.manual_seed(0)
    ours, plain = Conv1d(4, 6, 5, **options), nn.Conv1d(4, 6, 5, **options)
    plain.load_state_dict(ours.state_dict())
    signal = torch.randn(3, 4, 37, requires_grad=True)
    expected = plain(signal)
    upstream = torch.randn_like(expected)
    expected_grads = torch.autograd.grad(expected, [signal, *plain.parameters()], upstream)
    actual = ours(signal)
    actual_grads = torch.autograd.grad(actual, [signal, *ours.parameters()], upstream)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(actual_grads, expected_grads, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_convolution_answers_in_the_memory_order_it_reads(channels):
    result = Conv1d(channels, 6, 5)(torch.randn(2, channels, 20))
    assert as_image(result).data_ptr() == result.data_ptr()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_gradient_has_the_memory_order_of_the_weight(channels):
    convolution = Conv1d(channels, 6, 5)
    convolution(torch.randn(2, channels, 20)).sum().backward()
    assert convolution.weight.grad.stride() == convolution.weight.stride()


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_and_its_statistics_equal_those_of_pytorch(training, momentum):
    torch.manual_seed(0)
    ours, plain = BatchNorm1d(5, momentum=momentum), nn.BatchNorm1d(5, momentum=momentum)
    for batch in torch.randn(3, 4, 5, 11) * 3 + 2:
        torch.testing.assert_close(
            ours.train(training)(batch), plain.train(training)(batch), atol=1e-5, rtol=1e-5
        )
    torch.testing.assert_close(dict(ours.state_dict()), dict(plain.state_dict()))


@pytest.mark.parametrize("momentum", [0.1, None])
def test_update_equals_what_pytorch_does_with_the_batch(momentum):
    torch.manual_seed(0)
    ours, plain = BatchNorm1d(5, momentum=momentum), nn.BatchNorm1d(5, momentum=momentum)
    for batch in torch.randn(3, 4, 5, 11) * 3 + 2:
        ours.update(batch.mean((0, 2)), batch.var((0, 2), unbiased=True))
        plain(batch)
    torch.testing.assert_close(dict(ours.state_dict()), dict(plain.state_dict()))


def test_update_without_running_statistics_does_nothing():
    norm = BatchNorm1d(2, track_running_stats=False)
    norm.update(torch.ones(2), torch.ones(2))
    assert norm.running_mean is None


@pytest.mark.parametrize("shape", [(5,), (2, 5, 4, 3)])
def test_batch_norm_takes_the_shapes_that_pytorch_takes(shape):
    assert BatchNorm1d(5)(torch.randn(4, 5)).shape == (4, 5)
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        BatchNorm1d(5)(torch.zeros(shape))
