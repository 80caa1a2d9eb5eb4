"""A run on disk, ready to look at recordings: from a checkpoint and the configuration beside it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor, nn

from datamodules import DataError, ManifestDataModule, PairedDataModule, RecordingTransform
from datamodules.datasets import Normaliser, WindowDataset, leave, standardise, standardise_by
from iadtln.checkpoints import read_state
from iadtln.diagnosis import Diagnosis, load_weights
from iadtln.doctor.run_files import (
    before_network,
    data_of,
    is_adapted,
    model_of,
    read_config,
)
from iadtln.front_ends import FrontEnd
from iadtln.trust.evidence import Evidence, Expected, beside, keep, kept, thinned

MOST = 4096  # windows of each part of the source that evidence is made of
NO_EVIDENCE = "without the training data there is no calibration: confidence is the network's own"


@dataclass(eq=False)
class Trained:
    """A network and everything that stands before it.

    Args:
        model: network and classifier, not in training.
        front_end: with what it has searched.
        transforms: of recordings, those of the data before those of the front end.
        expected: what recordings and windows must be like.
        normalisation: of windows, as the data module names it.
        evidence: what the network made of its source; None where the training data are gone.
        note: why there is none, or what else is to be said.
    """

    model: Diagnosis
    front_end: FrontEnd
    transforms: Sequence[RecordingTransform]
    expected: Expected
    normalisation: str
    evidence: Evidence | None = None
    note: str = ""

    def outputs(self, windows: Tensor, batch_size: int = 64) -> tuple[Tensor, Tensor]:
        """Features and logits of windows as they are cut, on the CPU.

        Args:
            windows: shape ``(windows, channels, length)``.
            batch_size: windows at a time.
        """
        normalise: Normaliser = standardise if self.normalisation == "window" else leave
        if self.expected.statistics is not None:
            normalise = standardise_by(self.expected.statistics.to(windows))
        pairs = [self.passed(normalise(batch)) for batch in torch.split(windows, batch_size)]
        features, logits = zip(*pairs, strict=True)
        return torch.cat(features), torch.cat(logits)

    @torch.no_grad()
    def passed(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits of a batch that is normalised already."""
        features = self.model.network(self.front_end(signal.to(self.model.device)))
        return features.float().cpu(), self.model.classifier(features).float().cpu()


def load_trained(checkpoint: Path, config: Path, device: str = "cpu") -> Trained:
    """Put together what a run left; its evidence is made now if it has none and its data are there.

    Args:
        checkpoint: of a fit.
        config: its ``config.yaml``.
        device: to work on.

    Raises:
        MisconfigurationException: If the checkpoint or the configuration cannot be used.
    """
    state = read_state(checkpoint)
    content = read_config(config)
    front_end, transforms = before_network(content)
    front_end.checkpoint = checkpoint
    own = list(front_end.bring_transforms())
    evidence = kept(checkpoint)
    options = content["data"]["init_args"]
    data = None
    if evidence is None:
        data = data_of(content)
        expected = presumed(data, options["resample_hz"])
    else:
        expected = evidence.expected
    model = model_of(content, front_end, expected, state)
    load_weights(model, checkpoint)
    model.eval().to(device)
    normalisation = options["normalisation"]
    trained = Trained(model, front_end, [*transforms, *own], expected, normalisation, evidence)
    if data is not None:
        gather(data, trained, own, is_adapted(content))
        if trained.evidence is not None:
            keep_if_possible(trained.evidence, checkpoint)
    if trained.expected.transforms:
        nn.ModuleList(transforms).load_state_dict(trained.expected.transforms)
    require_fitted(trained, checkpoint)
    return trained


def keep_if_possible(evidence: Evidence, checkpoint: Path) -> None:
    """Write evidence beside its checkpoint; where that fails, it is only made again next time."""
    try:
        keep(evidence, checkpoint)
    except OSError as error:
        warnings.warn(
            f"cannot keep what was learned of confidence in '{beside(checkpoint)}' ({error}); the "
            "next run looks at the training data again",
            stacklevel=2,
        )


def require_fitted(trained: Trained, checkpoint: Path) -> None:
    """Raise if something that was fitted to the training data is not known.

    Raises:
        MisconfigurationException: Naming it.
    """
    unfitted = [type(one).__name__ for one in trained.transforms if one.needs_fit]
    if trained.normalisation == "source" and trained.expected.statistics is None:
        unfitted.append("the normalisation")
    if unfitted:
        raise MisconfigurationException(
            f"{', '.join(unfitted)} took something from the training data, which are not here: run "
            f"diagnose once where they are, and bring '{beside(checkpoint).name}' from there"
        )


def presumed(data: PairedDataModule, resample_hz: float | None) -> Expected:
    """What can be said before the data are read; an unknown length is 0."""
    in_samples = data.windowing.unit == "samples"
    length = round(data.windowing.length) if in_samples else 0
    return Expected(data.class_names, data.channels, resample_hz, length)


def told_rate(data: PairedDataModule) -> float | None:
    """Sampling rate of the source in hertz, as far as the configuration tells it."""
    rate: float | None = getattr(data, "sampling_rate", None)
    if not isinstance(data, ManifestDataModule):
        return rate
    rates = {row.sampling_rate or rate for row in data.rows if row.domain in data.setting.sources}
    return rates.pop() if len(rates) == 1 else None


def gather(
    data: PairedDataModule, trained: Trained, own: Sequence[RecordingTransform], is_adapted: bool
) -> None:
    """Read the run's data, and put evidence from its source in ``trained``; or a note why not.

    Args:
        data: of the run, not yet read.
        trained: whose network looks; its evidence, note and what it expects are set.
        own: transforms of the front end.
        is_adapted: whether the network has learned from the target's windows too.
    """
    resample_hz = trained.expected.sampling_rate
    named = nn.ModuleList(data.transforms[resample_hz is not None :])
    try:
        rate = data.readers(data.setting.sources[0])[0]().sampling_rate
        data.transforms += own
        data.setup("fit")
    except (DataError, FileNotFoundError) as error:
        trained.note = f"{NO_EVIDENCE} ({error})"
        if not trained.expected.length:
            raise MisconfigurationException(
                f"the length of a window is not known without the training data ({error})"
            ) from error
        told = resample_hz or told_rate(data)
        trained.expected = replace(trained.expected, sampling_rate=told)
        return
    trained.expected = replace(
        trained.expected,
        sampling_rate=resample_hz or rate,
        length=data.length,
        statistics=data.pair.source.statistics() if data.normalisation == "source" else None,
        transforms=dict(named.state_dict()),
    )
    learned, held_out = (data.labelled_windows("source", part) for part in ("first", "second"))
    features, _, label = outputs_of(trained, learned)
    held = outputs_of(trained, held_out)
    adapted = features[:0]
    if is_adapted:
        adapted = outputs_of(trained, data.windows("target", "first"))[0]
    trained.evidence = Evidence(trained.expected, features, label, *held, adapted)


def outputs_of(
    trained: Trained, windows: WindowDataset, batch_size: int = 64
) -> tuple[Tensor, Tensor, Tensor]:
    """Features, logits and labels (of labelled ones) of at most ``MOST`` windows, evenly spaced."""
    parts = []
    for places in torch.split(thinned(len(windows), MOST), batch_size):
        batch = windows.__getitems__(places.tolist())
        parts.append((*trained.passed(batch["signal"]), batch.get("label", places[:0])))
    features, logits, label = (torch.cat(part) for part in zip(*parts, strict=True))
    return features, logits, label
