"""``report``: from the folder of a run to its page."""

import csv
import json
import math
import shutil
from collections import Counter
from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest
import yaml

from iadtln.explain.lines import Search
from iadtln.explain.recordings import Question
from iadtln.main import main
from iadtln.review.left import Left, read_left
from iadtln.review.opened import open_run
from iadtln.review.windows import Viewer, sorted_by_loss
from iadtln.signals.bearing import BearingGeometry
from tests.runs import trained
from tests.toy import tone


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folder of a short training, version_0, and of its test, version_1."""
    folder = tmp_path_factory.mktemp("runs")
    checkpoint = trained(folder, f"--data.cache_dir={folder / 'cache'}")
    config = folder / "version_0" / "config.yaml"
    quiet = "--trainer.enable_progress_bar=false"
    main(["test", f"--config={config}", f"--ckpt_path={checkpoint}", quiet])
    return folder


def copy(runs, tmp_path, *names):
    for name in names:
        shutil.copytree(runs / name, tmp_path / name)
    return tmp_path / names[0]


def report(*arguments):
    main(["report", *map(str, arguments)])


def test_the_page_tells_what_the_test_found(runs, capsys):
    report(runs / "version_0", "--worst=2")
    page = runs / "version_0" / "report.html"
    printed = capsys.readouterr().out
    assert printed == f"report: {page}\n"  # nothing is missing
    text = unescape(page.read_text(encoding="utf-8"))
    metrics = json.loads((runs / "version_1" / "metrics.json").read_text())
    with (runs / "version_1" / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    right = sum(row["truth"] == row["prediction"] for row in rows)
    assert f"<b>{100 * right / len(rows):.2f} %</b>" in text
    for name in {row["recording"] for row in rows}:
        own = Counter(row["prediction"] for row in rows if row["recording"] == name)
        wrong = sum(row["recording"] == name and row["truth"] != row["prediction"] for row in rows)
        assert f'<th scope="row">{name}</th>' in text
        assert f'>{wrong}<span class="spread"> of {own.total()}</span>' in text
    assert text.count("<article>") == 2
    assert text.count('class="drawing fits"') == 2 + 3  # windows, and panels of curves
    for part in (
        "protocol 'paper'",
        "no recording stands in both domains",
        "Channels",
        "training took",
    ):
        assert part in text
    assert metrics["chosen_by"] in text


def test_a_test_gives_the_page_of_its_training_and_physics_beside_the_vote(runs, tmp_path):
    page = tmp_path / "new" / "page.html"
    report(runs / "version_1", f"--output={page}", "--worst=0", "--bearing=6205")
    text = page.read_text(encoding="utf-8")
    assert "losses on training windows" in text
    assert str(runs / "version_0") in text
    assert "SKF 6205-2RS JEM" in text
    assert "outer race: " in text
    assert text.count("<summary><span") == 4  # a flag for each recording


def test_without_a_test_the_page_says_what_to_do(runs, tmp_path, capsys):
    alone = copy(runs, tmp_path, "version_0")
    report(alone)
    said = capsys.readouterr().out
    assert "there are no test results; test the run (python -m iadtln test --config" in said
    text = (alone / "report.html").read_text(encoding="utf-8")
    assert "there are no test results" in text
    assert "losses on training windows" in text
    assert "no recording stands in both domains" in text


def test_without_the_data_the_page_keeps_what_the_test_left(runs, tmp_path, capsys):
    gone = copy(runs, tmp_path, "version_0", "version_1")
    for folder in (gone, tmp_path / "version_1"):
        config = yaml.safe_load((folder / "config.yaml").read_text())
        config["data"] = {
            "class_path": "datamodules.CWRUDataModule",
            "init_args": {"source": "0hp", "target": "1hp", "root": str(tmp_path / "nowhere")},
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
    report(gone, "--bearing=6205", "--worst=3")
    assert "the data of the run cannot be read (expected the file" in capsys.readouterr().out
    text = (gone / "report.html").read_text(encoding="utf-8")
    assert "Confusion matrix" in text
    assert text.count("<article>") == 3
    assert "begins at</dt><dd>sample" in text
    assert "transductive" in text  # the protocol in words


def test_what_is_damaged_is_said(runs, tmp_path, capsys):
    broken = copy(runs, tmp_path, "version_0", "version_1")
    weights = broken / "checkpoints" / "last.ckpt"
    weights.write_bytes(weights.read_bytes()[:3000])
    (tmp_path / "version_1" / "predictions.csv").write_text("recording,start\n")
    report(broken)
    said = capsys.readouterr().out
    assert "it is truncated or of another program" in said
    # the test names the whole checkpoint of the first folder, whose run is not this one
    assert "there are no test results" in said
    report(tmp_path / "version_1")
    assert "and the probabilities in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["nowhere"], "it is no folder"),
        (["{runs}"], "it holds no config.yaml"),
        (["{runs}/version_0", "--bearing=9999x"], "no bearing '9999x'"),
        (["{runs}/version_0", "--worst=-1"], "--worst and --channel of 0 or more"),
        (["{runs}/version_0", "--rpm=0"], "expected --rpm above 0"),
        (["{runs}/version_0", "--channel=3"], "expected --channel from 0 to 0"),
        (["{runs}/version_0", "--output=/proc/none/x.html"], "choose another --output"),
        (["{runs}/version_0", "--output={runs}"], "expected a file as --output"),
    ],
)
def test_bad_input_is_a_sentence_and_status_2(runs, options, sentence, capsys):
    with pytest.raises(SystemExit) as end:
        report(*(one.format(runs=runs) for one in options))
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_page_that_was_interrupted_leaves_the_former_one(runs, tmp_path, monkeypatch):
    folder = copy(runs, tmp_path, "version_0")
    (folder / "report.html").write_text("former")

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("iadtln.reports.run_page.curve_pictures", interrupt)
    with pytest.raises(SystemExit) as end:
        report(folder)
    assert end.value.code == 130
    assert (folder / "report.html").read_text() == "former"
    assert not list(folder.glob(".report*"))


def test_the_newest_test_is_found_beside_runs_that_were_moved(runs, tmp_path, monkeypatch):
    moved = copy(runs, tmp_path, "version_0", "version_1")
    metrics = json.loads((tmp_path / "version_1" / "metrics.json").read_text())
    metrics["checkpoint"] = "/of/another/machine/version_0/checkpoints/last.ckpt"
    (tmp_path / "version_1" / "metrics.json").write_text(json.dumps(metrics))
    left = read_left(moved)
    assert left.tested == tmp_path / "version_1"
    assert left.checkpoint == moved / "checkpoints" / "last.ckpt"
    assert left.absent == []


def test_windows_come_wrong_and_sure_first_and_two_of_a_recording_at_a_time():
    rows = [  # recording, truth, diagnosis, p(a)
        ("x", "a", "b", 0.1), ("x", "a", "b", 0.0), ("x", "a", "b", 0.2), ("y", "b", "a", 0.6),
        ("y", "b", "b", 0.49), ("z", "a", "a", 0.9),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["recording", "truth", "prediction", "p(a)"])
    table["p(b)"] = 1 - table["p(a)"]
    found = sorted_by_loss(table)
    assert found.index.tolist() == [1, 0, 3, 2, 4, 5]
    losses = -np.log(found["p_truth"].to_numpy()[1:])
    by_hand = [-math.log(p) for p in (0.1, 0.4, 0.2, 0.51, 0.9)]
    assert losses == pytest.approx(by_hand)


def test_an_unknown_class_gets_what_all_others_leave_over():
    table = pd.DataFrame(
        [("x", "unknown", "a", 0.9, 0.1), ("x", "a", "unknown", 0.55, 0.45)],
        columns=["recording", "truth", "prediction", "p(a)", "p(b)"],
    )
    found = sorted_by_loss(table)
    assert found["p_truth"].tolist() == pytest.approx([0.1, 0.55])
    assert found["p_said"].tolist() == pytest.approx([0.9, 0.45])


def test_fault_lines_lie_where_geometry_and_speed_put_them():
    viewer = Viewer(Left(None), None, Question(BearingGeometry(), Search()), rpm=1797.0)
    recording = replace(tone("x"), rpm=None)  # so that --rpm counts
    marks, end = viewer.marks(recording, 0, 1.0)
    places = {mark.name: mark.places for mark in marks}
    outer = 9 / 2 * (1 - 7.94 / 39.04) * 1797 / 60
    inner = 9 / 2 * (1 + 7.94 / 39.04) * 1797 / 60
    assert places["BPFO"] == pytest.approx([outer, 2 * outer, 3 * outer])
    assert places["BPFI"] == pytest.approx([inner, 2 * inner, 3 * inner])
    assert end > 3 * inner
    coarse, _ = viewer.marks(recording, 0, 60.0)
    assert {mark.name for mark in coarse} == {"BPFI"}  # the others lie within 2.5 bins, 150 Hz
    assert Viewer(Left(None), None, None).marks(recording, 0, 1.0)[0] == []


def test_a_window_is_drawn_as_it_was_cut(runs):
    left = read_left(runs / "version_0")
    opened = open_run(left)
    viewer = Viewer(left, opened, None)
    (one,) = viewer.worst(1)
    row = sorted_by_loss(left.predictions).iloc[0]
    recording = opened.recording(row["recording"])
    begin = row["start"]
    assert one.begin == f"{begin / 12000:.3f} s"
    assert np.array_equal(one.drawn.values, recording.signal[0, begin : begin + 2048].double())
    assert one.drawn.extent == pytest.approx(1000 * 2048 / 12000)
    assert 0 <= one.drawn.score.min() <= one.drawn.score.max() <= 1
    assert viewer.drawn(recording, recording.num_samples - 5) is None
