import pandas as pd

from iadtln.callbacks import PredictionWriter
from iadtln.callbacks.predictions import votes
from tests.callbacks import known


def test_predict_writes_windows_without_truth_and_prints_the_vote_of_recordings(tmp_path, capsys):
    trainer = known.trainer(tmp_path, callbacks=[PredictionWriter()])
    trainer.predict(known.KnownTask(), datamodule=known.KnownData())
    table = pd.read_csv(tmp_path / "diagnoses.csv")
    assert list(table.columns) == [
        *("window", "recording", "start", "domain", "prediction"),
        *("p(good)", "p(worn)", "p(cracked)"),
    ]
    assert table["prediction"].tolist() == [known.CLASSES[i] for i in known.SAID]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["pump", "good", "75.0", "%", "4"] in lines
    assert ["fan", "worn", "100.0", "%", "3"] in lines
    assert ["gear", "cracked", "66.7", "%", "3"] in lines


def test_a_trial_run_writes_nothing(tmp_path):
    trainer = known.trainer(tmp_path, callbacks=[PredictionWriter()], fast_dev_run=True)
    trainer.predict(known.KnownTask(), datamodule=known.KnownData())
    assert not list(tmp_path.iterdir())


def test_recordings_keep_their_order_and_windows_in_pieces_count_together():
    table = pd.DataFrame({"recording": ["z", "a", "z"], "prediction": ["x", "y", "w"]})
    assert list(votes(table).index) == ["z", "a"]  # though all windows of a agree, half of z's
    assert votes(table)["windows"].tolist() == [2, 1]
