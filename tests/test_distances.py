import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from raveforce.distances import DISTANCES, BandLevels, MultiScaleSpectral, make_distance, measure
from raveforce.glicol import open_engine
from raveforce.tasks.kick import kick, kick_808

RATE = 44100
TARGET = kick_808(RATE, 0.2)
SILENCE = np.zeros_like(TARGET)
NOISE = np.random.default_rng(0).uniform(-1, 1, len(TARGET)).astype(np.float32)

names = pytest.mark.parametrize("name", list(DISTANCES))


def distance(name: str, audio: NDArray[np.float32], target: NDArray[np.float32] = TARGET) -> float:
    return measure(audio, target, RATE)[name]


# What each distance does not hear; the rest it does.
DEAF_TO_GAIN = {"sot", "chroma"}
DEAF_TO_PITCH = {"envelope"}
HEARS_POLARITY = {"waveform"}


@names
def test_the_target_itself_is_at_zero_and_other_sounds_are_not(name: str) -> None:
    assert distance(name, TARGET) == 0
    for other in (SILENCE, NOISE, np.roll(TARGET, 4000)):
        assert distance(name, other) > 0
    # A silent target is an ordinary one.
    assert distance(name, SILENCE, SILENCE) == 0
    assert 0 < distance(name, TARGET, SILENCE) < 1e6


@names
def test_noise_is_farther_than_a_near_miss(name: str) -> None:
    assert distance(name, (0.95 * TARGET).astype(np.float32)) < 0.3 * distance(name, NOISE)


@names
def test_a_random_kick_lies_between_the_target_and_noise(name: str) -> None:
    task = kick(TARGET)
    rng = np.random.default_rng(0)
    values = task.parameters.decode(rng.uniform(-1, 1, (40, 6)))
    sounds = open_engine(task.program, 40, RATE).play(values, task.samples)
    made = make_distance(name, RATE)
    random = made.between(made.features(sounds), made.features(TARGET[None]))
    assert (random > 0).all()
    # Most random kicks are louder for longer than noise of full scale is far from this target.
    assert (np.median(random) if name != "envelope" else random.min()) < distance(name, NOISE)


@names
def test_gain(name: str) -> None:
    gains = [distance(name, (gain * TARGET).astype(np.float32)) for gain in (0.9, 0.7, 0.4, 0.1)]
    if name in DEAF_TO_GAIN:
        assert max(gains) < 0.03 * distance(name, SILENCE)
    else:
        assert gains == sorted(gains)
        assert gains[0] > 0


