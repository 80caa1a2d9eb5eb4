import re
from math import isnan

import pandas as pd
import pytest

from iadtln.benchmark.scoreboard import scoreboards, selection
from iadtln.benchmark.tables import write_table
from tests.benchmark.example import ACCURACY, PUBLISHED, TASKS, results

TOGETHER = "Together: mean of all tasks"


def table(folder, found, published=PUBLISHED):
    return write_table(folder, found, "Example", published, "Table 6.").read_text(encoding="utf-8")


def line_of(text, method):
    return next(line for line in text.splitlines() if line.startswith(f"| {method} |"))


def test_a_cell_holds_mean_deviation_and_published_value(tmp_path):
    text = table(tmp_path, results())
    assert line_of(text, "IADTLN") == (
        "| IADTLN | **99.00 ± 1.00** (99.05) | **92.00 ± 2.00** (99.21) | **96.00 ± 1.00** (94.64) "
        "| **95.67** (97.63) | **1.00** | 60 |"
    )
    assert "70.00 ± 10.00 | 77.67 | 2.00 | 60 |" in line_of(text, "DANN")
    assert "Table 6." in text


def test_equal_bests_are_both_bold(tmp_path):
    text = table(tmp_path, results({"a": [(50, 60)], "b": [(55, 55)]}), {})
    assert "**55.00 ± 5.00**" in text
    assert "**55.00 ± 0.00**" in text


def test_a_method_alone_is_not_called_best(tmp_path):
    assert "**" not in table(tmp_path, results({"a": [(50, 60)]}), {})


def test_missing_seeds_and_failed_runs_are_said(tmp_path):
    text = table(tmp_path, results(ACCURACY | {"DANN": [(90, None), (70, 74), (None, None)]}))
    dann = line_of(text, "DANN").split(" | ")
    assert dann[1] == "90.00, 1 of 2 seeds"
    assert dann[3] == "—, 0 of 2 seeds"
    assert dann[4] == "—"  # the mean of other tasks would be no match
    assert "## Failed runs (3)" in text
    assert "- DANN, 0hp→1hp, seed 1: loss is NaN" in text


def test_methods_that_are_only_published_come_last(tmp_path):
    published = {"TCA": {TASKS[0]: 70.5}, "elsewhere": {"other task": 99.0}}
    text = table(tmp_path, results(), published)
    assert line_of(text, "TCA") == "| TCA | — (70.50) | — | — | — | — | — |"
    assert "elsewhere" not in text


def test_settings_stand_side_by_side_with_the_cost(tmp_path):
    paper, apart = results(setting="paper"), results(setting="apart")
    paper.loc[paper["method"] == "DANN", "seconds"] = 120.0
    only = apart["method"] != "source only"
    text = table(tmp_path, pd.concat([paper, apart[only]]), {})
    matrix = text[text.index(TOGETHER) : text.index("## paper")]
    assert "| method | paper | apart | seconds a run |" in matrix
    assert line_of(matrix, "source only") == "| source only | 51.00 | — | 60 |"
    assert line_of(matrix, "DANN") == "| DANN | 77.67 | 77.67 | 90 |"
    assert line_of(matrix, "IADTLN") == "| IADTLN | **95.67** | **95.67** | 60 |"


def test_each_setting_has_its_own_table_and_picture(tmp_path):
    both = pd.concat([results(setting="paper"), results(setting="no overlap")])
    text = table(tmp_path, both)
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == [TOGETHER, "paper", "no overlap"]
    for picture in re.findall(r"\]\((.*)\)", text):
        assert (tmp_path / picture).stat().st_size > 5000
    assert len(re.findall(r"!\[", text)) == 2


def with_choices():
    found = results({"a": [(80, 90)], "b": [(70, 70)]})
    found["selected/last"] = found["accuracy"]
    found["selected/dev"] = [0.7, float("nan"), float("nan"), float("nan")]
    found["selected/oracle"] = [0.85, 0.95, 0.7, 0.8]
    return found


def test_choices_are_measured_from_the_oracle_of_the_same_runs():
    chosen = selection(with_choices())
    assert chosen.loc["a", "last"] == pytest.approx(85)
    assert chosen.loc["a", "below/last"] == pytest.approx(5)
    assert chosen.loc["a", "below/dev"] == pytest.approx(15)  # of the one run that has it
    assert isnan(chosen.loc["b", "dev"])
    assert chosen.loc["b", "oracle"] == pytest.approx(75)


def test_the_oracle_is_in_its_own_table_and_never_in_the_headline(tmp_path):
    text = table(tmp_path, with_choices(), {})
    headline, choices = text.split("The epoch that each criterion picks")
    assert "oracle" not in headline
    assert "| b | 70.00 (5.00) | — | *75.00* |" in choices


def test_without_choices_there_is_no_table_of_them(tmp_path):
    assert selection(results()).empty
    assert "oracle" not in table(tmp_path, results())


def test_a_setting_read_back_as_nothing_is_the_only_one():
    found = results()
    found["setting"] = float("nan")
    assert [board.setting for board in scoreboards(found, {})] == [""]
