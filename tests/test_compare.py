import json

import pytest

from iadtln.verbs.compare import collect, require_same_options


def finished(folder, accuracy):
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"accuracy": accuracy}))


def test_the_table_holds_mean_and_deviation_of_every_finished_run(tmp_path):
    for seed, accuracy in enumerate((0.5, 0.6, 0.7)):
        finished(tmp_path / "source_only" / f"seed_{seed}", accuracy)
    finished(tmp_path / "adapted" / "seed_0", 0.9)
    (tmp_path / "adapted" / "seed_1").mkdir()  # not finished
    table = collect(tmp_path)
    assert list(table.index) == ["source only", "adapted"]
    assert table.loc["source only", "mean"] == 60.0
    assert table.loc["source only", "std"] == 8.16  # sqrt(200 / 3)
    assert table.loc["adapted", "mean"] == 90.0


def test_options_are_noted_and_runs_of_others_are_refused(tmp_path, capsys):
    require_same_options(tmp_path, "a: 1\n")
    require_same_options(tmp_path, "a: 1\n")
    with pytest.raises(SystemExit) as end:
        require_same_options(tmp_path, "a: 2\n")
    assert end.value.code == 2
    assert "other options" in capsys.readouterr().err


def test_runs_of_unknown_options_are_refused(tmp_path):
    finished(tmp_path / "adapted" / "seed_0", 0.9)
    with pytest.raises(SystemExit):
        require_same_options(tmp_path, "a: 1\n")
