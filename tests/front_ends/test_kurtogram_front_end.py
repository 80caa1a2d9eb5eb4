import math

import pytest
import torch

from iadtln.front_ends import Kurtogram
from iadtln.signals.kurtogram import kurtogram


def noise(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_rows_of_a_channel_lie_side_by_side():
    signal = noise(2, 3, 1024)
    image = Kurtogram(levels=3, standardise=False)(signal)
    assert image.shape == (2, 3 * 6, 24)
    for channel in range(3):
        rows = image[:, 6 * channel : 6 * channel + 6]
        torch.testing.assert_close(rows, kurtogram(signal[:, channel], 3))


def test_a_ringing_of_impacts_shows_in_its_band():
    time = torch.arange(4096) % 512  # eight impacts
    ringing = torch.exp(-time / 15) * torch.sin(2 * math.pi * 0.29 * time)  # 0.58 of the band
    image = Kurtogram(standardise=False)(4 * ringing.reshape(1, 1, -1) + noise(1, 1, 4096))
    column = int(image[0, -1].argmax())  # of the row of 16 bands
    assert abs((column + 0.5) / 48 - 0.58) < 1 / 16


def test_standardised_rows_keep_their_levels():
    image = Kurtogram()(noise(1, 1, 2048))[0]
    plain = Kurtogram(standardise=False)(noise(1, 1, 2048))[0]
    expected = (plain - plain.mean()) / plain.std(correction=0)
    torch.testing.assert_close(image, expected, atol=1e-4, rtol=1e-4)


def test_too_many_levels_for_a_window_are_named():
    with pytest.raises(ValueError, match="expected 1 to 3 levels for 1024 samples"):
        Kurtogram(levels=4)(noise(1, 1, 1024))


def test_no_level_is_refused():
    with pytest.raises(ValueError, match="expected one level or more, got 0"):
        Kurtogram(levels=0)
