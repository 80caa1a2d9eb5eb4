import os
import time
from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import scipy.stats
import torch

from datamodules import CWRUDataModule
from datamodules.cache import transformed
from datamodules.errors import SamplingRateError, TooShortError
from iadtln.front_ends import AMOMCKD
from iadtln.front_ends.filter_search import FilterSearch, weighed
from iadtln.front_ends.filtering import faded, filtered_by
from iadtln.search import NSGA2, PSO
from iadtln.signals.mckd import mckd
from tests.front_ends.deconvolved import PERIOD, best_gain_db, gain_db, recording

QUICK = FilterSearch(population=16, generations=6, taps_max=80, max_samples=8192)
ORDERS = [12.5, 8.0]  # 80 to 125 samples


def transform(search=QUICK):
    (only,) = AMOMCKD(orders=ORDERS, search=search).recording_transforms()
    return only


def entropy(signal):
    heights = np.abs(scipy.signal.hilbert(signal))
    share = heights / heights.sum()
    return -(share * np.log(share)).sum()


@pytest.mark.parametrize("optimiser", [None, NSGA2(16, choice="knee"), PSO(16)])
def test_a_planted_train_under_5_db_of_noise_is_found(optimiser):
    source = recording(noise_db=5.0)
    found = transform(replace(QUICK, optimiser=optimiser)).find(source)
    assert abs(int(found.period) - PERIOD) <= 3  # each pulse rings for longer
    assert gain_db(found.filters[0, 0]) > 0.5 * best_gain_db(int(found.taps))


def test_what_is_reported_is_what_mckd_gives_with_these_settings():
    source = recording()
    found = transform().find(source)
    taps, period = int(found.taps), int(found.period)
    block = faded(source.signal[0].double(), 80)
    again = mckd(block, float(period), taps)
    filtered = scipy.signal.lfilter(again.filters.numpy(), 1.0, block.numpy())
    ours = found.objectives[0, 0].tolist()
    kurtosis = scipy.stats.kurtosis(filtered, fisher=False)
    assert ours == pytest.approx([1 / kurtosis, entropy(filtered)], rel=5e-3)
    assert float(found.log_kurtosis) == pytest.approx(float(again.log_kurtosis.max()), abs=1e-2)


def test_the_point_is_on_the_front_of_a_search_of_all_settings():
    source, few = recording(time=2048), replace(QUICK, taps_max=8, max_samples=2048)
    found = transform(replace(few, population=40, generations=12)).find(source)
    block = faded(source.signal[0].double(), 8)
    for taps in range(2, 9):
        for period in range(80, 126, 3):
            filters = mckd(block, float(period), taps).filters.numpy()
            filtered = scipy.signal.lfilter(filters, 1.0, block.numpy())
            other = 1 / scipy.stats.kurtosis(filtered, fisher=False), entropy(filtered)
            inverse, even = found.objectives[0, 0].tolist()
            assert not (other[0] < 0.95 * inverse and other[1] < even - 0.01)


def test_equal_seeds_find_equal_filters_and_others_search_elsewhere():
    first, again = transform().find(recording()), transform().find(recording())
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    other = transform(replace(QUICK, generations=0, seed=1)).find(recording())
    same = transform(replace(QUICK, generations=0)).find(recording())
    assert not torch.equal(other.filters, same.filters)


def test_each_channel_has_its_own_filter_and_a_note_says_which():
    two = recording(channels=2)
    result = transform()(replace(two, notes=("known before",)))
    found = transform().find(two)
    taps = int(found.taps.max())
    assert result.signal.shape == (2, 8192 - taps + 1)
    torch.testing.assert_close(result.signal, filtered_by(two.signal, found.filters[:, 0, :taps]))
    assert result.notes[0] == "known before"
    assert f"channel 1: {int(found.taps[1])} taps, period {int(found.period[1])}" in result.notes[2]


@pytest.mark.parametrize("seed", [0, 3])
def test_the_sudden_start_does_not_win_the_search(seed):
    """Low-passed noise holds nothing at high frequencies, but its sudden start does."""
    noise = torch.randn(1, 8192, generator=torch.Generator().manual_seed(seed))
    low = scipy.signal.sosfilt(scipy.signal.butter(8, 0.6, output="sos"), noise.numpy())
    source = replace(recording(), signal=torch.from_numpy(low[:, 500:].copy()).float())
    faded_in = transform(QUICK).find(source)
    sudden = transform(replace(QUICK, fade=0.0)).find(source)
    assert 1 / float(faded_in.objectives[0, 0, 0]) < 8
    assert 1 / float(sudden.objectives[0, 0, 0]) > 30


def test_the_fade_is_half_a_cosine_and_filtering_needs_no_samples_before():
    ones = torch.tensor([[2.0, -2.0] * 4])
    rise = [0.5 - 0.5 * np.cos(np.pi * (n + 0.5) / 4) for n in range(4)] + [1.0] * 4
    torch.testing.assert_close(faded(ones, 4)[0], ones[0] * torch.tensor(rise).float())
    assert torch.equal(faded(ones, 0), ones)
    valid = np.convolve(ones[0].numpy(), [3.0, 1.0, 2.0], "valid")
    np.testing.assert_allclose(filtered_by(ones, torch.tensor([3.0, 1.0, 2.0]))[0], valid)


def test_both_objectives_weigh_the_same():
    assert weighed(torch.tensor([0.5, np.log(100.0)]), 100) == pytest.approx(1.5)


def test_it_is_cached_under_its_settings(tmp_path):
    source, searches = (
        recording(time=2048),
        [
            replace(QUICK, generations=1),
            replace(QUICK, generations=1, optimiser=PSO(16)),
            replace(QUICK, generations=1, seed=3),
        ],
    )
    cpu = torch.device("cpu")
    results = [transformed(source, [transform(one)], cpu, tmp_path) for one in searches]
    assert len(list(tmp_path.iterdir())) == 3
    again = transformed(source, [transform(searches[0])], cpu, tmp_path)
    assert torch.equal(again.signal, results[0].signal)


def test_without_a_speed_or_room_it_says_what_to_do():
    with pytest.raises(SamplingRateError, match="AMOMCKD needs the shaft speed"):
        transform()(replace(recording(), rpm=None))
    with pytest.raises(TooShortError, match="more max_samples or fewer shifts"):
        transform()(recording(time=125))


@pytest.mark.parametrize("options", [{"population": 0}, {"taps_max": 1}, {"fade": -1.0}])
def test_impossible_options_are_refused_at_once(options):
    with pytest.raises(ValueError, match="expected population"):
        FilterSearch(**options)


@pytest.mark.data
@pytest.mark.skipif("IADTLN_DATA_DIR" not in os.environ, reason="IADTLN_DATA_DIR is not set")
def test_an_outer_race_fault_of_cwru_is_found_within_a_minute():
    data = CWRUDataModule("0hp", "1hp", labels="type_size", classes=["OF007"])
    source = data.readers("0hp")[0]()
    begin = time.perf_counter()
    (whole,) = AMOMCKD().recording_transforms()
    found = whole.find(source)
    assert time.perf_counter() - begin < 60
    # 12000 Hz over 3.585 strikes in each of 29.95 revolutions a second: 111.8 samples
    assert int(found.period) in range(109, 115)
    filtered = filtered_by(source.signal, found.filters[0])[0].numpy()
    raw = scipy.stats.kurtosis(source.signal[0].numpy(), fisher=False)
    assert scipy.stats.kurtosis(filtered, fisher=False) > 4 * raw
