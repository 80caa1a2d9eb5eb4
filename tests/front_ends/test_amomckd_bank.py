from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch

from iadtln.front_ends import AMOMCKDBank
from iadtln.front_ends.filter_search import FilterSearch
from iadtln.front_ends.kept import fit_once
from tests.front_ends.deconvolved import best_gain_db, gain_db, recording

QUICK = FilterSearch(population=8, generations=3, taps_max=60, max_samples=8192)
ORDERS = [10.0, 7.0]  # 100 and 143 samples at 1000 samples a revolution


def noise(seed):
    one = recording(name="noise")
    generator = torch.Generator().manual_seed(seed)
    return replace(one, signal=torch.randn(one.signal.shape, generator=generator))


def fitted(recordings, **options):
    bank = AMOMCKDBank(**{"orders": ORDERS, "search": QUICK, **options})
    bank.fit(recordings)
    return bank


def test_each_order_keeps_the_filter_of_the_recording_that_has_its_fault():
    slow = recording(noise_db=5.0, seed=1, period=143)
    bank = fitted([noise(3), slow, noise(4), recording(noise_db=5.0)])
    assert bank.found[:, 0].tolist() == [3, 1]
    assert gain_db(bank.filters[0]) > 0.5 * best_gain_db(60)
    assert gain_db(bank.filters[1]) > 0.5 * best_gain_db(60)


def test_the_period_follows_the_speed_of_each_recording():
    slow = recording(period=125, rpm=576.0)  # 12000 * 60 / 576 = 1250 samples a revolution
    period = fitted([slow], orders=[10.0]).found[0, 2]
    assert 125 * 0.98 - 1 <= float(period) <= 125 * 1.02 + 1


def test_windows_are_filtered_as_lfilter_does_less_its_beginning():
    bank = fitted([recording()], standardise=False)
    windows = torch.randn(3, 2, 300, generator=torch.Generator().manual_seed(0))
    output = bank(windows)
    taps = bank.filters.shape[-1]
    assert output.shape == (3, 4, 300 - taps + 1)
    centred = (windows - windows.mean(-1, keepdim=True)).numpy()
    for channel in range(2):
        for order in range(2):
            whole = scipy.signal.lfilter(bank.filters[order].numpy(), 1.0, centred[:, channel])
            ours = output[:, 2 * channel + order].numpy()
            np.testing.assert_allclose(ours, whole[:, taps - 1 :], atol=1e-5)


def test_labels_change_nothing():
    named = fitted([replace(recording(), label="OF"), replace(noise(3), label="NC")])
    assert torch.equal(named.filters, fitted([recording(), noise(3)]).filters)


def test_equal_seeds_find_equal_filters():
    pair = [recording(), recording(seed=1)]
    assert torch.equal(fitted(pair).filters, fitted(pair).filters)


def test_a_second_run_reads_what_the_first_has_found(tmp_path, monkeypatch):
    first, second = (AMOMCKDBank(orders=ORDERS, search=QUICK) for _ in range(2))
    fit_once(first, [recording()], tmp_path)
    monkeypatch.setattr(AMOMCKDBank, "fit", lambda *_: pytest.fail("searched again"))
    fit_once(second, [recording()], tmp_path)
    assert torch.equal(first.filters, second.filters)
    assert first.describe() == second.describe()
    assert "order 10.000" in first.describe()[0]


def test_before_the_search_it_says_so():
    with pytest.raises(RuntimeError, match="call fit, or load a checkpoint"):
        AMOMCKDBank()(torch.zeros(1, 1, 500))


def test_windows_shorter_than_the_filters_are_refused():
    bank = fitted([recording()])
    with pytest.raises(ValueError, match=r"windows of \d+ samples or more, .* got 20"):
        bank(torch.zeros(1, 1, 20))


def test_a_slip_of_a_whole_period_is_refused():
    with pytest.raises(ValueError, match="slip"):
        AMOMCKDBank(slip=1.0)
