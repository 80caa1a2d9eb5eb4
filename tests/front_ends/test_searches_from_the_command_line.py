"""What was searched or chosen in training is what test and predict use."""

import warnings
from pathlib import Path

import pytest
import torch

from datamodules.band import KurtosisBand
from iadtln.front_ends import AMOMCKDBank
from iadtln.front_ends.filter_search import FilterSearch
from iadtln.front_ends.kept import fit_once
from iadtln.main import main
from tests.toy import tone

SMALL = [
    "--data=datamodules.SimulatedDataModule",
    "--data.seconds=2",
    "--data.bearings_per_class=1",
    "--data.batch_size=4",
    "--data.windowing={length: 1024}",
    "--model.transfer_losses=[]",
    "--trainer.accelerator=cpu",
    "--trainer.max_epochs=1",
    "--trainer.limit_train_batches=1",
]
BANK = {"population": 4, "generations": 1, "taps_max": 16, "max_samples": 1024}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IADTLN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def test_the_band_of_a_checkpoint_is_not_chosen_again(place, monkeypatch):
    main(["fit", *SMALL, "--front_end=BandedEnvelope", "--front_end.samples_per_revolution=null"])
    run = Path("runs/version_0")
    path = run / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    band = torch.tensor([1000.0, 3000.0], dtype=torch.float64)  # not what would be chosen
    checkpoint["state_dict"]["front_end.band.0.band_hz"] = band
    torch.save(checkpoint, path)
    used = []
    forward = KurtosisBand.forward

    def spied(self, recording):
        used.append(self.band_hz.tolist())
        return forward(self, recording)

    monkeypatch.setattr(KurtosisBand, "forward", spied)
    main(["test", f"--config={run / 'config.yaml'}", f"--ckpt_path={path}"])
    assert used
    assert all(one == band.tolist() for one in used)


def test_a_checkpoint_of_another_front_end_is_a_sentence(place, capsys):
    main(["fit", *SMALL])
    path = "runs/version_0/checkpoints/last.ckpt"
    with pytest.raises(SystemExit) as end:
        main(["test", *SMALL[:-2], "--front_end=BandedEnvelope", f"--ckpt_path={path}"])
    assert end.value.code == 2
    assert "another front end than BandedEnvelope" in capsys.readouterr().err


def test_a_bank_that_was_never_searched_is_a_sentence(place, capsys):
    with pytest.raises(SystemExit) as end:
        main(["test", *SMALL[:-2], "--front_end=AMOMCKDBank"])
    assert end.value.code == 2
    assert "has searched nothing yet" in capsys.readouterr().err


def test_one_domain_alone_gives_no_labels_to_choose_by(place, capsys):
    single = ["--data.protocol=single", "--data.source=A", "--data.target=A"]
    with pytest.raises(SystemExit) as end:
        main(["fit", *SMALL, *single, "--select=source_accuracy"])
    assert end.value.code == 2
    assert "the oracle's" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_a_damaged_search_is_done_again(tmp_path, damage):
    def bank():
        return AMOMCKDBank(search=FilterSearch(**BANK), orders=[3.0])

    recordings = [tone("low", samples=3000)]
    first = bank()
    fit_once(first, recordings, tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content) if damage == "flip" else bytes(content[:100]))
    with pytest.warns(UserWarning, match="searching again for the damaged"):
        fit_once(again := bank(), recordings, tmp_path)
    assert torch.equal(again.filters, first.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_once(bank(), recordings, tmp_path)
