from dataclasses import replace

import jsonargparse
import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import hilbert, welch

from datamodules.base import PairedDataModule
from datamodules.bearing_rig import coloured_noise, shaft_revolutions, simulate
from datamodules.rig_domain import DEFAULT_DOMAINS, Mode, RigDomain
from datamodules.rig_impacts import impact_positions, load_distribution, ringing
from datamodules.simulated import SimulatedDataModule, defects_of
from datamodules.windows import Windowing
from iadtln.signals.bearing import BearingGeometry

GEOMETRY = BearingGeometry()
RATE, SECONDS, RPM = 12000.0, 6.0, 1800.0
TIME = np.arange(int(RATE * SECONDS)) / RATE
CLEAR = RigDomain(RPM, (Mode(3000.0),), snr_db=10.0, shaft_amplitudes=(0.05,), slip=0.002)
# multiples of the running speed as the provider of CWRU publishes them for this bearing
INNER, OUTER, BALL, CAGE = 5.4152, 3.5848, 4.7135, 0.3983


def run(*defects, domain=CLEAR, seed=(1,)):
    return simulate(defects, domain, GEOMETRY, sampling_rate=RATE, num_samples=len(TIME), seed=seed)


def envelope_order_spectrum(signal, revolutions):
    """Spectrum of the envelope over the shaft angle, orders apart by one over all turns."""
    even = np.linspace(0, revolutions[-1], len(signal), endpoint=False)
    envelope = np.interp(even, revolutions, np.abs(hilbert(signal)))
    amplitudes = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope))))
    return np.arange(len(amplitudes)) / revolutions[-1], amplitudes


def line(orders, amplitudes, order, width=0.02):
    return amplitudes[np.abs(orders - order) < width].max()


def peak(orders, amplitudes, low, high):
    inside = (orders > low) & (orders < high)
    return orders[inside][amplitudes[inside].argmax()]


# the rates


@pytest.mark.parametrize(("defect", "order"), [("IF", INNER), ("BF", BALL), ("OF", OUTER)])
def test_the_envelope_of_a_defect_has_its_line_at_the_rate_of_the_geometry(defect, order):
    orders, amplitudes = envelope_order_spectrum(run(defect).total, TIME * RPM / 60)
    assert peak(orders, amplitudes, 2.8, 6.2) == pytest.approx(order, abs=1.5 * orders[1])


@pytest.mark.parametrize(("defect", "order"), [("IF", INNER), ("BF", BALL), ("OF", OUTER)])
def test_under_a_speed_ramp_the_line_stays_where_it_is_in_orders(defect, order):
    signal = run(defect, domain=replace(CLEAR, rpm=(900.0, 1800.0)))
    turns = 15 * TIME + 15 * TIME**2 / (2 * TIME[-1])  # integral of 15 Hz rising to 30 Hz
    orders, amplitudes = envelope_order_spectrum(signal.total, turns)
    assert peak(orders, amplitudes, 2.8, 6.2) == pytest.approx(order, abs=1.5 * orders[1])
    assert signal.rpm[0] == 900
    assert signal.rpm[-1] == 1800


def test_an_inner_race_has_sidebands_at_the_shaft_rate_and_an_outer_race_none():
    inner = envelope_order_spectrum(run("IF").impacts, TIME * RPM / 60)
    outer = envelope_order_spectrum(run("OF").impacts, TIME * RPM / 60)
    for side in (-1, 1):
        assert line(*inner, INNER + side) > 0.3 * line(*inner, INNER)
        assert line(*outer, OUTER + side) < 0.03 * line(*outer, OUTER)


def test_a_ball_has_sidebands_at_the_cage_rate():
    ball = envelope_order_spectrum(run("BF").impacts, TIME * RPM / 60)
    for side in (-CAGE, CAGE):
        assert line(*ball, BALL + side) > 0.3 * line(*ball, BALL)
    assert line(*ball, CAGE) > 0.3 * line(*ball, BALL)


