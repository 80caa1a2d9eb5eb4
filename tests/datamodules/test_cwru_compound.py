"""Compound faults are sums, and their parts stay on one side of a split."""

import pytest
import torch

from datamodules import CWRUCompoundDataModule, CWRUDataModule, Windowing
from datamodules.cwru_compound import COMPOUNDS, added
from datamodules.errors import LabelMismatchError, LeakageError
from tests import fakes
from tests.toy import tone


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return fakes.everything(tmp_path_factory.mktemp("data")) / "cwru"


def module(root, **kwargs):
    options = {"windowing": Windowing(256), "protocol": "single", "target": "0hp", **kwargs}
    return CWRUCompoundDataModule("0hp", root=str(root), **options)


def test_the_sums_of_three_faults_are_four():
    assert COMPOUNDS == ["IF+BF", "IF+OF", "BF+OF", "IF+BF+OF"]


def test_a_sum_is_the_sum_of_the_first_samples():
    parts = [tone("low", samples=500), tone("high", rpm=610.0)]
    both = added(parts, "low+high", 400)
    assert torch.equal(both.signal, parts[0].signal[:, :400] + parts[1].signal[:, :400])
    assert (both.label, both.rpm) == ("low+high", 605.0)
    assert "made up" in both.notes[-1]


def test_a_recording_alone_is_only_cut():
    alone = added([tone("low")], "low", 300)
    assert torch.equal(alone.signal, tone("low").signal[:, :300])
    assert not alone.notes


def test_each_class_holds_each_size_once_and_all_faults_are_of_one_length(root):
    recordings = [read() for read in module(root).readers("0hp")]
    single = [read() for read in CWRUDataModule("0hp", "3hp", root=str(root)).readers("0hp")]
    shortest = min(one.num_samples for one in single if one.label != "NC")
    for label in module(root).all_classes():
        own = [one for one in recordings if one.label == label]
        assert len(own) == (1 if label == "NC" else 3)
        assert label == "NC" or {one.num_samples for one in own} == {shortest}
    by_name = {one.recording_id: one for one in single}
    compound = next(one for one in recordings if one.label == "IF+BF+OF")
    parts = [by_name[name].signal[:, :shortest] for name in compound.recording_id.split("+")]
    torch.testing.assert_close(compound.signal, parts[0] + parts[1] + parts[2])


def test_sums_are_parted_where_their_parts_are(root):
    data = module(root)
    ends, starts = set(), set()
    for segment in data.pair.source.segments["first"]:
        if data.pair.source.recordings[segment.recording].label != "NC":
            ends.add(segment.stop)
    for segment in data.pair.target.segments["second"]:
        if data.pair.target.recordings[segment.recording].label != "NC":
            starts.add(segment.start)
    assert len(ends) == len(starts) == 1
    assert ends.pop() <= starts.pop()


@pytest.mark.parametrize("classes", [["IF+XF"], ["IF", "IF"]])
def test_other_classes_are_refused(root, classes):
    with pytest.raises(LabelMismatchError, match="expected different classes of"):
        module(root, classes=classes)


def test_a_split_that_parts_sums_from_their_parts_is_refused(root):
    with pytest.raises(LeakageError, match="expected a split in time"):
        module(root, target="3hp", protocol="recording")
