"""The verdict on each recording of a test: the vote of its windows, and what physics says."""

import pandas as pd
from tqdm.auto import tqdm

from iadtln.callbacks.open_set import UNKNOWN
from iadtln.callbacks.predictions import votes
from iadtln.explain.recordings import Question, physics_of, recordings_of
from iadtln.explain.verdict import Said, Verdict, judge
from iadtln.reports.run_page import RecordingVerdict
from iadtln.review.left import Left
from iadtln.review.opened import GONE, Opened


def verdicts(
    left: Left, opened: Opened | None, question: Question | None
) -> list[RecordingVerdict]:
    """One verdict a recording.

    Args:
        left: what the run left.
        opened: its data, None where they are gone.
        question: for the physics, None without a bearing.
    """
    if left.predictions is None:
        return []
    voted = votes(left.predictions)
    groups = {str(name): own for name, own in left.predictions.groupby("recording", sort=False)}
    said = {
        str(name): Said(str(row["diagnosis"]), confidence(groups[str(name)], str(row["diagnosis"])))
        for name, row in voted.iterrows()
    }
    physics = physics_on(said, left, opened, question)
    return [verdict(name, groups[name], one, physics.get(name)) for name, one in said.items()]


def confidence(own: pd.DataFrame, diagnosis: str) -> float:
    """Mean probability of a diagnosis over windows; of ``unknown``, what all classes leave over."""
    column = "reject_score" if diagnosis == UNKNOWN else f"p({diagnosis})"
    return float(own[column].mean()) if column in own else float("nan")


def verdict(name: str, own: pd.DataFrame, said: Said, physics: Verdict | None) -> RecordingVerdict:
    """What the page says of one recording.

    Args:
        name: of the recording.
        own: rows of its windows.
        said: by the vote.
        physics: beside it, None if it was not asked.
    """
    truth = str(own["truth"].iloc[0])
    return RecordingVerdict(
        name,
        truth,
        said.name,
        float((own["prediction"] == said.name).mean()),
        said.confidence,
        len(own),
        int((own["prediction"] != own["truth"]).sum()),
        physics.agreement if physics else "",
        physics.needs_a_look if physics else False,
        physics.sentence if physics else "",
    )


def physics_on(
    said: dict[str, Said], left: Left, opened: Opened | None, question: Question | None
) -> dict[str, Verdict]:
    """Physics beside the network, by recording; empty without a bearing or without the data."""
    if opened is None or question is None:
        return {}
    found = {}
    bar = tqdm(total=len(said), desc="fault lines", disable=None, leave=False, delay=1)
    with bar:
        try:
            for recording in recordings_of(opened.data):
                own = said.get(recording.recording_id)
                if own is not None:
                    evidence = physics_of(recording, question)
                    found[recording.recording_id] = judge(evidence, own, question.mapping)
                    bar.update()
        except GONE as error:
            left.absent.append(f"fault lines: the recordings cannot be read ({error})")
    return found
