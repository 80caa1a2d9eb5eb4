r"""Where AMOMCKD's CNN looks: the score over its first channels, in windows of several lengths.

    python -m iadtln benchmark --config configs/benchmarks/amomckd_widths.yaml --seeds 0 \
        --only "three samples, 8 classes, 0 hp" "58 samples, 8 classes, 0 hp"
    python benchmarks/channel_scores.py [--runs runs/amomckd_widths/8_classes_0_hp]

Each network was trained on windows of one length and is asked about test windows of others. Written
down are its accuracy there, how well its score follows the envelope of its input (correlation over
the samples of a window), and how well the scores of two windows agree in what both hold. Pictures
are as figures 12 and 13 of the paper (Scientific Reports 2025, doi 10.1038/s41598-025-96106-3).
"""

import argparse
import copy
import json
from pathlib import Path
from typing import NamedTuple

import torch
from channel_scores_pictures import draw
from torch import Tensor

from datamodules.datasets import LabelledWindowDataset
from iadtln.benchmark.plan import file_name
from iadtln.diagnosis import Diagnosis
from iadtln.explain.attribution import behind_front_end
from iadtln.explain.channels import first_layer_score
from iadtln.files import written_whole
from iadtln.review.left import Left, read_left
from iadtln.review.opened import open_run
from iadtln.signals.envelope import envelope

LENGTHS = [1024, 2048, 4096, 8192]  # of figure 13
ROOT = Path(__file__).parents[1]
NETWORKS = "three samples", "the paper's 58 samples"
HEALTHY = "NC"  # has no pulses to follow


class Seen(NamedTuple):
    """Test windows of one length, and what the network makes of them.

    Args:
        signal: as the network sees them, shape ``(windows, time)``.
        score: of the first channels, likewise.
        truth: names of their classes.
        right: whether the diagnosis is, shape ``(windows,)``.
    """

    signal: Tensor
    score: Tensor
    truth: list[str]
    right: Tensor


def answers(model: Diagnosis, signal: Tensor) -> tuple[Tensor, Tensor]:
    """Score, shape ``(windows, time)``, and class numbers; of ``(windows, 1, time)``."""
    with torch.no_grad(), behind_front_end(model.network, model.classifier) as forward:
        score = first_layer_score(model.network, forward, signal)
        found = forward(signal).argmax(-1)
    assert score is not None
    return score, found


def see(left: Left, length: int, shortest: int) -> tuple[Seen, dict[str, float]]:
    """Cut the run's test part into windows of this length, and ask the network."""
    left = copy.deepcopy(left)
    left.config["data"]["init_args"]["windowing"]["length"] = length
    opened = open_run(left)
    if opened is None or opened.model is None:
        raise SystemExit(f"{left.folder}: " + "; ".join(left.absent))
    names = opened.data.class_names
    windows = opened.data.pair.labelled_windows("target", "known")
    batch = windows.__getitems__(list(range(len(windows))))
    score, found = answers(opened.model, batch["signal"])
    truth = [names[label] for label in batch["label"]]
    seen = Seen(batch["signal"][:, 0], score, truth, found == batch["label"])
    return seen, agreement(opened.model, windows, seen, shortest)


def correlation(first: Tensor, second: Tensor) -> Tensor:
    """Pearson's, over the last dimension."""
    first, second = (one - one.mean(-1, keepdim=True) for one in (first, second))
    return (first * second).sum(-1) / (first.norm(dim=-1) * second.norm(dim=-1))


def agreement(
    model: Diagnosis, windows: LabelledWindowDataset, seen: Seen, part: int
) -> dict[str, float]:
    """How the scores of windows and of their first samples, as windows of their own, agree."""
    own = windows.normalise(seen.signal[:, None, :part])
    alike = correlation(answers(model, own)[0], seen.score[:, :part])
    return {"mean": float(alike.mean()), "least": float(alike.min())}


def row(network: str, length: int, seen: Seen, alike: dict[str, float]) -> dict[str, object]:
    """The numbers of one network and length."""
    faulty = torch.tensor([name != HEALTHY for name in seen.truth])
    follows = correlation(seen.score, envelope(seen.signal))[faulty]
    return {
        "first kernel": network,
        "samples": length,
        "windows": len(seen.right),
        "accuracy": float(seen.right.float().mean()),
        "score and envelope": {"mean": float(follows.mean()), "deviation": float(follows.std())},
        "score and that of the first samples alone": alike,
    }


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    own = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    runs = ROOT / "runs/amomckd_widths/8_classes_0_hp"
    own.add_argument("--runs", type=Path, default=runs, help="of one task of the benchmark")
    own.add_argument("--networks", nargs="+", default=list(NETWORKS), help="methods of the plan")
    own.add_argument("--seed", type=int, default=0)
    own.add_argument(
        "--lengths", type=int, nargs="+", default=[1024, 2048, 4096, 8192], help="of windows"
    )
    results = ROOT / "benchmarks/results/channel_scores.json"
    own.add_argument("--output", type=Path, default=results)
    own.add_argument("--folder", type=Path, default=ROOT / "docs/results/amomckd_widths")
    return own


def main() -> None:
    """Print the numbers, and write them as JSON, and the pictures."""
    options = parser().parse_args()
    torch.set_num_threads(1)
    rows, shown = [], {}
    for network in options.networks:
        try:
            left = read_left(options.runs / file_name(network) / f"seed_{options.seed}")
        except FileNotFoundError as error:
            raise SystemExit(f"{error}; --help says how to make it") from error
        for length in options.lengths:
            shown[network, length], alike = see(left, length, min(options.lengths))
            rows.append(row(network, length, shown[network, length], alike))
            print(rows[-1], flush=True)
    with written_whole(options.output) as aside:
        report = {"runs": options.runs.name, "seed": options.seed, "rows": rows}
        aside.write_text(json.dumps(report, indent=1) + "\n")
    draw(shown, options.folder)


if __name__ == "__main__":
    main()
