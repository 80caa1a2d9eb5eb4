"""Break each formula in one place: some test must fail.

    python benchmarks/mutations.py [--only TEXT …]

Works on a copy of the repository, where all tests must pass before anything is broken. A mutant
that no test kills is printed and ends with status 1.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).parents[1]
COPIED = ("iadtln", "datamodules", "tests", "configs", "benchmarks", "pyproject.toml", "README.md")
LOSSES = ("tests/losses",)

# file in iadtln, what stands there, what is put in its place
MUTANTS = (
    ("losses/coral.py", "4 * source.shape[1] ** 2", "4 * source.shape[1]"),
    ("losses/coral.py", "(len(rows) - 1)", "len(rows)"),
    ("losses/coral.py", "rows - rows.mean(0)", "rows"),
    ("losses/jmmd.py", "-1 / num_target", "1 / num_target"),
    ("losses/jmmd.py", "reduce(torch.mul, layers)  #", "reduce(torch.add, layers)  #"),
    ("losses/jmmd.py", "joint[0] + joint[1] - joint[2]", "joint[0] + joint[1] + joint[2]"),
    ("losses/jmmd.py", "softmax_bandwidth: float = 2.8224", "softmax_bandwidth: float = 1.68"),
    ("losses/kernels.py", "2 * product", "product"),
    ("losses/kernels.py", "2 * rows.detach().var(0)", "rows.detach().var(0)"),
    ("losses/kernels.py", "self.num_kernels // 2", "0"),
    ("losses/mk_mmd.py", "[gather(target_features)]", "[gather(source_features)]"),
    ("losses/cdan.py", "1 + torch.exp(-entropy)", "1 + torch.exp(entropy)"),
    ("losses/cdan.py", "/ gather(weights).mean()", "/ 1"),
    ("losses/cdan.py", "math.sqrt(feature_matrix.shape[1])", "feature_matrix.shape[1]"),
    ("losses/cdan.py", "entr(probabilities.detach())", "entr(probabilities)"),
    ("losses/dann.py", "return features", "return features.detach()"),
    ("losses/adversarial.py", "F.softplus(-source_logit)", "F.softplus(source_logit)"),
    ("losses/adversarial.py", "target_loss.mean()) / 2", "target_loss.mean())"),
    ("losses/gradient_reversal.py", "-ctx.scale * gradient", "ctx.scale * gradient"),
    ("losses/i_softmax.py", "true / scale, true * scale", "true * scale, true / scale"),
    ("losses/i_softmax.py", "true * scale) - shift", "true * scale) + shift"),
    ("losses/lmmd.py", "-target_weights", "target_weights"),
    ("losses/lmmd.py", ".sum(0).mean()", ".sum()"),
    ("losses/lmmd.py", "/ one_hot[:, here].sum(0)", "/ len(source)"),
    ("losses/mcc.py", "logits / temperature", "logits * temperature"),
    ("losses/mcc.py", "confusion.sum() - confusion.trace()", "confusion.sum()"),
    ("losses/mcc.py", "weights[:, None] * probabilities)", "probabilities)"),
    ("losses/mcd.py", "(first - second).abs()", "(first - second).square()"),
    ("losses/mcd.py", ".sum() - classifier_discrepancy", ".sum() + classifier_discrepancy"),
    ("losses/vdr.py", "** -power", "** power"),
    ("losses/vdr.py", "- 2 * means[2]", "- means[2]"),
    ("losses/vdr.py", "(freedom + 1) / 2", "freedom / 2"),
    ("losses/ddtln.py", "100 * discrepancy", "10 * discrepancy"),
    ("losses/ddtln.py", "bandwidth=2.0", "bandwidth=1.0"),
    ("losses/ddtln.py", "target_label == number", "target_label != number"),
    ("losses/deep_jdot.py", "-target_logits.log_softmax(1)", "target_logits.log_softmax(1)"),
    ("losses/deep_jdot.py", "row * num_rows // size", "row * 0"),
    ("losses/information_maximisation.py", "- _entropy(log_mean)", "+ _entropy(log_mean)"),
    ("losses/information_maximisation.py", "- math.log(len(logits))", "- 0.0"),
    ("schedules.py", "-self.steepness * progress", "-progress"),
    ("schedules.py", "- 1.0", "- 0.5"),
)


def tests_of(name: str) -> tuple[str, ...]:
    """Where the tests of a file are."""
    return LOSSES if name.startswith("losses/") else ("tests/test_schedules.py",)


def fails(place: Path, tests: Sequence[str]) -> bool:
    """Whether a test fails, or cannot be run."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    return bool(subprocess.run(command, cwd=place, capture_output=True, check=False).returncode)


def survives(place: Path, name: str, old: str, new: str) -> bool:
    """Whether all tests pass with one formula broken."""
    path = place / "iadtln" / name
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"expected '{old}' once in {path}, found it {text.count(old)} times")
    path.write_text(text.replace(old, new), encoding="utf-8")
    try:
        own = f"tests/losses/test_{path.stem}.py"
        first = [own] if (place / own).exists() else []
        # most die by their own file
        return not any(tests and fails(place, tests) for tests in (first, tests_of(name)))
    finally:
        path.write_text(text, encoding="utf-8")


def copied(place: Path) -> None:
    """The repository, where it may be broken."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, place / name, ignore=ignored)
        else:
            shutil.copy(source, place / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/mutations.json")
    options = parser.parse_args()
    chosen = [one for one in MUTANTS if any(text in one[0] for text in options.only)]
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        for tests in {tests_of(name) for name, _, _ in chosen}:  # else all mutants would seem dead
            if fails(Path(folder), tests):
                raise RuntimeError(f"{' '.join(tests)} fail where nothing is broken")
        alive = [one for one in tqdm(chosen, unit="mutant") if survives(Path(folder), *one)]
    found = {"mutants": len(chosen), "killed": len(chosen) - len(alive), "alive": alive}
    options.output.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))
    sys.exit(bool(alive))


if __name__ == "__main__":
    main()
