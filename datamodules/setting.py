"""What is asked of a task: its domains, its protocol, and what makes it harder than usual."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from datamodules.errors import EmptyDomainError, LabelMismatchError, LeakageError
from datamodules.recording import Recording
from datamodules.splits import RecordingSplit, Split, TimeSplit

Protocol = Literal["paper", "inductive", "recording", "bearing", "single"]

MEANING: dict[Protocol, str] = {
    "paper": "the unlabelled target windows are also the test windows (transductive)",
    "inductive": "adaptation on the first part of the target, test on the second part",
    "recording": "adaptation on some recordings of the target, test on others",
    "bearing": "no physical bearing in both domains; adaptation on the first part of the target, "
    "test on the second part",
    "single": "one domain: its first part is trained on with labels, its second part is the "
    "validation and the test; nothing is carried over to another machine, load or speed",
}


def listed(source: str | Sequence[str]) -> list[str]:
    """Names of the source domains, whether one was given or several.

    Example:
        >>> listed("0hp"), listed(["0hp", "1hp"])
        (['0hp'], ['0hp', '1hp'])

    Raises:
        ValueError: If there is none, or one twice.
    """
    names = [source] if isinstance(source, str) else list(source)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"expected one source or several different ones, got {names}")
    return names


def default_split(protocol: Protocol) -> Split:
    """Split that a protocol asks for where none is named.

    ``bearing`` keeps bearings apart between the domains. Inside a domain it splits in time: with
    one bearing for each class and domain (CWRU's fault sizes) there is no other way, and windows of
    adaptation carry no labels that the test could gain from. Name ``BearingSplit`` for data that
    have more.
    """
    return RecordingSplit() if protocol == "recording" else TimeSplit()


@dataclass(frozen=True)
class Setting:
    """What a task uses of its two sides; the defaults are closed-set, unlabelled, with source.

    Args:
        sources: domains of the labelled side.
        target: domain to diagnose.
        protocol: how the target is divided, and what must not stand on two sides.
        source_classes: only these classes in the source (open-set), None for all.
        target_classes: only these classes in the target (partial), None for all.
        labelled_target: target windows of each class that train with their labels.
        source_free: train on the target alone.
    """

    sources: Sequence[str]
    target: str
    protocol: Protocol = "paper"
    source_classes: Sequence[str] | None = None
    target_classes: Sequence[str] | None = None
    labelled_target: int = 0
    source_free: bool = False

    def __post_init__(self) -> None:
        if self.labelled_target < 0:
            raise ValueError(f"expected labelled_target >= 0, got {self.labelled_target}")
        if self.labelled_target and self.source_free:
            raise ValueError(
                f"labelled_target: {self.labelled_target} joins the source's training windows, and "
                "source_free: true has none; set one of the two"
            )
        if self.protocol == "single" and (self.labelled_target or self.source_free):
            raise ValueError(
                "protocol 'single' has no target apart from its source; leave labelled_target and "
                "source_free out"
            )
        for option, wanted in (
            ("source_classes", self.source_classes),
            ("target_classes", self.target_classes),
        ):
            if wanted is not None and not 0 < len(set(wanted)) == len(wanted):
                raise LabelMismatchError(f"{option}: expected different classes, got {wanted}")

    def require_domains(self, there: Sequence[str]) -> None:
        """Raise unless the domains are there and the target is not also a source.

        Args:
            there: names of all domains of the data set.

        Raises:
            EmptyDomainError: Naming the one that is not there.
            LeakageError: Naming the one that is both.
        """
        if self.protocol == "single":
            if list(self.sources) != [self.target]:
                raise LeakageError(
                    "protocol 'single' trains and tests in one domain: expected it as source and "
                    f"as target, got '{'+'.join(self.sources)}' and '{self.target}'"
                )
        elif self.target in self.sources:
            raise LeakageError(
                f"domain '{self.target}' is both source and target; a target must be measured "
                "apart from its sources, choose another (or protocol: single, for a test in the "
                "domain that is trained on)"
            )
        for domain in (*self.sources, self.target):
            if domain not in there:
                raise EmptyDomainError(
                    f"there is no domain '{domain}'; choose from {', '.join(there)}"
                )

    def known(self, class_names: Sequence[str]) -> list[str]:
        """The label space: the classes of the source, in the order of ``class_names``."""
        wanted = self.source_classes
        return [name for name in class_names if wanted is None or name in wanted]

    def of_source(self, recordings: Sequence[Recording]) -> list[Recording]:
        """Recordings of the source's classes.

        Raises:
            LabelMismatchError: If the source does not hold one of them.
        """
        if self.source_classes is None:
            return list(recordings)
        _require_held("source_classes", self.source_classes, recordings)
        return [r for r in recordings if r.label is None or r.label in self.source_classes]

    def of_target(self, recordings: Sequence[Recording]) -> list[Recording]:
        """Recordings of the target's classes: the experimenter's choice, by their labels.

        Raises:
            LabelMismatchError: If the target does not hold one of them, or has no labels.
        """
        if self.target_classes is None:
            return list(recordings)
        without = [r.recording_id for r in recordings if r.label is None]
        if without:
            raise LabelMismatchError(
                f"target_classes needs the label of every target recording, '{without[0]}' has "
                "none; leave target_classes out"
            )
        _require_held("target_classes", self.target_classes, recordings)
        return [r for r in recordings if r.label in self.target_classes]

    def lines(self, class_names: Sequence[str], unknown: Sequence[str]) -> list[str]:
        """What is unusual, for a person to read; nothing for the defaults.

        Args:
            class_names: known classes.
            unknown: classes of the target that are not among them.
        """
        lines = []
        if self.target_classes is not None:
            lines.append(
                f"partial: target recordings of {', '.join(self.target_classes)} only, chosen by "
                f"target_classes; the label space stays {', '.join(class_names)}"
            )
        if self.source_classes is not None:
            lines.append(
                f"open set: the source knows {', '.join(class_names)}; "
                f"{', '.join(unknown) or 'what else there is'} in the target is unknown to it"
            )
        if self.source_free:
            lines.append("source-free: no source window is trained on, it only validates")
        return lines


def _require_held(option: str, wanted: Sequence[str], recordings: Sequence[Recording]) -> None:
    held = {str(r.label) for r in recordings}
    missing = [name for name in wanted if name not in held]
    if missing:
        raise LabelMismatchError(
            f"{option}: expected classes among {sorted(held)} of domain "
            f"'{recordings[0].domain}', got {missing}; correct {option}"
        )
