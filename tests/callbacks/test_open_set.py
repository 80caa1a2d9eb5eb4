"""Rejection of unknown classes, worked out by hand and by slow loops."""

import json
import math

import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from iadtln.callbacks import TestReport
from iadtln.callbacks.open_set import (
    h_score,
    joined,
    open_set_scores,
    reject_score,
    reject_threshold,
    rejecting,
)
from tests.callbacks import known


def logits_of(*best):
    """Two classes; the first has the given probability."""
    chance = torch.tensor(best, dtype=torch.float64)
    return torch.stack([chance, 1 - chance], 1).log()


def test_the_reject_score_is_what_the_best_class_lacks_to_one():
    # softmax of (2, 1, 0): e^2 / (e^2 + e + 1) = 0.66524
    torch.testing.assert_close(
        reject_score(torch.tensor([[2.0, 1.0, 0.0]])),
        torch.tensor([1 - 0.665240955774822], dtype=torch.float64),
    )


def test_the_reject_score_still_tells_windows_that_are_almost_sure():
    low, high = reject_score(torch.tensor([[60.0, 0.0], [50.0, 0.0]])).tolist()
    assert 0 <= low <= high < 1e-12
    # 1 / (1 + e^20) = 2.06e-9, below what 1 - p can say in single precision
    assert reject_score(torch.tensor([[20.0, 0.0]])).item() == pytest.approx(2.0612e-9, rel=1e-4)


def test_the_threshold_accepts_the_quantile_of_the_source():
    # scores 0.00, 0.01 ... 0.40 of 41 windows: the 95 % quantile is the 39th, 0.38
    source = logits_of(*(1 - i / 100 for i in range(41)))
    assert reject_threshold(source) == pytest.approx(0.38)
    assert int((reject_score(source) > reject_threshold(source) + 1e-12).sum()) == 2


def test_the_h_score_is_the_harmonic_mean():
    assert h_score(0.5, 0.25) == pytest.approx(2 / (1 / 0.5 + 1 / 0.25))
    assert h_score(0.0, 1.0) == h_score(0.0, 0.0) == 0.0


def test_the_class_unknown_is_diagnosed_where_a_window_is_rejected():
    rows = {"logits": logits_of(0.9, 0.7, 0.2), "label": torch.tensor([0, 0, 1])}
    opened = rejecting(rows, threshold=0.25)  # scores 0.1, 0.3, 0.2
    assert opened["logits"].argmax(1).tolist() == [0, 2, 1]
    assert opened["label"] is rows["label"]


def test_unknown_windows_come_after_all_known_ones():
    rows = joined({"index": torch.tensor([0, 1])}, {"index": torch.tensor([0, 2])}, 7)
    assert rows["index"].tolist() == [0, 1, 7, 9]


def test_scores_are_those_worked_out_by_hand():
    source = {"logits": logits_of(*[0.8] * 20)}  # every score is 0.2, and so is the threshold
    target = {
        "label": torch.tensor([0, 0, 0, 1, 1]),
        "logits": logits_of(0.9, 0.85, 0.6, 0.1, 0.95),  # right, right, rejected, right, wrong
    }
    unknown = {"label": torch.tensor([2, 2, 2]), "logits": logits_of(0.55, 0.3, 0.87)}
    scores = open_set_scores(target, unknown, source)
    assert scores["threshold"] == pytest.approx(0.2)
    assert scores["known_accuracy"] == pytest.approx(3 / 5)
    assert scores["unknown_recall"] == pytest.approx(2 / 3)
    assert scores["h_score"] == pytest.approx(2 * 0.6 * (2 / 3) / (0.6 + 2 / 3))
    assert scores["confusion"] == [[2, 0, 1], [1, 1, 0], [1, 0, 2]]
    assert scores["unknown_windows"] == 3


