"""The worst windows of a test, looked at again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from datamodules.recording import Recording
from iadtln.callbacks.open_set import UNKNOWN
from iadtln.explain.attribution import behind_front_end
from iadtln.explain.channels import first_layer_score
from iadtln.explain.lines import fault_rates
from iadtln.explain.network import network_input
from iadtln.explain.pictures import COLOURS, SHORT
from iadtln.explain.recordings import Question
from iadtln.reports.run_page import WorstWindow
from iadtln.reports.window_figure import Array, DrawnWindow, Mark
from iadtln.review.left import Left
from iadtln.review.opened import Opened
from iadtln.signals.envelope_spectrum import envelope_spectrum, spectrum_axis

HARMONICS = 3  # of each fault that are marked
FEWEST_BINS = 2.5  # a rate nearer to zero cannot be told from the mean
OF_ONE = 2  # windows of a recording, before others have their turn
FEW, PLAIN = 40, 160  # bins that are shown at least, and without fault lines


def sorted_by_loss(predictions: pd.DataFrame) -> pd.DataFrame:
    """Windows by their loss, the greatest first: the wrong and sure, the wrong, the least sure.

    Two windows of a recording come before more of it: its windows are much alike.

    Args:
        predictions: one row a window of the test.

    Returns:
        The rows with ``p_truth`` and ``p_said`` besides: what the network gives to the truth and to
        its diagnosis. For unknown classes it is what is left over by all others.
    """
    names = [str(name)[2:-1] for name in predictions if str(name).startswith("p(")]
    known = predictions[[f"p({name})" for name in names]].to_numpy(float)
    every = np.column_stack([known, 1 - known.max(1)])
    column = {name: i for i, name in enumerate([*names, UNKNOWN])}
    rows = np.arange(len(predictions))
    table = predictions.assign(
        p_truth=every[rows, predictions["truth"].map(column)],
        p_said=every[rows, predictions["prediction"].map(column)],
        right=predictions["truth"] == predictions["prediction"],
    )
    # probabilities are rounded on disk: of those that round to zero the surest comes first
    table["doubt"] = -table["p_said"]
    table = table.sort_values(["right", "p_truth", "doubt"], kind="stable")
    table["turn"] = table.groupby("recording").cumcount() // OF_ONE
    return table.sort_values(["right", "turn"], kind="stable")


@dataclass(frozen=True)
class Viewer:
    """Draws windows of a run.

    Args:
        left: what the run left; what cannot be drawn is noted there.
        opened: its data and network, None where they are gone.
        question: with the bearing, its speed and the channel; None without a bearing.
        channel: that is drawn.
        rpm: of recordings that do not tell theirs.
    """

    left: Left
    opened: Opened | None
    question: Question | None
    channel: int = 0
    rpm: float | None = None

    def worst(self, number: int) -> Iterator[WorstWindow]:
        """The windows with the greatest loss.

        Args:
            number: of them at most.
        """
        if self.left.predictions is None:
            return
        chosen, undrawn = sorted_by_loss(self.left.predictions).head(number), 0
        for row in tqdm(chosen.to_dict("records"), "windows", disable=None, leave=False, delay=1):
            drawn, begin = None, f"sample {row['start']}"
            recording = self.opened.recording(row["recording"]) if self.opened else None
            if recording is not None:
                begin = begin_of(recording, int(row["start"]))
                drawn = self.drawn(recording, int(row["start"]))
            undrawn += drawn is None
            yield WorstWindow(
                str(row["recording"]), begin, str(row["truth"]), str(row["prediction"]),
                float(row["p_truth"]), float(row["p_said"]), drawn,
            )  # fmt: skip
        if undrawn and self.opened:
            self.left.absent.append(
                f"pictures of {undrawn} of the worst windows: the data, as they are now and as the "
                "run's configuration names them, hold no such samples"
            )

    def drawn(self, recording: Recording, start: int) -> DrawnWindow | None:
        """What is drawn of a window; None if the recording does not hold it.

        Args:
            recording: after all transforms.
            start: its first sample.
        """
        assert self.opened is not None
        data, rate = self.opened.data, recording.sampling_rate
        window = recording.signal[:, start : start + data.length]
        if window.shape[-1] < data.length or self.channel >= len(window):
            return None
        on_angle = recording.axis == "angle"
        values = window[self.channel].double()
        spectrum, axis = envelope_spectrum(values - values.mean()), spectrum_axis(len(values), rate)
        marks, end = self.marks(recording, start, float(axis[1]))
        shown = axis <= end
        return DrawnWindow(
            values.numpy(),
            data.length / rate * (1 if on_angle else 1000),
            "revolutions" if on_angle else "time, ms",
            self.score(recording, start),
            axis[shown].numpy(),
            spectrum[shown].numpy(),
            "order: events per revolution" if on_angle else "frequency, Hz",
            marks,
        )

    def marks(self, recording: Recording, start: int, step: float) -> tuple[list[Mark], float]:
        """Fault lines, and how far the spectrum is shown.

        Args:
            recording: of the window.
            start: its first sample.
            step: from bin to bin.
        """
        turning = self.turning(recording, start)
        if self.question is None or turning is None:
            return [], PLAIN * step
        rates = {one.fault: one.order * turning for one in fault_rates(self.question.geometry)}
        marks = [
            Mark(SHORT[fault], COLOURS[fault], [rate * n for n in range(1, HARMONICS + 1)])
            for fault, rate in rates.items()
            if rate >= FEWEST_BINS * step
        ]
        return marks, max((HARMONICS + 0.3) * max(rates.values()), FEW * step)

    def turning(self, recording: Recording, start: int) -> float | None:
        """Turns of the shaft in the unit of the sampling rate, None if not known."""
        if recording.axis == "angle":
            return 1.0
        rpm = self.rpm if recording.rpm is None else recording.rpm
        if isinstance(rpm, np.ndarray):
            assert self.opened is not None
            rpm = float(rpm[start : start + self.opened.data.length].mean())
        return None if rpm is None else rpm / 60

    def score(self, recording: Recording, start: int) -> Array | None:
        """How much the first layer answers along a window; None without such a layer."""
        assert self.opened is not None
        data, model = self.opened.data, self.opened.model
        if model is None:
            return None
        window = recording.signal[None, :, start : start + data.length]
        seen = network_input(model, data.pair.windows("target", "second").normalise(window))
        if seen.shape[-1] != data.length:  # of a spectrum, say: it is not along the window
            return None
        with behind_front_end(model.network, model.classifier) as forward:
            score = first_layer_score(model.network, forward, seen)
        return None if score is None else score[0].double().numpy()


def begin_of(recording: Recording, start: int) -> str:
    """Where in a recording a window begins, in words."""
    place = start / recording.sampling_rate
    if recording.axis == "time":
        return f"{place:.3f} s"
    rpm, turns = recording.rpm, f"{place:.1f} revolutions"
    if rpm is None or isinstance(rpm, np.ndarray):  # at which second is not known
        return turns
    return f"{turns}, {60 * place / rpm:.3f} s"
