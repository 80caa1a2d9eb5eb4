"""One run-up and what ``ed_gafmd.py`` and ``ed_gafmd_rig.py`` do with it."""

import argparse
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from datamodules.recording import Recording
from iadtln.front_ends.mode_search import ModeSearch, filling
from iadtln.front_ends.searched_modes import Choice, rating_of, search_afmd, search_fmd, search_vmd
from iadtln.search import DBO, GWO, SSA, WOA
from iadtln.signals.afmd import afmd
from iadtln.signals.envelope_spectrum import envelope_spectrum, spectrum_axis
from iadtln.signals.indices import line_to_floor_db
from iadtln.signals.order_tracking import envelope_order_spectrum
from iadtln.signals.resampling import resample_by_angle

RULES: tuple[Choice, ...] = ("kurtosis", "average_kurtosis", "feature_energy")
SAMPLES_PER_REVOLUTION = 512
WIDE = 1024  # for modes found in time: keeps all frequencies at the lowest speed
IN_TIME = "GWO-FMD", "GWO-VMD"
EMPIRICAL = 3, 7, 40  # n and K of the paper's optima, L of its "general parameters"


@dataclass
class Run:
    """One run-up and all that is done with it.

    Args:
        recording: on a time axis, of known speed.
        order: strikes per turn of its defect.
        named: first columns of its rows: race, amplitude and seed, which the search takes too.
        options: population, generations, samples and only.
        known: values of method and ``named`` of what need not be done.
        ablations: whether the other optimisers, entropies and choices are done.
        pictured: whether what pictures need is returned.
        samples_per_revolution: for the search in angle; at most what the recording has at its
            highest speed, or a search chooses the orders that hold nothing.
    """

    recording: Recording
    order: float
    named: dict[str, Any]
    options: argparse.Namespace
    known: Collection[tuple[Any, ...]] = ()
    ablations: bool = True
    pictured: bool = False
    samples_per_revolution: int = SAMPLES_PER_REVOLUTION

    def __post_init__(self) -> None:
        self.signal, self.rate = self.recording.signal[0], self.recording.sampling_rate
        self.rpm = np.broadcast_to(self.recording.rpm, self.signal.shape).copy()  # writable
        self.race, self.seed = self.named["race"], self.named["seed"]
        self.angle = self.tracked(self.signal, self.samples_per_revolution)

    def tracked(self, signal: Tensor, samples_per_revolution: int) -> Tensor:
        """Order tracking of signals that end where the recording ends."""
        rpm = self.rpm[-signal.shape[-1] :]
        return resample_by_angle(signal, self.rate, rpm, samples_per_revolution)

    def search(self, optimiser: Callable[[int], Any] = GWO, **others: Any) -> ModeSearch:
        own = self.options
        return ModeSearch(
            optimiser(own.population),
            own.generations,
            samples=own.samples,
            seed=self.seed,
            **others,
        )

    def afmd(self, search: ModeSearch, **others: Any) -> tuple[Tensor, str, Tensor]:
        found = search_afmd(self.angle, self.samples_per_revolution, self.order, search, **others)
        return found.modes, str(found.parameters), found.history

    def methods(self) -> dict[str, Callable[[], tuple[Tensor, str, Tensor | None]]]:
        """What gives modes in angle, the parameters and the convergence, by name."""
        compared = {
            "order-tracked only": lambda: (self.angle[None], "", None),
            "AFMD, L = 40": self.fixed,
            "ED-GAFMD": lambda: self.afmd(self.search()),
            "GWO-FMD": self.fmd,
            "GWO-VMD": self.vmd,
            "InfoEn in place of PE": lambda: self.afmd(self.search(fitness="information")),
        }
        if not self.ablations:
            return compared
        return {
            **compared,
            "ED-SSA-AFMD": lambda: self.afmd(self.search(SSA)),
            "ED-DBO-AFMD": lambda: self.afmd(self.search(DBO)),
            "ED-WOA-AFMD": lambda: self.afmd(self.search(WOA)),
            "mean in place of min PE": lambda: self.afmd(self.search(reduce="mean")),
            "SampEn in place of PE": lambda: self.afmd(self.search(fitness="sample")),
            "cascaded sweeps": lambda: self.afmd(self.search(), cascade=True),
        }

    def fixed(self) -> tuple[Tensor, str, None]:
        modes, bands, taps = EMPIRICAL
        period = self.samples_per_revolution / self.order
        found = afmd(
            self.angle, period, taps, bands, modes, 10, cascade=False, schedule="fixed"
        ).modes
        return found[:, filling(taps, 1, found.shape[-1]) :], str(EMPIRICAL), None

    def fmd(self) -> tuple[Tensor, str, Tensor]:
        found = search_fmd(self.signal, round(self.rate), self.search())
        return self.tracked(found.modes, WIDE), str(found.parameters), found.history

    def vmd(self) -> tuple[Tensor, str, Tensor]:
        found = search_vmd(self.signal, self.search())
        return self.tracked(found.modes, WIDE), str(found.parameters), found.history

    def rate_of(self, method: str) -> int:
        """Samples per revolution of the modes of a method."""
        return WIDE if method in IN_TIME else self.samples_per_revolution

    def height(self, signal: Tensor, rate: float) -> Tensor:
        orders, spectrum = envelope_order_spectrum(signal, rate)
        return line_to_floor_db(spectrum, orders, self.order)

    def in_time(self) -> dict[str, Any]:
        """The row of the recording as it was measured."""
        spectrum = envelope_spectrum(self.signal)
        orders = spectrum_axis(len(self.signal), self.rate) / float(np.mean(self.rpm) / 60)
        height = round(float(line_to_floor_db(spectrum, orders, self.order)), 2)
        row = {"method": "measured, in time", **self.named}
        return row | dict.fromkeys([*RULES, "best mode"], height)

    def __call__(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return a row for each method, and modes and convergence for the pictures."""
        torch.set_num_threads(1)
        rows, kept = [self.in_time()], {}
        for name, method in self.methods().items():
            if self.options.only and name not in self.options.only:
                continue
            if (name, *self.named.values()) in self.known:
                continue
            rate = self.rate_of(name)
            begin = time.perf_counter()
            modes, parameters, history = method()
            seconds = time.perf_counter() - begin
            heights = self.height(modes, rate)
            chosen = {
                rule: int(rating_of(rule, rate, self.order)(modes).argmax()) for rule in RULES
            }
            row = {"method": name, **self.named}
            row |= {rule: round(float(heights[index]), 2) for rule, index in chosen.items()}
            row |= {"best mode": round(float(heights.max()), 2), "seconds": round(seconds, 1)}
            rows.append(row | {"parameters": parameters})
            kept[name] = modes, chosen, parameters, history
        return rows, kept if self.pictured else {}
