from dataclasses import replace

import numpy as np
import pytest
import torch

from datamodules import (
    AngleResample,
    BandPass,
    Envelope,
    EnvelopeAngle,
    KurtosisBand,
    RecordingTransform,
    Resample,
)
from datamodules.cache import transformed
from datamodules.errors import SamplingRateError, TooShortError
from tests.toy import CLASSES, tone, toy


def chosen_band():
    transform = KurtosisBand(levels=2)
    transform.fit([tone("low", channels=2)])
    return transform


EXAMPLES = [
    Resample(500.0),
    BandPass(30.0, 200.0),
    Envelope(),
    AngleResample(32.0),
    EnvelopeAngle(30.0, 200.0, 32.0),
    chosen_band(),
]


def test_every_transform_is_in_the_examples():
    own = {c for c in RecordingTransform.__subclasses__() if c.__module__.startswith("datamodules")}
    assert own == {type(example) for example in EXAMPLES}


@pytest.mark.parametrize("transform", EXAMPLES, ids=lambda t: type(t).__name__)
def test_a_transform_keeps_what_is_known_and_is_deterministic(transform):
    recording = tone("low", channels=2)
    out = transform(recording)
    again = transform(recording)
    assert out.signal.dtype == torch.float32
    assert torch.isfinite(out.signal).all()
    assert torch.equal(out.signal, again.signal)
    assert out.signal.shape[0] == 2
    names = ("label", "domain", "recording_id", "bearing_id")
    assert [getattr(out, n) for n in names] == [getattr(recording, n) for n in names]


@pytest.mark.parametrize("transform", EXAMPLES, ids=lambda t: type(t).__name__)
def test_channels_are_transformed_one_by_one(transform):
    both = tone("low", channels=2)
    first = transform(tone("low", channels=2)).signal[:1]
    single = transform(replace(both, signal=both.signal[:1])).signal
    torch.testing.assert_close(first, single)


@pytest.mark.parametrize("make", [Resample, AngleResample, lambda rate: BandPass(rate, 10.0)])
def test_options_of_zero_are_refused(make):
    with pytest.raises(ValueError, match="> 0, got 0"):
        make(0)


def test_angle_resampling_counts_in_revolutions():
    out = AngleResample(32.0)(tone("low", rpm=600.0))  # 4 s at 10 revolutions a second, less one
    assert (out.axis, out.sampling_rate, out.samples_per_revolution) == ("angle", 32.0, 32.0)
    assert out.num_samples == int(3999 / 1000 * 10 * 32) + 1


def test_a_turn_gets_no_more_samples_than_the_shortest_has_where_that_is_refused():
    ramp = replace(tone("low", samples=1001), rpm=np.linspace(600.0, 700.0, 1001))
    assert AngleResample(85.0, oversample=False)(ramp).sampling_rate == 85.0  # 1000 Hz, 11.67 turns
    said = "recording 'a-low'.*up to 85, which 1000 Hz have at 700 rpm, got 86; orders above 43"
    with pytest.raises(SamplingRateError, match=said):
        AngleResample(86.0, oversample=False)(ramp)
    assert AngleResample(86.0)(ramp).sampling_rate == 86.0


def test_a_speed_profile_is_resampled_with_the_signal():
    recording = tone("low", samples=1001)
    ramp = replace(recording, rpm=np.linspace(600.0, 700.0, 1001))
    out = Resample(500.0)(ramp)
    np.testing.assert_allclose(out.rpm, np.linspace(600.0, 700.0, 501))


def test_resampling_by_angle_needs_a_speed():
    with pytest.raises(SamplingRateError, match="recording 'a-low'.*needs the shaft speed"):
        AngleResample(32.0)(tone("low", rpm=None))


@pytest.mark.parametrize("transform", [Resample(10.0), BandPass(1.0, 2.0), AngleResample(8.0)])
def test_what_counts_in_hertz_refuses_an_angle_axis(transform):
    with pytest.raises(SamplingRateError, match="put it before AngleResample"):
        transform(AngleResample(32.0)(tone("low")))


def test_a_band_beyond_nyquist_names_the_recording():
    with pytest.raises(SamplingRateError, match="recording 'a-low'.*lower high_hz"):
        BandPass(100.0, 600.0)(tone("low"))


def cached(tmp_path, transforms, recording=None):
    return transformed(recording or tone("low"), transforms, torch.device("cpu"), tmp_path)


def test_a_cached_recording_equals_the_computed_one(tmp_path):
    first = cached(tmp_path, [EnvelopeAngle(30.0, 200.0, 32.0)])
    (file,) = tmp_path.iterdir()
    stamp = file.stat().st_mtime_ns
    second = cached(tmp_path, [EnvelopeAngle(30.0, 200.0, 32.0)])
    assert file.stat().st_mtime_ns == stamp
    assert torch.equal(first.signal, second.signal)
    assert (first.axis, first.sampling_rate, first.rpm) == ("angle", 32.0, 600.0)
    assert (second.axis, second.sampling_rate, second.rpm) == ("angle", 32.0, 600.0)


class Noting(RecordingTransform):
    """Leaves a word about what it did."""

    def forward(self, recording):
        return replace(recording, notes=(*recording.notes, "a filter of 7 taps"))


