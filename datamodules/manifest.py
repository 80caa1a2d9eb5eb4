"""Your own machine: a CSV file that lists its recordings."""

import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datamodules.base import PairedDataModule
from datamodules.errors import (
    DataError,
    EmptyDomainError,
    MissingVariableError,
    SamplingRateError,
    TooShortError,
)
from datamodules.manifest_rows import Row, read_manifest
from datamodules.readers import Signal, read_signal
from datamodules.recording import Recording
from datamodules.setting import listed


class ManifestDataModule(PairedDataModule):
    """Your own machine, from one CSV file with a line for each recording.

    Columns: ``file`` (relative to the CSV, ``.mat .npy .npz .csv .txt .wav .parquet .h5 .tdms``),
    ``domain`` (machine, load or speed), and if you have them ``label`` (empty where not known),
    ``sampling_rate`` (Hz), ``rpm``, ``channel`` (name of a variable or column, or its number from
    0; ``x+y`` for several), ``bearing_id`` and ``recording_id``.

    Args:
        manifest: path of the CSV file; environment variables in it are filled in.
        source: labelled domain, a value of the column ``domain`` (in quotes in YAML if it is a
            number), or a list of them.
        target: unlabelled domain; its labels, if any, are used for the test only.
        root: folder of the recordings, if not that of the CSV file.
        columns: names of columns that are called otherwise, such as ``{domain: supply_hz}``.
        sampling_rate: in hertz, of recordings without one in the CSV.
        trim_seconds: time to cut off at both ends of every recording.
        kwargs: windows, splits and loaders, as for every data module.

    Raises:
        DataError: If the CSV file cannot be used, naming its line.
    """

    def __init__(
        self,
        manifest: str,
        source: str | list[str],
        target: str,
        root: str | None = None,
        columns: dict[str, str] | None = None,
        sampling_rate: float | None = None,
        trim_seconds: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self.manifest = Path(os.path.expandvars(manifest))
        self.root = Path(root) if root else self.manifest.parent
        self.sampling_rate = sampling_rate
        if trim_seconds < 0:
            raise DataError(f"expected trim_seconds of 0 or more, got {trim_seconds}")
        self.trim_seconds = trim_seconds
        self.rows = read_manifest(self.manifest, columns or {})
        sources = listed(source)
        self._classes = self._labels(sources, target)
        self._channels = _common_channels([r for r in self.rows if r.domain in (*sources, target)])
        super().__init__(source, target, **kwargs)

    def _labels(self, sources: list[str], target: str) -> list[str]:
        held: dict[str, set[str]] = {domain: set() for domain in self.domains()}
        for row in self.rows:
            if row.label:
                held[row.domain].add(row.label)
        for domain in (*sources, target):
            if domain not in held:
                raise EmptyDomainError(
                    f"'{self.manifest}': expected one of the domains {list(held)}, got '{domain}'; "
                    "correct source or target"
                )
        for source in sources:
            if not held[source]:
                raise EmptyDomainError(
                    f"'{self.manifest}': expected labels on the rows of the source domain "
                    f"'{source}', got none; fill the column 'label', or choose another source"
                )
        return sorted({label for domain in (*sources, target) for label in held[domain]})

    def all_classes(self) -> list[str]:
        """Labels of both domains, sorted."""
        return list(self._classes)

    @property
    def channels(self) -> int:
        """Channels of a window, as many as the column ``channel`` names."""
        return self._channels

    def domains(self) -> list[str]:
        """Values of the column ``domain``."""
        return sorted({row.domain for row in self.rows})

    def readers(self, domain: str) -> list[Callable[[], Recording]]:
        """One function for each row of a domain, which reads its recording when called."""
        return [
            partial(read_row, row, self.root, self.sampling_rate, self.trim_seconds)
            for row in self.rows
            if row.domain == domain
        ]


def _common_channels(rows: list[Row]) -> int:
    first = rows[0]
    for row in rows:
        if row.channel.count("+") != first.channel.count("+"):
            raise MissingVariableError(
                f"{row.here}: expected as many channels as in {first.here} ('{first.channel}'), "
                f"got '{row.channel}'; name equally many"
            )
    return first.channel.count("+") + 1


def read_row(
    row: Row, root: Path, sampling_rate: float | None, trim_seconds: float = 0.0
) -> Recording:
    """Read the recording of a row.

    Args:
        row: of the manifest.
        root: folder of its file.
        sampling_rate: in hertz, if the row has none.
        trim_seconds: time to cut off at both ends.

    Raises:
        DataError: Naming the line, if the file cannot be used.
    """
    path = root / row.file
    try:
        signal, own_rate = read_signal(path, row.channel)
        expected = row.channel.count("+") + 1
        if len(signal) != expected:
            raise MissingVariableError(
                f"'{path}': expected {expected} channels, found {len(signal)}; "
                "choose by number from 0 in the column 'channel', such as 0, or 0+1"
            )
        rate = _agreed_rate(path, row.sampling_rate or sampling_rate, own_rate)
        signal = _trimmed(path, signal, rate, trim_seconds)
    except DataError as error:
        raise type(error)(f"{row.here}: {error}") from error
    return Recording(
        signal=torch.from_numpy(signal),
        sampling_rate=rate,
        rpm=row.rpm,
        label=row.label,
        domain=row.domain,
        recording_id=row.recording_id,
        bearing_id=row.bearing_id,
        source=str(path),
    )


def _trimmed(path: Path, signal: Signal, rate: float, trim_seconds: float) -> Signal:
    edge, length = round(trim_seconds * rate), signal.shape[1]
    if length <= 2 * edge:
        raise TooShortError(
            f"'{path}': expected more than twice trim_seconds ({trim_seconds:g} s), got "
            f"{length / rate:g} s; trim less"
        )
    return np.ascontiguousarray(signal[:, edge : length - edge])


def _agreed_rate(path: Path, told: float | None, own: float | None) -> float:
    """The sampling rate in hertz that was told, or the file's own."""
    if told and own and not math.isclose(told, own, rel_tol=1e-6):
        raise SamplingRateError(
            f"'{path}': expected {told:g} Hz, the file itself says {own:g} Hz; "
            "leave sampling_rate empty, or correct it"
        )
    rate = told or own
    if rate is None:
        raise SamplingRateError(
            f"'{path}': a {path.suffix} file does not tell its sampling rate; fill the column "
            "'sampling_rate', or set sampling_rate for all"
        )
    return rate
