"""What trust is worth: CWRU nine faults, 3 hp to 0 hp, and recordings of another machine.

    python benchmarks/trust.py [--runs FOLDER] [--output FILE.json]

Trains IADTLN and source-only once (recipe tuned, 15 epochs; runs that are in FOLDER are taken),
then measures on the target, whose labels are looked at here and nowhere else: calibration before
and after, estimated beside real accuracy, coverage of prediction sets at 90 %, the error among what
is not rejected at a risk of 5 %; and how many windows are called foreign, of the same machine and
of another (HIT-SM, brought from 51.2 to 12 kHz). Reads both from $IADTLN_DATA_DIR.
"""

import argparse
import json
import platform
import time
from pathlib import Path
from typing import Any

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from datamodules import CWRUDataModule, HITSMDataModule, Windowing
from iadtln.doctor.blocks import Cutter
from iadtln.doctor.run_files import data_of, read_config
from iadtln.doctor.trained import Trained, load_trained, outputs_of
from iadtln.files import written_whole
from iadtln.main import main as iadtln
from iadtln.trust import Judge
from iadtln.trust.conformal import coverage
from iadtln.trust.outliers import energy, outlier_threshold
from iadtln.trust.target_accuracy import (
    average_thresholded_confidence,
    difference_of_confidences,
)
from iadtln.trust.temperature import expected_calibration_error, temperature

METHODS = ("iadtln", "source_only")
LOADS = ("0hp", "1hp", "2hp")
RISK, MISS_RATE = 0.05, 0.1
Row = dict[str, Any]
Pair = tuple[Tensor, Tensor]  # features and logits of windows


def trained(method: str, runs: Path) -> Path:
    """Checkpoint of a method, trained now if it is not there."""
    checkpoint = runs / method / "version_0" / "checkpoints" / "last.ckpt"
    if not checkpoint.is_file():
        iadtln(
            [
                "fit",
                "--data=configs/data/cwru_nine_faults.yaml",
                "--data.init_args.source=3hp",
                "--data.init_args.target=0hp",
                f"--model=configs/method/{method}.yaml",
                "--config=configs/recipe/tuned.yaml",
                f"--trainer.logger.init_args.save_dir={runs}",
                f"--trainer.logger.init_args.name={method}",
                "--trainer.logger.init_args.version=0",
                "--trainer.enable_progress_bar=false",
            ]
        )
    return checkpoint


def calibration(judge: Judge, logits: Tensor, label: Tensor) -> Row:
    """Errors of calibration on source and target, and what other priors would have given."""
    known = judge.evidence
    row: Row = {"temperature": judge.temperature}
    for name, z, y in (("source", known.logits, known.label), ("target", logits, label)):
        row[f"ece_{name}_before"] = expected_calibration_error(z, y)
        row[f"ece_{name}_after"] = expected_calibration_error(z.double() / judge.temperature, y)
    for prior in (0.0, 9.0):  # plain likelihood; Laplace's rule: a window for each class
        other = temperature(known.logits, known.label, prior)
        row[f"ece_target_prior_{prior:g}"] = expected_calibration_error(logits / other, label)
    return row


def accuracies(judge: Judge, probability: Tensor, label: Tensor) -> Row:
    """Real and estimated accuracy on the target."""
    sure = probability.amax(1)
    return {
        "source": float(judge.correct.double().mean()),
        "target": float((probability.argmax(1) == label).double().mean()),
        "estimated_atc": average_thresholded_confidence(sure, judge.sure),
        "estimated_doc": difference_of_confidences(judge.confidence, judge.correct, sure),
    }


def of_sets(judge: Judge, features: Tensor, probability: Tensor, label: Tensor) -> Row:
    """Coverage and mean size of the sets of target windows, plain and weighted."""
    row: Row = {"asked": 1 - MISS_RATE}
    for name, make in (("plain", judge.sets), ("weighted", judge.weighted_sets)):
        begin = time.perf_counter()
        sets = make(features, probability)
        row[name] = {
            "coverage": coverage(sets, label),
            "classes": float(sets.double().sum(1).mean()),
            "seconds": time.perf_counter() - begin,
        }
    return row


