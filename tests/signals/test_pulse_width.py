import math

import numpy as np
import pytest
import scipy.signal
import torch

from iadtln.signals.pulse_width import pulse_width


def ringing(decay=10.0, period=100, time=1000, offset=50):
    """A pulse in each period whose envelope falls as exp(-|d| / decay) to both sides."""
    n = torch.arange(time, dtype=torch.float64)
    return torch.sin(1.5 * n) * torch.exp(-(n % period - offset).abs() / decay)


def slow_width(signal, period, gamma):
    """The rule, pulse by pulse and sample by sample."""
    heights = np.abs(scipy.signal.hilbert(signal))
    widths = []
    for number in range(int(len(signal) // period)):
        start, stop = round(number * period), round((number + 1) * period)
        peak = start + int(heights[start:stop].argmax())
        left = right = peak
        while right + 1 < len(signal) and right + 1 - peak <= period / 2:
            if heights[right + 1] < gamma * heights[peak]:
                break
            right += 1
        while left > 0 and peak - left + 1 <= period / 2:
            if heights[left - 1] < gamma * heights[peak]:
                break
            left -= 1
        widths.append(right - left + 1)
    return np.median(widths)


@pytest.mark.parametrize("gamma", [0.2, 0.4, 0.6, 0.8])
def test_the_width_is_that_of_the_envelope_at_gamma(gamma):
    exact = 2 * 10.0 * math.log(1 / gamma)  # exp(-d / 10) = gamma on both sides
    assert float(pulse_width(ringing(), 100.0, gamma)) == pytest.approx(exact, abs=2)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("period", [40.0, 93.7, 180.5, 700.0])
def test_it_agrees_with_the_rule_written_as_loops(period, gamma):
    signal = torch.randn(3, 1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours = pulse_width(signal + 3 * ringing(), period, gamma)
    theirs = [slow_width(one.numpy(), period, gamma) for one in signal + 3 * ringing()]
    np.testing.assert_array_equal(ours.numpy(), theirs)


def test_windows_of_other_periods_do_not_disturb_one():
    signal = torch.randn(2, 3, 1000, generator=torch.Generator().manual_seed(0)).double()
    period = torch.tensor([40.0, 93.7, 310.2])
    ours = pulse_width(signal, period, 0.4)
    for row, column in np.ndindex(2, 3):
        slow = slow_width(signal[row, column].numpy(), float(period[column].double()), 0.4)
        assert float(ours[row, column]) == slow


def test_it_falls_as_gamma_rises():
    signal = ringing() + 0.05 * torch.randn(1000, generator=torch.Generator().manual_seed(0))
    widths = [float(pulse_width(signal, 100.0, step / 10)) for step in range(1, 10)]
    assert widths == sorted(widths, reverse=True)


def test_it_ends_half_a_period_from_the_peak():
    flat = torch.sin(1.5 * torch.arange(1000.0))
    assert float(pulse_width(flat, 100.0, 0.5)) <= 101


def test_scale_does_not_matter_and_precision_hardly():
    signal = ringing()
    assert pulse_width(1e-3 * signal, 100.0) == pulse_width(signal, 100.0)
    single = pulse_width(signal.float(), 100.0)
    assert single.dtype == torch.float32
    assert float(single) == pytest.approx(float(pulse_width(signal, 100.0)), abs=1)


def test_silence_has_no_pulse():
    assert pulse_width(torch.zeros(2, 400), 100.0).isnan().all()


@pytest.mark.parametrize(("period", "gamma"), [(1.0, 0.5), (401.0, 0.5), (50.0, 0.0), (50.0, 1.1)])
def test_impossible_options_are_refused(period, gamma):
    with pytest.raises(ValueError, match=r"expected 0 < gamma <= 1 and periods of 2 to 400"):
        pulse_width(torch.zeros(400), period, gamma)