def test_the_auroc_is_the_share_of_pairs_in_the_right_order():
    torch.manual_seed(0)
    belief = torch.tensor([1.0, 0.0, 0.0])
    source = {"logits": torch.randn(30, 3)}
    target = {"label": torch.randint(3, (17,)), "logits": torch.randint(6, (17, 1)) * belief}
    unknown = {"label": torch.full((11,), 3), "logits": torch.randint(4, (11, 1)) * belief}  # ties
    score = {
        name: [1 - max(math.exp(z) for z in row) / sum(math.exp(z) for z in row) for row in rows]
        for name, rows in (
            ("known", target["logits"].tolist()),
            ("unknown", unknown["logits"].tolist()),
        )
    }
    pairs = [(u, k) for u in score["unknown"] for k in score["known"]]
    wins = sum(0.5 if abs(u - k) < 1e-9 else float(u > k) for u, k in pairs)
    expected = wins / len(pairs)
    assert open_set_scores(target, unknown, source)["auroc"] == pytest.approx(expected, abs=1e-9)


class OpenData(known.KnownData):
    """Four windows of a class that the source does not know."""

    def describe(self, split):
        if split != "unknown":
            return super().describe(split)
        start = [0, 100, 200, 300]
        columns = {"recording": "saw", "start": start, "domain": "field", "label": "split"}
        return pd.DataFrame(columns)

    def test_dataloader(self):
        return [*super().test_dataloader(), DataLoader(range(4), batch_size=3)]


class OpenTask(known.KnownTask):
    """Half believes its diagnoses of three of the four unknown windows."""

    def test_step(self, index, batch_idx, dataloader_idx=0):
        if dataloader_idx < 2:
            return super().test_step(index, batch_idx, dataloader_idx)
        outputs = self.outputs(index, torch.zeros(4, dtype=torch.long), 0.0)
        scale = torch.tensor([0.25, 0.25, 1.0, 0.25])[index, None]
        return {**outputs, "logits": scale * outputs["logits"], "label": torch.full_like(index, 3)}


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    trainer = known.trainer(folder, callbacks=[TestReport()])
    trainer.test(OpenTask(), datamodule=OpenData(), verbose=False)
    return folder


def test_a_report_keeps_what_it_says_of_known_windows_and_adds_the_open_set(tested):
    metrics = json.loads((tested / "metrics.json").read_text())
    assert metrics["accuracy"] == 8 / 10  # of known windows, as in a closed set
    assert metrics["confusion"] == [[3, 1, 0], [0, 3, 0], [1, 0, 2]]
    scores = metrics["open_set"]
    # every known and source window has the logits (4, 0, 0): score 2 / (e^4 + 2), none above it
    assert scores["threshold"] == pytest.approx(2 / (math.exp(4) + 2))
    assert scores["known_accuracy"] == pytest.approx(0.8)
    assert scores["unknown_recall"] == 3 / 4
    assert scores["auroc"] == pytest.approx((3 + 0.5) / 4)  # three above all, one equal to all
    assert scores["h_score"] == pytest.approx(2 * 0.8 * 0.75 / 1.55)


def test_predictions_of_an_open_set_name_what_is_unknown(tested):
    table = pd.read_csv(tested / "predictions.csv")
    assert len(table) == 14
    assert table["truth"].tolist()[10:] == ["unknown"] * 4
    assert table["prediction"].tolist()[10:] == ["unknown", "unknown", "good", "unknown"]
    assert table["recording"].tolist()[10:] == ["saw"] * 4
    assert table.loc[13, "reject_score"] == pytest.approx(2 / (math.e + 2), abs=1e-6)
    where = ["window", "recording", "start", "domain", "truth", "prediction"]
    chances = ["p(good)", "p(worn)", "p(cracked)"]
    assert list(table.columns) == [*where, *chances, "reject_score"]
    assert (tested / "confusion_matrix.png").exists()
    assert (tested / "embedding.png").exists()


def test_the_terminal_shows_the_open_set(tmp_path, capsys):
    trainer = known.trainer(tmp_path, callbacks=[TestReport(max_points=0)])
    trainer.test(OpenTask(), datamodule=OpenData(), verbose=False)
    said = capsys.readouterr().out
    assert "accuracy on the target: 80.00 %" in said
    assert "known right 80.00 %, unknown rejected 75.00 %, H-score 77.42 %, AUROC 87.50 %" in said


def test_a_closed_set_says_nothing_of_it(tmp_path, capsys):
    trainer = known.trainer(tmp_path, callbacks=[TestReport(max_points=0)])
    trainer.test(known.KnownTask(), datamodule=known.KnownData(), verbose=False)
    assert "open_set" not in json.loads((tmp_path / "metrics.json").read_text())
    assert "open set" not in capsys.readouterr().out
