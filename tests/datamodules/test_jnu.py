import numpy as np
import pytest
import torch

from datamodules import JNUDataModule, Windowing
from datamodules.errors import LeakageError, MissingFileError, MissingVariableError
from tests import fakes


def module(root, **changes):
    return JNUDataModule(root=str(root), windowing=Windowing(256), batch_size=4, **changes)


def read(data, domain):
    return {recording.label: recording for recording in (r() for r in data.readers(domain))}


def test_the_twelve_names_of_the_provider_are_read(tmp_path):
    fakes.jnu(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        *("n600_3_2.csv", "n800_3_2.csv", "n1000_3_2.csv"),
        *("ib600_2.csv", "ib800_2.csv", "ib1000_2.csv"),
        *("ob600_2.csv", "ob800_2.csv", "ob1000_2.csv"),
        *("tb600_2.csv", "tb800_2.csv", "tb1000_2.csv"),
    }
    data = module(tmp_path)
    assert data.class_names == ["NC", "IF", "BF", "OF"]
    assert data.domains() == ["600rpm", "800rpm", "1000rpm"]
    held = [{r.recording_id for r in read(data, domain).values()} for domain in data.domains()]
    assert held[2] == {"n1000_3_2", "ib1000_2", "tb1000_2", "ob1000_2"}
    assert len(set.union(*held)) == 12


def test_a_column_without_a_header_keeps_its_first_number(tmp_path):
    fakes.jnu(tmp_path)
    values = [-0.12345, 0.5, 1.25, -2.0]
    (tmp_path / "tb600_2.csv").write_text("\n".join(map(str, values)) + "\n")
    recording = read(module(tmp_path), "600rpm")["BF"]
    torch.testing.assert_close(recording.signal, torch.tensor([values]))
    assert (recording.sampling_rate, recording.rpm) == (50000.0, 600.0)


def test_speeds_share_the_bearings_and_say_so(tmp_path):
    fakes.jnu(tmp_path)
    assert "same physical bearings were measured in both: JNU-BF" in module(tmp_path).summary()
    with pytest.raises(LeakageError, match="protocol 'bearing': the physical bearings JNU-BF"):
        module(tmp_path, protocol="bearing").setup("fit")


def test_a_missing_file_names_its_source(tmp_path):
    with pytest.raises(MissingFileError, match="'n600_3_2.csv'.*ClarkGableWang/JNU-Bearing"):
        module(tmp_path).setup("fit")


def test_files_are_looked_for_under_the_data_folder(tmp_path, monkeypatch):
    fakes.jnu(tmp_path / "jnu")
    monkeypatch.setenv("IADTLN_DATA_DIR", str(tmp_path))
    data = JNUDataModule(source=["600rpm", "800rpm"], target="1000rpm", windowing=Windowing(256))
    assert "source '600rpm+800rpm' -> target '1000rpm'" in data.summary()


def test_several_columns_are_refused(tmp_path):
    fakes.jnu(tmp_path)
    np.savetxt(tmp_path / "ib800_2.csv", np.random.default_rng(0).random((9, 2)), delimiter=",")
    with pytest.raises(MissingVariableError, match="expected one signal.*found"):
        module(tmp_path).setup("fit")
