"""Blocks of a recording are the recording."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from datamodules.errors import MissingVariableError, UnreadableFileError
from datamodules.formats import READERS
from datamodules.readers import read_signal
from datamodules.streams import stream_signal
from tests import fakes

FORMATS = sorted(READERS)
WHOLE = {".mat", ".npz"}
NAMELESS = {".npy", ".wav"}


def signals(samples=1000):
    left, right = np.random.default_rng(0).integers(-128, 128, (2, samples)) / 256
    return {"left": left, "right": right}


def together(path, channel="", samples=300):
    return np.concatenate(list(stream_signal(path, channel, samples).blocks), axis=1)


def named(suffix, name):
    if suffix in NAMELESS:
        return str(list(signals()).index(name))
    return f"rig/{name}" if suffix == ".tdms" else name


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("channels", ["right", "right+left"])
def test_blocks_are_what_is_read_at_once(tmp_path: Path, suffix: str, channels: str):
    path = fakes.measured(tmp_path / f"a{suffix}", signals())
    channel = "+".join(named(suffix, name) for name in channels.split("+"))
    stream = stream_signal(path, channel, 300)
    blocks = list(stream.blocks)
    whole, rate = read_signal(path, channel)
    assert [block.shape[1] for block in blocks] == [300, 300, 300, 100]
    assert all(block.dtype == np.float32 for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks, 1), whole)
    assert stream.sampling_rate == rate
    assert stream.is_whole == (suffix in WHOLE)


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_only_signal_needs_no_name(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", {"left": signals()["left"]})
    np.testing.assert_array_equal(together(path), read_signal(path)[0])


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_wrong_channel_lists_what_there_is(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", signals())
    with pytest.raises(MissingVariableError, match=r"expected a channel 'middle', found '"):
        together(path, "middle")


@pytest.mark.parametrize("suffix", sorted(set(FORMATS) - {".csv", ".txt"}))
@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
def test_a_truncated_file_is_named(tmp_path: Path, suffix: str, share: float):
    path = fakes.measured(tmp_path / f"a{suffix}", {"left": signals(5000)["left"]})
    with pytest.raises(UnreadableFileError, match=r"a\..*bytes\): expected a readable .*truncated"):
        together(fakes.truncate(path, share))


@pytest.mark.parametrize("suffix", sorted(set(FORMATS) - {".csv", ".txt"}))
def test_another_format_under_the_same_name_is_unreadable(tmp_path: Path, suffix: str):
    path = tmp_path / f"a{suffix}"
    path.write_text("<html>404: not found</html>\n" * 40)
    with pytest.raises(UnreadableFileError, match="another format: fetch it again"):
        together(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
def test_every_width_of_wav_is_scaled_alike(tmp_path: Path, dtype: type):
    from scipy.io import wavfile

    samples = np.array([[0, 3], [100, 200], [17, 1]] * 50).astype(dtype)
    wavfile.write(tmp_path / "a.wav", 8000, samples)
    np.testing.assert_array_equal(
        together(tmp_path / "a.wav", "0+1", 70), read_signal(tmp_path / "a.wav", "0+1")[0]
    )


def test_24_bit_wav_comes_in_blocks_too(tmp_path: Path):
    samples = np.random.default_rng(0).integers(-(2**23), 2**23, 502).tolist()
    path = fakes.wav_24_bit(tmp_path / "a.wav", samples)
    assert not stream_signal(path).is_whole
    np.testing.assert_array_equal(together(path, samples=200), read_signal(path)[0])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(1000, 3), (3, 1000), (1000,), (1000, 1)])
def test_time_is_the_longer_side_however_it_lies(tmp_path: Path, order: str, shape: tuple[int]):
    array = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    np.save(tmp_path / "a.npy", np.asarray(array, order=order))
    channel = "0+1+2" if 3 in shape else "0"
    whole, _ = read_signal(tmp_path / "a.npy", channel)
    np.testing.assert_array_equal(together(tmp_path / "a.npy", channel, 250), whole)


def test_a_tail_of_fewer_samples_than_channels_is_left_out(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).standard_normal((902, 3)))
    assert together(tmp_path / "a.npy", "1", 300).shape == (1, 900)


@pytest.mark.parametrize("text", ["t;x\n0;1,5\n1;2,5\n", "1.5 2\n2.5 3\n", "# made\na,b\n1.5,2\n"])
def test_text_is_told_apart_as_when_read_at_once(tmp_path: Path, text: str):
    path = tmp_path / "a.csv"
    path.write_text(text)
    np.testing.assert_array_equal(together(path, "1", 1), read_signal(path, "1")[0])


def test_text_in_a_later_block_is_a_sentence(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("x\n" + "1.5\n" * 500 + "broken\n")
    with pytest.raises(UnreadableFileError, match="expected numbers in 'x'"):
        together(path)


def test_pickled_arrays_are_refused(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([print, print], dtype=object), allow_pickle=True)
    with pytest.raises(UnreadableFileError, match="fetch it again"):
        together(tmp_path / "a.npy")


def test_tracks_of_other_lengths_do_not_disturb(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["short"], file["long"] = np.arange(10.0), np.arange(700.0)[:, None]
    np.testing.assert_array_equal(together(tmp_path / "a.h5", "long")[0], np.arange(700.0))
