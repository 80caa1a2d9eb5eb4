from importlib import import_module

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from iadtln.signals import mode_decomposition
from iadtln.signals.afmd import afmd, afmd_path
from iadtln.signals.average_kurtosis import Segments, average_kurtosis, weighted_gram
from iadtln.signals.overlap_save import BlockedSignal
from tests.signals.matrices import delayed


def impulses(seed: int, time: int, period: float, noise: float = 1.0) -> torch.Tensor:
    """Ringing impulses in noise."""
    rng = np.random.default_rng(seed)
    signal = noise * rng.standard_normal(time)
    ring = 2 * np.exp(-0.1 * np.arange(60)) * np.sin(2 * np.pi * 0.22 * np.arange(60))
    for start in np.arange(20, time - 60, period).astype(int):
        signal[start : start + 60] += ring
    return torch.from_numpy(signal)


def slow_average_kurtosis(signal, period, offset=0.0):
    count = int((len(signal) - offset) // period)
    total = 0.0
    for m in range(1, count + 1):
        part = signal[round(offset + (m - 1) * period) : round(offset + m * period)]
        total = total + len(part) * (part**4).sum() / (part**2).sum() ** 2
    return total / count


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 99),
    time=st.integers(50, 200),
    period=st.floats(5.0, 40.0),
    offset=st.floats(0.0, 9.0),
)
def test_average_kurtosis_equals_a_loop_over_the_segments(seed, time, period, offset):
    signal = np.random.default_rng(seed).standard_normal(time)
    expected = slow_average_kurtosis(signal, period, offset)
    assert average_kurtosis(torch.from_numpy(signal), period, offset).item() == pytest.approx(
        expected, rel=1e-9
    )


def test_a_shock_of_sixty_sigma_hardly_moves_the_average_kurtosis():
    signal = torch.randn(20000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    shocked = signal.clone()
    shocked[7777] += 60.0
    kurtosis = [(x**4).mean() / (x**2).mean() ** 2 for x in (signal, shocked)]
    average = [average_kurtosis(x, 100.0) for x in (signal, shocked)]
    assert kurtosis[1] > 30 * kurtosis[0]
    # one of 200 terms may rise to its largest value, the 100 samples of its segment
    assert 0 < average[1] - average[0] < 100 / 200


def test_silent_segments_count_as_nothing():
    signal = torch.zeros(40)
    signal[20:30] = 1.0  # kurtosis 10 * 10 / 10^2 = 1 in one segment of four
    assert average_kurtosis(signal, 10.0).item() == pytest.approx(0.25)
    assert average_kurtosis(torch.zeros(40), 10.0) == 0


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(-60.0, 60.0))
def test_average_kurtosis_has_no_unit(scale):
    signal = torch.randn(90, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        average_kurtosis(signal * 2.0**scale, 9.5), average_kurtosis(signal, 9.5)
    )


@pytest.mark.parametrize("groups", [1, 3])
def test_weighted_gram_equals_the_sum_over_segments(groups):
    time, taps, period, offset = 130, 9, 13.7, 4.2
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((2, groups, time))
    segments = Segments(period, time, offset)
    weights = rng.uniform(0, 5, (2, 3, segments.count))
    expected = np.zeros((2, 3, taps, taps))
    for row in range(2):
        for mode in range(3):
            matrix = delayed(signal[row, mode % groups], taps)
            for m in range(segments.count):
                part = matrix[:, round(offset + m * period) : round(offset + (m + 1) * period)]
                expected[row, mode] += weights[row, mode, m] * part @ part.T
    tensor = torch.from_numpy(signal)
    found = weighted_gram(BlockedSignal(tensor, taps), tensor, torch.from_numpy(weights), segments)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-10)


