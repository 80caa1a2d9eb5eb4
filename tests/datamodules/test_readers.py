"""Every format gives the same signal; every kind of damage is one sentence."""

import importlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from datamodules.errors import MissingFileError, MissingVariableError, UnreadableFileError
from datamodules.formats import READERS, read_mat
from datamodules.readers import data_root, read_signal
from tests import fakes

FORMATS = sorted(READERS)
SIGNALS = {
    "left": np.array([0.5, -0.25, 0.125, 0.0, 0.75]),  # exact in float32 and as text
    "right": np.array([-1.0, 0.5, 0.5, 0.25, -0.5]),
}
NAMELESS = {".npy", ".wav"}


def named(suffix: str, name: str) -> str:
    if suffix in NAMELESS:
        return str(list(SIGNALS).index(name))
    return f"rig/{name}" if suffix == ".tdms" else name


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_returns_the_named_channel(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", SIGNALS)
    signal, _ = read_signal(path, named(suffix, "right"))
    assert signal.dtype == np.float32
    np.testing.assert_array_equal(signal, SIGNALS["right"][None])


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_returns_several_channels_in_the_order_asked(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", SIGNALS)
    signal, _ = read_signal(path, f"{named(suffix, 'right')}+{named(suffix, 'left')}")
    np.testing.assert_array_equal(signal, [SIGNALS["right"], SIGNALS["left"]])


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_channel_may_be_a_number_from_0(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", SIGNALS)
    np.testing.assert_array_equal(read_signal(path, "1")[0], SIGNALS["right"][None])


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_only_signal_needs_no_name(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", {"left": SIGNALS["left"]})
    np.testing.assert_array_equal(read_signal(path)[0], SIGNALS["left"][None])


@pytest.mark.parametrize("suffix", sorted(set(FORMATS) - NAMELESS))
def test_several_signals_and_no_name_lists_what_there_is(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", SIGNALS)
    with pytest.raises(MissingVariableError, match=r"no channel is named, found .*left.*right"):
        read_signal(path)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ["middle", "2", "left+middle"])
def test_a_wrong_channel_lists_what_there_is(tmp_path: Path, suffix: str, name: str):
    path = fakes.measured(tmp_path / f"a{suffix}", SIGNALS)
    with pytest.raises(MissingVariableError, match=r"expected a channel '.*', found '"):
        read_signal(path, name)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path, suffix: str):
    with pytest.raises(MissingFileError, match=rf"expected the file 'a\{suffix}' in '.*'"):
        read_signal(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", sorted(set(FORMATS) - {".csv", ".txt"}))
@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
def test_a_truncated_file_is_named_with_its_size(tmp_path: Path, suffix: str, share: float):
    signals = {"left": np.random.default_rng(0).standard_normal(5000)}
    path = fakes.truncate(fakes.measured(tmp_path / f"a{suffix}", signals), share)
    with pytest.raises(UnreadableFileError, match=r"a\..*bytes\): expected a readable .*truncated"):
        read_signal(path)


@pytest.mark.parametrize("suffix", sorted(set(FORMATS) - {".csv", ".txt"}))
def test_another_format_under_the_same_name_is_unreadable(tmp_path: Path, suffix: str):
    path = tmp_path / f"a{suffix}"
    path.write_text("<html>404: not found</html>\n" * 40)
    with pytest.raises(UnreadableFileError, match="another format: fetch it again"):
        read_signal(path)


def test_an_unknown_suffix_lists_the_known_ones(tmp_path: Path):
    with pytest.raises(UnreadableFileError, match=r"expected one of .mat .npy .* convert"):
        read_signal(tmp_path / "a.xlsx")


@pytest.mark.parametrize("suffix", [".parquet", ".h5", ".tdms"])
def test_a_missing_library_says_what_to_install(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
):
    path = fakes.measured(tmp_path / f"a{suffix}", SIGNALS)

    def no_library(name: str) -> None:
        raise ModuleNotFoundError(f"No module named '{name}'")

    monkeypatch.setattr(importlib, "import_module", no_library)
    with pytest.raises(UnreadableFileError, match=r"pip install iadtln\[readers\]"):
        read_signal(path, "0")


def test_pickled_arrays_are_refused(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([print, print], dtype=object), allow_pickle=True)
    with pytest.raises(UnreadableFileError, match="allow_pickle=False"):
        read_signal(tmp_path / "a.npy")


@pytest.mark.parametrize("shape", [(5, 2), (2, 5)])
def test_time_is_the_longer_side_of_a_matrix(tmp_path: Path, shape: tuple[int, int]):
    np.save(tmp_path / "a.npy", np.arange(10.0).reshape(shape))
    assert read_signal(tmp_path / "a.npy")[0].shape == (2, 5)


def test_complex_numbers_are_refused(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([1j, 2j]))
    with pytest.raises(UnreadableFileError, match="expected real numbers of shape"):
        read_signal(tmp_path / "a.npy")


def test_channels_of_different_lengths_are_refused(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=np.zeros(5), y=np.zeros(4))
    with pytest.raises(UnreadableFileError, match="of one length, got 'x' 5, 'y' 4 samples"):
        read_signal(tmp_path / "a.npz", "x+y")


def test_a_plus_may_be_part_of_a_name(tmp_path: Path):
    np.savez(tmp_path / "a.npz", **{"x+y": np.ones(3), "z": np.zeros(3)})
    np.testing.assert_array_equal(read_signal(tmp_path / "a.npz", "x+y")[0], np.ones((1, 3)))


def test_scalars_beside_a_matlab_signal_are_no_channels(tmp_path: Path):
    path = fakes.cwru_file(tmp_path, 105)
    assert read_mat(path)["X105RPM"] == 1796
    with pytest.raises(MissingVariableError, match=r"found 'X105_DE_time' \(4096,\), 'X105_FE_tim"):
        read_signal(path, "X105RPM")


def test_matlab_73_is_read_as_hdf5(tmp_path: Path):
    path = tmp_path / "a.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["signal"] = SIGNALS["left"][None]
        file["rate"] = [[8000.0]]
    content = bytearray(path.read_bytes())
    content[:128] = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"  # as MATLAB's user block
    path.write_bytes(bytes(content))
    np.testing.assert_array_equal(read_signal(path)[0], SIGNALS["left"][None])


@pytest.mark.parametrize(
    "text",
    [
        "left,right\n0.5,1.5\n0.25,2.5\n",
        "0.5,1.5\n0.25,2.5\n",
        "left;right\n0,5;1,5\n0,25;2,5\n",
        "left\tright\n0.5\t1.5\n0.25\t2.5\n",
        "0.5 1.5\n0.25   2.5\n",
        "\ufeff# a comment\nleft, right\n5e-1, 1.5\n0.25, 2.5\n",
        '"left";"right"\n0,5;1,5\n0,25;2,5\n',
    ],
    ids=["comma", "no header", "German", "tabs", "blanks", "comment and BOM", "quotes"],
)
def test_columns_of_text_in_many_dialects(tmp_path: Path, text: str):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    np.testing.assert_array_equal(read_signal(path, "0")[0], [[0.5, 0.25]])
    np.testing.assert_array_equal(read_signal(path, "1")[0], [[1.5, 2.5]])


def test_a_column_without_a_header_is_a_signal(tmp_path: Path):
    (tmp_path / "a.txt").write_text("0.5\n0.25\n")
    np.testing.assert_array_equal(read_signal(tmp_path / "a.txt")[0], [[0.5, 0.25]])


def test_text_in_a_column_is_named_only_where_it_is_asked_for(tmp_path: Path):
    (tmp_path / "a.csv").write_text("time,x\n10:00,0.5\n10:01,0.25\n")
    np.testing.assert_array_equal(read_signal(tmp_path / "a.csv", "x")[0], [[0.5, 0.25]])
    with pytest.raises(UnreadableFileError, match="expected numbers in 'time', got text"):
        read_signal(tmp_path / "a.csv", "time")


@pytest.mark.parametrize("text", ["", "x,y\n1,2\n1,2,3\n"], ids=["empty", "ragged"])
def test_a_table_that_is_none_is_unreadable(tmp_path: Path, text: str):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(UnreadableFileError, match=r"expected a readable \.csv file"):
        read_signal(tmp_path / "a.csv", "x")


def test_24_bit_samples_are_a_part_of_full_scale(tmp_path: Path):
    path = fakes.wav_24_bit(tmp_path / "a.wav", [-(2**23), 2**22, 1, 0])
    signal, sampling_rate = read_signal(path)
    np.testing.assert_array_equal(signal, [[-1.0, 0.5, 2.0**-23, 0.0]])
    assert sampling_rate == 44100.0


@pytest.mark.parametrize(
    ("dtype", "samples"),
    [(np.uint8, [0, 192, 128]), (np.int16, [-(2**15), 2**14, 0]), (np.int32, [-(2**31), 2**30, 0])],
)
def test_integer_samples_of_any_width_have_the_same_scale(tmp_path: Path, dtype, samples):
    fakes.wavfile.write(tmp_path / "a.wav", 8000, np.array(samples, dtype))
    np.testing.assert_array_equal(read_signal(tmp_path / "a.wav")[0], [[-1.0, 0.5, 0.0]])


@pytest.mark.parametrize("suffix", FORMATS)
def test_only_wav_and_tdms_tell_their_sampling_rate(tmp_path: Path, suffix: str):
    path = fakes.measured(tmp_path / f"a{suffix}", SIGNALS, sampling_rate=51200)
    expected = 51200.0 if suffix in (".wav", ".tdms") else None
    assert read_signal(path, "0")[1] == expected


def test_the_folder_of_a_data_set_is_told_by_hand_by_the_environment_or_is_data(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("IADTLN_DATA_DIR", "/measured")
    assert data_root("cwru", "/mine") == Path("/mine")
    assert data_root("cwru") == Path("/measured/cwru")
    monkeypatch.delenv("IADTLN_DATA_DIR")
    assert data_root("cwru") == Path("data/cwru")


def test_memory_is_not_the_fault_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = fakes.measured(tmp_path / "a.npy", SIGNALS)

    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np.lib.format, "read_array", full)
    with pytest.raises(MemoryError):
        read_signal(path)
