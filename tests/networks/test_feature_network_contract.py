"""What every network promises, whoever wrote it."""

import copy

import pytest
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

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
@pytest.mark.parametrize(("batch", "time"), [(2, 2048), (3, 1535), (5, 1111)])
def test_features_are_float32_of_the_promised_width(network, training, batch, time):
    features = network.train(training)(torch.randn(batch, 1, time))
    assert features.shape == (batch, network.num_features)
    assert features.dtype == torch.float32
    assert features.isfinite().all()


def test_channels_are_an_argument(network_class):
    assert network_class(in_channels=3)(torch.randn(2, 3, 1024)).shape[0] == 2


def test_one_of_the_shortest_windows_trains_and_a_shorter_one_is_named(network):
    network(torch.randn(1, 1, network.min_time)).sum().backward()
    short = network.min_time - 1
    name = type(network).__name__
    with pytest.raises(ValueError, match=f"{name} .* {network.min_time} samples, got {short}"):
        network(torch.zeros(2, 1, short))


def test_another_number_of_channels_is_named(network):
    name = type(network).__name__
    with pytest.raises(ValueError, match=rf"{name} .* \(batch, 1, time\), got \(2, 3, 1024\)"):
        network(torch.zeros(2, 3, 1024))


def test_state_makes_the_round_trip(network, network_class):
    network(torch.randn(4, 1, 1024))
    other = network_class()
    other.load_state_dict(network.state_dict())
    signal = torch.randn(2, 1, 1024)
    assert torch.equal(other.eval()(signal), network.eval()(signal))


def test_the_seed_decides_the_weights(network_class):
    torch.manual_seed(3)
    first = network_class().state_dict()
    torch.manual_seed(3)
    second = network_class().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_batch_equals_its_windows_one_by_one(network):
    network(torch.randn(8, 1, 1024))
    signal = torch.randn(5, 1, 1024)
    network.eval()
    singles = torch.cat([network(window) for window in signal.split(1)])
    torch.testing.assert_close(network(signal), singles, atol=1e-5, rtol=1e-4)


def test_every_parameter_and_the_signal_get_a_gradient(network):
    signal = torch.randn(4, 1, 1024, requires_grad=True)
    network(signal).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert signal.grad.isfinite().all()


@pytest.mark.parametrize("values", [0.0, 1.0])
def test_a_constant_signal_gives_finite_features(network, values):
    assert network(torch.full((4, 1, 1024), values)).isfinite().all()


@pytest.mark.filterwarnings("ignore:The tensor attributes self.lstm._flat")  # nn.LSTM's own list
def test_export_with_a_free_batch_size_gives_the_same_features(network):
    network.eval()
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(
        copy.deepcopy(network), (torch.randn(4, 1, 1024),), dynamic_shapes=({0: batch},)
    )
    signal = torch.randn(7, 1, 1024)
    torch.testing.assert_close(exported.module()(signal), network(signal), atol=1e-5, rtol=1e-4)


def test_steps_under_ddp_leave_no_parameter_out(network, tmp_path):
    dist.init_process_group("gloo", f"file://{tmp_path}/rendezvous", rank=0, world_size=1)
    try:
        parallel = DistributedDataParallel(network)
        for _ in range(2):  # the second step fails if the first left a gradient out
            parallel(torch.randn(4, 1, 1024)).square().sum().backward()
    finally:
        dist.destroy_process_group()


def test_training_in_bfloat16_gives_finite_features_and_gradients(network):
    with torch.autocast("cpu", torch.bfloat16):
        features = network(torch.randn(4, 1, 1024))
    features.float().square().sum().backward()
    assert features.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
