"""The script ``benchmarks/cffi_vmd.py`` keeps what it cannot make again."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_parts_without_their_data_are_refused_and_their_rows_stay(tmp_path):
    parts = ["cwru", "ablation", "stability"]
    before = json.dumps({part: {"rows": [1, 2]} for part in parts})
    kept = tmp_path / "copy.json"
    kept.write_text(before)
    environment = {**os.environ, "IADTLN_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "benchmarks/cffi_vmd.py", "--output", str(kept), "--only", *parts]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    for part in parts:
        assert f"{part} lacks" in done.stderr
    assert kept.read_text() == before
