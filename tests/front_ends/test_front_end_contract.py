"""What every front end promises, whoever wrote it."""

import copy
import inspect

import lightning.pytorch as pl
import pytest
import torch

import iadtln.front_ends as front_ends
from datamodules import Recording, SimulatedDataModule, Windowing
from datamodules.transforms import RecordingTransform
from iadtln.front_ends import FrontEnd
from iadtln.front_ends.filter_search import FilterSearch
from iadtln.front_ends.mode_search import ModeSearch
from iadtln.networks import MLP, SECNN
from iadtln.search import GWO
from iadtln.task import DomainAdaptation


def subclasses(cls):
    return [s for child in cls.__subclasses__() for s in (child, *subclasses(child))]


CLASSES = [
    c
    for c in subclasses(FrontEnd)
    if c.__module__.startswith("iadtln.") and not inspect.isabstract(c)
]
QUICK = FilterSearch(population=4, generations=1, taps_max=16, iterations=2, max_samples=2048)
QUICK_MODES = ModeSearch(GWO(3), generations=1, samples=2048, bands_max=4, taps_max=16)
# by class name: what makes a slow front end quick enough to test
OPTIONS = {
    "AMOMCKD": {"search": QUICK},
    "AMOMCKDBank": {"search": QUICK},
    "CEEMDAN": {"trials": 1, "max_modes": 2},
    "EDGAFMD": {"search": QUICK_MODES},
    "EDGAFMDBank": {"search": QUICK_MODES},
}
NO_EXPORT = {
    "VMD": "iterates until each window has settled, on a CPU outside of PyTorch",
    "ECMSE": "counts words on a CPU outside of PyTorch",
}
NETWORKS = {"ECMSE": MLP}  # that read few points; all others make enough for any network
NO_GRADIENT = {"ECMSE": "counts have no slope"}
NO_GRADIENT_AT_CONSTANTS = {"Kurtogram": "the kurtosis of nothing has no slope", **NO_GRADIENT}


def windows(batch=3, channels=2, time=2048, seed=0):
    return torch.randn(batch, channels, time, generator=torch.Generator().manual_seed(seed))


def recordings():
    """Two recordings with an impact each 120 samples at 20 turns a second."""
    signal = windows(2, 2, 8192)
    signal[..., ::120] += 8.0
    return [
        Recording(one, 12000.0, 1200.0, None, domain, domain)
        for one, domain in zip(signal, "ab", strict=True)
    ]


def make(front_end_class):
    torch.manual_seed(0)
    front_end = front_end_class(**OPTIONS.get(front_end_class.__name__, {}))
    if front_end.needs_fit:
        front_end.fit(recordings())
    return front_end


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.__name__)
def front_end(request):
    return make(request.param)


def network_for(front_end):
    return NETWORKS.get(type(front_end).__name__, SECNN)


def window_factor(front_end):
    """Channels that windows gain; the rest of them is there before windows are cut."""
    return front_end.channel_factor // front_end.recording_factor


def test_every_front_end_can_be_named_from_the_package():
    assert {c.__name__ for c in CLASSES} == set(front_ends.__all__) - {"FrontEnd"}


@pytest.mark.parametrize(
    ("batch", "channels", "time"), [(1, 1, 2048), (2, 3, 2050), (3, 2, 2303), (1, 2, 4096)]
)
def test_each_channel_becomes_as_many_as_promised_in_float32(front_end, batch, channels, time):
    output = front_end(windows(batch, channels, time))
    assert output.shape[:2] == (batch, channels * window_factor(front_end))
    assert output.shape[2] >= network_for(front_end)().min_time
    assert output.dtype == torch.float32
    assert output.isfinite().all()


def test_a_batch_equals_its_windows_one_by_one(front_end):
    signal = windows(5)
    singles = torch.cat([front_end(window) for window in signal.split(1)])
    torch.testing.assert_close(front_end(signal), singles, atol=1e-4, rtol=1e-4)


def test_channels_do_not_know_of_each_other(front_end):
    signal = windows(2, 3)
    apart = torch.cat([front_end(channel) for channel in signal.split(1, dim=1)], dim=1)
    torch.testing.assert_close(front_end(signal), apart, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0, -0.3, 1e-20, 1e6])
@pytest.mark.parametrize("time", [2048, 2303])
def test_a_constant_gives_finite_values(front_end, value, time):
    assert front_end(torch.full((2, 1, time), value)).isfinite().all()


def test_the_scale_of_the_signal_is_taken_off_where_standardised(front_end):
    if not front_end.standardise:
        pytest.skip("not standardised")
    signal = windows(2)
    torch.testing.assert_close(front_end(16.0 * signal), front_end(signal), atol=1e-3, rtol=1e-3)


def test_standardised_windows_have_mean_0_and_deviation_1(front_end):
    if not front_end.standardise:
        pytest.skip("not standardised")
    rows = front_end.channel_factor if front_end.is_image else 1
    blocks = front_end(windows()).unflatten(1, (-1, rows)).flatten(2)
    torch.testing.assert_close(blocks.mean(-1), torch.zeros(blocks.shape[:2]), atol=1e-4, rtol=0)
    deviation = blocks.std(-1, correction=0)
    torch.testing.assert_close(deviation, torch.ones(blocks.shape[:2]), atol=1e-3, rtol=0)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_output_stays_on_the_device_of_the_input(front_end):
    on_gpu = front_end.cuda()(windows().cuda())
    assert on_gpu.device.type == "cuda"
    torch.testing.assert_close(on_gpu.cpu(), front_end.cpu()(windows()), atol=1e-2, rtol=1e-2)


