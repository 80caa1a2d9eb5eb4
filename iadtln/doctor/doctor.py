"""One recording after the other: read, cut, passed through the network, summed up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from datamodules import AngleResample, RecordingTransform
from datamodules.errors import MissingVariableError, SamplingRateError
from datamodules.readers import Signal
from datamodules.streams import Stream, stream_signal
from iadtln.doctor.blocks import Cutter
from iadtln.doctor.tally import Finding, Tally, doubts
from iadtln.doctor.trained import Trained
from iadtln.trust import Judge

LARGE = 2**28  # bytes of a file that is worth a warning if it is read whole


class Writer(Protocol):
    """What ``csv.writer`` returns."""

    def writerow(self, row: tuple[Any, ...], /) -> object:
        """Write one line."""


class Doctor:
    """Sees one recording after the other; what is wrong with a file is told in its row.

    Args:
        trained: the network and what stands before it.
        judge: of its confidence; None without calibration.
        sampling_rate: of recordings that do not tell it, None if not known.
        rpm: speed of the shaft, None if not known.
        channel: to read.
        risk: share of wrong diagnoses that is allowed.
        block_seconds: read at a time.
    """

    def __init__(
        self,
        trained: Trained,
        judge: Judge | None,
        sampling_rate: float | None,
        rpm: float | None,
        channel: str,
        risk: float,
        block_seconds: float,
    ) -> None:
        self.trained, self.judge, self.risk = trained, judge, risk
        self.sampling_rate, self.rpm, self.channel = sampling_rate, rpm, channel
        self.block_seconds = block_seconds
        self.findings: list[Finding] = []
        self.tallies: list[Tally | None] = []

    def see(self, path: Path, rows: Writer) -> None:
        """Diagnose a recording, and append its windows to ``rows``."""
        tally = Tally(self.trained.expected.class_names, self.judge)
        try:
            found = self._diagnosed(path, tally, rows)
        except Exception as error:  # whatever a file or a transform says: the others go on
            found = Finding(str(path), warnings=sentence(error, path), failed=True)
        self.findings.append(found)
        self.tallies.append(None if found.failed else tally)

    def _diagnosed(self, path: Path, tally: Tally, rows: Writer) -> Finding:
        stream = stream_signal(path, self.channel)
        warnings = self._remarks(path, stream)
        cutter = self._cutter(stream)
        blocks = expect_channels(stream.blocks, self.trained.expected.channels)
        names = self.trained.expected.class_names
        for signal, start_seconds in cutter.windows(blocks):
            if not len(signal):
                continue
            sure, number = tally.add(*self.trained.outputs(signal)).max(1)
            for begin, k, p in zip(start_seconds, number.tolist(), sure.tolist(), strict=True):
                rows.writerow((str(path), f"{begin:.6f}", names[k], f"{p:.4f}"))
        found = tally.finding(str(path), cutter.seconds)
        warnings += left_out(cutter)
        if cutter.pieces > 1 and any(one.fits_each for one in self.trained.transforms):
            warnings.append(f"filters were fitted anew to each {self.block_seconds:g} s")
        found.warnings = "; ".join([*doubts(found, self.risk), *warnings])
        return found

    def _cutter(self, stream: Stream) -> Cutter:
        expected, transforms = self.trained.expected, self.trained.transforms
        rate = stream.sampling_rate or self.sampling_rate or expected.sampling_rate
        if rate is None:
            raise SamplingRateError("its sampling rate is not known: say --sampling_rate")
        if self.rpm is None and any(turns(one) for one in transforms):
            raise SamplingRateError("the run counts in revolutions of the shaft: say --rpm")
        return Cutter(
            rate,
            expected.length,
            transforms,
            self.rpm,
            expected.sampling_rate,
            str(self.trained.model.device),
            self.block_seconds,
        )

    def _remarks(self, path: Path, stream: Stream) -> list[str]:
        remarks, expected = [], self.trained.expected.sampling_rate
        rate = stream.sampling_rate or self.sampling_rate
        if rate is None and expected is not None:
            remarks.append(
                f"sampling rate not told, taken as that of the training, {expected:g} Hz"
            )
        if expected is None:
            remarks.append(
                "the sampling rate of the training is not known; recordings are taken as they are"
            )
        if rate is not None and expected is not None and rate < 0.99 * expected:
            remarks.append(
                f"{rate:g} Hz is below the {expected:g} Hz of the training: what lies above "
                f"{rate / 2:g} Hz is missing"
            )
        if stream.is_whole and path.stat().st_size > LARGE:
            remarks.append(f"read whole: {path.suffix} files cannot be read in parts")
        return remarks


def left_out(cutter: Cutter) -> list[str]:
    """What of a recording did not vote, as sentences."""
    standing, lost = cutter.standing_seconds, cutter.left_out_seconds - cutter.standing_seconds
    remarks = [f"left out {lost:.3g} s with NaN or infinite samples"] if lost > 0 else []
    if standing:
        remarks.append(f"left out {standing:.3g} s in which a channel never changes: machine stood")
    return remarks


def turns(transform: RecordingTransform) -> bool:
    """Whether a transform needs the speed of the shaft to change the axis."""
    return any(isinstance(one, AngleResample) for one in transform.modules())


def sentence(error: Exception, path: Path) -> str:
    """What an error says, in one line that does not repeat the file's name."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text.removeprefix(f"'{path}'").lstrip(": ")


def expect_channels(blocks: Iterator[Signal], expected: int) -> Iterator[Signal]:
    """The same blocks, if they have the channels that the network reads.

    Raises:
        MissingVariableError: If they have others.
    """
    for block in blocks:
        if len(block) != expected:
            raise MissingVariableError(
                f"expected {expected} channel(s), as in the training, got {len(block)}; choose by "
                "--channel and number from 0, such as 0, or 0+1"
            )
        yield block