def dense_step(signal, filters, period):
    """A, b and B of the update for one filter, from the formulas."""
    matrix = delayed(signal, len(filters))
    output = filters @ matrix
    a, b, generalised = 0.0, 0.0, 0.0
    for m in range(int(len(signal) // period)):
        part = slice(round(m * period), round((m + 1) * period))
        x, y = matrix[:, part], output[part]
        s2, s4 = (y**2).sum(), (y**4).sum()
        a = a + len(y) * s4 / s2**3 * x @ x.T
        b = b + len(y) / s2**2 * x @ y**3
        generalised = generalised + len(y) / s2**2 * (x * y**2) @ x.T
    return a, b, generalised


def test_the_gradient_of_average_kurtosis_is_b_less_a_f():
    signal, period = impulses(0, 300, 23.4), 23.4
    filters = torch.randn(7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    filters.requires_grad_()
    average_kurtosis(filters @ torch.from_numpy(delayed(signal.numpy(), 7)), period).backward()
    a, b, _ = dense_step(signal.numpy(), filters.detach().numpy(), period)
    expected = 4 / (300 // period) * (b - a @ filters.detach().numpy())
    np.testing.assert_allclose(filters.grad.numpy(), expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_filters_follow_the_dense_update(dtype):
    signal, period, iterations = impulses(1, 600, 51.3), 51.3, 5
    start = afmd(signal, period, 12, 3, 3, iterations=1).filters.numpy()
    found = afmd(signal.to(dtype), period, 12, 3, 3, iterations, schedule="fixed")
    for filters, got in zip(start, found.filters.numpy(), strict=True):
        for _ in range(iterations - 1):
            a, b, _ = dense_step(signal.numpy(), filters, period)
            filters = np.linalg.solve(a, b)
            filters /= np.linalg.norm(filters)
        np.testing.assert_allclose(got, filters, atol=1e-9 if dtype == torch.float64 else 2e-3)


def test_at_rest_a_filter_solves_the_eigenproblem_with_eigenvalue_one():
    signal = impulses(2, 1500, 75.0, noise=0.5)
    found = afmd(signal, 75.0, 10, 2, 2, iterations=300)
    for filters in found.filters.numpy():
        a, _, generalised = dense_step(signal.numpy(), filters, 75.0)
        difference = np.linalg.norm(generalised @ filters - a @ filters)
        assert difference < 1e-6 * np.linalg.norm(a @ filters)


def test_average_kurtosis_rises_over_the_iterations():
    signal = impulses(3, 4096, 97.3)
    course = [
        afmd(signal, 97.3, 40, 4, 4, iterations, schedule="fixed").objective
        for iterations in (1, 2, 4, 8, 16)
    ]
    assert (torch.stack(course).diff(dim=0) > 0).all()
    modes = afmd(signal, 97.3, 40, 4, 4, 16, schedule="fixed").modes.numpy()
    expected = [slow_average_kurtosis(mode - mode.mean(), 97.3) for mode in modes]
    np.testing.assert_allclose(course[-1].numpy(), expected, rtol=1e-9)


def slow_afmd(signal, period, taps, bands, modes, iterations, cascade):
    """The sweeps with dense matrices, from the same bank."""
    filters = list(afmd(torch.from_numpy(signal), period, taps, bands, bands, 1).filters.numpy())
    sources = [signal] * bands
    while True:
        for k in range(len(filters)):
            for _ in range(iterations - 1):
                a, b, _ = dense_step(sources[k], filters[k], period)
                filters[k] = np.linalg.solve(a, b)
                filters[k] /= np.linalg.norm(filters[k])
        outputs = [f @ delayed(x, taps) for f, x in zip(filters, sources, strict=True)]
        if len(filters) == modes:
            return np.stack(outputs)
        likeness = np.triu(np.abs(np.corrcoef(outputs)), 1)
        first, second = np.unravel_index(likeness.argmax(), likeness.shape)
        values = [
            slow_average_kurtosis(outputs[k] - outputs[k].mean(), period) for k in (first, second)
        ]
        leaves = second if values[0] > values[1] else first
        del filters[leaves], outputs[leaves]
        sources = outputs if cascade else [signal] * len(outputs)
        iterations = 2


@pytest.mark.parametrize("cascade", [True, False])
def test_modes_equal_slow_sweeps(cascade):
    signal = impulses(4, 500, 40.7)
    expected = slow_afmd(signal.numpy(), 40.7, 10, 5, 2, 4, cascade)
    found = afmd(signal, 40.7, 10, 5, 2, 4, schedule="fixed", cascade=cascade)
    np.testing.assert_allclose(found.modes.numpy(), expected, rtol=1e-6, atol=1e-8)
    assert (found.period == 40.7).all()


@pytest.mark.parametrize("cascade", [True, False])
def test_a_path_holds_the_decomposition_into_every_number_of_modes(cascade):
    signal = impulses(5, 800, 61.0)
    path = list(afmd_path(signal, 61.0, 16, 4, 2, 5, cascade=cascade))
    assert [found.modes.shape[-2] for found in path] == [4, 3, 2]
    for found in path:
        count = found.modes.shape[-2]
        alone = afmd(signal, 61.0, 16, 4, count, 5, schedule="fixed", cascade=cascade)
        torch.testing.assert_close(alone.modes, found.modes)


def test_a_batch_equals_its_singles_in_small_pieces(monkeypatch):
    signal = torch.stack([impulses(seed, 900, 70.5) for seed in range(6)]).reshape(2, 3, 900)
    found = afmd(signal, 70.5, 16, 5, 2, 14)
    monkeypatch.setattr(mode_decomposition, "CHUNK_CPU", 1)  # one mode at a time
    module = import_module("iadtln.signals.average_kurtosis")  # its function has the same name
    monkeypatch.setattr(module, "PRODUCT_CHUNK", 16 * 5)  # five edges at a time
    for row in range(2):
        for column in range(3):
            alone = afmd(signal[row, column], 70.5, 16, 5, 2, 14)
            for one, other in zip(alone, found, strict=True):
                torch.testing.assert_close(one, other[row, column], rtol=1e-6, atol=1e-6)


def test_most_modes_in_float32_are_near_those_in_float64():
    signal = torch.stack([impulses(seed, 1024, 64.0) for seed in range(20)])
    exact, rough = afmd(signal, 64.0, 20, 5, 2), afmd(signal.float(), 64.0, 20, 5, 2)
    assert rough.modes.dtype == rough.filters.dtype == torch.float32
    error = (rough.modes - exact.modes).norm(dim=(-2, -1)) / exact.modes.norm(dim=(-2, -1))
    assert (error < 1e-2).double().mean() >= 0.8  # the rest dropped another mode


def test_a_deep_cascade_stays_finite_in_float32():
    signal = impulses(6, 3000, 100.0).float() * 1e15
    found = afmd(signal, 100.0, 120, 16, 2, 3)
    assert all(field.isfinite().all() for field in found)
    assert (found.objective > 1).all()


@pytest.mark.parametrize("fill", [0.0, 2.0, torch.nan])
def test_a_silent_constant_or_broken_row_leaves_the_others_alone(fill):
    signal = torch.stack([torch.full((500,), fill), impulses(7, 500, 50.0).float()])
    found = afmd(signal, 50.0, 20, 5, 2)
    assert all(field.isfinite().all() for field in found)
    alone = afmd(signal[1], 50.0, 20, 5, 2)
    torch.testing.assert_close(found.modes[1], alone.modes, rtol=1e-3, atol=1e-3)


def test_half_a_silent_record_stays_finite():
    signal = torch.cat([torch.zeros(300), impulses(8, 300, 50.0).float()])
    assert all(field.isfinite().all() for field in afmd(signal, 50.0, 20, 5, 2))


@pytest.mark.parametrize(
    ("period", "offset"), [(1.5, 0.0), (101.0, 0.0), (60.0, 50.0), (10.0, -1.0)]
)
def test_a_period_that_does_not_fit_is_refused(period, offset):
    with pytest.raises(ValueError, match="expected a period of 2 to"):
        afmd(torch.zeros(100), period, taps=10, offset=offset)
