"""What a run left: what is damaged or of another form is said, not raised."""

import json

import pytest
import yaml

from iadtln.review.left import read_left

CONFIG = {"data": {"class_path": "datamodules.X"}, "model": {}, "trainer": {"max_epochs": 1}}
METRICS = {"accuracy": 1.0, "macro_f1": 1.0, "per_class": {}, "confusion": [], "source": "a",
           "target": "b", "protocol": "paper"}  # fmt: skip
HEAD = "recording,start,truth,prediction,p(x)\n"


@pytest.fixture
def run(tmp_path):
    """Folder of a run; that of its test is beside it."""
    for name in ("version_0/checkpoints", "version_1"):
        (tmp_path / name).mkdir(parents=True)
    checkpoint = tmp_path / "version_0" / "checkpoints" / "last.ckpt"
    checkpoint.write_bytes(b"weights")
    (tmp_path / "version_0" / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    metrics = {**METRICS, "checkpoint": str(checkpoint)}
    (tmp_path / "version_1" / "metrics.json").write_text(json.dumps(metrics))
    (tmp_path / "version_1" / "predictions.csv").write_text(HEAD + "r,0,x,x,0.5\nr,64,x,x,1.0\n")
    return tmp_path / "version_0"


def test_what_is_whole_is_read_and_no_checkpoint_is_compared_with_itself(run, monkeypatch):
    monkeypatch.setattr("filecmp.cmp", None)
    left = read_left(run)
    assert left.absent == []
    assert left.config == CONFIG
    assert left.predictions["start"].tolist() == [0, 64]
    assert left.predictions["p(x)"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize("section", ["trainer", "model", "data"])
@pytest.mark.parametrize("content", [None, "text", [1]])
def test_a_part_of_a_configuration_that_is_none_is_left_out_and_said(run, section, content):
    (run / "config.yaml").write_text(yaml.safe_dump(CONFIG | {section: content}))
    left = read_left(run)
    assert left.config == {name: own for name, own in CONFIG.items() if name != section}
    assert left.absent == [f"the configuration: config.yaml names no options {section}"]


def test_scores_of_another_form_are_said(run):
    path = run.parent / "version_1" / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"per_class": None}))
    left = read_left(run)
    assert left.metrics is None
    assert "is damaged; test the run again" in left.absent[0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD, "got 0 rows of recording, start"),
        (HEAD + "r,0,x,x,0.5\nr,64,x", "got 2 rows of recording, start"),  # cut
        (HEAD + "r,0,x,x,0.5\nr,64,x,x,", "expected numbers in"),
        (HEAD + "r,,x,x,0.5\n", "expected numbers in"),
        ("recording,start\nr,0\n", "the probabilities in"),
    ],
)
def test_predictions_that_are_cut_or_empty_are_said(run, text, sentence):
    (run.parent / "version_1" / "predictions.csv").write_text(text)
    left = read_left(run)
    assert left.predictions is None
    assert sentence in left.absent[0]


def test_the_data_are_those_of_the_test(run):
    other = {"class_path": "datamodules.X", "init_args": {"target": "c"}}
    (run.parent / "version_1" / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"data": other}))
    left = read_left(run)
    assert left.config == CONFIG | {"data": other}
    assert "the test read other data" in left.absent[0]
    (run.parent / "version_1" / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    assert read_left(run).absent == []
