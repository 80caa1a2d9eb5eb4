"""Physics and network side by side, in one sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from iadtln.explain.evidence import Evidence
from iadtln.explain.lines import Fault, FaultLines

Agreement = Literal["agree", "disagree", "not confirmed", "not comparable"]
Faults = frozenset[Fault]  # none of them: healthy
WORDS: dict[Fault, set[str]] = {
    "outer race": {"outer", "of", "or", "o", "ob", "orf", "outerrace", "bpfo"},
    "inner race": {"inner", "if", "ir", "i", "ib", "irf", "innerrace", "bpfi"},
    "ball": {"ball", "bf", "b", "re", "tb", "rb", "roller", "rolling", "bsf"},
    "cage": {"cage", "ftf"},
}
HEALTHY = {"healthy", "normal", "nc", "n", "h", "good", "baseline", "ok", "none"}
BESIDE = {"bearing", "race", "fault", "defect", "damage", "inch", "mil", "mm", "hp"}
KNOWN = HEALTHY.union(BESIDE, *WORDS.values())
# a defect on a ball goes round with the cage, and often shows by the cage's rate alone
ALSO_SHOWN_BY: dict[Fault, Faults] = {"ball": frozenset({"cage"})}


@dataclass(frozen=True)
class Said:
    """What the network says of a recording.

    Args:
        name: of the class.
        confidence: mean probability over the windows.
    """

    name: str
    confidence: float


@dataclass(frozen=True)
class Verdict:
    """Whether physics and network agree.

    Args:
        agreement: ``not confirmed`` where the network names a fault and no line stands out,
            ``not comparable`` where a class is no known fault or there is no physics.
        sentence: for people.
    """

    agreement: Agreement
    sentence: str

    @property
    def needs_a_look(self) -> bool:
        """Whether somebody should look at the recording."""
        return self.agreement in ("disagree", "not confirmed")


def faults_of(name: str, mapping: Mapping[str, str] | None = None) -> Faults | None:
    """The faults that the name of a class means, none of them if it is healthy.

    Words of one or two letters count only among known words: "out of balance" is no outer race.

    Args:
        name: such as ``IF``, ``OR_007``, ``inner race`` or ``IF+OF``; numbers do not count.
        mapping: faults of classes whose names do not tell, by name.

    Returns:
        None if the name means nothing known.

    Example:
        >>> sorted(faults_of("IF007+OF")), faults_of("NC"), faults_of("worn")
        (['inner race', 'outer race'], frozenset(), None)
    """
    words = set(re.findall(r"[a-z]+", (mapping or {}).get(name, name).lower()))
    if words - KNOWN:
        words = {word for word in words if len(word) > 2}
    found = {fault for fault, known in WORDS.items() if known & words}
    if found:
        return frozenset(found)
    return frozenset() if HEALTHY & words else None


def parse_classes(pairs: list[str]) -> dict[str, str]:
    """Faults of classes by name, from ``name=fault``.

    Args:
        pairs: such as ``K3=outer`` or ``class_0=healthy``.

    Raises:
        ValueError: If one is no such pair, or its fault means nothing.
    """
    mapping = {}
    for pair in pairs:
        name, _, fault = pair.partition("=")
        if not name or faults_of(fault) is None:
            raise ValueError(
                f"expected class=fault with one of {', '.join(get_args(Fault))} or healthy, got "
                f"'{pair}'"
            )
        mapping[name] = fault
    return mapping


def describe(lines: FaultLines, evidence: Evidence) -> str:
    """One fault's lines in words: how many stand out, of which rate and how high."""
    rate = f"order {lines.order:.3g}"
    if evidence.steady and evidence.shaft_hz is not None:
        rate = f"{lines.order * evidence.shaft_hz:.1f} Hz"
    beside = sum(lines.sidebands_stand)
    return (
        f"{lines.fault}: {lines.count} of {len(lines.heights_db)} harmonics of {rate} stand "
        f"{lines.height_db:.0f} dB over the floor"
        + f", and {beside} of {len(lines.sidebands)} sidebands"
        * bool(beside)
    )


def nothing_named(evidence: Evidence) -> str:
    """How little there is, where the lines name no fault."""
    most = max(evidence.lines, key=lambda one: one.count)
    if not most.count:
        return "no fault line stands out"
    return f"too few lines for a fault (most: {most.fault}, {most.count} of {len(most.stands)})"


def judge(
    evidence: Evidence | str, said: Said, mapping: Mapping[str, str] | None = None
) -> Verdict:
    """Compare what the lines show with what the network says.

    Args:
        evidence: of the recording, or why there is none.
        said: by the network.
        mapping: faults of classes whose names do not tell.
    """
    network = f"the network says {said.name} with {said.confidence:.2f}"
    meant = faults_of(said.name, mapping)
    if isinstance(evidence, str):
        return Verdict("not comparable", f"{network}; {evidence}")
    shown = evidence.named
    physics = describe(shown, evidence) if shown else nothing_named(evidence)
    if meant is None:
        hint = "its name tells no fault, give it with --classes"
        return Verdict("not comparable", f"{physics}; {network} ({hint})")
    if shown is None:
        if not meant:
            return Verdict("agree", f"{physics}; {network}")
        return Verdict("not confirmed", f"{physics}; {network}: not confirmed by the lines")
    if shown.fault in meant:
        return Verdict("agree", f"{physics}; {network}")
    if any(shown.fault in ALSO_SHOWN_BY.get(fault, ()) for fault in meant):
        return Verdict("agree", f"{physics}; {network}, which may show by the {shown.fault}")
    return Verdict(
        "disagree", f"{physics}; {network}, the spectrum shows the {shown.fault}: look at it"
    )
