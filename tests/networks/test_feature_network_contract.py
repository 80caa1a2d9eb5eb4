"""What every network promises, whoever wrote it."""

import copy

import pytest
import torch

import iadtln.networks  # noqa: F401 - makes the subclasses known
from iadtln.networks import FeatureNetwork


def subclasses(cls):
    return [s for child in cls.__subclasses__() for s in (child, *subclasses(child))]


NETWORKS = [c for c in subclasses(FeatureNetwork) if c.__module__.startswith("iadtln.")]


@pytest.fixture(params=NETWORKS, ids=lambda cls: cls.__name__)
def network_class(request):
    return request.param


@pytest.fixture
def network(network_class):
    torch.manual_seed(0)
    return network_class()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("batch", "time"), [(2, 2048), (3, 1023), (5, 777)])
def test_features_are_float32_of_the_promised_width(network, training, batch, time):
    features = network.train(training)(torch.randn(batch, 1, time))
    assert features.shape == (batch, network.num_features)
    assert features.dtype == torch.float32
    assert features.isfinite().all()


def test_channels_are_an_argument(network_class):
    assert network_class(in_channels=3)(torch.randn(2, 3, 512)).shape[0] == 2


def test_state_makes_the_round_trip(network, network_class):
    network(torch.randn(4, 1, 512))
    other = network_class()
    other.load_state_dict(network.state_dict())
    signal = torch.randn(2, 1, 512)
    assert torch.equal(other.eval()(signal), network.eval()(signal))


def test_the_seed_decides_the_weights(network_class):
    torch.manual_seed(3)
    first = network_class().state_dict()
    torch.manual_seed(3)
    second = network_class().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_batch_equals_its_windows_one_by_one(network):
    network(torch.randn(8, 1, 512))
    signal = torch.randn(5, 1, 512)
    network.eval()
    singles = torch.cat([network(window) for window in signal.split(1)])
    torch.testing.assert_close(network(signal), singles, atol=1e-5, rtol=1e-4)


def test_every_parameter_and_the_signal_get_a_gradient(network):
    signal = torch.randn(4, 1, 512, requires_grad=True)
    network(signal).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert signal.grad.isfinite().all()


@pytest.mark.parametrize("values", [0.0, 1.0])
def test_a_constant_signal_gives_finite_features(network, values):
    assert network(torch.full((4, 1, 512), values)).isfinite().all()


def test_export_with_a_free_batch_size_gives_the_same_features(network):
    network.eval()
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(
        copy.deepcopy(network), (torch.randn(4, 1, 512),), dynamic_shapes=({0: batch},)
    )
    signal = torch.randn(7, 1, 512)
    torch.testing.assert_close(exported.module()(signal), network(signal), atol=1e-5, rtol=1e-4)
