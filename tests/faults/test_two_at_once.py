"""Two programs on one folder or one cache: both do their work, or one says why not."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import torch
from apart import Apart, fit_options
from curves import same, state
from lightning.pytorch.loggers import TensorBoardLogger

from datamodules import Envelope
from datamodules.cache import transformed
from iadtln.callbacks import claim_folder
from iadtln.files import alone_in
from iadtln.main import main
from tests.toy import tone


def test_runs_that_begin_at_once_get_a_folder_each(tmp_path):
    loggers = [TensorBoardLogger(tmp_path, name="") for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        list(
            pool.map(
                lambda one: claim_folder(SimpleNamespace(loggers=[one], is_global_zero=True)),
                loggers,
            )
        )
    assert sorted(one.version for one in loggers) == list(range(16))


def test_a_folder_that_was_named_is_not_claimed(tmp_path):
    logger = TensorBoardLogger(tmp_path, name="", version=0)
    claim_folder(SimpleNamespace(loggers=[logger], is_global_zero=True))
    assert not list(tmp_path.iterdir())


def test_a_cache_that_many_write_at_once_holds_whole_files(tmp_path):
    recording, transforms = tone("low"), [Envelope()]
    cpu = torch.device("cpu")
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda _: transformed(recording, transforms, cpu, tmp_path), range(8))
        )
    again = transformed(recording, transforms, cpu, tmp_path)
    assert all(torch.equal(one.signal, again.signal) for one in found)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_has_one_compare_at_a_time(tmp_path, capsys):
    _, *options = fit_options(tmp_path / "runs")
    with alone_in(tmp_path, "compare"), pytest.raises(SystemExit) as end:
        main(["compare", *options, f"--output={tmp_path}"])
    assert end.value.code == 2
    assert "another compare is at work" in capsys.readouterr().err


@pytest.mark.slow
def test_two_fits_that_begin_at_once_are_two_versions_of_equal_weights(tmp_path):
    runs = [Apart(fit_options(tmp_path), tmp_path / f"{number}.txt") for number in range(2)]
    assert [run.ended() for run in runs] == [0, 0]
    one, two = (
        state(tmp_path / f"version_{number}" / "checkpoints" / "last.ckpt") for number in range(2)
    )
    assert same(one, two)
