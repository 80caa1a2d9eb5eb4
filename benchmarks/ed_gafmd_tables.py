"""The tables of ``ed_gafmd.py``: how high the line stands, and who stands higher."""

import argparse
from collections.abc import Sequence
from typing import Any

import pandas as pd
from ed_gafmd_run import RULES

from iadtln.benchmark.statistics import holm, wilcoxon_pairs
from iadtln.benchmark.tables import grid, line
from iadtln.benchmark.words import p_value

OWN, OTHERS = "ED-GAFMD", ("AFMD, L = 40", "GWO-FMD", "GWO-VMD")
INTRODUCTION = """# ED-GAFMD on its simulated run-up

Line of the fault order over the local floor of the envelope order spectrum, dB, mean ± deviation
over seeds; about 8 dB is what noise alone gives. Signal-to-noise ratio -10 dB; outer order 5.0,
inner 6.4. Columns: the mode of greatest kurtosis (the paper's rule), of greatest average kurtosis
of fault periods, of greatest energy at the fault order, and the best mode there is (which nobody
could choose). The paper gives neither amplitude nor decay of the fault's ringing, only those of the
shocks: 8 and 2, 1800 per second. Made by `python benchmarks/ed_gafmd.py`.
"""


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean ± deviation over the seeds, by method and race."""
    columns = [*RULES, "best mode"]
    groups = frame.groupby(["method", "race"], sort=False)[columns]
    mean, deviation = groups.mean(), groups.std(ddof=1).fillna(0.0)
    text = mean.map("{:.1f}".format) + " ± " + deviation.map("{:.1f}".format)
    text = pd.DataFrame(text.unstack("race"))
    names = [" of ".join(reversed(name)).replace("_", " ") for name in text.columns.to_flat_index()]
    text.columns = pd.Index(names)
    return text.loc[frame["method"].unique()]


def markdown(text: pd.DataFrame) -> str:
    """A table in Markdown, without the package that pandas asks for."""
    rows = (line([str(name), *row]) for name, row in zip(text.index, text.values, strict=True))
    return "\n".join([*grid(["method", *text.columns]), *rows]) + "\n"


def against(frame: pd.DataFrame, rules: Sequence[str] = RULES[1:]) -> list[str]:
    """In how many recordings of both races ED-GAFMD stands higher than each of the others."""
    lines = []
    for rule in rules:
        heights = frame.pivot_table(index=["race", "seed"], columns="method", values=rule)
        if not {OWN, *OTHERS} <= set(heights):
            return []
        higher = [int((heights[OWN] > heights[other]).sum()) for other in OTHERS]
        p = holm([wilcoxon_pairs(heights[[OWN, other]])["p"][0] for other in OTHERS])
        said = (
            f"{other} in {number} of {len(heights)} ({p_value(corrected)})"
            for other, number, corrected in zip(OTHERS, higher, p, strict=True)
        )
        lines.append(f"- By {rule.replace('_', ' ')} {OWN} is above " + ", ".join(said) + ".")
    return [*lines, "- In brackets: p of Wilcoxon's signed rank test, Holm's correction.", ""]


def page(rows: list[dict[str, Any]], options: argparse.Namespace) -> str:
    """The tables of all amplitudes with what their columns are."""
    text = INTRODUCTION + (
        f"Each search: {options.population} candidates, {options.generations} generations, "
        f"{options.samples} samples.\n"
    )
    for amplitude, own in pd.DataFrame(rows).groupby("amplitude", sort=False):
        seeds = own["seed"].nunique()
        text += (
            f"\n## Ringing of amplitude {amplitude:g}, decay {options.decay:g}, {seeds} seeds\n\n"
        )
        text += "\n".join([markdown(table(own)), *against(own)])
    return text
