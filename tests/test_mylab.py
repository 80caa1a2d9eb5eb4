"""The example of parts of one's own: `notebooks/mylab.py`."""

import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


@pytest.mark.slow
def test_a_loss_a_front_end_and_a_data_set_of_ones_own_train_together(tmp_path):
    # in a process of its own: the contracts of this one go over every subclass that it knows
    command = [sys.executable, "-m", "iadtln", "fit", "--config=mylab.yaml"]
    quick = ["--trainer.max_epochs=2", "--model.pretrain_epochs=1", "--data.init_args.seconds=4"]
    quick += ["--data.init_args.batch_size=8"]
    place = f"--trainer.logger.init_args.save_dir={tmp_path}"
    done = subprocess.run(
        [*command, "--config=../configs/recipe/short.yaml", *quick, place],
        cwd=NOTEBOOKS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "MeanGap + JMMD" in done.stdout
    assert (tmp_path / "version_0" / "checkpoints" / "last.ckpt").exists()
