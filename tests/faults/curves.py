"""What TensorBoard shows of a run, and its weights."""

import logging
import time

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from iadtln.callbacks.resume import SCALARS_ONLY


def curves(folder):
    """Every curve as its points ``(step, value)``, in the order of the steps."""
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    events = EventAccumulator(str(folder), size_guidance=SCALARS_ONLY).Reload()
    tags = set(events.Tags()["scalars"]) - {"epoch"}  # comes with whatever is logged
    return {tag: sorted((e.step, e.value) for e in events.Scalars(tag)) for tag in tags}


def state(checkpoint):
    return torch.load(checkpoint, weights_only=True)["state_dict"]


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def next_second():
    """TensorBoard reads event files by their names, which have the second in which they began."""
    begin = int(time.time())
    while int(time.time()) == begin:
        time.sleep(0.01)
