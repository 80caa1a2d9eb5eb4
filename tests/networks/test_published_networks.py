"""The networks of other papers: their values, their tables, and how many parameters they have."""

import pytest
import torch
from reference import (
    PlainCNNLSTM,
    copy_state,
    number_of_parameters,
    plain_light_cnn,
    plain_pulse_cnn,
    plain_resnet18,
    plain_wdcnn,
)
from torch import nn

from iadtln.networks import CNNLSTM, WDCNN, LightCNN, PulseCNN, ResNet1d

PAIRS = [
    pytest.param(ResNet1d, plain_resnet18, id="ResNet1d"),
    pytest.param(WDCNN, plain_wdcnn, id="WDCNN"),
    pytest.param(lambda n: CNNLSTM(n, dropout=0.0), PlainCNNLSTM, id="CNNLSTM"),
    pytest.param(LightCNN, plain_light_cnn, id="LightCNN"),
    pytest.param(PulseCNN, plain_pulse_cnn, id="PulseCNN"),
    pytest.param(lambda n: PulseCNN(n, 59), lambda n: plain_pulse_cnn(n, 59), id="odd pulse"),
]


def twins(ours, plain, in_channels):
    """Ours and its rebuild in double precision, batch norm's factors of either sign."""
    torch.manual_seed(0)
    ours, plain = ours(in_channels).double(), plain(in_channels).double()
    for module in ours.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.weight, 0.5)
            nn.init.normal_(module.bias, 0.5)
    copy_state(ours, plain)
    return ours, plain


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # in the rebuild
@pytest.mark.parametrize(("in_channels", "time"), [(1, 2048), (3, 1301)])
@pytest.mark.parametrize(("ours", "plain"), PAIRS)
def test_training_and_evaluation_equal_plain_pytorch(ours, plain, in_channels, time):
    ours, plain = twins(ours, plain, in_channels)
    signal = torch.randn(4, in_channels, time, dtype=torch.double, requires_grad=True)
    actual, expected = ours(signal), plain(signal)
    torch.testing.assert_close(actual, expected)
    upstream = torch.randn_like(expected)
    actual_grads = torch.autograd.grad(actual, [signal, *ours.parameters()], upstream)
    expected_grads = torch.autograd.grad(expected, [signal, *plain.parameters()], upstream)
    torch.testing.assert_close(actual_grads, expected_grads, atol=1e-8, rtol=1e-5)
    torch.testing.assert_close(ours.eval()(signal), plain.eval()(signal))


def shapes(blocks, signal):
    """Channels and time after each block."""
    sizes = []
    for block in blocks:
        signal = block(signal)
        sizes.append((signal.shape[1], signal.shape[2]))
    return sizes


def test_wdcnn_has_the_sizes_of_its_table():
    # time after the first convolution is (2048 + 2 * 24 - 64) / 16 + 1 = 128, pooled 64
    expected = [(16, 64), (32, 32), (64, 16), (64, 8), (64, 3)]
    assert shapes(WDCNN().blocks, torch.randn(2, 1, 2048)) == expected


def test_wdcnn_has_the_parameters_of_its_table():
    convolutions = (64 * 16 + 16) + (3 * 16 * 32 + 32) + (3 * 32 * 64 + 64) + 2 * (3 * 64**2 + 64)
    norms = 2 * (16 + 32 + 64 + 64 + 64)
    assert number_of_parameters(WDCNN()) == convolutions + norms + (3 * 64 * 100 + 100)


def test_resnet_has_the_sizes_of_table_1():
    network = ResNet1d()
    hidden = network.stem(torch.randn(2, 1, 2048))
    assert hidden.shape == (2, 64, 512)  # 2048 / 2 / 2
    stages = [(64, 512), (128, 256), (256, 128), (512, 64)]
    assert shapes(network.stages, hidden) == [size for size in stages for _ in range(2)]


def test_resnet_has_eighteen_layers_with_weights_and_their_parameters():
    network = ResNet1d()
    long = [m for m in network.modules() if isinstance(m, nn.Conv1d) and m.kernel_size[0] > 1]
    assert len(long) + 1 == 18  # with the task's classifier
    stem = 7 * 64
    same = 3 * (4 * 64**2 + 3 * 128**2 + 3 * 256**2 + 3 * 512**2)
    wider = (3 + 1) * (64 * 128 + 128 * 256 + 256 * 512)  # the first of a stage and its shortcut
    norms = 2 * (64 + 4 * 64 + 5 * 128 + 5 * 256 + 5 * 512)
    assert number_of_parameters(network) == stem + same + wider + norms


def test_resnet_starts_with_the_variance_that_keeps_gradients_alive():
    torch.manual_seed(0)
    network = ResNet1d()
    last = network.stages[-1].residual[3].weight  # 512 filters of three samples
    assert last.std().item() == pytest.approx((2 / (3 * 512)) ** 0.5, rel=0.01)


def test_cnn_lstm_hands_the_lstm_25_steps_of_32_channels():
    sizes = shapes(CNNLSTM().blocks, torch.randn(2, 1, 2048))
    assert sizes == [(16, 1024), (32, 25)]


def test_cnn_lstm_has_the_parameters_of_its_layers():
    convolutions = (3 * 16 + 16) + (3 * 16 * 32 + 32) + 2 * (16 + 32)
    # four gates in each of two directions: 64 units read the layer below and each other
    lstm = 2 * 4 * 64 * (32 + 64) + 2 * 4 * 64 * (128 + 64)
    assert number_of_parameters(CNNLSTM()) == convolutions + lstm + (25 * 128 * 256 + 256)


def test_cnn_lstm_tells_the_order_of_its_steps():
    torch.manual_seed(0)
    network = CNNLSTM().eval()
    steps = torch.randn(1, 25, 32)
    forward, backward = network.lstm(steps)[0], network.lstm(steps.flip(1))[0].flip(1)
    assert not torch.allclose(forward, backward)


def test_light_cnn_has_the_sizes_and_parameters_of_its_description():
    network = LightCNN()
    sizes = shapes(network.blocks, torch.randn(2, 1, 2048))
    assert sizes[2::3] == [(64, 512), (128, 128), (256, 32)]
    convolutions = (11 * 64 + 64) + (9 * 64 * 128 + 128) + (7 * 128 * 256 + 256)
    assert number_of_parameters(network) == convolutions + (256 * 128 + 128)


def test_light_cnn_takes_another_width():
    assert LightCNN(num_features=32)(torch.randn(2, 1, 64)).shape == (2, 32)


@pytest.mark.parametrize("pulse_length", [1, 3, 58, 122])
def test_pulse_cnn_keeps_the_time_whatever_the_pulse(pulse_length):
    network = PulseCNN(pulse_length=pulse_length)
    sizes = shapes(network.blocks, network.pad(torch.randn(2, 1, 2048)))
    assert sizes == [(16, 1024), (32, 512), (64, 256), (64, 128)]
    convolutions = (pulse_length * 16 + 16) + (3 * 16 * 32 + 32) + (3 * 32 * 64 + 64)
    convolutions += 3 * 64 * 64 + 64
    assert number_of_parameters(network) == convolutions + 2 * (16 + 32 + 64 + 64)


def test_pulse_cnn_refuses_a_pulse_without_samples():
    with pytest.raises(ValueError, match="pulse_length >= 1, got 0"):
        PulseCNN(pulse_length=0)