def test_double_precision_is_taken_and_becomes_float32(front_end):
    output = front_end(windows().double())
    assert output.dtype == torch.float32
    assert torch.equal(output, front_end(windows()))


def test_it_is_deterministic_and_leaves_the_windows_alone(front_end):
    signal = windows()
    first = front_end(signal)
    assert torch.equal(front_end(signal), first)
    assert torch.equal(signal, windows())


def test_training_changes_nothing(front_end):
    assert torch.equal(front_end.train()(windows()), front_end.eval()(windows()))


def test_a_copy_gives_the_same(front_end):
    assert torch.equal(copy.deepcopy(front_end)(windows()), front_end(windows()))


def test_state_makes_the_round_trip(front_end):
    other = type(front_end)(**OPTIONS.get(type(front_end).__name__, {}))
    other.load_state_dict(front_end.state_dict())
    assert not other.needs_fit
    assert torch.equal(other(windows()), front_end(windows()))


def test_nothing_is_learned_by_gradient_and_only_what_was_searched_is_saved(front_end):
    assert not list(front_end.parameters())
    chosen = any(transform.needs_fit for transform in front_end.recording_transforms())
    if type(front_end).fit is FrontEnd.fit and not chosen:
        assert not front_end.state_dict()


def test_a_gradient_flows_to_the_windows(front_end):
    if type(front_end).__name__ in NO_GRADIENT:
        pytest.skip(NO_GRADIENT[type(front_end).__name__])
    signal = windows().requires_grad_()
    front_end(signal).square().sum().backward()
    assert signal.grad.isfinite().all()


def test_the_gradient_of_a_constant_is_finite(front_end):
    if type(front_end).__name__ in NO_GRADIENT_AT_CONSTANTS:
        pytest.skip(NO_GRADIENT_AT_CONSTANTS[type(front_end).__name__])
    constant = torch.ones(2, 1, 2048, requires_grad=True)
    front_end(constant).sum().backward()
    assert constant.grad.isfinite().all()


def test_autocast_does_not_reach_it(front_end):
    with torch.autocast("cpu", torch.bfloat16):
        inside = front_end(windows().bfloat16())
    assert inside.dtype == torch.float32
    assert torch.equal(inside, front_end(windows().bfloat16()))


def test_export_with_a_network_and_a_free_batch_size_gives_the_same_features(front_end):
    if type(front_end).__name__ in NO_EXPORT:
        pytest.skip(NO_EXPORT[type(front_end).__name__])
    torch.manual_seed(0)
    network = network_for(front_end)(in_channels=2 * window_factor(front_end))
    both = torch.nn.Sequential(front_end, network).eval()
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(
        copy.deepcopy(both), (windows(4),), dynamic_shapes=({0: batch},)
    ).module()
    signal = windows(7, seed=1)
    torch.testing.assert_close(exported(signal), both(signal), atol=1e-4, rtol=1e-4)


def test_recordings_are_transformed_to_finite_float32_recordings(front_end):
    for recording in recordings():
        for transform in front_end.recording_transforms():
            assert isinstance(transform, RecordingTransform)
            if transform.needs_fit:
                transform.fit(recordings())
            recording = transform(recording)
        assert recording.signal.dtype == torch.float32
        assert recording.signal.shape[0] == 2 * front_end.recording_factor
        assert recording.signal.isfinite().all()


def task(front_end):
    network = network_for(front_end)(in_channels=front_end.channel_factor)
    return DomainAdaptation(network, 2, transfer_losses=[], pretrain_epochs=1)


def data():
    return SimulatedDataModule(
        faults=("NC", "OF"), bearings_per_class=1, seconds=3.0, windowing=Windowing(), batch_size=2
    )


def trainer(front_end, tmp_path, **options):
    return pl.Trainer(
        accelerator="cpu",
        logger=False,
        callbacks=[front_end],
        default_root_dir=tmp_path,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )


def test_a_model_is_trained_on_its_output_and_comes_back_from_a_checkpoint(front_end, tmp_path):
    fresh = type(front_end)(**OPTIONS.get(type(front_end).__name__, {}))
    model = task(fresh)
    fitted = trainer(fresh, tmp_path, fast_dev_run=True)
    fitted.fit(model, datamodule=data())
    assert model.front_end is fresh
    fitted.save_checkpoint(tmp_path / "one.ckpt")

    other = type(front_end)(**OPTIONS.get(type(front_end).__name__, {}))
    again = task(other)
    tester = trainer(other, tmp_path, limit_predict_batches=1)
    (there,) = tester.predict(again, datamodule=data(), ckpt_path=tmp_path / "one.ckpt")
    (here,) = trainer(fresh, tmp_path, limit_predict_batches=1).predict(model, datamodule=data())
    assert torch.equal(here["logits"], there["logits"])
