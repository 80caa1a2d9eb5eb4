import json

import pandas as pd
import pytest
import torch
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from matplotlib.image import imread
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from iadtln.callbacks import TestReport
from tests.callbacks import known

FILES = {"metrics.json", "predictions.csv", "confusion_matrix.png", "embedding.png"}


def run_test(folder, report=None, **kwargs):
    trainer = known.trainer(folder, callbacks=[report or TestReport()], **kwargs)
    trainer.test(known.KnownTask(), datamodule=known.KnownData(), verbose=False)
    return trainer


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    """The folder of one test with TensorBoard."""
    folder = tmp_path_factory.mktemp("tested")
    run_test(folder, logger=TensorBoardLogger(folder, "", "one", default_hp_metric=False))
    return folder / "one"


def test_metrics_are_those_worked_out_by_hand(tested):
    metrics = json.loads((tested / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["accuracy"] == 8 / 10
    assert metrics["source_accuracy"] == 11 / 12
    assert metrics["macro_f1"] == pytest.approx((6 / 8 + 6 / 7 + 4 / 5) / 3)
    assert metrics["confusion"] == [[3, 1, 0], [0, 3, 0], [1, 0, 2]]
    assert metrics["per_class"] == {
        "good": {"precision": 3 / 4, "recall": 3 / 4, "f1": 6 / 8, "support": 4},
        "worn": {"precision": 3 / 4, "recall": 1.0, "f1": 6 / 7, "support": 3},
        "cracked": {"precision": 1.0, "recall": 2 / 3, "f1": 4 / 5, "support": 3},
    }
    said = {key: metrics[key] for key in ("source", "target", "protocol", "chosen_by", "windows")}
    assert list(said.values()) == ["bench", "field", "inductive", "last epoch", 10]
    assert metrics["checkpoint"] is None


def test_the_source_is_the_one_that_the_weights_learned_on(tmp_path, capsys):
    report = TestReport()
    report.load_state_dict({"learned_on": "shop"})  # as from a checkpoint
    run_test(tmp_path, report, logger=CSVLogger(tmp_path, "", "one"))
    assert "these weights learned on 'shop'" in capsys.readouterr().out
    assert json.loads((tmp_path / "one" / "metrics.json").read_text())["source"] == "shop"


def test_predictions_say_of_each_window_where_what_and_how_sure(tested):
    table = pd.read_csv(tested / "predictions.csv")
    where = ["window", "recording", "start", "domain", "truth", "prediction"]
    chances = ["p(good)", "p(worn)", "p(cracked)"]
    assert list(table.columns) == where + chances
    assert table["recording"].tolist() == known.RECORDINGS
    assert table["start"].tolist() == list(range(0, 1000, 100))
    assert table["truth"].tolist() == [known.CLASSES[i] for i in known.TRUTH]
    assert table["prediction"].tolist() == [known.CLASSES[i] for i in known.SAID]
    # softmax of (4, 0, 0): e^4 / (e^4 + 2) = 0.96466, 1 / (e^4 + 2) = 0.01767
    assert table.loc[0, chances].tolist() == pytest.approx([0.96466, 0.01767, 0.01767], abs=1e-5)


def test_files_appear_whole_and_nothing_else_is_left(tested):
    names = {path.name for path in tested.iterdir() if path.is_file()}
    assert names >= FILES
    assert not [name for name in names if name.startswith(".")]
    for name in ("confusion_matrix", "embedding"):
        picture = imread(tested / f"{name}.png")
        assert min(picture.shape[:2]) > 400
        assert picture[..., :3].std() > 0.01


@pytest.fixture(scope="module")
def events(tested):
    accumulator = EventAccumulator(str(tested), size_guidance={"images": 0})
    accumulator.Reload()
    return accumulator


def test_tensorboard_shows_pictures_scalars_and_the_table(events):
    tags = events.Tags()
    assert set(tags["images"]) == {"test/confusion_matrix", "test/embedding"}
    assert events.Images("test/confusion_matrix")[0].width > 400
    assert {f"test_{s}/{c}" for s in ("precision", "recall", "f1") for c in known.CLASSES} <= set(
        tags["scalars"]
    )
    assert events.Scalars("test_recall/cracked")[0].value == pytest.approx(2 / 3)
    assert events.Scalars("test/accuracy")[0].value == pytest.approx(0.8)
    (text,) = events.Tensors("test/report/text_summary")
    assert b"| cracked | 100.00 | 66.67 | 80.00 | 3 |" in text.tensor_proto.string_val[0]


def test_tensorboard_shows_results_beside_hyperparameters(events):
    content = events.PluginTagToContent("hparams")
    experiment = HParamsPluginData.FromString(content["_hparams_/experiment"]).experiment
    names = {info.name.tag for info in experiment.metric_infos}
    assert names == {"test/accuracy", "test/macro_f1"}
    session = HParamsPluginData.FromString(content["_hparams_/session_start_info"])
    values = session.session_start_info.hparams
    assert values["target"].string_value == "field"
    assert values["pretrain_epochs"].number_value == 1


def test_the_projector_gets_every_window_with_its_domain(tested):
    assert 'tensor_name: "features:00000"' in (tested / "projector_config.pbtxt").read_text()
    (metadata,) = tested.rglob("metadata.tsv")
    lines = metadata.read_text().splitlines()
    assert lines[0].split("\t") == ["domain", "truth", "diagnosis", "window"]
    assert lines[1].split("\t") == ["bench", "good", "worn", "0"]
    assert lines[13].split("\t") == ["field", "good", "good", "0"]
    (tensors,) = tested.rglob("tensors.tsv")
    assert len(tensors.read_text().splitlines()) == len(lines) - 1 == 10 + 12


def test_the_terminal_shows_the_table_and_where_files_are(tmp_path, capsys):
    run_test(tmp_path, TestReport(chosen_by="oracle"))
    said = capsys.readouterr().out
    assert "accuracy on the target: 80.00 %" in said
    assert "source validation 91.67 %" in said
    assert "weights chosen by: oracle" in said
    assert "protocol 'inductive'" in said
    assert ["cracked", "100.00", "66.67", "80.00", "3"] in [
        line.split() for line in said.split("\n")
    ]
    assert str(tmp_path) in said
    said.encode("ascii")  # whatever the terminal's encoding


def test_without_a_logger_files_go_to_the_root(tmp_path):
    run_test(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_other_loggers_get_the_scalars(tmp_path):
    trainer = run_test(tmp_path, logger=CSVLogger(tmp_path, "csv"))
    table = pd.read_csv(f"{trainer.log_dir}/metrics.csv")
    assert table["test_recall/cracked"].max() == pytest.approx(2 / 3)
    assert table["test/accuracy"].max() == pytest.approx(0.8)


def test_a_trial_run_prints_and_writes_nothing(tmp_path, capsys):
    run_test(tmp_path, fast_dev_run=True)
    assert "accuracy on the target: 75.00 %" in capsys.readouterr().out  # first four windows
    assert not list(tmp_path.iterdir())


def test_two_tests_in_one_run_do_not_add_up(tmp_path):
    report = TestReport(max_points=0)
    trainer = run_test(tmp_path, report)
    trainer.test(known.KnownTask(), datamodule=known.KnownData(), verbose=False)
    assert json.loads((tmp_path / "metrics.json").read_text())["windows"] == 10


def test_without_points_there_is_no_embedding(tmp_path):
    run_test(tmp_path, TestReport(max_points=0), logger=TensorBoardLogger(tmp_path, "", "one"))
    assert not (tmp_path / "one" / "embedding.png").exists()
    assert not list(tmp_path.rglob("tensors.tsv"))


def test_features_that_are_not_finite_cost_the_embedding_but_not_the_result(tmp_path, monkeypatch):
    honest = known.KnownTask.outputs

    def broken(self, index, said, shift):
        outputs = honest(self, index, said, shift)
        return {**outputs, "features": torch.full_like(outputs["features"], torch.nan)}

    monkeypatch.setattr(known.KnownTask, "outputs", broken)
    run_test(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES - {"embedding.png"}


def test_a_run_with_bare_loaders_is_refused(tmp_path):
    trainer = known.trainer(tmp_path, callbacks=[TestReport()])
    loaders = known.KnownData().test_dataloader()
    with pytest.raises(TypeError, match="expected a run with datamodule="):
        trainer.test(known.KnownTask(), dataloaders=loaders, verbose=False)
