import importlib

import pytest
import torch

from iadtln.signals.mckd import mckd
from iadtln.signals.mckd_population import evaluate_filters, mckd_population, prepare_records

TAPS = torch.tensor([30, 7, 2, 30, 12, 29])
PERIOD = torch.tensor([40.0, 51.4, 37.0, 40.0, 45.0, 60.0])
SHIFTS = torch.tensor([1, 3, 1, 2, 3, 1])


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def unchanged(signal):
    return signal


@pytest.mark.parametrize("keep", ["matlab", "exact"])
def test_each_candidate_equals_mckd_with_its_settings(keep):
    record = noise(600)
    records = prepare_records(record, taps_max=30)
    found = mckd_population(records, TAPS, PERIOD, SHIFTS, iterations=6, keep=keep)
    filtered = evaluate_filters(records, found.filters, unchanged)
    assert found.feasible.all()
    for row in range(6):
        taps, shifts = int(TAPS[row]), int(SHIFTS[row])
        alone = mckd(record, float(PERIOD[row]), taps, shifts, 6, keep=keep)
        torch.testing.assert_close(found.filters[row, :taps], alone.filters)
        assert not found.filters[row, taps:].any()
        torch.testing.assert_close(found.log_kurtosis[row], alone.log_kurtosis)
        torch.testing.assert_close(filtered[row], alone.signal)


def test_a_population_on_many_records_equals_the_records_one_by_one():
    signal, generator = noise(2, 2, 500), torch.Generator().manual_seed(0)
    taps = torch.randint(2, 20, (2, 2, 5), generator=generator)
    period = torch.randint(30, 60, (2, 2, 5), generator=generator)
    records = prepare_records(signal, taps_max=20)
    whole = mckd_population(records, taps, period, shifts=2, iterations=4)
    power = evaluate_filters(records, whole.filters, lambda y: y.square().mean(-1))
    assert power.shape == (2, 2, 5)
    for i in range(2):
        for j in range(2):
            one = prepare_records(signal[i, j], taps_max=20)
            single = mckd_population(one, taps[i, j], period[i, j], shifts=2, iterations=4)
            torch.testing.assert_close(whole.filters[i, j], single.filters)
            filtered = evaluate_filters(one, single.filters, unchanged)
            torch.testing.assert_close(power[i, j], filtered.square().mean(-1))


def test_chunks_do_not_change_the_result(monkeypatch):
    records = prepare_records(noise(600), taps_max=30)
    whole = mckd_population(records, TAPS, PERIOD, SHIFTS, iterations=4)
    scores = evaluate_filters(records, whole.filters, lambda y: y[:, :2])
    monkeypatch.setattr(
        importlib.import_module("iadtln.signals.mckd"), "CPU_CHUNK", 1200
    )  # two candidates
    chunked = mckd_population(records, TAPS, PERIOD, SHIFTS, iterations=4)
    torch.testing.assert_close(chunked.filters, whole.filters)
    again = evaluate_filters(records, chunked.filters, lambda y: y[:, :2])
    torch.testing.assert_close(again, scores)


def test_a_train_that_does_not_fit_is_marked_and_holds_no_nan():
    record = noise(600)
    records = prepare_records(record, taps_max=20)
    period = torch.tensor([300.0, 299.0, 700.0])
    found = mckd_population(records, torch.tensor([20, 20, 5]), period, shifts=2, iterations=3)
    assert found.feasible.tolist() == [False, True, False]
    assert not found.filters.isnan().any()
    assert found.log_kurtosis[[0, 2]].isneginf().all()
    filtered = evaluate_filters(records, found.filters, unchanged)
    torch.testing.assert_close(filtered[2], record - record.mean())


def test_a_constant_record_is_marked_and_spares_the_others():
    signal = noise(3, 400)
    signal[0], signal[2, 7] = 5.0, float("nan")
    taps, period = torch.full((3, 2), 10), torch.full((3, 2), 50.0)
    records = prepare_records(signal, taps_max=10)
    found = mckd_population(records, taps, period, iterations=3)
    assert found.feasible.tolist() == [[False, False], [True, True], [False, False]]
    assert not found.filters.isnan().any()
    assert not evaluate_filters(records, found.filters, unchanged).isnan().any()
    alone = mckd(signal[1], 50, 10, iterations=3).filters
    torch.testing.assert_close(found.filters[1, 0], alone)


def test_float32_is_near_float64_with_the_factor_taken_in_float64():
    record = noise(2000)
    taps, period = torch.tensor([10, 60, 100]), torch.tensor([90, 110, 130])
    double = prepare_records(record, taps_max=100)
    single = prepare_records(record.float(), taps_max=100)
    assert single.inverse_factor.dtype == torch.float32
    factor = double.inverse_factor
    torch.testing.assert_close(single.inverse_factor.double(), factor, rtol=1e-5, atol=1e-6)
    expected = mckd_population(double, taps, period).filters
    actual = mckd_population(single, taps, period).filters.double()
    error = (actual - expected).norm(dim=-1)  # the filters have norm 1
    assert float(error.median()) < 1e-3
    assert float(error.max()) < 1e-2


@pytest.mark.parametrize(
    ("taps", "period", "shifts", "message"),
    [
        ([1, 5], [40, 40], 1, "taps from 2 to 20 .* got 1 to 5"),
        ([5, 21], [40, 40], 1, "taps from 2 to 20 .* got 5 to 21"),
        ([5.0, 6.0], [40, 40], 1, r"whole numbers .* got 5\.0 to 6\.0 as torch\.float32"),
        ([5, 6], [40, 0], 1, "period of at least one sample"),
        ([5, 6], [40, 40], 0, "shifts and iterations from 1, got 0"),
        ([[5, 6]], [[40, 40]], 1, "candidates of shape"),
    ],
)
def test_settings_out_of_bounds_are_rejected(taps, period, shifts, message):
    records = prepare_records(noise(400), taps_max=20)
    with pytest.raises(ValueError, match=message):
        mckd_population(records, torch.tensor(taps), torch.tensor(period), shifts)


@pytest.mark.parametrize("taps_max", [1, 401])
def test_a_longest_filter_that_does_not_fit_is_rejected(taps_max):
    with pytest.raises(ValueError, match=f"taps_max from 2 to 400 .* got {taps_max}"):
        prepare_records(noise(400), taps_max)