def test_what_a_transform_notes_is_kept(tmp_path):
    recording = replace(tone("low"), notes=("as measured",))
    for _ in range(2):
        again = cached(tmp_path, [Noting()], recording)
        assert again.notes == ("as measured", "a filter of 7 taps")


def test_other_settings_other_data_and_other_order_have_their_own_cache(tmp_path):
    cached(tmp_path, [BandPass(30.0, 200.0), Envelope()])
    cached(tmp_path, [BandPass(30.0, 201.0), Envelope()])
    cached(tmp_path, [Envelope(), BandPass(30.0, 200.0)])
    cached(tmp_path, [Envelope(), BandPass(30.0, 200.0)], tone("high"))
    cached(tmp_path, [Envelope(), BandPass(30.0, 200.0)], tone("low", rpm=601.0))
    assert len(list(tmp_path.iterdir())) == 5


def test_a_damaged_cache_is_rebuilt_and_says_so(tmp_path):
    first = cached(tmp_path, [Envelope()])
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.warns(UserWarning, match="rebuilding the damaged cache file"):
        again = cached(tmp_path, [Envelope()])
    assert torch.equal(first.signal, again.signal)
    assert torch.equal(cached(tmp_path, [Envelope()]).signal, first.signal)


def ringing(name, carrier_hz, *, label="low"):
    """Noise, and a short burst of a carrier four times a second."""
    recording = tone(label, name=name, samples=4096)
    time = torch.arange(4096) / 1000.0
    burst = torch.exp(-60.0 * (time % 0.25)) * torch.sin(2 * torch.pi * carrier_hz * time)
    noise = torch.randn(1, 4096, generator=torch.manual_seed(len(name)))
    return replace(recording, signal=10 * burst + noise)


def test_the_band_is_where_the_recordings_ring():
    transform = KurtosisBand(levels=3)
    transform.fit([ringing("one", 300.0), ringing("second", 310.0)])
    low, high = transform.band_hz.tolist()
    assert low < 300.0 < 310.0 < high
    assert high - low <= 250.0
    filtered = transform(ringing("one", 300.0)).signal
    expected = BandPass(low, high)(ringing("one", 300.0)).signal
    torch.testing.assert_close(filtered, expected)


def test_one_band_serves_all_recordings_even_if_one_of_them_is_violent():
    violent = replace(ringing("x", 100.0), signal=100 * ringing("x", 100.0).signal)
    transform = KurtosisBand(levels=3)
    transform.fit([violent, *(ringing("y" * i, 420.0) for i in range(1, 5))])
    assert transform.band_hz[0] < 420.0 < transform.band_hz[1]


def test_recordings_of_two_rates_choose_no_band():
    other = replace(ringing("one", 300.0), sampling_rate=500.0)
    with pytest.raises(SamplingRateError, match="one sampling rate, got 500 after 1000 Hz"):
        KurtosisBand().fit([ringing("second", 300.0), other])


def test_a_band_that_was_not_chosen_is_not_used():
    with pytest.raises(RuntimeError, match="no band yet"):
        KurtosisBand()(tone("low"))


def test_a_recording_too_short_to_choose_a_band_is_named():
    with pytest.raises(TooShortError, match="at least 2048 samples to choose a band in 4 levels, "):
        KurtosisBand().fit([tone("low", samples=2047, name="stub")])


class Loudest(RecordingTransform):
    """Divides by the largest sample of all recordings: the least that needs a fit."""

    def __init__(self):
        super().__init__()
        self.register_buffer("loudest", torch.tensor(torch.nan))
        self.seen = []

    @property
    def needs_fit(self):
        return bool(self.loudest.isnan())

    def fit(self, recordings):
        for recording in recordings:
            self.seen.append((recording.domain, recording.label))
            self.loudest = torch.fmax(self.loudest, recording.signal.abs().max())

    def forward(self, recording):
        return replace(recording, signal=recording.signal / self.loudest)


@pytest.mark.parametrize(("protocol", "seen"), [("paper", "aaabbb"), ("inductive", "aaa")])
def test_a_transform_is_fitted_without_labels_on_what_training_may_see(tmp_path, protocol, seen):
    loudest = Loudest()
    data = toy(transforms=[Envelope(), loudest], protocol=protocol, cache_dir=str(tmp_path))
    data.setup("fit")
    assert loudest.seen == [(domain, None) for domain in seen]
    # of the source its training part, the first four fifths; of the target all of it, or nothing
    ends = {"a": round(0.8 * 3999), "b": 4000}
    tones = [tone(label, domain) for domain in sorted(set(seen)) for label in CLASSES]
    cut = [replace(one, signal=one.signal[:, : ends[one.domain]]) for one in tones]
    largest = max(float(Envelope()(one).signal.max()) for one in cut)
    assert float(loudest.loudest) == pytest.approx(largest)


def test_transforms_that_a_callback_brings_come_after_those_of_the_data(tmp_path):
    from types import SimpleNamespace

    data = toy(transforms=[Envelope()], cache_dir=str(tmp_path))
    front_end = SimpleNamespace(bring_transforms=lambda: [AngleResample(32.0)])
    data.trainer = SimpleNamespace(callbacks=[front_end, object()], world_size=1)
    data.setup("fit")
    assert data.pair.source.recordings[0].axis == "angle"
    assert [type(transform) for transform in data.transforms] == [Envelope, AngleResample]
