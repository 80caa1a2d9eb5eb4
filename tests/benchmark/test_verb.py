"""The verb ``benchmark`` as a person uses it; every plan in configs/benchmarks is one."""

from pathlib import Path

import pandas as pd
import pytest

from iadtln.benchmark.plan import runs_of
from iadtln.benchmark.runs import is_classified
from iadtln.classify import parser as classify_parser
from iadtln.files import alone_in
from iadtln.main import main
from iadtln.verbs.benchmark import read_plan
from iadtln.verbs.compare import resolved
from tests import fakes

PLANS = sorted((Path(__file__).parents[2] / "configs" / "benchmarks").glob("*.yaml"))
TINY = """
title: Two methods
options:
  data: datamodules.SimulatedDataModule
  data.init_args.windowing: {length: 256, per_recording: 40}
  data.init_args.batch_size: 16
  trainer.max_epochs: 2
  model.pretrain_epochs: 1
  trainer.callbacks+: {class_path: iadtln.callbacks.Selection, init_args: {oracle: true}}
tasks:
  A→B: {data.init_args.source: A, data.init_args.target: B}
methods:
  source only: {model.transfer_losses: []}
  wrong: {model.transfer_losses: [iadtln.losses.NoSuch]}
published: {source only: {A→B: 12.5}}
published_from: nowhere
"""


@pytest.mark.slow
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_every_option_of_a_plan_is_one_of_fit_or_classify(path, tmp_path, monkeypatch):
    monkeypatch.setenv("IADTLN_DATA_DIR", str(fakes.everything(tmp_path)))
    runs = runs_of(read_plan(path), path.parent)
    first = runs[0]
    for run in runs:  # a task with the first method, a method on the first task
        others = (run.task != first.task, run.method != first.method, run.setting != first.setting)
        if run.seed != first.seed or sum(others) > 1:
            continue
        if is_classified(run):
            assert classify_parser().parse_args(list(run.arguments)).features
        else:
            assert "class_path" in resolved(list(run.arguments))


@pytest.mark.slow
def test_a_plan_leaves_results_a_table_and_a_page(tmp_path, capsys):
    plan, output = tmp_path / "tiny.yaml", tmp_path / "out"
    plan.write_text(TINY)
    command = ["benchmark", f"--config={plan}", f"--output={output}", "--jobs=2"]
    main([*command, "--only", "source", "--seeds", "1"])
    with pytest.raises(SystemExit) as end:  # a run that has failed
        main([*command, "--seeds", "0"])
    assert end.value.code == 1
    assert "| source only |" in capsys.readouterr().out
    rows = pd.read_csv(output / "results.csv")
    assert rows.groupby("method").status.unique().str[0].to_dict() == {
        "source only": "finished",
        "wrong": "failed",
    }
    assert rows.error[rows.method == "wrong"].str.contains("NoSuch").all()
    finished = rows[rows.method == "source only"]
    assert set(finished.seed) == {0, 1}  # a later call shows what an earlier one has finished
    assert finished["accuracy"].between(0, 1).all()
    assert (finished["selected/last"] == finished["accuracy"]).all()
    assert (finished["selected/oracle"] >= finished["accuracy"]).all()
    assert (output / "results.parquet").exists()
    assert "12.5" in (output / "table.md").read_text()
    assert (output / "report.html").read_text().startswith("<!doctype html>")


def test_a_folder_has_one_benchmark_at_a_time(tmp_path, capsys):
    plan = tmp_path / "tiny.yaml"
    plan.write_text(TINY)
    with alone_in(tmp_path / "out", "benchmark"), pytest.raises(SystemExit):
        main(["benchmark", f"--config={plan}", f"--output={tmp_path / 'out'}"])
    assert "another benchmark is at work" in capsys.readouterr().err


def test_a_choice_of_no_run_is_said(tmp_path, capsys):
    plan = tmp_path / "tiny.yaml"
    plan.write_text(TINY)
    with pytest.raises(SystemExit):
        main(["benchmark", f"--config={plan}", f"--output={tmp_path}", "--only", "typo"])
    assert "no run's name contains one of ['typo']" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config=nowhere.yaml"], "there is none at 'nowhere.yaml'"),
        (["--config=configs/data/simulated.yaml"], "is not a benchmark"),
    ],
)
def test_bad_input_ends_with_a_sentence(arguments, words, capsys):
    with pytest.raises(SystemExit) as end:
        main(["benchmark", *arguments])
    assert end.value.code == 2
    assert words in capsys.readouterr().err
