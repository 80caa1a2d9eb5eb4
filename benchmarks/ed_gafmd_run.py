"""One simulated run-up and what ``ed_gafmd.py`` does with it."""

import argparse
import time
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import torch
from torch import Tensor

from datamodules.ramp_simulation import FAULT_ORDERS, Race, RampSettings, ramp_recording
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


class Run:
    """One simulated run-up and all that is done with it."""

    def __init__(
        self,
        race: Race,
        amplitude: float,
        seed: int,
        options: argparse.Namespace,
        known: Collection[tuple[Any, ...]] = (),
    ) -> None:
        self.known = known  # method, race, amplitude and seed of what need not be done
        self.race, self.amplitude, self.seed, self.options = race, amplitude, seed, options
        self.order = FAULT_ORDERS[race]
        settings = RampSettings(amplitude=amplitude, decay=options.decay)
        recording = ramp_recording(race, settings, seed)
        self.signal, self.rate, self.rpm = (
            recording.signal[0],
            recording.sampling_rate,
            recording.rpm,
        )
        self.angle = self.tracked(self.signal)

    def tracked(
        self, signal: Tensor, samples_per_revolution: int = SAMPLES_PER_REVOLUTION
    ) -> Tensor:
        """Order tracking of signals that end where the recording ends."""
        rpm = np.asarray(self.rpm)[-signal.shape[-1] :]
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
        found = search_afmd(self.angle, SAMPLES_PER_REVOLUTION, self.order, search, **others)
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
        if self.amplitude != self.options.amplitudes[0]:
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
        period = SAMPLES_PER_REVOLUTION / self.order
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

    def height(self, signal: Tensor, rate: int = SAMPLES_PER_REVOLUTION) -> Tensor:
        orders, spectrum = envelope_order_spectrum(signal, rate)
        return line_to_floor_db(spectrum, orders, self.order)

    def in_time(self) -> dict[str, Any]:
        """The row of the recording as it was measured."""
        spectrum = envelope_spectrum(self.signal)
        orders = spectrum_axis(len(self.signal), self.rate) / float(
            np.mean(np.asarray(self.rpm)) / 60
        )
        height = round(float(line_to_floor_db(spectrum, orders, self.order)), 2)
        row = self.named("measured, in time")
        return row | dict.fromkeys([*RULES, "best mode"], height)

    def named(self, method: str) -> dict[str, Any]:
        """A row's first columns."""
        known = {"race": self.race, "amplitude": self.amplitude, "seed": self.seed}
        return {"method": method, **known}

    def __call__(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return a row for each method, and modes and convergence for the pictures."""
        torch.set_num_threads(1)
        rows, kept = [self.in_time()], {}
        for name, method in self.methods().items():
            if self.options.only and name not in self.options.only:
                continue
            if (name, self.race, self.amplitude, self.seed) in self.known:
                continue
            rate = WIDE if name in IN_TIME else SAMPLES_PER_REVOLUTION
            begin = time.perf_counter()
            modes, parameters, history = method()
            seconds = time.perf_counter() - begin
            heights = self.height(modes, rate)
            chosen = {
                rule: int(rating_of(rule, rate, self.order)(modes).argmax()) for rule in RULES
            }
            row = self.named(name)
            row |= {rule: round(float(heights[index]), 2) for rule, index in chosen.items()}
            row |= {"best mode": round(float(heights.max()), 2), "seconds": round(seconds, 1)}
            rows.append(row | {"parameters": parameters})
            kept[name] = modes, chosen, parameters, history
        return rows, kept if self.seed == 0 else {}
