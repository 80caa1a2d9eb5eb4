r"""ED-GAFMD on recordings of a rig whose speed changes, beside what it is compared with.

    python benchmarks/ed_gafmd_rig.py [--domains '["-2 dB", "-10 dB"]']
    python benchmarks/ed_gafmd_rig.py --data configs/data/ottawa.yaml --domains '[A]' \
        --orders '{OF: 3.57, IF: 5.43}' --folder runs/ed_gafmd_ottawa

Each recording with a fault whose order is given is searched by itself. Writes how high the fault's
line stands over its local floor, as a table and a CSV, and pictures of one recording of each of the
first two faults in the first domain, as figures 11 to 17 of the paper (of Ottawa's recordings).
"""

import argparse
from itertools import zip_longest
from pathlib import Path

import joblib
import pandas as pd
from ed_gafmd_pictures import draw
from ed_gafmd_run import RULES, Run
from ed_gafmd_tables import against, markdown, table
from jsonargparse import ArgumentParser, Namespace
from tqdm import tqdm

from datamodules import PairedDataModule, Recording
from datamodules.errors import DataError
from datamodules.transforms import AngleResample
from iadtln.files import written_whole

ROOT = Path(__file__).parents[1]
SEARCH = "population", "generations", "samples"
INTRODUCTION = """# ED-GAFMD on recordings of changing speed

Line of the fault order over the local floor of the envelope order spectrum, dB, mean ± deviation
over recordings of {data}; about 8 dB is what noise alone gives.
Orders: {orders}. Columns: the mode of greatest kurtosis (the paper's rule), of greatest
average kurtosis of fault periods, of greatest energy at the fault order, and the best mode there is
(which nobody could choose). Each search: {population} candidates, {generations} generations,
{samples} samples; in angle {samples_per_revolution} a turn. Made by
`python benchmarks/ed_gafmd_rig.py`.
"""


def parse() -> Namespace:
    """The command line, with the data module built."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_subclass_arguments(PairedDataModule, "data")
    parser.set_defaults({"data": str(ROOT / "configs/data/simulated_ramp.yaml")})
    parser.add_argument("--domains", type=list[str], default=["-2 dB", "-10 dB"])
    parser.add_argument(
        "--orders",
        type=dict[str, float],
        default={"OF": 3.585, "IF": 5.415},  # of the SKF 6205
        help="class: strikes per turn",
    )
    parser.add_argument(
        "--samples_per_revolution", type=int, default=320, help="of the search in angle"
    )
    parser.add_argument("--population", type=int, default=8)
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8192, help="that a search looks at")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=list[str] | None, help="methods to do, without pictures")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs/results/ed_gafmd_rig")
    return parser.instantiate(parser.parse_args())


def runs_of(domain: str, options: Namespace) -> list[Run]:
    """All recordings of a domain with one of the faults, one of each fault first."""
    if domain not in options.data.domains():
        known = ", ".join(options.data.domains())
        raise SystemExit(f"--domains: expected some of {known}; got {domain}")
    recordings = [read() for read in options.data.readers(domain)]
    faulty = {race: [own for own in recordings if own.label == race] for race in options.orders}
    for race, found in faulty.items():
        if not found:
            labels = ", ".join(sorted({str(own.label) for own in recordings}))
            raise SystemExit(f"--orders: no recording of {domain} is {race}, but {labels}")
    return [
        run_of(own, race, seed, options)
        for seed, group in enumerate(zip_longest(*faulty.values()))
        for race, own in zip(faulty, group, strict=True)
        if own is not None
    ]


def run_of(own: Recording, race: str, seed: int, options: Namespace) -> Run:
    """What is done with one recording, the seed-th with this fault."""
    try:
        AngleResample(options.samples_per_revolution, oversample=False)(own)
    except DataError as error:
        raise SystemExit(str(error)) from None
    return Run(
        own,
        options.orders[race],
        {"race": race, "domain": own.domain, "seed": seed},
        argparse.Namespace(**{name: options[name] for name in (*SEARCH, "only")}),  # no data
        ablations=False,
        pictured=seed == 0 and own.domain == options.domains[0],
        samples_per_revolution=options.samples_per_revolution,
    )


def page(rows: pd.DataFrame, options: Namespace) -> str:
    """The tables of all domains with what their columns are."""
    orders = ", ".join(f"{race} {order:g}" for race, order in options.orders.items())
    search = {name: options[name] for name in (*SEARCH, "samples_per_revolution")}
    text = INTRODUCTION.format(data=type(options.data).__name__, orders=orders, **search)
    for domain, own in rows.groupby("domain", sort=False):
        count = len(own[["race", "seed"]].drop_duplicates())
        text += f"\n## {domain}, {count} recordings\n\n"
        text += "\n".join([markdown(table(own)), *against(own, RULES)])
    return text


def main() -> None:
    options = parse()
    runs = [run for domain in options.domains for run in runs_of(domain, options)]
    side_by_side = joblib.Parallel(options.jobs, return_as="generator")
    calls = (joblib.delayed(run)() for run in runs)
    found = list(tqdm(side_by_side(calls), total=len(runs), unit="recording"))
    rows = pd.DataFrame([row for rows, _ in found for row in rows])
    text = page(rows, options)
    for name, content in {"table.md": text, "heights.csv": rows.to_csv(index=False)}.items():
        with written_whole(options.folder / name) as aside:
            aside.write_text(content)
    print(text)
    if not options.only:
        draw(runs[:2], [kept for _, kept in found[:2]], options.folder)


if __name__ == "__main__":
    main()
