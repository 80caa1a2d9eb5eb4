"""Counts of a recording do not depend on how it came, and do not grow with it."""

import pytest
import torch

from iadtln.doctor.tally import SAMPLE, Finding, Tally, add_sets, doubts
from iadtln.trust import Evidence, Expected, Judge

NAMES = ["low", "high"]


def outputs(windows, seed=0, apart=6.0):
    """Features, logits and labels of two classes."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.arange(windows) % 2
    features = apart * label[:, None] + torch.randn(windows, 3, generator=generator)
    return features, torch.stack([-features[:, 0], features[:, 0] - apart], 1), label


def judge(apart=6.0):
    features, _, label = outputs(400, 1, apart)
    expected = Expected(NAMES, 1, 1000.0, 128)
    return Judge(Evidence(expected, features, label, *outputs(300, 2, apart), features[:0]))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_counts_do_not_depend_on_the_size_of_blocks(size):
    features, logits, _ = outputs(1000)
    one, many = Tally(NAMES, judge()), Tally(NAMES, judge())
    one.add(features, logits)
    for start in range(0, 1000, size):
        many.add(features[start : start + size], logits[start : start + size])
    assert vars(many.finding("a", 1.0)) == pytest.approx(vars(one.finding("a", 1.0)))
    torch.testing.assert_close(many.sample()[0], one.sample()[0])


def test_what_is_kept_is_evenly_spaced_and_bounded():
    tally = Tally(NAMES, None)
    for start in range(0, 5000, 50):
        place = torch.arange(start, start + 50.0)[:, None]
        tally.add(place, torch.zeros(50, 2))
    kept = tally.sample()[0][:, 0]
    assert SAMPLE <= len(kept) <= 2 * SAMPLE
    assert kept.diff().unique().tolist() == [64.0]
    own = {row.untyped_storage().nbytes() for row, _ in tally.kept}
    assert own == {4}  # one number: no view of a batch


def test_the_vote_and_its_share_by_hand():
    tally = Tally(NAMES, None)
    probability = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
    tally.add(torch.zeros(4, 3), probability.log())
    found = tally.finding("a.npy", 2.0)
    assert (found.diagnosis, found.agreement, found.windows) == ("low", 0.75, 4)
    assert found.confidence == pytest.approx(0.6)  # mean of .9 .6 .2 .7
    assert found.foreign is None


def test_doubts_name_what_is_wrong():
    assert (
        doubts(Finding("a", "low", 0.9, 0.9, accepted=0.9, foreign=0.1, distance=0.5), 0.05) == []
    )
    bad = Finding("a", "low", 0.5, 0.4, accepted=0.2, foreign=0.8, distance=7.0)
    foreign, unsure, split = doubts(bad, 0.05)
    assert "unlike anything trained on (80 % of windows, typically 7.0 times" in foreign
    assert "risk of 5 % (80 % of windows rejected)" in unsure
    assert split == "windows disagree"


def test_a_foreign_recording_is_far_and_one_of_the_source_is_not():
    own, other = Tally(NAMES, judge()), Tally(NAMES, judge())
    features, logits, _ = outputs(200, 5)
    own.add(features, logits)
    other.add(features + torch.tensor([0.0, 60.0, 0.0]), logits)
    assert own.finding("a", 1.0).foreign < 0.15
    found = other.finding("b", 1.0)
    assert found.foreign == 1.0
    assert found.distance > 5


@pytest.mark.parametrize("sets", ["plain", "weighted"])
def test_what_else_a_recording_may_have_is_named(sets):
    # classes so near that one window in six is wrong: nine of ten sets hold the truth only if those
    # half way between, where both are as probable, hold both
    known = judge(2.0)
    clear, vague, failed = Tally(NAMES, known), Tally(NAMES, known), None
    features, logits, label = outputs(400, 5, 2.0)
    clear.add(features[label == 0], logits[label == 0])
    vague.add(features, torch.tensor([[0.01, 0.0]]).expand(400, 2))
    rows = [Finding("clear", "low"), Finding("vague", "low"), Finding("bad", failed=True)]
    add_sets(rows, [clear, vague, failed], known, sets)
    assert rows[0].possible == ""
    assert rows[1].possible == "high"
    assert rows[2].possible == ""
