import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iadtln.schedules import Constant, Sigmoid

progress = st.floats(0, 1)


@given(progress)
def test_constant_is_one(p):
    assert Constant()(p) == 1.0


def test_the_ramp_of_the_paper_starts_at_zero_and_ends_at_0_9999():
    assert Sigmoid()(0.0) == 0.0
    assert round(Sigmoid()(1.0), 4) == 0.9999


def test_half_way_the_ramp_is_equation_21_of_epoch_150():
    expected = 2 / (1 + math.exp(-10 * (150 - 50) / 200)) - 1
    assert Sigmoid()((150 - 50) / (250 - 50)) == pytest.approx(expected)


@given(progress, st.floats(0.1, 50))
def test_the_ramp_is_a_hyperbolic_tangent(p, steepness):
    assert Sigmoid(steepness)(p) == pytest.approx(math.tanh(steepness * p / 2), abs=1e-12)


@given(progress, progress)
def test_the_ramp_never_falls(one, other):
    assert Sigmoid()(min(one, other)) <= Sigmoid()(max(one, other))
