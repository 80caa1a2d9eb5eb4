"""The verb ``explain`` as a person uses it."""

import os
from dataclasses import replace

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import datamodules
from datamodules import CWRUDataModule
from iadtln.explain.bearings import find_bearing
from iadtln.explain.lines import Search
from iadtln.explain.recordings import Question, physics_of, recordings_of
from iadtln.explain.verdict import faults_of
from iadtln.main import main
from iadtln.verbs.explain import parse_band
from tests.toy import tone

SMALL = [
    "--data=datamodules.SimulatedDataModule",
    "--data.seconds=4.0",
    "--data.bearings_per_class=1",
    "--data.batch_size=16",
    "--trainer.accelerator=cpu",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of one epoch on the simulated rig; its checkpoint."""
    folder = tmp_path_factory.mktemp("run")
    logger = f"--trainer.logger.init_args.save_dir={folder}"
    cache = f"--data.cache_dir={folder / 'cache'}"
    main(["fit", *SMALL, cache, logger, "--trainer.max_epochs=1", "--model.transfer_losses=[]"])
    return folder / "version_0" / "checkpoints" / "last.ckpt"


def test_every_recording_gets_a_sentence_a_row_and_a_picture(run, tmp_path, capsys):
    main(["explain", f"--ckpt_path={run}", "--bearing=6205", f"--output={tmp_path}"])
    printed = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "explanation.csv", dtype=str)
    assert len(table) == 4
    assert all(sentence in printed for sentence in table.sentence)
    pictures = {path.stem for path in tmp_path.glob("*.png")}
    assert pictures == {"B_NC_0", "B_IF_0", "B_BF_0", "B_OF_0", "channels_se"}
    board = EventAccumulator(str(tmp_path)).Reload()
    assert len(board.Tags()["images"]) == 5
    # physics needs no training: the races of the simulated rig are named
    shown = dict(zip(table.recording, table.lines_show, strict=True))
    assert shown["B/OF/0"] == "outer race"
    assert shown["B/IF/0"] == "inner race"
    assert shown["B/NC/0"] == "nothing"


def test_the_bearing_of_the_data_is_taken_and_pictures_are_limited(run, tmp_path):
    main(["explain", f"--ckpt_path={run}", f"--output={tmp_path}", "--pictures=1"])
    assert len(list(tmp_path.glob("*.png"))) == 2  # one recording, and the channels


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--bearing=9999x"], "no bearing '9999x'"),
        (["--bearing=6203"], "fits several"),
        (["--geometry=9,8"], "expected a geometry"),
        (["--band=4000,2000"], "expected --band"),
        (["--classes", "OF"], "expected class=fault"),
        (["--windows=0"], "--windows of 1 or more"),
        (["--slip=2"], "expected slip"),
        (["--config=nowhere.yaml"], "expected the configuration"),
        (["--channel=3"], "there is no channel 3: expected --channel from 0 to 0"),
        (["--channel=-1"], "there is no channel -1"),
        (["--band=4000,20000"], "half the sampling rate (6000), got 4000 to 20000"),
        (["--data.target=Z"], "'Z'"),
    ],
)
def test_wrong_options_are_a_sentence_before_the_network_runs(
    run, options, sentence, tmp_path, capsys
):
    with pytest.raises(SystemExit) as end:
        main(["explain", f"--ckpt_path={run}", f"--output={tmp_path}", *options])
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_missing_bearing_is_told_before_the_network_runs(run, tmp_path, monkeypatch, capsys):
    none = property(lambda data: None, lambda data, geometry: None)
    monkeypatch.setattr(datamodules.SimulatedDataModule, "geometry", none, raising=False)
    with pytest.raises(SystemExit) as end:
        main(["explain", f"--ckpt={run}", f"--output={tmp_path}"])
    assert end.value.code == 2
    assert "name the bearing with --bearing" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_recording_without_the_channel_or_the_band_gives_a_sentence():
    question = Question(find_bearing("6205").geometry, Search(), channel=1)
    assert physics_of(tone("low", samples=4000), question).startswith(
        "no fault lines: there is no channel 1"
    )
    question = replace(question, channel=0, band=(100.0, 600.0))
    assert "half the sampling rate (500)" in physics_of(tone("low"), question)


def test_a_band_is_two_edges():
    assert parse_band("2000, 4000.5") == (2000.0, 4000.5)
    assert parse_band(None) is None


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="needs the CWRU files")
def test_the_lines_name_the_races_of_cwru_and_accuse_no_healthy_bearing():
    data = CWRUDataModule("0hp", "0hp", protocol="single", labels="type_size")
    question = Question(find_bearing("6205").geometry, Search())
    named = {}
    for read, found in zip(data.readers("0hp"), recordings_of(data), strict=True):
        shown = physics_of(found, question).named
        named[read().label] = shown.fault if shown else None
    assert named.pop("NC") is None
    # the 0.014 inch outer race shows no line in the envelope of this sensor
    assert named.pop("OF014") is None
    races = {name: fault for name, fault in named.items() if not name.startswith("BF")}
    assert len(races) == 5
    assert all({fault} == faults_of(name) for name, fault in races.items())
