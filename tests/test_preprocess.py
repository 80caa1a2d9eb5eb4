"""Recordings prepared beforehand are those that training finds."""

from argparse import Namespace
from functools import partial

import pytest
import torch

from datamodules import Envelope
from iadtln.front_ends import Raw
from iadtln.main import main
from iadtln.verbs.preprocess import preprocess_all
from tests.toy import tone, toy

SIMULATED = [
    "--data=datamodules.SimulatedDataModule",
    "--data.seconds=2.0",
    "--data.bearings_per_class=1",
    "--data.batch_size=8",
    '--data.transforms=[{"class_path": "datamodules.Envelope"}]',
]


def options(**other):
    known = {"jobs": 2, "threads": 1, "backend": "loky", "address": None, "retries": 2}
    return Namespace(**{**known, **other})


def files(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_what_is_prepared_is_not_done_again_and_fit_finds_it(tmp_path, capsys):
    arguments = ["preprocess", *SIMULATED, f"--data.cache_dir={tmp_path}", "--jobs=2"]
    main(arguments)
    assert "recording" in capsys.readouterr().out
    first = files(tmp_path)
    assert len(first) == 8  # two domains of four classes with one bearing each
    main(arguments)
    main(["fit", *arguments[1:-1], "--trainer.fast_dev_run=1"])
    assert files(tmp_path) == first


def test_a_damaged_file_is_made_again(tmp_path):
    data = partial(toy, cache_dir=str(tmp_path))
    preprocess_all(data(transforms=[Envelope()]), Raw(), options(jobs=1))
    sound = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    path = next(iter(tmp_path.iterdir()))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="rebuilding the damaged cache file"):
        preprocess_all(data(transforms=[Envelope()]), Raw(), options(jobs=1))
    assert path.read_bytes() == sound[path.name]


def test_an_unusable_recording_is_told_and_the_rest_is_done(tmp_path):
    broken = tone("low", "b")
    broken.signal[0, 7] = torch.nan
    recordings = {"a": [tone("low"), tone("high")], "b": [broken, tone("high", "b")]}
    data = toy(recordings=recordings, transforms=[Envelope()], cache_dir=str(tmp_path))
    outcomes = preprocess_all(data, Raw(), options(jobs=1))
    (bad,) = [outcome for outcome in outcomes if not outcome.usable]
    assert "NaN" in bad.recording
    assert len(list(tmp_path.iterdir())) == 3


def test_nothing_to_do_is_said(capsys):
    with pytest.raises(SystemExit) as end:
        main(["preprocess", *SIMULATED[:4]])
    assert end.value.code == 2
    assert "nothing to do" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--front_end=MCKD", "--front_end.orders=[-1]"], "fault order"),
        (["--front_end=EDGAFMD", "--front_end.fco=0"], "above 0"),
        (["--retries=-1"], "--retries of 0 or more"),
    ],
)
def test_bad_options_are_a_sentence(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as end:
        main(["preprocess", *SIMULATED, *arguments])
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err
