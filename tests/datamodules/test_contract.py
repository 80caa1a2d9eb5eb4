"""What every data module promises, on tiny files of its own provider."""

import pickle

import pytest
import torch

import datamodules
from datamodules import PairedDataModule, Windowing
from tests import fakes

SMALL = {"windowing": Windowing(256, per_recording=8), "batch_size": 4}
EXAMPLES = {
    datamodules.SimulatedDataModule: lambda root: {"seconds": 0.5},
    datamodules.CWRUDataModule: lambda root: {"root": str(root / "cwru")},
    datamodules.CWRUCompoundDataModule: lambda root: {"root": str(root / "cwru")},
    datamodules.HITSMDataModule: lambda root: {
        "root": str(root / "hit_sm"), "source": "MFS-600", "target": "MFS-900",
    },
    datamodules.JNUDataModule: lambda root: {"root": str(root / "jnu")},
    datamodules.OttawaDataModule: lambda root: {"root": str(root / "ottawa")},
    datamodules.PaderbornDataModule: lambda root: {
        "root": str(root / "paderborn"), "bearings": ["K001", "KA04", "KI04"], "measurements": 2,
    },
    datamodules.FEMTODataModule: lambda root: {
        "root": str(root / "femto"), "source": "Bearing1_2", "target": "Bearing3_1",
    },
    datamodules.IMSDataModule: lambda root: {"root": str(root / "ims")},
    datamodules.ManifestDataModule: lambda root: {
        "manifest": str(root / "motor_sound" / "manifest.csv"),
        "columns": {"domain": "supply_hz"}, "source": "20", "target": "60",
    },
}  # fmt: skip


def test_every_data_module_is_an_example():
    ours = {
        value
        for value in vars(datamodules).values()
        if isinstance(value, type) and issubclass(value, PairedDataModule)
    }
    assert ours - {PairedDataModule} == set(EXAMPLES)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return fakes.everything(tmp_path_factory.mktemp("provided"))


@pytest.fixture(params=EXAMPLES, ids=lambda c: c.__name__)
def make(request, root):
    return lambda **changes: request.param(**{**EXAMPLES[request.param](root), **SMALL, **changes})


def test_classes_and_channels_are_known_before_anything_is_read(make):
    data = make()
    assert data.num_classes == len(data.class_names) == len(set(data.class_names)) > 1
    assert {data.source, data.target} <= set(data.domains())
    data.setup("fit")
    assert data.windows("source", "first")[0]["signal"].shape == (data.channels, 256)


def test_recordings_are_named_once_and_know_rate_domain_and_label(make):
    data = make()
    recordings = [read() for domain in (data.source, data.target) for read in data.readers(domain)]
    names = [recording.recording_id for recording in recordings]
    assert len(names) == len(set(names))
    assert {r.domain for r in recordings} == {data.source, data.target}
    assert {r.label for r in recordings} == set(data.class_names)
    assert all(r.sampling_rate > 0 and r.signal.dtype == torch.float32 for r in recordings)


def test_readers_can_be_sent_to_other_processes(make):
    data = make()
    read = data.readers(data.source)[-1]  # sums of recordings stand behind single ones
    assert torch.equal(pickle.loads(pickle.dumps(read))().signal, read().signal)


def test_reading_twice_gives_the_same_samples(make):
    data = make()
    for one, two in zip(data.readers(data.target), data.readers(data.target), strict=True):
        assert torch.equal(one().signal, two().signal)


def test_training_pairs_have_labels_on_the_source_only(make):
    (batch, *_), *_ = iter(make().train_dataloader())
    assert set(batch["source"]) == {"signal", "label", "index"}
    assert set(batch["target"]) == {"signal", "index"}
    for side in batch.values():
        assert side["signal"].dtype == torch.float32
        assert torch.isfinite(side["signal"]).all()
    assert set(batch["source"]["label"].tolist()) <= set(range(make().num_classes))


def test_every_window_is_tested_once_and_described(make):
    data = make()
    data.setup("test")
    index = torch.cat([batch["index"] for batch in data.test_dataloader()[0]])
    assert sorted(index.tolist()) == list(range(len(data.describe("test"))))
    assert all("label" not in batch for batch in data.predict_dataloader())


def test_an_unknown_domain_lists_the_known_ones(make):
    with pytest.raises(datamodules.DataError, match="elsewhere"):
        make(target="elsewhere").setup("fit")