def selective(judge: Judge, probability: Tensor, label: Tensor) -> Row:
    """Share of target windows that is not rejected, and their error."""
    decided = probability.amax(1) >= judge.rejection.threshold
    wrong = probability.argmax(1) != label
    return {
        "risk_asked": RISK,
        "threshold": judge.rejection.threshold,
        "bound_on_source": judge.rejection.bound,
        "coverage_of_target": float(decided.double().mean()),
        "risk_on_target": float(wrong[decided].double().mean()),
        "risk_without_rejecting": float(wrong.double().mean()),
    }


def foreign(judged: Trained) -> list[Pair]:
    """Features and logits of each HIT-SM recording, 3 s of it."""
    data, outputs = HITSMDataModule("MFS-1200", "MFS-600"), []
    for domain in ("MFS-600", "MFS-900", "MFS-1200"):
        for read in data.readers(domain):
            recording = read()
            rate, expected = recording.sampling_rate, judged.expected
            cutter = Cutter(rate, expected.length, expected_rate=expected.sampling_rate)
            block = recording.signal[:, : round(3 * rate)].numpy()
            (windows,) = cutter.windows(iter([block]))
            outputs.append(judged.outputs(windows.signal))
    return outputs


def same_machine(judged: Trained, load: str) -> list[Pair]:
    """Features and logits of CWRU's nine faults at one load, 50 windows of each."""
    kinds = judged.expected.class_names
    data = CWRUDataModule(
        "3hp", load, labels="type_size", classes=kinds, windowing=Windowing(2048, per_recording=50)
    )
    features, logits, _ = outputs_of(judged, data.windows("target", "second"))
    return list(zip(features.split(50), logits.split(50), strict=True))


def outliers(judge: Judge, judged: Trained) -> Row:
    """Shares of windows called foreign, by distance (what diagnose uses) and by energy."""
    known, limit = judge.evidence, outlier_threshold(energy(judge.evidence.logits))
    sets = {"source_validation": [(known.features, known.logits)]}
    sets |= {load: same_machine(judged, load) for load in LOADS} | {"hit_sm": foreign(judged)}
    row: Row = {"distance_threshold": judge.far, "energy_threshold": limit}
    scores: dict[str, tuple[Tensor, Tensor]] = {}
    for name, recordings in sets.items():
        far = [judge.centres.distance(features) for features, _ in recordings]
        features, logits = (torch.cat(rows) for rows in zip(*recordings, strict=True))
        distance, high = scores[name] = torch.cat(far), energy(logits)
        row[name] = {
            "windows": len(features),
            "foreign_by_distance": share(distance > judge.far),
            "foreign_by_energy": share(high > limit),
            "recordings_called_foreign": sum(share(one > judge.far) > 0.5 for one in far),
            "recordings": len(far),
            "median_distance": float(distance.median()),
            "mean_confidence": float(judge.verdicts(features, logits).probability.amax(1).mean()),
        }
    for load in LOADS:
        for name, ours, theirs in zip(
            ("distance", "energy"), scores[load], scores["hit_sm"], strict=True
        ):
            is_foreign = [0] * len(ours) + [1] * len(theirs)
            row[load][f"auroc_{name}"] = float(roc_auc_score(is_foreign, torch.cat([ours, theirs])))
    return row


def share(true: Tensor) -> float:
    """Share of what is true."""
    return float(true.double().mean())


def measure(checkpoint: Path) -> Row:
    """All numbers of a checkpoint."""
    judged = load_trained(checkpoint)
    assert judged.evidence is not None, judged.note
    judge = Judge(judged.evidence, RISK, MISS_RATE)
    data = data_of(read_config(checkpoint.parent.parent / "config.yaml"))
    features, logits, label = outputs_of(judged, data.labelled_windows("target", "known"))
    probability = judge.verdicts(features, logits).probability
    return {
        "calibration": calibration(judge, logits, label),
        "accuracy": accuracies(judge, probability, label),
        "sets": of_sets(judge, features, probability, label),
        "selective": selective(judge, probability, label),
        "outliers": outliers(judge, judged),
        "windows": {"source_validation": len(judge.evidence.label), "target": len(label)},
    }


def main() -> None:
    """Train where needed, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs/trust"), help="folder of the runs")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/trust.json"))
    options = parser.parse_args()
    found: Row = {method: measure(trained(method, options.runs)) for method in METHODS}
    found |= {"task": "CWRU 12 kHz, nine faults, 3hp to 0hp, seed 0", "torch": torch.__version__}
    found |= {"threads": torch.get_num_threads(), "machine": platform.processor()}
    with written_whole(options.output) as aside:
        aside.write_text(json.dumps(found, indent=1))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
