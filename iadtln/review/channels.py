"""How far the squeeze-excitations of a network open each channel, by diagnosis."""

import numpy as np
import pandas as pd
import torch
from PIL import Image

from datamodules.datasets import WindowDataset, WindowIndex
from iadtln.callbacks.figures import pixels
from iadtln.callbacks.look import spread
from iadtln.explain.channels import mean_by_class
from iadtln.explain.network import open_channels
from iadtln.explain.pictures import channels_figure
from iadtln.reports.pictures import in_webp
from iadtln.review.left import Left
from iadtln.review.opened import Opened

AT_MOST = 64  # windows of each diagnosis


def channel_pictures(left: Left, opened: Opened | None) -> dict[str, str]:
    """Pictures as data URIs by the name of the module; why there are none is noted.

    Args:
        left: what the run left.
        opened: its data and network, None where they are gone.
    """
    if left.predictions is None or opened is None or opened.model is None:
        return {}
    chosen = _some_of_each(left.predictions, opened)
    if chosen.empty:
        return {}
    data = opened.data
    place = {one.recording_id: i for i, one in enumerate(data.pair.target.recordings)}
    index = WindowIndex(
        np.array([place[name] for name in chosen["recording"]], np.int64),
        np.array(chosen["start"], np.int64),
    )
    normalise = data.pair.windows("target", "second").normalise
    windows = WindowDataset(data.pair.target.track, index, data.length, normalise)
    signal = windows.__getitems__(list(range(len(chosen))))["signal"]
    label = torch.tensor([data.class_names.index(name) for name in chosen["prediction"]])
    opened_channels = open_channels(opened.model, signal)
    if not opened_channels:
        left.absent.append("channel weights: the network has no squeeze-excitation")
    pictures = {}
    for name, factors in opened_channels.items():
        weights = mean_by_class(factors, label, data.num_classes).double().numpy()
        title = f"How far '{name}' opens each channel, mean over {len(chosen)} test windows"
        figure = channels_figure(weights, data.class_names, title)
        pictures[name] = in_webp(Image.fromarray(pixels(figure)))
    return pictures


def _some_of_each(predictions: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """Evenly spaced windows of each known diagnosis, of recordings that are still there."""
    samples = {r.recording_id: r.num_samples for r in opened.data.pair.target.recordings}
    there = predictions["recording"].map(samples) >= predictions["start"] + opened.data.length
    known = predictions[there & predictions["prediction"].isin(opened.data.class_names)]
    groups = known.groupby("prediction", sort=False)
    places = [own.index.to_numpy()[spread(len(own), AT_MOST)] for _, own in groups]
    return known.loc[np.concatenate([np.empty(0, np.int64), *places])]
