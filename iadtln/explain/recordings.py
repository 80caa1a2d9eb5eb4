"""Recordings of a run's target, explained one after the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd
import torch
from matplotlib.figure import Figure

from datamodules import DataError, PairedDataModule, Recording
from datamodules.recording import check_signal
from iadtln.callbacks.look import spread
from iadtln.callbacks.predictions import votes
from iadtln.diagnosis import Diagnosis
from iadtln.explain.channels import mean_by_class
from iadtln.explain.demodulation import Band, require_band
from iadtln.explain.evidence import Evidence, Measurement, evidence_of
from iadtln.explain.lines import Search
from iadtln.explain.network import Look, look_at, open_channels
from iadtln.explain.pictures import channels_figure, recording_figure
from iadtln.explain.verdict import Said, Verdict, judge
from iadtln.signals.bearing import BearingGeometry


@dataclass(frozen=True)
class Question:
    """What is asked of each recording.

    Args:
        geometry: of the bearing.
        search: how fault lines are looked for.
        rpm: speed of recordings that do not tell theirs.
        band: to demodulate, in Hz; the kurtogram chooses by default.
        channel: whose spectrum is looked at.
        mapping: faults of classes whose names do not tell.
    """

    geometry: BearingGeometry
    search: Search
    rpm: float | None = None
    band: Band | None = None
    channel: int = 0
    mapping: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Explained:
    """One recording, seen from both sides.

    Args:
        name: of the recording.
        said: by the network.
        agreeing: share of the windows with this diagnosis, in words.
        window: number of its surest window.
        evidence: of the physics, or why there is none.
        verdict: on both.
    """

    name: str
    said: Said
    agreeing: str
    window: int
    evidence: Evidence | str
    verdict: Verdict

    def row(self) -> dict[str, object]:
        """For the table: diagnosis, verdict, and the lines of each fault."""
        row: dict[str, object] = {
            "recording": self.name,
            "diagnosis": self.said.name,
            "confidence": round(self.said.confidence, 4),
            "windows_agree": self.agreeing,
        }
        if isinstance(self.evidence, Evidence):
            named = self.evidence.named
            row |= {"lines_show": named.fault if named else "nothing"}
        row |= {"verdict": self.verdict.agreement, "sentence": self.verdict.sentence}
        if isinstance(self.evidence, Evidence):
            row |= _columns(self.evidence)
        return row


def _columns(evidence: Evidence) -> dict[str, object]:
    low, high = evidence.band
    columns: dict[str, object] = {"band_low": round(low, 1), "band_high": round(high, 1)}
    for lines in evidence.lines:
        name = lines.fault.replace(" ", "_")
        columns |= {
            f"{name}_lines": f"{lines.count} of {len(lines.stands)}",
            f"{name}_sidebands": f"{sum(lines.sidebands_stand)} of {len(lines.sidebands)}",
            f"{name}_order": round(lines.order, 4),
            f"{name}_height_db": round(lines.height_db, 1),
            f"{name}_score": round(lines.score, 2),
        }
    return columns


def recordings_of(data: PairedDataModule) -> Iterator[Recording]:
    """The target's recordings as measured, one at a time, without labels or unusable ones."""
    for read in data.readers(data.target):
        try:
            recording = read()
            check_signal(recording)
        except DataError:
            if data.on_bad == "raise":
                raise
            continue
        yield replace(recording, label=None)


def require_answerable(question: Question, recording: Recording) -> None:
    """Raise if a recording lacks the channel or the band that is asked for.

    Raises:
        ValueError: Naming it.
    """
    last = len(recording.signal) - 1
    if not 0 <= question.channel <= last:
        raise ValueError(
            f"there is no channel {question.channel}: expected --channel from 0 to {last}"
        )
    if question.band is not None:
        require_band(question.band, recording.sampling_rate)


def physics_of(recording: Recording, question: Question) -> Evidence | str:
    """The fault lines of a recording, or a sentence why there are none."""
    rpm = question.rpm if recording.rpm is None else recording.rpm
    try:
        require_answerable(question, recording)
        signal, on_angle = recording.signal[question.channel], recording.axis == "angle"
        measured = Measurement(signal, recording.sampling_rate, rpm, on_angle)
        return evidence_of(measured, question.geometry, question.search, band=question.band)
    except ValueError as error:
        return f"no fault lines: {error}"


def explained(
    data: PairedDataModule, diagnoses: pd.DataFrame, question: Question
) -> list[Explained]:
    """Both sides of every recording that was diagnosed.

    Args:
        data: of the run.
        diagnoses: one row a window, as ``predict`` writes it.
        question: what is asked.
    """
    table, found = votes(diagnoses), []
    for recording in recordings_of(data):
        name = recording.recording_id
        if name not in table.index:
            continue
        diagnosis, agreeing = (str(table.loc[name, one]) for one in ("diagnosis", "agreement"))
        own = diagnoses[diagnoses.recording == name]
        probability = own[f"p({diagnosis})"].to_numpy()
        said = Said(diagnosis, float(probability.mean()))
        window = int(own.window.to_numpy()[probability.argmax()])
        evidence = physics_of(recording, question)
        verdict = judge(evidence, said, question.mapping)
        found.append(Explained(name, said, agreeing, window, evidence, verdict))
    return found


def look_of(model: Diagnosis, data: PairedDataModule, one: Explained) -> Look:
    """What the network looked at in its surest window of a recording."""
    windows = data.pair.windows("target", "second")
    signal = windows.__getitems__([one.window])["signal"][0]
    target = data.class_names.index(one.said.name)
    recording = data.pair.target.recordings[0]  # all have one rate and axis
    extent, unit = data.length / recording.sampling_rate, "revolutions in the window"
    if recording.axis == "time":
        extent, unit = 1000 * extent, "time in the window, ms"
    title = f"Where the network looks for {one.said.name}: window {one.window}"
    return look_at(model, signal, target, extent, unit, title)


def channel_pictures(
    model: Diagnosis, data: PairedDataModule, diagnoses: pd.DataFrame, at_most: int
) -> Mapping[str, Figure]:
    """The open channels of each squeeze-excitation by diagnosis; none without such modules.

    Args:
        model: of the run.
        data: of the run.
        diagnoses: one row a window.
        at_most: windows of each diagnosis.
    """
    groups = diagnoses.groupby("prediction", sort=False)["window"]
    chosen = [own.iloc[spread(len(own), at_most)] for _, own in groups]
    index = pd.concat(chosen).tolist()
    names = diagnoses.set_index("window").prediction[index]
    label = torch.tensor([data.class_names.index(str(name)) for name in names])
    signal = data.pair.windows("target", "second").__getitems__(index)["signal"]
    return {
        f"channels_{name.replace('.', '_')}": channels_figure(
            mean_by_class(factors, label, data.num_classes).double().numpy(),
            data.class_names,
            f"How far '{name}' opens each channel, mean over {len(index)} windows",
        )
        for name, factors in open_channels(model, signal).items()
    }


def recording_pictures(
    model: Diagnosis, data: PairedDataModule, found: list[Explained], number: int
) -> Iterator[tuple[str, Figure]]:
    """Name and picture of the recordings that need a look, then of others.

    Args:
        model: of the run.
        data: of the run.
        found: what is known of each recording.
        number: of pictures at most.
    """
    for one in sorted(found, key=lambda one: not one.verdict.needs_a_look)[:number]:
        evidence = one.evidence if isinstance(one.evidence, Evidence) else None
        look = look_of(model, data, one)
        yield one.name, recording_figure(one.name, one.verdict, look, evidence)
