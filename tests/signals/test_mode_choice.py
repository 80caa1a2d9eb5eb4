import numpy as np
import pytest
import scipy.stats
import torch

from iadtln.signals.indices import kurtosis
from iadtln.signals.mode_choice import choose_modes, reconstruct


def modes_of_kurtosis(*values):
    """One ``1 / value`` of the samples at 1 and -1 in turn, the others at 0: that kurtosis."""
    time = 120
    modes = torch.zeros(len(values), time, dtype=torch.float64)
    for mode, value in zip(modes, values, strict=True):
        moving = round(time / value)
        mode[:moving] = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(moving // 2)
    return modes


def test_kurtosis_equals_scipy():
    signal = np.random.default_rng(0).standard_t(5, (3, 4, 200))
    expected = scipy.stats.kurtosis(signal, axis=-1, fisher=False)
    np.testing.assert_allclose(kurtosis(torch.from_numpy(signal)).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e6])
def test_kurtosis_of_a_constant_is_zero(value):
    assert kurtosis(torch.full((1001,), value)) == 0


def test_kurtosis_does_not_see_the_unit_of_a_faint_float32_signal():
    signal = torch.randn(500, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(kurtosis(signal * 1e-15), kurtosis(signal))


@pytest.mark.parametrize(
    ("values", "above_mean"),
    [
        ((2, 3, 10), [False, False, True]),  # mean 5
        ((2, 10, 12), [False, True, True]),  # mean 8
        ((3, 3), [True, False]),  # none is above; the first of the greatest
        ((6,), [True]),
    ],
)
def test_modes_above_the_mean_kurtosis_are_chosen_and_always_the_greatest(values, above_mean):
    modes = modes_of_kurtosis(*values)
    torch.testing.assert_close(kurtosis(modes), torch.tensor(values, dtype=torch.float64))
    assert choose_modes(modes, "above_mean").tolist() == above_mean


def test_the_greatest_is_one_mode():
    assert choose_modes(modes_of_kurtosis(2, 12, 10), "greatest").tolist() == [False, True, False]


def test_modes_of_zeros_that_only_pad_do_not_change_the_choice():
    modes = modes_of_kurtosis(2, 4, 12)  # mean 6; with two zeros among them it would be 3.6
    padded = torch.cat([modes, torch.zeros(2, modes.shape[-1], dtype=modes.dtype)])
    assert choose_modes(padded).tolist() == [False, False, True, False, False]


def test_reconstruct_adds_the_chosen_modes():
    modes = modes_of_kurtosis(2, 10, 12)
    torch.testing.assert_close(reconstruct(modes), modes[1] + modes[2])
    torch.testing.assert_close(reconstruct(modes, "greatest"), modes[2])


@pytest.mark.parametrize("rule", ["above_mean", "greatest"])
def test_reconstruct_of_a_batch_equals_its_singles(rule):
    modes = torch.randn(2, 3, 5, 64, generator=torch.Generator().manual_seed(0)).pow(3)
    whole = reconstruct(modes, rule)
    assert whole.shape == (2, 3, 64)
    singles = [[reconstruct(one, rule) for one in row] for row in modes]
    torch.testing.assert_close(whole, torch.stack([torch.stack(row) for row in singles]))


def test_reconstruct_of_silence_is_silence():
    assert (reconstruct(torch.zeros(2, 3, 10)) == 0).all()


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="'above_mean' or 'greatest', got 'best'"):
        reconstruct(torch.zeros(2, 10), "best")
