import pytest
from hypothesis import given
from hypothesis import strategies as st

from iadtln.signals.bearing import BearingGeometry, period_range

# any bearing that can be built: diameters in one unit, the ball the smaller one
geometries = st.builds(
    lambda balls, share, pitch, angle: BearingGeometry(balls, share * pitch, pitch, angle),
    st.integers(3, 40),
    st.floats(0.01, 0.9),
    st.floats(1.0, 500.0),
    st.floats(0.0, 60.0),
)


def test_orders_of_the_6205_are_those_the_provider_of_cwru_publishes():
    # engineering.case.edu/bearingdatacenter/bearing-information, drive end, multiples of the
    # running speed; its "rolling element" 4.7135 is the strikes of a ball, two a turn
    orders = BearingGeometry().orders()
    assert orders.bpfi == pytest.approx(5.4152, abs=1e-4)
    assert orders.bpfo == pytest.approx(3.5848, abs=1e-4)
    assert orders.ftf == pytest.approx(0.39828, abs=1e-4)
    assert 2 * orders.bsf == pytest.approx(4.7135, abs=1e-4)


def test_orders_by_hand_with_a_contact_angle():
    # d/D = 1/2, cos 60 = 1/2: ratio 1/4; ftf 3/8, bpfo 8 * 3/8, bpfi 8 * 5/8, bsf 1 * (1 - 1/16)
    orders = BearingGeometry(8, 10.0, 20.0, 60.0).orders()
    assert orders == pytest.approx((0.375, 3.0, 5.0, 0.9375))


def test_the_ball_rate_of_the_paper_counts_the_strikes():
    # as above: d/D = 1/2, ratio 1/4; D/d (1 - 1/16) = 15/8
    geometry = BearingGeometry(8, 10.0, 20.0, 60.0)
    assert geometry.orders(bsf="seed") == pytest.approx((0.375, 3.0, 5.0, 1.875))
    assert geometry.frequencies_hz(600.0, bsf="seed").bsf == pytest.approx(18.75)


def test_periods_of_the_paderborn_bearing_are_those_its_paper_rounds():
    # 8/2 (1 -+ 6.75/28.55) * 15 Hz = 45.81 and 74.19 Hz; the paper searches from 800 to 1400
    rates = BearingGeometry(8, 6.75, 28.55).frequencies_hz(900.0)
    shortest, longest = period_range([rates.bpfo, rates.bpfi], 64000.0)
    assert (shortest, longest) == pytest.approx((862.7, 1396.9), abs=0.1)


@given(geometries)
def test_every_ball_passes_either_race_once_per_turn_of_the_shaft_past_the_cage(geometry):
    orders = geometry.orders()
    assert orders.bpfo + orders.bpfi == pytest.approx(geometry.num_balls)
    assert orders.bpfo == pytest.approx(geometry.num_balls * orders.ftf)
    assert orders.bpfi == pytest.approx(geometry.num_balls * (1 - orders.ftf))
    assert 0 < orders.ftf < 0.5 < orders.bpfi


@given(geometries, st.floats(0.1, 10.0))
def test_orders_do_not_depend_on_the_unit_of_the_diameters(geometry, factor):
    scaled = BearingGeometry(
        geometry.num_balls,
        factor * geometry.ball_diameter,
        factor * geometry.pitch_diameter,
        geometry.contact_angle_degrees,
    )
    assert scaled.orders() == pytest.approx(geometry.orders())


@given(geometries)
def test_at_60_rpm_frequencies_are_the_orders(geometry):
    assert geometry.frequencies_hz(60.0) == pytest.approx(geometry.orders())


def test_frequencies_grow_with_the_speed():
    geometry = BearingGeometry()
    assert geometry.frequencies_hz(3594.0).bpfi == pytest.approx(2 * 5.415215 * 29.95, rel=1e-5)


def test_impossible_bearings_are_refused():
    with pytest.raises(ValueError, match="at least one ball, got num_balls=0"):
        BearingGeometry(num_balls=0)
    with pytest.raises(ValueError, match=r"between 0 and pitch_diameter.*got 40 and 39"):
        BearingGeometry(ball_diameter=40, pitch_diameter=39)
    with pytest.raises(ValueError, match=r"contact_angle_degrees must lie in \[0, 90\), got 90"):
        BearingGeometry(contact_angle_degrees=90)
