"""Every front end and every network says in both formats what it says in PyTorch."""

import numpy as np
import pytest
import torch
from torch import nn

import iadtln.networks as networks
from datamodules.transforms import BandPass, Envelope
from iadtln.diagnosis import Diagnosis
from iadtln.export import FORMATS, Exported, ExportError, FilterWindows
from iadtln.export.exported import EachWindow, FixedScale
from iadtln.front_ends import AMOMCKDBank, Kurtogram, Raw
from iadtln.networks import FeatureNetwork
from tests.front_ends.test_front_end_contract import (
    CLASSES,
    NO_EXPORT,
    make,
    window_factor,
    windows,
)

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
NETWORKS = [
    c
    for name in networks.__all__
    if isinstance(c := getattr(networks, name), type)
    and issubclass(c, FeatureNetwork)
    and c is not FeatureNetwork
]


class Narrow(FeatureNetwork):
    """Small, so that the front end counts."""

    def __init__(self, in_channels):
        super().__init__()
        self.in_channels, self.min_time, self.num_features = in_channels, 1, 8
        self.layers = nn.Sequential(nn.Conv1d(in_channels, 4, 3, padding=1), nn.Tanh())

    def forward(self, signal):
        maps = self.layers(signal)
        return torch.cat([maps.mean(-1), maps.square().mean(-1)], dim=1)


def module(front_end, network_class=Narrow, normalise=None, filters=None):
    """A model of random weights whose logits are of the order of ten."""
    torch.manual_seed(0)
    network = network_class(in_channels=2 * window_factor(front_end))
    model = Diagnosis(network, 4)
    made = Exported(model, front_end, normalise or EachWindow(), filters)
    with torch.no_grad():
        made.classifier.weight *= 10 / made(windows(8))["logits"].abs().max()
    return made


def quick(front_end_class):
    return Kurtogram(levels=2) if front_end_class is Kurtogram else make(front_end_class)


def written(form, made, folder):
    path = folder / FORMATS[form].file_name
    FORMATS[form].write(made, windows(3), path)
    return FORMATS[form].load(path)


def assert_same(run, made, batch):
    signal = windows(batch, seed=1)
    logits, probabilities = run(signal.numpy())
    expected = made(signal)
    np.testing.assert_allclose(logits, expected["logits"], atol=1e-4, rtol=0)
    np.testing.assert_allclose(probabilities, expected["probabilities"], atol=1e-4, rtol=0)
    np.testing.assert_allclose(probabilities.sum(1), 1.0, atol=1e-5)


def represents(front_end_class):
    """The first class that does the same to windows: those are exported alike."""
    return next(c for c in (Raw, AMOMCKDBank, *CLASSES) if c.transform is front_end_class.transform)


# a graph of thousands of nodes, which takes the exporter half a minute
EACH = [
    pytest.param(c, id=c.__name__, marks=[pytest.mark.slow] if c is Kurtogram else [])
    for c in CLASSES
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("front_end_class", EACH)
def test_every_front_end_is_exported_or_says_why_not(front_end_class, form, tmp_path):
    same = represents(front_end_class)
    if same is not front_end_class:
        pytest.skip(f"does to windows what {same.__name__} does")
    if front_end_class.__name__ in NO_EXPORT:
        pytest.skip(NO_EXPORT[front_end_class.__name__])
    made = module(quick(front_end_class))
    run = written(form, made, tmp_path)
    for batch in (1, 2, 7):
        assert_same(run, made, batch)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("network_class", NETWORKS, ids=lambda c: c.__name__)
def test_every_network_is_exported(network_class, form, tmp_path):
    made = module(Raw(), network_class)
    run = written(form, made, tmp_path)
    for batch in (1, 5):
        assert_same(run, made, batch)


@pytest.mark.parametrize("form", FORMATS)
def test_scale_and_filters_go_inside(form, tmp_path):
    scale = FixedScale(torch.tensor([[0.1, -0.2], [2.0, 0.5]]))
    filters = FilterWindows([BandPass(500.0, 3000.0), Envelope()], 12000.0)
    made = module(Raw(), normalise=scale, filters=filters)
    assert_same(written(form, made, tmp_path), made, 5)


@pytest.mark.parametrize("name", NO_EXPORT)
@pytest.mark.parametrize("form", FORMATS)
def test_what_cannot_be_exported_ends_in_a_sentence(name, form, tmp_path):
    front_end = make(next(c for c in CLASSES if c.__name__ == name))
    made = Exported(Diagnosis(Narrow(2 * window_factor(front_end)), 4), front_end, EachWindow())
    with pytest.raises(ExportError, match=f"{name} with Narrow cannot be exported.*train behind"):
        written(form, made, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_file_holds_its_weights_and_names(tmp_path):
    import onnxruntime

    made = module(Raw())
    written("onnx", made, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    assert [one.name for one in session.get_inputs()] == ["signal"]
    assert [one.name for one in session.get_outputs()] == ["logits", "probabilities"]
    assert session.get_inputs()[0].shape[1:] == [2, 2048]


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(FORMATS["onnx"], "libraries", ("onnx", "no-such-library"))
    with pytest.raises(ExportError, match=r"pip install 'iadtln\[export\]'"):
        FORMATS["onnx"].require()
