"""``config.yaml`` of a run: where it is written, and what it never replaces."""

import pytest

from iadtln.main import main
from tests.runs import DATA

STEP = ["--trainer.max_epochs=1", "--trainer.limit_val_batches=0", "--model.transfer_losses=[]",
        "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false",
        "--model.network=iadtln.networks.MLP", "--trainer.logger=false",
        "--trainer.enable_checkpointing=false"]  # fmt: skip


def fit(*options):
    main(["fit", *DATA, *STEP, *options])


@pytest.mark.parametrize("given", [True, False])
def test_a_file_of_the_users_stays_where_a_run_without_a_logger_begins(
    given, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    own = "# lightning.pytorch==2.6.6\nseed_everything: 3  # printed, then changed by hand\n"
    own = own if given else "color: blue\n"  # of another program
    (tmp_path / "config.yaml").write_text(own)
    with pytest.warns(UserWarning, match="is yours and stays"):
        fit(*(["--config=config.yaml"] if given else []))
    assert (tmp_path / "config.yaml").read_text() == own


def test_the_options_of_the_last_run_replace_those_of_the_one_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in (3, 4):
        fit(f"--seed_everything={seed}")
        assert f"seed_everything: {seed}" in (tmp_path / "config.yaml").read_text()


def test_a_prediction_in_the_folder_of_a_run_leaves_the_options_of_its_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit("--seed_everything=3")
    options = (tmp_path / "config.yaml").read_text()
    main(["predict", *DATA, *STEP, "--seed_everything=4"])
    assert (tmp_path / "config.yaml").read_text() == options
