"""Ottawa: the encoder tells the speed of each sample."""

import numpy as np
import pytest
import scipy.io
import torch

from datamodules import AngleResample, OttawaDataModule, Resample, Windowing
from datamodules.errors import (
    LabelMismatchError,
    LeakageError,
    MissingFileError,
    MissingVariableError,
    SamplingRateError,
    UnreadableFileError,
)
from datamodules.ottawa import ER16K, read_ottawa
from tests import fakes


def module(root, **changes):
    return OttawaDataModule(root=str(root), windowing=Windowing(256), batch_size=4, **changes)


def test_the_names_of_the_first_release_are_read(tmp_path):
    fakes.ottawa(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 36
    data = module(tmp_path)
    assert data.class_names == ["NC", "IF", "OF"]
    assert data.domains() == ["A", "B", "C", "D"]
    held = [read() for domain in data.domains() for read in data.readers(domain)]
    assert {f"{recording.recording_id}.mat" for recording in held} == names
    by_name = {recording.recording_id: recording for recording in held}
    assert by_name["I-B-2"].label == "IF"
    assert by_name["O-C-3"].domain == "C"
    assert by_name["H-A-1"].sampling_rate == 200000.0


def test_the_second_release_has_five_classes_in_folders(tmp_path):
    five = ["NC", "IF", "OF", "BF", "CF"]
    fakes.ottawa(tmp_path, speeds="A", classes=five, in_folders=True)
    data = module(tmp_path, classes=five)
    assert [read().label for read in data.readers("A")] == [name for name in five for _ in range(3)]
    assert (tmp_path / "4 Data collected from a bearing with ball fault" / "B-A-1.mat").is_file()


@pytest.mark.parametrize("speed", [(15.0, 25.0), (25.0, 15.0), (20.0, 20.0)])
def test_the_encoder_gives_the_speed_of_each_sample(tmp_path, speed):
    fakes.ottawa_file(tmp_path / "H-A-1.mat", speed, num_samples=200000)
    recording = read_ottawa(tmp_path, "H-A-1.mat", "NC", "A")
    assert recording.rpm.shape == (200000,)
    np.testing.assert_allclose(recording.rpm, 60 * np.linspace(*speed, 200000), rtol=0.01)
    turns = np.sum(recording.rpm) / 60 / 200000  # of one second
    assert turns == pytest.approx(np.mean(speed), abs=2e-3)


def test_in_the_angle_of_the_shaft_its_orders_stand_still(tmp_path):
    fakes.ottawa_file(tmp_path / "O-A-1.mat", (15.0, 25.0), order=5.0, num_samples=200000)
    angle = AngleResample(256)(read_ottawa(tmp_path, "O-A-1.mat", "OF", "A"))
    whole = angle.signal[0, 256 : 256 * 19]  # eighteen turns
    spectrum = torch.fft.rfft(whole).abs() * 2 / len(whole)
    assert int(spectrum.argmax()) == 5 * 18
    assert spectrum.max() == pytest.approx(1.0, abs=0.02)


def test_a_lower_rate_takes_the_speed_along(tmp_path):
    fakes.ottawa_file(tmp_path / "H-A-1.mat")
    recording = Resample(25000.0)(read_ottawa(tmp_path, "H-A-1.mat", "NC", "A"))
    assert recording.rpm.shape == (recording.num_samples,) == (12500,)
    assert recording.rpm[-1] == pytest.approx(1500.0, rel=0.01)


def test_ways_of_changing_speed_share_the_bearings_and_say_so(tmp_path):
    fakes.ottawa(tmp_path, speeds="AB")
    assert "measured in both: Ottawa-IF, Ottawa-NC, Ottawa-OF" in module(tmp_path).summary()
    with pytest.raises(LeakageError, match="protocol 'bearing'"):
        module(tmp_path, protocol="bearing").setup("fit")


def test_fault_orders_are_those_the_publishers_give():
    orders = ER16K.orders()
    assert (orders.bpfo, orders.bpfi) == pytest.approx((3.57, 5.43), abs=5e-3)


def test_a_missing_file_names_the_folders_and_the_address(tmp_path):
    expected = r"'H-A-1.mat' in .*1 Data collected from a healthy.*v43hmbwxpm"
    with pytest.raises(MissingFileError, match=expected):
        module(tmp_path).setup("fit")


def test_a_truncated_file_is_named(tmp_path):
    fakes.truncate(fakes.ottawa(tmp_path, speeds="AB") / "H-A-2.mat")
    with pytest.raises(UnreadableFileError, match=r"H-A-2.mat.*truncated"):
        module(tmp_path).setup("fit")


def test_a_file_without_an_encoder_is_refused(tmp_path):
    scipy.io.savemat(tmp_path / "H-A-1.mat", {"Channel_1": np.arange(9.0)[:, None]})
    with pytest.raises(MissingVariableError, match="'Channel_2', found 'Channel_1'"):
        read_ottawa(tmp_path, "H-A-1.mat", "NC", "A")


def test_a_dead_encoder_is_refused(tmp_path):
    content = {"Channel_1": np.arange(900.0), "Channel_2": np.zeros(900)}
    scipy.io.savemat(tmp_path / "H-A-1.mat", content)
    with pytest.raises(SamplingRateError, match=r"pulses of an encoder in Channel_2.*found 0"):
        read_ottawa(tmp_path, "H-A-1.mat", "NC", "A")


@pytest.mark.parametrize("classes", [["NC", "XF"], ["NC", "NC"], []])
def test_classes_that_do_not_exist_or_repeat_are_refused(tmp_path, classes):
    with pytest.raises(LabelMismatchError, match="different classes among NC, IF, OF, BF, CF"):
        module(tmp_path, classes=classes)
