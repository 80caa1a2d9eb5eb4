import math

import numpy as np
import pytest
import torch

from iadtln.front_ends import STFT


def slow(signal, segment, hop):
    """The formula of the class, one segment at a time."""
    centred = signal - signal.mean()
    padded = np.pad(centred, segment // 2, mode="reflect")
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(segment) / segment)
    columns = [
        np.abs(np.fft.rfft(taper * padded[start : start + segment]))[1:] * 2 / taper.sum()
        for start in range(0, len(padded) - segment + 1, hop)
    ]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(("segment", "hop", "time"), [(16, 4, 100), (32, 5, 101), (8, 8, 64)])
def test_it_equals_segment_after_segment(segment, hop, time):
    signal = np.random.default_rng(0).standard_normal((2, 3, time)) + 1.0
    output = STFT(segment, hop, standardise=False)(torch.from_numpy(signal))
    expected = np.stack(
        [np.concatenate([slow(one, segment, hop) for one in window]) for window in signal]
    )
    np.testing.assert_allclose(output.numpy(), expected, atol=1e-5)


def test_a_tone_lights_up_its_frequency_with_its_amplitude():
    tone = 0.8 * torch.sin(2 * math.pi * torch.arange(512) * 5 / 32).reshape(1, 1, 512)
    image = STFT(segment=32, hop=8, standardise=False)(tone)
    assert image.shape == (1, 16, 65)
    inner = image[0, :, 4:-4]
    assert (inner.argmax(0) == 4).all()  # 5 turns a segment; the first row is one turn
    torch.testing.assert_close(inner[4], torch.full((57,), 0.8), atol=1e-4, rtol=0)


def test_a_window_shorter_than_a_segment_is_named():
    with pytest.raises(ValueError, match="more than half a segment, 32 samples, got 32"):
        STFT()(torch.zeros(1, 1, 32))


@pytest.mark.parametrize(("segment", "hop"), [(15, 4), (16, 0), (16, 17)])
def test_impossible_segments_are_refused(segment, hop):
    with pytest.raises(ValueError, match="expected an even segment and a hop of 1 to segment"):
        STFT(segment, hop)
