"""Shares add up to the logit, and lie where the answer was planted."""

import sys

import pytest
import torch
from torch import nn

from iadtln.diagnosis import Diagnosis
from iadtln.explain.attribution import behind_front_end, captum_method, integrated_gradients
from iadtln.explain.channels import first_layer_score, gates, mean_by_class
from iadtln.explain.network import look_at, network_input, open_channels
from iadtln.front_ends import FrontEnd, Spectrum
from iadtln.networks import SECNN, LightCNN, PulseCNN, ResNet1d
from iadtln.networks.pulse_cnn import channel_score

WINDOW = 128


class Rectified(FrontEnd):
    """Magnitudes, in as many points as the window has."""

    def transform(self, signal):
        return signal.abs()


def signals(batch=3, channels=1, time=WINDOW):
    return torch.randn(batch, channels, time, generator=torch.Generator().manual_seed(0))


def model(network=None):
    torch.manual_seed(0)
    return Diagnosis(network or SECNN(), 4).eval()


def plugged(front_end):
    """A model with a front end, as the command line leaves it."""
    one = model()
    one.front_end = front_end
    one.network.register_forward_pre_hook(front_end._before)
    return one


def test_shares_of_a_linear_network_are_weight_times_sample():
    weight = torch.randn(4, WINDOW, generator=torch.Generator().manual_seed(1))
    signal, target = signals(), torch.tensor([0, 2, 3])
    found = integrated_gradients(lambda x: x[:, 0] @ weight.T, signal, target, steps=3)
    assert torch.allclose(found.shares[:, 0], weight[target] * signal[:, 0], atol=1e-5)


def test_shares_add_up_to_the_rise_of_the_logit():
    one, signal, target = model(), signals(), torch.tensor([0, 1, 3])
    found = integrated_gradients(one, signal, target, steps=256)
    row = torch.arange(3)
    with torch.no_grad():
        rise = one(signal)[row, target] - one(torch.zeros_like(signal))[row, target]
    total = found.shares.sum((1, 2))
    scale = found.shares.abs().sum((1, 2))
    assert bool(((total - rise).abs() < 0.01 * scale).all())
    assert torch.allclose(found.gap, total - rise, atol=1e-4)


def test_a_baseline_that_is_the_signal_leaves_nothing_to_share():
    signal = signals()
    found = integrated_gradients(model(), signal, torch.zeros(3, dtype=torch.long), baseline=signal)
    assert not found.shares.any()


def test_the_shares_of_a_batch_are_those_of_its_windows():
    one, signal, target = model(), signals(), torch.tensor([0, 1, 3])
    together = integrated_gradients(one, signal, target).shares
    alone = integrated_gradients(one, signal[1:2], target[1:2]).shares
    assert torch.allclose(together[1], alone[0], atol=1e-6)


def test_the_shares_lie_on_a_planted_burst():
    """A network that answers to one pulse, in a window with the pulse at samples 80 to 95."""
    pulse = torch.sin(torch.arange(16.0))
    filter_ = nn.Conv1d(1, 1, 16, bias=False)
    filter_.weight.data[:] = pulse
    signal = 0.1 * signals(1)
    signal[0, 0, 80:96] += pulse
    found = integrated_gradients(
        lambda x: filter_(x).relu().square().sum(-1), signal, torch.tensor([0])
    )
    size = found.shares[0, 0].abs()
    assert float(size[70:106].sum() / size.sum()) > 0.9


def test_the_window_is_seen_past_its_front_end():
    one = plugged(Rectified())
    signal = signals(2)
    seen = network_input(one, signal)
    assert torch.equal(seen, one.front_end(signal))
    with behind_front_end(one.network, one.classifier) as forward:
        assert torch.allclose(forward(seen), one(signal), atol=1e-6)
    assert torch.equal(network_input(model(), signal), signal)


def test_a_network_in_training_goes_on_training():
    one = model().train()
    with behind_front_end(one.network, one.classifier):
        assert not one.network.training
    assert one.network.training


def test_a_look_keeps_time_where_the_front_end_does():
    look = look_at(plugged(Rectified()), signals(1)[0], 2, 10.0, "ms", "a window")
    assert look.values.shape == look.shares.shape == look.score.shape == (WINDOW,)
    assert (look.extent, look.unit, look.title) == (10.0, "ms", "a window")
    other = look_at(plugged(Spectrum()), signals(1)[0], 2, 10.0, "ms", "a window")
    assert other.unit == "point of the network's input"
    assert other.extent == len(other.values) != WINDOW


def test_of_several_channels_the_one_that_counts_is_looked_at():
    one = model(SECNN(in_channels=2))
    one.network.conv1.conv.weight.data[:, 0] = 0  # the first channel counts nothing
    look = look_at(one, signals(1, channels=2)[0], 0, 1.0, "s", "window")
    assert "input channel 1 of 2" in look.title
    assert look.values.tolist() == pytest.approx(signals(1, channels=2)[0, 1].tolist())


def test_gates_are_those_of_the_module():
    one, signal = model(), signals()
    with torch.no_grad():
        opened = one.network.se.gate(one.network.conv1(signal).mean(-1))
    assert torch.allclose(gates(one.network, one.network, signal)["se"], opened)
    assert torch.allclose(open_channels(one, signal)["se"], opened)


def test_a_network_without_squeeze_excitation_has_no_gates():
    assert gates(SECNN(se=False), SECNN(se=False).eval(), signals()) == {}


def test_the_mean_by_class_is_nan_without_windows():
    values = torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 5.0]])
    means = mean_by_class(values, torch.tensor([0, 0, 2]), 3)
    assert means[[0, 2]].tolist() == [[2.0, 4.0], [5.0, 5.0]]
    assert bool(means[1].isnan().all())


def test_the_first_layers_score_is_the_papers():
    network = PulseCNN(pulse_length=9).eval()
    signal = signals()
    with torch.no_grad():
        first = network.blocks[0](network.pad(signal))
    score = first_layer_score(network, network, signal)
    assert torch.allclose(score, channel_score(first, WINDOW))


@pytest.mark.parametrize("network", [SECNN, LightCNN, PulseCNN, ResNet1d])
def test_every_network_of_convolutions_has_a_score(network):
    one = network().eval()
    score = first_layer_score(one, one, signals(2, time=512))
    assert score.shape == (2, 512)
    assert 0 <= float(score.min()) <= float(score.max()) <= 1


def test_no_score_where_there_is_no_convolution():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(WINDOW, 8), nn.ReLU())
    assert first_layer_score(flat, flat, signals()) is None
    linear = nn.Flatten()
    assert first_layer_score(linear, linear, signals()) is None


def test_a_missing_captum_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'iadtln\[explain\]'"):
        captum_method()
