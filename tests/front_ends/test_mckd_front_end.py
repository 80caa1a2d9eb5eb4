from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch

from datamodules.errors import SamplingRateError, TooShortError
from iadtln.front_ends import MCKD
from iadtln.front_ends.fault_orders import fault_orders
from iadtln.front_ends.mckd import FaultFilters
from iadtln.signals.bearing import BearingGeometry
from iadtln.signals.mckd import mckd
from tests.front_ends.deconvolved import ORDER, best_gain_db, gain_db, recording


def filtered(front_end, of):
    (transform,) = front_end.recording_transforms()
    return transform(of)


@pytest.mark.parametrize("seed", range(3))
def test_pulses_under_10_db_of_noise_rise_by_more_than_half_of_what_is_possible(seed):
    source = recording(noise_db=10.0, seed=seed)
    (transform,) = MCKD(orders=[ORDER], taps=60).recording_transforms()
    assert gain_db(transform.filters(source)[0, 0]) > 0.5 * best_gain_db(60)


def test_each_channel_gives_one_for_each_order_as_it_would_alone():
    two = recording(channels=2)
    both = filtered(MCKD(orders=[10.0, 8.0, 5.0], taps=40), two).signal
    assert both.shape == (6, 8192 - 39)
    second = filtered(MCKD(orders=[10.0, 8.0, 5.0], taps=40), replace(two, signal=two.signal[1:]))
    torch.testing.assert_close(both[3:], second.signal, atol=1e-4, rtol=1e-4)


def test_the_filter_is_that_of_mckd_on_the_record_faded_in():
    source = recording()
    rise = np.minimum((np.arange(8192) + 0.5) / 40, 1.0)
    centred = source.signal[0].double() - source.signal[0].double().mean()
    faded = centred * torch.from_numpy(0.5 - 0.5 * np.cos(np.pi * rise))
    taps = mckd(faded, 100.0, taps=40).filters.numpy()
    whole = scipy.signal.lfilter(taps, 1.0, centred.numpy())
    ours = filtered(MCKD(orders=[ORDER], taps=40), source).signal[0]
    np.testing.assert_allclose(ours, whole[39:], atol=2e-3 * np.abs(whole).max())


def test_an_angle_axis_needs_no_speed():
    in_angle = replace(recording(), axis="angle", sampling_rate=1000.0, rpm=None)
    in_time = filtered(MCKD(orders=[ORDER], taps=40), recording())
    assert torch.equal(filtered(MCKD(orders=[ORDER], taps=40), in_angle).signal, in_time.signal)


def test_a_speed_profile_loses_the_beginning_that_the_signal_loses():
    profile = np.linspace(700.0, 740.0, 8192)
    result = filtered(MCKD(orders=[ORDER], taps=40), replace(recording(), rpm=profile))
    assert np.array_equal(result.rpm, profile[39:])


def test_orders_of_the_geometry_are_those_of_races_and_balls():
    # 9 balls, d/D = 1/4: 9/2 * 3/4, 9/2 * 5/4, 4/2 * (1 - 1/16) and twice that
    geometry = BearingGeometry(9, 1.0, 4.0)
    assert MCKD(geometry).orders == (3.375, 5.625, 3.75)
    assert MCKD(geometry, bsf="standard").orders == (3.375, 5.625, 1.875)
    assert MCKD(geometry).channel_factor == 3


def test_without_a_speed_it_says_what_to_do():
    with pytest.raises(SamplingRateError, match="needs the shaft speed, got rpm None"):
        filtered(MCKD(), replace(recording(), rpm=None))


@pytest.mark.parametrize(("taps", "shifts"), [(400, 1), (20, 4)])
def test_a_recording_shorter_than_filter_or_train_is_refused(taps, shifts):
    with pytest.raises(TooShortError, match="lower taps or shifts"):
        FaultFilters([ORDER], taps, shifts, 1)(recording(time=399))


@pytest.mark.parametrize("options", [{"taps": 1}, {"shifts": 0}, {"iterations": 0}])
def test_impossible_options_are_refused_at_once(options):
    with pytest.raises(ValueError, match="expected taps of 2 or more"):
        MCKD(**options)


@pytest.mark.parametrize("orders", [[], [3.0, 0.0]])
def test_orders_must_be_positive(orders):
    with pytest.raises(ValueError, match="all above 0"):
        fault_orders(BearingGeometry(), "seed", orders)