def test_default_slip_keeps_the_line_within_one_per_cent():
    domain = replace(CLEAR, slip=RigDomain(RPM, (Mode(3000.0),)).slip)
    for seed in range(5):
        spectrum = envelope_order_spectrum(run("OF", domain=domain, seed=(seed,)).total, TIME * 30)
        assert peak(*spectrum, 2.8, 6.2) == pytest.approx(OUTER, rel=0.01)


# its pieces


def test_ringing_equals_the_sum_over_impacts_written_as_a_loop():
    mode, zeta, omega = Mode(700.0, 0.08), 0.08, 2 * np.pi * 700.0
    instants, strengths = np.array([0.0, 3.25, 3.75, 40.0, 99.0]), np.array([1, -2, 0.5, 3, 1.0])
    expected = np.zeros(100)
    for n in range(100):
        for instant, strength in zip(instants, strengths, strict=True):
            t = (n - instant) / 8000.0
            if t >= 0:
                decay = np.exp(-zeta * omega * t)
                expected[n] += strength * decay * np.sin(omega * np.sqrt(1 - zeta**2) * t)
    np.testing.assert_allclose(ringing(instants, strengths, mode, 8000.0, 100), expected, atol=1e-9)


def test_load_distribution_by_hand():
    angles = np.radians([0, 60, -60, 90, 180])
    quarter = 0.5**1.5
    np.testing.assert_allclose(
        load_distribution(angles, 0.5), [1, quarter, quarter, 0, 0], atol=1e-9
    )
    half_open = load_distribution(np.radians([0, 90, 180]), 1.0)
    np.testing.assert_allclose(half_open, [1, quarter, 0], atol=1e-9)


def test_without_slip_impacts_are_evenly_spaced():
    positions = impact_positions(4.0, 25.0, 0.0, np.random.default_rng(0))
    assert len(positions) == 100
    np.testing.assert_allclose(np.diff(positions), 0.25)


def test_slip_is_the_spread_of_the_interval_and_its_walk_grows_as_the_root_of_time():
    rng = np.random.default_rng(0)
    walks = [impact_positions(5.0, 200.0, 0.02, rng)[:900] for _ in range(200)]
    intervals = np.diff(walks)
    assert intervals.mean() == pytest.approx(0.2, rel=1e-3)
    assert intervals.std() == pytest.approx(0.02 * 0.2, rel=0.02)
    spread = [np.std([walk[n] - walk[0] for walk in walks]) for n in (99, 899)]
    assert spread[1] / spread[0] == pytest.approx(np.sqrt(899 / 99), rel=0.2)


@given(st.floats(0.5, 20.0), st.floats(0.5, 300.0), st.floats(0.0, 0.2), st.integers(0, 99))
def test_impacts_fill_the_recording_to_its_end_and_not_beyond(order, revolutions, slip, seed):
    positions = impact_positions(order, revolutions, slip, np.random.default_rng(seed))
    assert (positions < revolutions).all()
    reach = (positions[-1] if len(positions) else 0.0) + (1 + 8 * slip) / order
    assert reach >= revolutions


def test_revolutions_of_a_ramp_are_the_integral_of_the_speed():
    rpm = np.linspace(600, 1200, 1001)
    t = np.arange(1001) / 100.0
    np.testing.assert_allclose(shaft_revolutions(rpm, 100.0), 10 * t + t**2 / 2, atol=1e-9)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_noise_falls_with_its_slope(slope):
    noise = coloured_noise(2**17, slope, 3.0, np.random.default_rng(0))
    frequency, density = welch(noise, nperseg=1024)
    band = slice(8, 256)  # clear of the window's leakage and of the mean
    fitted = np.polyfit(np.log(frequency[band]), np.log(density[band]), 1)[0]
    assert fitted == pytest.approx(-slope, abs=0.05)
    assert np.mean(noise**2) == pytest.approx(3.0)


# the whole


@given(st.floats(-20.0, 40.0), st.sampled_from(["", "IF", "BF", "OF", "IF+OF"]))
def test_signal_to_noise_ratio_is_as_asked(snr_db, label):
    domain = replace(CLEAR, snr_db=snr_db)
    defects = label.split("+") if label else []
    rig = simulate(defects, domain, GEOMETRY, sampling_rate=RATE, num_samples=4000, seed=(3,))
    ratio = np.mean((rig.shaft + rig.impacts) ** 2) / np.mean(rig.noise**2)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.1)


