import csv
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.drums.__main__ import main
from benchmarks.drums.jobs import imitated, spread
from benchmarks.drums.measures import PitchTrack, median_interval
from benchmarks.drums.sounds import drum_class, find_drums
from experiments.config.errors import ConfigError

RATE = 44100


def tone(frequency: float, seconds: float = 0.3) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.8 * np.sin(2 * np.pi * frequency * time) * np.exp(-time / 0.1)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kit, names in {"a": ("Kick 1", "Kick 2", "melody"), "b": ("BD", "Snare"), "c": ("bass drum", "hat")}.items():
        (tmp_path / "kits" / kit).mkdir(parents=True)
        for place, name in enumerate(names):
            soundfile.write(tmp_path / "kits" / kit / f"{name}.wav", tone(50 + 10 * place), RATE)
    return tmp_path / "kits"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("GMRockKit/Kick-Soft.wav", "kick"),
        ("drum_heavy_kick.flac", "kick"),
        ("drum_bass_hard.flac", "kick"),
        ("bd_haus.flac", "kick"),
        ("sn_dolf.flac", "snare"),
        ("elec_hi_snare.flac", "snare"),
        ("TR808EmulationKit/808 Clap.flac", "clap"),
        ("drum_tom_mid_soft.flac", "tom"),
        ("GMRockKit/HatClosed-Hard.wav", "hihat"),
        ("hat_noiz.flac", "hihat"),
        ("drum_cymbal_closed.flac", "hihat"),
        ("GMRockKit/Crash-Med.wav", "cymbal"),
        ("snares/07.wav", "snare"),
        ("loop_amen.flac", None),
        ("drum_roll.flac", None),
        ("bass_hit_c.flac", None),
        ("ambi_choir.flac", None),
        ("guit_e_slide.flac", None),
    ],
)
def test_classes_by_name(path: str, kind: str | None) -> None:
    assert drum_class(path) == kind


def test_processes_find_what_one_finds(folder: Path) -> None:
    task = partial(imitated, agents=["random"], budgets=[1, 10], distance="mss", seed=0, policy=None)
    sounds = find_drums(folder, kinds=("kick",), limit=2)
    one, several = list(spread(task, sounds, 1)), list(spread(task, sounds, 2))
    assert [[row["mss"] for row in rows] for rows in one] == [[row["mss"] for row in rows] for rows in several]


def test_a_limit_is_spread_over_the_sounds(folder: Path) -> None:
    kicks = find_drums(folder, kinds=("kick",), limit=2)
    assert [(sound.kit, sound.kind) for sound in kicks] == [("a", "kick"), ("c", "kick")]
    assert len(find_drums(folder)) == 6


def test_the_interval_is_that_of_kits_not_of_sounds() -> None:
    # A hundred takes of each of three drums are three drums.
    values = np.repeat([1.0, 2.0, 9.0], 100)
    kits = np.repeat(["a", "b", "c"], 100)
    assert median_interval(values.tolist(), kits.tolist()) == (2.0, 1.0, 9.0)
    _, low, high = median_interval(np.random.default_rng(0).normal(size=300).tolist(), ["a"] * 300)
    assert -0.4 < low < 0 < high < 0.4
    assert median_interval([1.0, float("nan")], ["a", "b"])[0] == 1


def test_errors_of_the_pitch_are_in_semitones() -> None:
    track = PitchTrack(tone(110))
    assert track.pitched
    assert track.error(tone(110)) < 0.2
    assert track.error(tone(220)) == pytest.approx(12, abs=0.3)
    noise = PitchTrack(np.random.default_rng(0).normal(size=RATE // 4).astype(np.float32))
    assert not noise.pitched
    assert np.isnan(noise.error(tone(110)))


def test_drums_are_imitated_and_kept_where_asked(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "out"
    main([str(folder), "renders=100", "agents=random+de+imitate", "kinds=kick", "limit=3", f"out={out}"])
    assert {path.name for path in out.iterdir()} == {
        *(f"drums_kits.{end}" for end in ("json", "csv", "png", "pdf", "md")), "drums_kits_sounds.png"
    }  # fmt: skip
    with (out / "drums_kits.csv").open() as file:
        rows = list(csv.DictReader(file))
    by = {(row["sound"], row["agent"], int(row["renders"])): float(row["mss"]) for row in rows}
    for sound in {row["sound"] for row in rows}:
        assert by[sound, "random", 100] <= by[sound, "random", 10] <= by[sound, "random", 1]
        assert by[sound, "de", 100] < by[sound, "silence", 0]
        assert by[sound, "imitate", 100] < by[sound, "silence", 0]
    report = json.loads((out / "drums_kits.json").read_text())
    medians = report["medians [low, high]"]
    (random,) = (row for row in medians if (row["agent"], row["renders"]) == ("random", 100))
    of_sounds = [value for (_, agent, renders), value in by.items() if (agent, renders) == ("random", 100)]
    assert random["mss"][0] == pytest.approx(np.median(of_sounds))
    assert random["sounds"] == 3
    assert "random" in capsys.readouterr().out


def test_what_is_asked_wrongly_is_said(folder: Path) -> None:
    for arguments, message in (
        ([], "name a folder"),
        ([str(folder), "agents=cmaes"], "agents are among random"),
        ([str(folder), "kinds=kicks"], "kinds are among kick"),
        ([str(folder), "split=trian"], "split is one of train"),
        ([str(folder), "agents=policy", "policy=nowhere.npz"], "policy"),
    ):
        with pytest.raises(ConfigError, match=message):
            main(arguments)