@names
def test_phase(name: str) -> None:
    upside_down = distance(name, -TARGET)
    if name in HEARS_POLARITY:
        assert upside_down == pytest.approx(4 * distance(name, SILENCE), rel=1e-5)
        return
    assert upside_down == pytest.approx(0, abs=1e-6)
    # Sines that start elsewhere in their cycle, away from the ends.
    time = np.arange(RATE // 2) / RATE
    fade = np.hanning(len(time))
    sine, cosine = (fade * wave(2 * np.pi * 440 * time) / 2 for wave in (np.sin, np.cos))
    sine, cosine = sine.astype(np.float32), cosine.astype(np.float32)
    # The short windows of mss hold less than a cycle of it.
    assert distance(name, cosine, sine) < (0.2 if name == "mss" else 0.1) * distance(name, 0 * sine, sine)


@names
def test_a_tiny_shift_hardly_matters_but_to_the_waveform(name: str) -> None:
    near = distance(name, np.roll(TARGET, 8)) / distance(name, SILENCE)
    assert near < 0.25
    tone = (0.5 * np.sin(2 * np.pi * 2000 * np.arange(8820) / RATE)).astype(np.float32)
    near = distance(name, np.roll(tone, 11), tone) / distance(name, 0 * tone, tone)
    assert (near > 1) == (name == "waveform")


@names
def test_pitch(name: str) -> None:
    time = np.arange(RATE // 2) / RATE
    fade = np.hanning(len(time)) / 2
    tones = [(fade * np.sin(2 * np.pi * freq * time)).astype(np.float32) for freq in (440, 466.16, 622.25)]
    near, far = (distance(name, tone, tones[0]) for tone in tones[1:])
    silence = distance(name, 0 * tones[0], tones[0])
    if name in DEAF_TO_PITCH:
        assert max(near, far) < 0.02 * silence
    else:
        assert near > 0.001 * silence
        assert far > near


def test_only_transport_grows_with_the_interval() -> None:
    time = np.arange(RATE // 2) / RATE
    fade = np.hanning(len(time)) / 2
    low, *others = [(fade * np.sin(2 * np.pi * freq * time)).astype(np.float32) for freq in (500, 1000, 2000, 4000)]
    moved = [distance("sot", other, low) for other in others]
    # In units of half the sample rate.
    np.testing.assert_allclose(moved, np.array([500, 1500, 3500]) / (RATE / 2), rtol=0.15)
    far = [distance("mss", other, low) for other in others]
    assert max(far) < 1.5 * min(far)


def test_chroma_does_not_hear_octaves() -> None:
    time = np.arange(RATE // 2) / RATE
    tones = [(0.5 * np.sin(2 * np.pi * freq * time)).astype(np.float32) for freq in (440, 880, 622.25)]
    assert distance("chroma", tones[1], tones[0]) < 0.15
    assert distance("chroma", tones[2], tones[0]) > 0.9


def test_synthrl_is_its_formula() -> None:
    made = make_distance("synthrl", RATE)
    parts = [make_distance("mfcc", RATE, n_fft=2048, hop_length=512), MultiScaleSpectral(n_ffts=[2048])]
    cepstrum, both = (d.between(d.features(0.5 * TARGET[None]), d.features(TARGET[None]))[0] for d in parts)
    # Half the magnitudes: the convergence is a half, and what remains of that distance is the logarithm's error.
    wanted = 0.7 * 0.5 + 0.27 * (both - 0.5) + 0.03 * cepstrum
    assert distance("synthrl", (0.5 * TARGET).astype(np.float32)) == pytest.approx(wanted, rel=1e-4)
    assert made.name == "synthrl"


def hiss(seed: int, decay: float = 0.08, above: float = 5000, late: float = 0) -> NDArray[np.float32]:
    """A burst of noise: all bursts sound the same but for what is asked for."""
    time = np.arange(round(0.4 * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(size=len(time))
    high = signal.sosfilt(signal.butter(2, above, "highpass", fs=RATE, output="sos"), noise)
    since = time - late
    return (0.3 * high * np.exp(-np.maximum(since, 0) / decay) * (since >= 0)).astype(np.float32)


def test_band_levels_do_not_hear_which_noise_it_is() -> None:
    here = hiss(0)
    seeds = [distance("band_levels", hiss(seed), here) for seed in range(1, 9)]
    assert max(seeds) < 0.01 * distance("band_levels", 0 * here, here)
    # To mss all of these are as near as the next burst.
    assert distance("mss", hiss(1), here) > 0.3 * distance("mss", 0 * here, here)
    # 1, 2 and 3 dB, decays of 10 and 30 %, cutoffs, shifts: in order, and each farther than the next burst.
    quieter = [distance("band_levels", gain * hiss(9), here) for gain in (0.9, 0.8, 0.7)]
    shorter = [distance("band_levels", hiss(9, decay=decay), here) for decay in (0.072, 0.056)]
    duller = [distance("band_levels", hiss(9, above=above), here) for above in (4000, 3000)]
    later = [distance("band_levels", hiss(9, late=late), here) for late in (0.01, 0.03)]
    for series in (quieter, shorter, duller, later):
        assert series == sorted(series)
        assert series[0] > 2 * max(seeds)


def test_band_levels_are_their_formula() -> None:
    made = BandLevels(resolutions=((64, 4),), cells=(1, 2))
    chance = np.random.default_rng(0).choice([-1.0, 1.0], (1, 400, 4)).astype(np.float32)
    nothing = (np.zeros((1, 400, 4), np.float32),)
    assert made.between((nothing[0] + 2,), nothing)[0] == pytest.approx(2)
    assert made.between((chance,), nothing)[0] < 0.1
    # The same in both frames of a pair is true; opposite in both is chance.
    pairs = np.repeat(chance[:, ::2], 2, axis=1)
    assert BandLevels(resolutions=((64, 4),), cells=(1,)).between((pairs,), nothing)[0] == pytest.approx(1)
    pairs[:, 1::2] *= -1
    assert made.between((pairs,), nothing)[0] == 0
    # An odd number of frames, and fewer than a cell's.
    assert made.between((nothing[0][:, :5] + 3,), (nothing[0][:, :5],))[0] == pytest.approx(3)
    assert made.between((nothing[0][:, :1] + 3,), (nothing[0][:, :1],))[0] == pytest.approx(3)


def test_weighted_sums() -> None:
    made = make_distance({"mss": 2, "envelope": {"weight": 0.5, "hop_length": 64}, "sot": 1}, RATE)
    assert made.name == "2*mss+0.5*envelope(hop_length=64)+sot"
    near = (0.7 * TARGET).astype(np.float32)[None]
    envelope = make_distance("envelope", hop_length=64)
    wanted = (
        2 * distance("mss", near[0])
        + 0.5 * envelope.between(envelope.features(near), envelope.features(TARGET[None]))[0]
        + distance("sot", near[0])
    )
    assert made.between(made.features(near), made.features(TARGET[None]))[0] == pytest.approx(wanted)
    for wrong in ({}, {"mss": 0}, {"mss": -1}, {"mss": float("nan")}):
        with pytest.raises(ValueError, match="weights above 0"):
            make_distance(wrong)
    with pytest.raises(ValueError, match="unknown distance 'mmd'"):
        make_distance({"mmd": 1})


@names
def test_rows_do_not_depend_on_each_other(name: str) -> None:
    made = make_distance(name, RATE)
    sounds = np.random.default_rng(0).normal(0, 0.2, (7, 5000)).astype(np.float32)
    target = made.features(sounds[:1] / 2)
    together = made.between(made.features(sounds), target)
    alone = np.concatenate([made.between(made.features(sound[None]), target) for sound in sounds])
    np.testing.assert_array_equal(together, alone)


@names
def test_every_row_can_have_its_own_target(name: str) -> None:
    made = make_distance(name, RATE)
    sounds = np.random.default_rng(0).normal(0, 0.2, (3, 5000)).astype(np.float32)
    features = made.features(sounds)
    np.testing.assert_array_equal(made.between(features, features), np.zeros(3))
    rolled = tuple(np.roll(array, 1, axis=0) for array in features)
    assert (made.between(features, rolled) > 0).all()


@names
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_distances_are_finite_and_not_negative(name: str, data: st.DataObject) -> None:
    amplitudes = data.draw(st.lists(st.floats(-10, 10, width=32), min_size=300, max_size=300))
    assert 0 <= distance(name, np.array(amplitudes, np.float32), TARGET[:300]) < 1e4


def test_mss_of_silence_is_one_plus_the_log_part() -> None:
    single = MultiScaleSpectral(n_ffts=[512])
    assert single.n_ffts == (512,)
    features, target = single.features(SILENCE[None]), single.features(TARGET[None])
    assert (features[0] == 0).all()
    logarithms = np.log(np.maximum(target[0], single.floor) / single.floor).mean()
    assert single.between(features, target)[0] == pytest.approx(1 + logarithms, rel=1e-5)


def test_errors() -> None:
    with pytest.raises(
        ValueError, match=r"unknown distance 'mse'; did you mean mss\? the distances are .*mss, log_mel"
    ):
        make_distance("mse")
    with pytest.raises(ValueError, match="floor of magnitudes must be at least 2e-05, got 0"):
        make_distance("mss", floor=0)
    with pytest.raises(ValueError, match="floor of power must be at least 4e-10, got 0"):
        make_distance("band_levels", floor=0)
    with pytest.raises(ValueError, match=r"cannot be divided into cells of \(3,\)"):
        make_distance("band_levels", cells=[3])
    with pytest.raises(ValueError, match="at least one resolution"):
        make_distance("band_levels", resolutions=[])
    for name, options in (("mss", {"n_ffts": [512, 2**24]}), ("log_mel", {"n_mels": 10**7}), ("mfcc", {"n_fft": 0})):
        with pytest.raises(ValueError, match=rf"{next(iter(options))} must be .* from 1 to \d+, got "):
            make_distance(name, **options)
    with pytest.raises(ValueError, match="n_mels must be a whole number from 1 to 1024, got 1000000"):
        make_distance("band_levels", resolutions=[(2048, 10**6)])
    with pytest.raises(ValueError, match="10 and 20 samples"):
        measure(np.ones(10), np.ones(20))


def test_options_are_in_the_name() -> None:
    assert make_distance("mss", n_ffts=[512, 64]).name == "mss(n_ffts=(512,64))"
    assert make_distance("log_mel", 22050, n_mels=32, n_fft=512).name == "log_mel(n_fft=512,n_mels=32)"
    assert [make_distance(name, 22050).name for name in DISTANCES] == list(DISTANCES)


def test_extra_distances_are_measured_under_their_own_names() -> None:
    pair = NOISE[: len(TARGET)], TARGET
    fine = make_distance("mfcc", n_mfcc=13)
    measured = measure(*pair, extra=[fine, make_distance("mss")])
    assert list(measured) == [*DISTANCES, "mfcc(n_mfcc=13)"]
    assert measured["mfcc"] != measured["mfcc(n_mfcc=13)"] > 0
    assert measured["mss"] == measure(*pair)["mss"]
