"""The scripts of ED-GAFMD in ``benchmarks/``, with searches too small to mean anything."""

import json
import subprocess
import sys

import pandas as pd
import pytest

SMALL = ["--population", "4", "--generations", "1", "--samples", "2048"]


def run(script, *arguments):
    command = [sys.executable, f"benchmarks/{script}", *SMALL, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_simulation_keeps_what_another_call_has_found(tmp_path):
    common = ["--seeds", 1, "--amplitudes", 1, "--jobs", 1]
    files = ["--output", tmp_path / "rows.json", "--folder", tmp_path]
    for only in ("ED-GAFMD", "AFMD, L = 40"):
        done = run("ed_gafmd.py", *common, *files, "--only", only)
        assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert {row["method"] for row in rows} == {"measured, in time", "ED-GAFMD", "AFMD, L = 40"}
    assert {row["race"] for row in rows} == {"outer", "inner"}


def test_the_whole_search_is_timed(tmp_path):
    done = run("search.py", "--threads", 1, "--output", tmp_path / "search.json")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "search.json").read_text())
    assert found["outer"]["decompositions"] > 0
    assert found["inner"]["samples"] == 2048


@pytest.mark.slow
def test_recordings_of_a_rig_become_a_table_and_pictures(tmp_path):
    few = ["--data.init_args.bearings_per_class", 1, "--domains", '["-2 dB"]']
    done = run("ed_gafmd_rig.py", *few, "--jobs", 1, "--folder", tmp_path)
    assert done.returncode == 0, done.stderr
    heights = pd.read_csv(tmp_path / "heights.csv")
    assert set(heights["race"]) == {"OF", "IF"}
    assert {"ED-GAFMD", "GWO-VMD"} <= set(heights["method"])
    assert "## -2 dB, 2 recordings" in (tmp_path / "table.md").read_text()
    assert len(list(tmp_path.glob("*.png"))) == 5


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--domains", "[A9]"], "--domains: expected some of A, B"),
        (["--orders", "{XF: 3.0}"], "--orders: no recording of -2 dB is XF, but IF, NC, OF"),
        (["--samples_per_revolution", 343], "up to 342, which 12000 Hz have at 2100 rpm, got 343"),
    ],
)
def test_what_the_data_do_not_have_gets_a_sentence(wrong, sentence, tmp_path):
    done = run("ed_gafmd_rig.py", *wrong, "--folder", tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
