"""The verb ``benchmark`` as a person uses it; every plan in configs/benchmarks is one."""

import json
from pathlib import Path

import pandas as pd
import pytest

from iadtln.benchmark.plan import runs_of
from iadtln.benchmark.results import WORDS
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
    row = json.loads(next(output.glob("*/source_only/seed_0/metrics.json")).read_text())
    assert {name for name, one in row.items() if isinstance(one, str)} <= set(WORDS)  # --join
    assert "12.5" in (output / "table.md").read_text()
    assert (output / "report.html").read_text().startswith("<!doctype html>")


def table_of_another_machine(plan: Path, file: Path, **changes: object) -> Path:
    """A results.csv with a row for each run of a plan, as if finished with 75 %."""
    rows = [
        {
            **{"task": run.task, "method": run.method, "setting": run.setting, "seed": run.seed},
            **{"status": "finished", "error": "", "config_hash": run.fingerprint, "accuracy": 0.75},
            **{"seconds": 2.0, "device": "other", "folder": run.folder.as_posix()},
            **{"source": "007", "target": "12e5", "python": "3.10"},
            **changes,
        }
        for run in runs_of(read_plan(plan), plan.parent)
    ]
    pd.DataFrame(rows).to_csv(file, index=False)
    return file


def test_what_another_machine_has_finished_is_joined_and_not_repeated(tmp_path, capsys):
    plan, output = tmp_path / "tiny.yaml", tmp_path / "out"
    plan.write_text(TINY)
    other = table_of_another_machine(plan, tmp_path / "first.csv")
    third = table_of_another_machine(plan, tmp_path / "third.csv", seed=3, accuracy=0.25)
    command = ["benchmark", f"--config={plan}", f"--output={output}"]
    main([*command, "--join", str(other), str(third)])
    found = pd.read_csv(output / "results.csv", dtype={"source": str, "target": str, "python": str})
    assert set(zip(found.source, found.target, found.python, strict=True)) == {
        ("007", "12e5", "3.10")
    }
    assert sorted(found[found.method == "wrong"].accuracy) == [0.25, 0.75]  # both seeds are shown
    assert "| source only | **50.00 ± 25.00** (12.50) |" in capsys.readouterr().out
    assert not list(output.glob("*/*/seed_*"))  # nothing was run
    main([*command, "--join", str(output / "results.csv")])  # its own table is one as well
    again = pd.read_csv(output / "results.csv", dtype=found.dtypes.to_dict())
    pd.testing.assert_frame_equal(again, found, check_like=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is none at"),
        ("a,b\n1,2\n", "is not results.csv of a benchmark"),
        ("", "is not results.csv of a benchmark"),
    ],
)
def test_what_cannot_be_joined_is_said(content, words, tmp_path, capsys):
    plan, other = tmp_path / "tiny.yaml", tmp_path / "other.csv"
    plan.write_text(TINY)
    if content is not None:
        other.write_text(content)
    with pytest.raises(SystemExit) as end:
        main(["benchmark", f"--config={plan}", f"--output={tmp_path / 'out'}", f"--join={other}"])
    assert end.value.code == 2
    assert words in capsys.readouterr().err


def test_runs_with_other_options_are_not_joined(tmp_path, capsys):
    plan = tmp_path / "tiny.yaml"
    plan.write_text(TINY)
    other = table_of_another_machine(plan, tmp_path / "other.csv", config_hash="1e5")
    with pytest.raises(SystemExit):
        main(["benchmark", f"--config={plan}", f"--output={tmp_path / 'out'}", f"--join={other}"])
    said = capsys.readouterr().err
    assert "was run with other options" in said
    assert str(other) in said


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
