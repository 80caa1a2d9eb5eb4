"""What the network looked at: shares of a window, answers of the first layer, open channels."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from iadtln.diagnosis import Diagnosis
from iadtln.explain.attribution import behind_front_end, integrated_gradients
from iadtln.explain.channels import first_layer_score, gates

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """What the network looked at in one window.

    Args:
        values: the network's input, shape ``(points,)``.
        shares: of each point in the logit, shape ``(points,)``.
        score: answer of the first layer, 0 to 1, shape ``(points,)``; None if there is none.
        extent: length of the window in ``unit``.
        unit: what the points are counted in, for the axis.
        title: which window, and of what class the shares are.
    """

    values: Array
    shares: Array
    score: Array | None
    extent: float
    unit: str
    title: str


def network_input(model: Diagnosis, signal: Tensor) -> Tensor:
    """What the network sees of windows: the front end's output, or the windows without one.

    Args:
        model: with its front end, as the command line builds it.
        signal: windows, shape ``(batch, channels, time)``.
    """
    front_end = getattr(model, "front_end", None)
    with torch.no_grad():
        seen: Tensor = signal if front_end is None else front_end(signal)
    return seen


def look_at(
    model: Diagnosis, window: Tensor, target: int, extent: float, unit: str, title: str
) -> Look:
    """Explain one window by the network; of several input channels the one that counts most.

    Args:
        model: in evaluation mode.
        window: shape ``(channels, time)``.
        target: number of the class to explain.
        extent: length of the window in ``unit``.
        unit: of time or angle; replaced where the input is not counted in either.
        title: of the picture.
    """
    seen = network_input(model, window[None])
    with behind_front_end(model.network, model.classifier) as forward:
        shares = integrated_gradients(forward, seen, torch.tensor([target])).shares[0]
        score = first_layer_score(model.network, forward, seen)
    if seen.shape[-1] != window.shape[-1]:
        extent, unit = float(seen.shape[-1]), "point of the network's input"
    channel = int(shares.abs().sum(-1).argmax())
    if len(shares) > 1:
        title += f", input channel {channel} of {len(shares)}"
    values, share = (one[channel].double().cpu().numpy() for one in (seen[0], shares))
    answer = None if score is None else score[0].double().cpu().numpy()
    return Look(values, share, answer, extent, unit, title)


def open_channels(model: Diagnosis, signal: Tensor) -> dict[str, Tensor]:
    """Factors of each squeeze-excitation for windows, by module; shape ``(batch, channels)``.

    Args:
        model: in evaluation mode.
        signal: windows, shape ``(batch, channels, time)``.
    """
    with behind_front_end(model.network, model.classifier) as forward:
        return gates(model.network, forward, network_input(model, signal))