@pytest.mark.parametrize("label", ["", "IF", "IF+OF"])
def test_noise_of_its_own_is_the_same_whatever_the_defect(label):
    domain = replace(CLEAR, noise_rms=0.3)
    defects = label.split("+") if label else []
    rig = simulate(defects, domain, GEOMETRY, sampling_rate=RATE, num_samples=4000, seed=(3,))
    assert np.sqrt(np.mean(rig.noise**2)) == pytest.approx(0.3)
    healthy = simulate([], domain, GEOMETRY, sampling_rate=RATE, num_samples=4000, seed=(3,))
    np.testing.assert_array_equal(rig.noise, healthy.noise)


def test_a_compound_fault_is_the_sum_of_its_parts():
    both, inner, outer = run("IF", "OF"), run("IF"), run("OF")
    np.testing.assert_allclose(both.impacts, inner.impacts + outer.impacts, atol=1e-12)
    np.testing.assert_array_equal(both.shaft, inner.shaft)


def test_a_healthy_bearing_has_no_impacts_and_its_shaft_turns_at_the_orders_asked():
    domain = replace(CLEAR, shaft_amplitudes=(0.0, 0.7, 0.2))
    healthy = run(domain=domain)
    assert not healthy.impacts.any()
    amplitudes = 2 * np.abs(np.fft.rfft(healthy.shaft)) / len(TIME)  # bins of 1/6 Hz, shaft 30 Hz
    np.testing.assert_allclose(amplitudes[[180, 360, 540, 720]], [0, 0.7, 0.2, 0], atol=1e-9)


def test_each_defect_takes_its_own_path():
    paths = {"IF": (1.0, 0.0, 0.0), "BF": (0.0, 1.0, 0.0), "OF": (0.0, 0.0, 1.0)}
    for own, gains in paths.items():
        domain = replace(CLEAR, modes=(Mode(3000.0, 0.05, gains),))
        for defect in paths:
            assert run(defect, domain=domain).impacts.any() == (defect == own)


def test_load_scales_the_impacts_alone():
    single, double = run("OF"), run("OF", domain=replace(CLEAR, load=2.0))
    np.testing.assert_allclose(double.impacts, 2 * single.impacts)
    np.testing.assert_array_equal(double.shaft, single.shaft)


def test_a_resonance_above_half_the_sampling_rate_is_refused():
    with pytest.raises(ValueError, match="7000 Hz needs a sampling_rate above 14000 Hz, got 12000"):
        run("OF", domain=replace(CLEAR, modes=(Mode(7000.0),)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rpm": 0.0}, "rpm > 0 and modes"),
        ({"rpm": (-100.0, 100.0)}, "rpm > 0 and modes"),
        ({"modes": ()}, "rpm > 0 and modes"),
        ({"load_zone": 0.0}, "load_zone in"),
        ({"slip": 0.5}, "slip in"),
        ({"shaft_amplitudes": (0.0, 0.0)}, "healthy machine is silent"),
    ],
)
def test_impossible_domains_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(CLEAR, **changes)


def test_impossible_modes_are_refused():
    with pytest.raises(ValueError, match="damping between 0 and 1, got"):
        Mode(1000.0, 1.5)


# the data module


def small(**options):
    settings = {"seconds": 0.4, "bearings_per_class": 2, "batch_size": 8}
    return SimulatedDataModule(**settings | {"windowing": Windowing(256)} | options)


def signals(module, domain):
    return {r.recording_id: r.signal for r in (read() for read in module.readers(domain))}


def test_recordings_are_bit_for_bit_those_of_the_seed():
    first, again, other = (signals(small(simulation_seed=s), "A") for s in (5, 5, 6))
    for name, signal in first.items():
        assert torch.equal(signal, again[name])
        assert not torch.equal(signal, other[name])


