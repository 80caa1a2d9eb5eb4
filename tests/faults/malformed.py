"""Bad inputs, made from good ones: each maker is seeded, so that what fails once fails again."""

from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import scipy.io
import torch

from iadtln.diagnosis import Diagnosis
from iadtln.networks import MLP
from tests import fakes
from tests.faults.malformed_claims import seven_header

Bytes = Callable[[bytes, np.random.Generator], bytes]
SAMPLES = 3000
HEADER = 600  # bytes in which most formats say what follows


class Bad(NamedTuple):
    """A bad input on disk.

    Args:
        kind: of file, and what was done to it.
        path: of the file.
    """

    kind: str
    path: Path


def cut(content: bytes, draw: np.random.Generator) -> bytes:
    return content[: draw.integers(len(content) + 1)]


def cut_in_header(content: bytes, draw: np.random.Generator) -> bytes:
    return content[: draw.integers(min(HEADER, len(content)) + 1)]


def flip(content: bytes, draw: np.random.Generator, places: int = 8, within: int = 0) -> bytes:
    """Flip one bit in each of some bytes, among the first ``within`` if that is given."""
    mutable = bytearray(content)
    for place in draw.integers(min(within or len(content), len(content)), size=places):
        mutable[place] ^= 1 << int(draw.integers(8))
    return bytes(mutable)


def flip_in_header(content: bytes, draw: np.random.Generator) -> bytes:
    return flip(content, draw, places=2, within=HEADER)


def flip_at_end(content: bytes, draw: np.random.Generator) -> bytes:
    return flip(content[::-1], draw, places=2, within=HEADER)[::-1]  # where directories lie


def _overwritten(content: bytes, draw: np.random.Generator, block: bytes) -> bytes:
    begin = int(draw.integers(max(1, len(content) - len(block))))
    return content[:begin] + block + content[begin + len(block) :]


def zeroed(content: bytes, draw: np.random.Generator) -> bytes:
    return _overwritten(content, draw, bytes(int(draw.integers(1, len(content) // 2 + 2))))


def overwritten(content: bytes, draw: np.random.Generator) -> bytes:
    return _overwritten(content, draw, draw.bytes(int(draw.integers(1, 200))))


def huge_number(content: bytes, draw: np.random.Generator) -> bytes:
    """Somewhere in the header, a size becomes 2**32 or 2**63 minus one."""
    block = b"\xff" * 4 if draw.integers(2) else b"\xff" * 7 + b"\x7f"
    begin = int(draw.integers(max(1, min(HEADER, len(content) - len(block)))))
    return content[:begin] + block + content[begin + len(block) :]


def swapped_halves(content: bytes, draw: np.random.Generator) -> bytes:
    middle = len(content) // 2
    return content[middle:] + content[:middle]


def doubled(content: bytes, draw: np.random.Generator) -> bytes:
    return content + content


def inserted(content: bytes, draw: np.random.Generator) -> bytes:
    begin = int(draw.integers(len(content)))
    return content[:begin] + draw.bytes(int(draw.integers(1, 9))) + content[begin:]


def removed(content: bytes, draw: np.random.Generator) -> bytes:
    begin = int(draw.integers(len(content)))
    return content[:begin] + content[begin + int(draw.integers(1, 9)) :]


def emptied(content: bytes, draw: np.random.Generator) -> bytes:
    return b""


def of_another_format(content: bytes, draw: np.random.Generator) -> bytes:
    return draw.bytes(2000)


MUTATIONS: tuple[Bytes, ...] = (
    cut, flip_in_header, huge_number, cut_in_header, flip, flip_at_end, zeroed, overwritten,
    swapped_halves, doubled, inserted, removed, emptied, of_another_format,
)  # fmt: skip
ONCE = {emptied, doubled, swapped_halves}  # they draw nothing: a second one is the same


def mutated(good: Path, number: int, seed: int = 0, mutations=MUTATIONS) -> Iterator[Bad]:
    """So many bad copies of a good file, beside it, each mutation in its turn."""
    content, made = good.read_bytes(), count()
    done = set[Bytes]()
    for mutation in cycle(mutations):
        if mutation in done & ONCE:
            continue
        done.add(mutation)
        turn = next(made)
        if turn == number:
            return
        draw = np.random.default_rng([seed, turn])
        path = good.with_name(f"{good.stem}_{turn}_{mutation.__name__}{good.suffix}")
        path.write_bytes(mutation(content, draw))
        yield Bad(f"{good.stem}{good.suffix} {mutation.__name__}", path)


def good_recordings(folder: Path, samples: int = SAMPLES) -> list[Path]:
    """A good file of each format that is read, two channels where it can hold them."""
    x = fakes.tone(100.0, 8000.0, samples)
    signals = {"x": x, "y": 0.5 * x[::-1]}
    made = [
        fakes.measured(folder / f"plain{suffix}", signals)
        for suffix in (".mat", ".npy", ".npz", ".csv", ".txt", ".wav", ".parquet", ".h5", ".tdms")
    ]
    scipy.io.savemat(folder / "compressed.mat", signals, do_compression=True)
    scipy.io.savemat(folder / "four.mat", signals, format="4")
    with h5py.File(folder / "seven.mat", "w", userblock_size=512) as file:
        for name, signal in signals.items():
            file.create_dataset(name, data=signal[None], chunks=(1, 512), compression="gzip")
    seven_header(folder / "seven.mat")
    np.savez_compressed(folder / "compressed.npz", **signals)
    np.savez(folder / "scaled.npz", x=(1e4 * x).astype(np.int16))
    fakes.wav_24_bit(folder / "deep.wav", (2.0**22 * x / 2).astype(int).tolist())
    fakes.wavfile.write(folder / "short.wav", 8000, (1e4 * x).astype(np.int16))
    more = ["compressed.mat", "four.mat", "seven.mat", "compressed.npz", "scaled.npz", "deep.wav",
            "short.wav"]  # fmt: skip
    return made + [folder / name for name in more]


def good_checkpoint(path: Path) -> Path:
    """Weights of a small network."""
    torch.save({"state_dict": Diagnosis(MLP(), 4).state_dict()}, path)
    return path
