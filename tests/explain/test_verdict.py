"""The sentence says what physics and network say, and whether somebody has to look."""

from dataclasses import replace

import pytest

import datamodules
from iadtln.explain.verdict import Said, faults_of, judge, parse_classes
from tests.explain.planted import made_up


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("OF", "outer race"),
        ("OR_007@6", "outer race"),
        ("outer race", "outer race"),
        ("IR2", "inner race"),
        ("OF021", "outer race"),
        ("B_007", "ball"),
        ("BF fault", "ball"),
        ("IF021", "inner race"),
        ("B014", "ball"),
        ("Roller", "ball"),
        ("cage fault", "cage"),
    ],
)
def test_the_names_of_classes_tell_their_faults(name, fault):
    assert faults_of(name) == {fault}


@pytest.mark.parametrize("name", ["NC", "N", "Normal", "healthy", "good_0"])
def test_healthy_classes_hold_no_fault(name):
    assert faults_of(name) == frozenset()


@pytest.mark.parametrize(
    "name",
    [
        "worn",
        "007",
        "rotor bar",
        "CF",
        "out of balance",
        "lack of oil",
        "loss_of_oil",
        "not ok",
    ],
)
def test_other_names_tell_nothing(name):
    assert faults_of(name) is None


def test_compound_classes_hold_several_and_a_mapping_goes_first():
    assert faults_of("IF+OF") == faults_of("OF_IF_014") == {"inner race", "outer race"}
    assert faults_of("K3", parse_classes(["K3=outer", "K0=healthy"])) == {"outer race"}
    assert faults_of("OF", {"OF": "ball"}) == {"ball"}


def test_every_bearing_class_of_the_data_modules_tells_its_fault():
    classes = datamodules.SimulatedDataModule().all_classes()
    classes += datamodules.CWRUDataModule(labels="type_size", root=".").all_classes()
    classes += datamodules.HITSMDataModule(root=".").all_classes()
    classes += datamodules.JNUDataModule(root=".").all_classes()
    assert all(faults_of(name) is not None for name in classes)


@pytest.mark.parametrize("pair", ["K3", "=outer", "K3=broken"])
def test_wrong_mappings_are_refused(pair):
    with pytest.raises(ValueError, match="expected class=fault"):
        parse_classes([pair])


def test_the_sentence_is_that_of_the_issue():
    verdict = judge(made_up("outer race", shaft_hz=29.93), Said("OF", 0.97))
    assert verdict.agreement == "agree"
    assert verdict.sentence == (  # 3.5848 * 29.93 Hz = 107.29 Hz
        "outer race: 5 of 6 harmonics of 107.3 Hz stand 12 dB over the floor; "
        "the network says OF with 0.97"
    )
    assert not verdict.needs_a_look


def test_a_speed_that_changes_is_told_in_orders():
    sentence = judge(made_up("inner race", steady=False), Said("IF", 0.5)).sentence
    assert "harmonics of order 5.42 stand" in sentence


def test_disagreement_is_flagged():
    verdict = judge(made_up("outer race"), Said("IF", 0.9))
    assert verdict.agreement == "disagree"
    assert verdict.needs_a_look
    assert "says IF with 0.90, the spectrum shows the outer race: look at it" in verdict.sentence


def test_a_healthy_diagnosis_with_a_fault_line_is_flagged():
    assert judge(made_up("ball"), Said("NC", 0.9)).agreement == "disagree"


def test_nothing_found_agrees_with_healthy_and_confirms_no_fault():
    assert judge(made_up(), Said("NC", 0.9)).agreement == "agree"
    verdict = judge(made_up(), Said("BF", 0.9))
    assert verdict.agreement == "not confirmed"
    assert verdict.needs_a_look


def test_lines_that_are_too_few_are_told():
    evidence = made_up("outer race")
    sentence = judge(replace(evidence, named=None), Said("NC", 0.9)).sentence
    assert sentence.startswith("too few lines for a fault (most: outer race, 5 of 6)")


def test_sidebands_are_told():
    assert (
        "over the floor, and 2 of 2 sidebands"
        in judge(made_up("inner race"), Said("IF", 0.9)).sentence
    )


def test_the_cage_supports_a_ball_and_no_race():
    assert judge(made_up("cage"), Said("BF", 0.9)).agreement == "agree"
    assert judge(made_up("cage"), Said("OF", 0.9)).agreement == "disagree"


def test_one_of_two_faults_is_enough():
    assert judge(made_up("outer race"), Said("IF+OF", 0.9)).agreement == "agree"


def test_what_cannot_be_compared_is_said():
    unknown = judge(made_up("outer race"), Said("worn", 0.9))
    assert unknown.agreement == "not comparable"
    assert "--classes" in unknown.sentence
    without = judge("no fault lines: the speed is not known", Said("OF", 0.9))
    assert without.agreement == "not comparable"
    assert "the speed is not known" in without.sentence
