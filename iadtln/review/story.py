"""The page of a run, put together from what it left and what its data say."""

import math
from importlib.metadata import version
from typing import Any

import torch

from datamodules.setting import MEANING
from iadtln.benchmark.words import counted
from iadtln.callbacks.open_set import UNKNOWN, open_set_line
from iadtln.explain.recordings import Question
from iadtln.reports.curves import read_scalars, read_seconds
from iadtln.reports.pictures import Album
from iadtln.reports.run_page import Confusion, DataSummary, RunPage
from iadtln.reports.trend import duration
from iadtln.review.channels import channel_pictures
from iadtln.review.left import Left
from iadtln.review.opened import Opened
from iadtln.review.recordings import verdicts
from iadtln.review.windows import Viewer

VERSIONS = ("iadtln", "torch", "lightning", "python")


def page_of(
    left: Left, opened: Opened | None, question: Question | None, viewer: Viewer,
    bearing: str, worst: int,
) -> RunPage:  # fmt: skip
    """Gather everything; what is missing is noted in ``left`` on the way.

    Args:
        left: what the run left.
        opened: its data and network, None where they are gone.
        question: for the physics, None without a bearing.
        viewer: draws windows.
        bearing: its name, for the page.
        worst: windows at most.
    """
    curves = read_scalars(left.folder)
    if not any(tag.startswith("train/") for tag in curves):
        left.absent.append("curves: the run left no TensorBoard log of a training")
    embedding = Album().add(left.tested / "embedding.png") if left.tested else None
    if left.tested is not None and embedding is None:
        left.absent.append("embedding: the test left no picture of it (report.max_points: 0?)")
    metrics = left.metrics or {}
    return RunPage(
        title=title_of(left),
        accuracy=metrics.get("accuracy"),
        about=about(metrics),
        facts=told(facts_of(left)),
        made=told(made_of(left, opened)),
        confusion=confusion_of(metrics) if metrics else None,
        open_set=open_set_line(metrics["open_set"]) if "open_set" in metrics else "",
        verdicts=verdicts(left, opened, question),
        bearing=bearing,
        worst=list(viewer.worst(worst)),
        curves=curves,
        embedding=embedding,
        channels=channel_pictures(left, opened),
        summary=summary_of(opened) if opened else None,
        config=left.text,
        absent=left.absent,  # last: all of the above add to it
    )


def title_of(left: Left) -> str:
    """Method, network and domains, as far as they are known."""
    options = left.config.get("data", {}).get("init_args") or {}
    source, target = (
        (left.metrics or {}).get(side) or options.get(side) for side in ("source", "target")
    )
    source = "+".join(source) if isinstance(source, list) else source
    named = f"{source} → {target}" if source and target else left.folder.name
    return f"{named}: {network_of(left)}" if network_of(left) else named


def network_of(left: Left) -> str:
    """Class of the network, empty for a run without one."""
    return class_of(left.config.get("model", {}).get("network"))


def class_of(named: Any) -> str:
    """Last name of a class that a configuration names, empty if it names none."""
    return str(named["class_path"]).rpartition(".")[2] if isinstance(named, dict) else ""


def about(metrics: dict[str, Any]) -> str:
    """What the accuracy is an accuracy of, in a sentence."""
    if not metrics:
        return ""
    said = (
        f"of {counted(metrics.get('windows', 0), 'window')} of the target '{metrics['target']}', "
        f"learned on '{metrics['source']}'; protocol '{metrics['protocol']}', weights chosen by: "
        f"{metrics.get('chosen_by') or 'not known'}"
    )
    if "open_set" in metrics:
        said += "; only windows of known classes, without rejection"
    if metrics.get("labelled_target"):
        given = metrics["labelled_target"]
        return f"{said}. TARGET LABELS TRAINED, {counted(given, 'window')} of each class."
    return f"{said}; no target label was used but to test."


def facts_of(left: Left) -> dict[str, object]:
    """What was run and how long: a few words each."""
    model, metrics = left.config.get("model", {}), left.metrics or {}
    losses = [class_of(one) for one in model.get("transfer_losses") or []]
    seconds = left.state.get("seconds") or read_seconds(left.folder)
    return {
        "macro F1": _percent(metrics.get("macro_f1")),
        "source validation": _percent(metrics.get("source_accuracy")),
        "transfer": (" + ".join(losses) or "none: source only") if model else None,
        "front end": class_of(left.config.get("front_end")),
        "epochs": left.config.get("trainer", {}).get("max_epochs") if model else None,
        "seed": left.config.get("seed_everything"),
        "training took": duration(seconds) if seconds else None,
    }


def made_of(left: Left, opened: Opened | None) -> dict[str, object]:
    """What it takes to make the run again, and what its numbers may be taken for."""
    options = left.config.get("data", {}).get("init_args") or {}
    protocol: Any = (left.metrics or {}).get("protocol") or options.get("protocol")
    return {
        "folder": left.folder,
        # the data module says it too, with what the guard found
        "protocol": None if opened else f"{protocol}: {MEANING.get(protocol, 'not known')}",
        "weights": left.checkpoint,
        "chosen by": (left.metrics or {}).get("chosen_by"),
        "seeds": f"training {left.config.get('seed_everything', 'not known')}, "
        f"split {options.get('split_seed', 'not known')}",
        "published": "no published number stands on this page",
        "device": left.state.get("device"),
        "trained with": trained_with(left),
        "page made with": f"iadtln {version('iadtln')}, torch {version('torch')}",
    }


def told(said: dict[str, object]) -> dict[str, str]:
    """What is known of it, as text."""
    return {name: str(value) for name, value in said.items() if value not in (None, "")}


def _percent(share: float | None) -> str | None:
    return None if share is None or math.isnan(share) else f"{100 * share:.2f} %"


def trained_with(left: Left) -> str:
    """Versions that trained, where they were noted, else Lightning's of the checkpoint."""
    noted = {name: left.state[name] for name in VERSIONS if name in left.state}
    if not noted and left.checkpoint is not None:
        try:
            stored = torch.load(left.checkpoint, map_location="cpu", weights_only=True)
            noted["lightning"] = stored["pytorch-lightning_version"]
        except Exception:  # damaged, which is said where the network is loaded
            return ""
    return ", ".join(f"{name} {one}" for name, one in noted.items())


def confusion_of(metrics: dict[str, Any]) -> Confusion:
    """The matrix of the test; in an open set with unknown classes and rejection."""
    names, scores = list(metrics["per_class"]), metrics["per_class"]
    if "open_set" in metrics:
        return Confusion([*names, UNKNOWN], metrics["open_set"]["confusion"], scores)
    return Confusion(names, metrics["confusion"], scores)


def summary_of(opened: Opened) -> DataSummary:
    """Windows of each class in each part, and what the data module says before a training."""
    data, pair = opened.data, opened.data.pair
    parts = {
        f"{pair.source.name} train": pair.source.counts("first"),
        f"{pair.source.name} validation": pair.source.counts("second"),
        f"{pair.target.name} adapt": pair.target.counts("first"),
        f"{pair.target.name} test": pair.target.counts("second"),
    }
    others = sorted(set().union(*parts.values()) - set(data.class_names))
    counts = {
        name: [part[name] for part in parts.values()] for name in (*data.class_names, *others)
    }
    text = data.summary().splitlines()
    begin = next(i for i, line in enumerate(text) if line.startswith("protocol '"))
    kinds = [line.partition(": ") for line in text[begin:]]
    return DataSummary(list(parts), counts, [(kind, said) for kind, _, said in kinds])