def test_recordings_depend_neither_on_the_order_of_reading_nor_on_the_rest():
    module = small()
    backwards = [read() for read in reversed(module.readers("B"))]
    richer = signals(small(faults=["OF", "IF+OF", "BF", "IF", "NC"], bearings_per_class=3), "B")
    for recording in backwards:
        assert torch.equal(recording.signal, richer[recording.recording_id])


def test_every_bearing_is_its_own_specimen():
    recordings = [read() for d in "AB" for read in small().readers(d)]
    assert len({r.bearing_id for r in recordings}) == len(recordings) == 16
    spread = [float(r.signal.abs().max()) for r in recordings if r.label == "OF"]
    assert len(set(spread)) == 4


@pytest.mark.parametrize("domain", DEFAULT_DOMAINS)
def test_default_domains_give_usable_recordings(domain):
    for read in small().readers(domain):
        recording = read()
        assert recording.signal.shape == (1, 4800)
        assert recording.signal.isfinite().all()
        assert recording.domain == domain
        assert recording.mean_rpm == pytest.approx(np.mean(DEFAULT_DOMAINS[domain].rpm))


def test_a_ramp_gives_one_speed_a_sample_and_a_steady_machine_a_number():
    ramp, steady = small().recording("D", "IF"), small().recording("A", "IF")
    np.testing.assert_allclose(ramp.rpm, np.linspace(1200, 2000, 4800))
    assert steady.rpm == 2000.0
    assert isinstance(steady.rpm, float)


def test_batches_pair_a_labelled_source_with_an_unlabelled_target():
    module = small(faults=["NC", "IF", "IF+OF"])
    assert module.class_names == ["NC", "IF", "IF+OF"]
    assert module.num_classes == 3
    batch = next(iter(module.train_dataloader()))[0]
    assert batch["source"]["signal"].shape == (8, 1, 256)
    assert set(batch["target"]) == {"signal", "index"}


def test_unknown_and_repeated_faults_are_refused():
    assert defects_of("NC") == []
    with pytest.raises(ValueError, match=r"'NC', or one or more.*got 'XX'"):
        small(faults=["NC", "XX"])
    with pytest.raises(ValueError, match="got 'IF\\+IF'"):
        small(faults=["NC", "IF+IF"])
    with pytest.raises(ValueError, match="faults must differ, got NC, IF, IF"):
        small(faults=["NC", "IF", "IF"])
    with pytest.raises(ValueError, match=r"bearings_per_class >= 1.*got 0, 0 and"):
        small(bearings_per_class=0)


def test_your_own_domain_comes_from_yaml():
    parser = jsonargparse.ArgumentParser()
    parser.add_subclass_arguments(PairedDataModule, "data")
    text = """
    data:
      class_path: datamodules.simulated.SimulatedDataModule
      init_args:
        target: mine
        faults: [NC, IF+OF]
        geometry: {num_balls: 8, ball_diameter: 6.75, pitch_diameter: 28.5}
        domain_settings:
          mine:
            rpm: [600, 900]
            modes: [{frequency_hz: 2000, damping: 0.03, gains: [1, 0.5, 0.2]}]
            shaft_amplitudes: [0.1]
    """
    module = parser.instantiate(parser.parse_object(yaml.safe_load(text))).data
    assert module.domains() == [*DEFAULT_DOMAINS, "mine"]
    assert module.settings["mine"].rpm == (600, 900)
    assert module.settings["mine"].modes[0].gains == (1, 0.5, 0.2)
    assert module.geometry.num_balls == 8
    assert module.parts("mine", "IF+OF").impacts.any()
    saved = parser.dump(parser.parse_object(yaml.safe_load(text)))
    assert "mine" in saved


@pytest.mark.parametrize("domain", DEFAULT_DOMAINS)
def test_the_shaft_stands_as_high_over_the_noise_in_every_class(domain):
    """Else a network reads the class from there, without any fault."""
    data = SimulatedDataModule(domain, domain, protocol="single", seconds=4.0)
    parts = [data.parts(domain, label) for label in data.all_classes()]
    ratios = [np.mean(part.shaft**2) / np.mean(part.noise**2) for part in parts]
    np.testing.assert_allclose(ratios, ratios[0], rtol=0.05)  # phases of the shaft differ
