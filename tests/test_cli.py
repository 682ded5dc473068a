"""The command ``raveforce``, as users call it."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

import raveforce
from raveforce.cli import main
from raveforce.glicol.nodes import NODES

RATE = 44100
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    time = np.arange(RATE // 4) / RATE
    sound = 0.8 * np.sin(2 * np.pi * 60 * time) * np.exp(-time / 0.06)
    soundfile.write(tmp_path / "boom.wav", sound, RATE)
    return tmp_path / "boom.wav"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_recording_becomes_a_program_and_its_files(recording: Path, tmp_path: Path) -> None:
    done = call("imitate", recording, "--renders", 300, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    folder = tmp_path / "out" / "boom"
    assert {path.name for path in folder.iterdir()} == {
        "program.glicol", "target.wav", "imitation.wav", "ab.wav", "imitation.json", "comparison.png"
    }  # fmt: skip
    code = (folder / "program.glicol").read_text()
    assert code.split("\n", 1)[1].strip() in done.stdout
    record = json.loads((folder / "imitation.json").read_text())
    assert re.search(rf"mss +{record['distances']['mss']:.3f} +{record['silence']['mss']:.3f} +{record['random']:.3f}",
                     done.stdout)  # fmt: skip
    target, played = (soundfile.read(folder / f"{name}.wav", dtype="float32")[0] for name in ("target", "imitation"))
    # The file is played by the real engine, its comment included.
    real = raveforce.render(code, len(target) / RATE, engine="wasm")
    np.testing.assert_allclose(real, played, atol=1e-3)
    both = soundfile.read(folder / "ab.wav", dtype="float32")[0]
    assert len(both) == 2 * len(target) + round(0.3 * RATE)
    assert np.corrcoef(both[: len(target)], target)[0, 1] > 0.999
    assert np.corrcoef(both[-len(target) :], played)[0, 1] > 0.999


def test_a_folder_is_imitated_and_what_cannot_be_used_is_left_out(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()
    recording.rename(tmp_path / "kit" / "boom.wav")
    soundfile.write(tmp_path / "kit" / "boom.flac", soundfile.read(tmp_path / "kit" / "boom.wav")[0], RATE)
    (tmp_path / "kit" / "broken.wav").write_text("not a sound")
    (tmp_path / "kit" / "notes.txt").write_text("not a sound either")
    done = call("imitate", tmp_path, "--renders", 50, "--out", tmp_path / "out", "--no-picture")
    assert done.exit_code == 1
    assert "broken.wav cannot be read" in done.stderr
    assert "1 of 3 sounds" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["boom", "boom_2"]
    assert not (tmp_path / "out" / "boom" / "comparison.png").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text", "cannot be read as audio"),
        ("silence", "is silent"),
        ("hour", "lasts 3600"),
        ("nan", "NaN"),
        ("short", "samples that are not silent"),
        ("empty", "is an empty file"),
        ("missing", "does not exist"),
        ("folder", "sound.wav holds no recordings"),
    ],
)
def test_bad_input_is_said_in_a_line(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    sounds = {
        "silence": (np.zeros(RATE), RATE),
        "hour": (np.zeros(3600 * 100), 100),
        "nan": (np.full(RATE, np.nan), RATE),
        "short": (np.ones(20), RATE),
    }
    if content in sounds:
        soundfile.write(path, *sounds[content], subtype="FLOAT")
    elif content == "folder":
        path.mkdir()
    elif content != "missing":
        path.write_text("" if content == "empty" else "not a sound")
    done = call("imitate", path, "--renders", 10, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--template", "kik"), "unknown template"),
        (("--distance", "ms"), "unknown distance"),
        (("--seconds", "-1"), "seconds is a number above 0"),
        (("--renders", "0"), "renders is a number above 0"),
        (("--seed", "-1"), "seed is a whole number, at least 0, not -1"),
        (("--distance", "os:path"), "os:path is a module, and makes nothing"),
    ],
)
def test_bad_options_are_said_in_a_line(options: tuple[str, str], message: str, recording: Path) -> None:
    done = call("imitate", recording, *options)
    assert done.exit_code == 1
    assert message in done.stderr


def test_a_place_that_cannot_be_written_is_found_before_the_search(recording: Path, tmp_path: Path) -> None:
    done = call("imitate", recording, "--renders", 10**9, "--out", recording / "out")
    assert done.exit_code == 1
    assert f"nothing can be written into {recording / 'out'}: {recording} is no folder" in done.stderr


def test_a_place_for_a_sound_is_looked_at_before_it_is_played(tmp_path: Path) -> None:
    (tmp_path / "a.glicol").write_text("o: sin 440")
    for out in (tmp_path, tmp_path / "nowhere" / "a.wav"):
        done = call("render", tmp_path / "a.glicol", "--seconds", 3600, "-o", out)
        assert (done.exit_code, "--out is a file that is written" in done.stderr) == (1, True)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process")
def test_ctrl_c_keeps_the_best_so_far(recording: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "raveforce.cli", "imitate", str(recording), "--seconds", "120"]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "o")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stdout is not None
    assert "a first answer" in process.stderr.readline()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "Interrupted" in shown
    assert (tmp_path / "o" / "boom" / "program.glicol").exists()


def test_a_program_is_rendered(tmp_path: Path) -> None:
    program = tmp_path / "loud.glicol"
    program.write_text("o: sin 441 >> mul 2", encoding="utf-8")
    done = call("render", program, "-o", tmp_path / "loud.wav", "--seconds", 0.5)
    assert done.exit_code == 0, done.output
    assert "peak 2.000, which clips" in done.stdout
    sound, rate = soundfile.read(tmp_path / "loud.wav")
    assert (len(sound), rate) == (22050, 44100)
    program.write_text("o: sinn 441", encoding="utf-8")
    wrong = call("render", program, "-o", tmp_path / "wrong.wav")
    assert wrong.exit_code == 1
    assert "sinn" in wrong.stderr
    assert not (tmp_path / "wrong.wav").exists()


def test_a_program_plays_the_samples_it_is_given(recording: Path, tmp_path: Path) -> None:
    program = tmp_path / "hits.glicol"
    program.write_text(r"o: imp 1 >> sp \boom")
    done = call("render", program, "-o", tmp_path / "hits.wav", "--seconds", 0.2, "--sample", f"boom={recording}")
    assert done.exit_code == 0, done.output
    sound, _ = soundfile.read(tmp_path / "hits.wav")
    # The engine's sampler begins a sample late.
    np.testing.assert_allclose(sound[1 : RATE // 10], soundfile.read(recording)[0][: RATE // 10 - 1], atol=1e-3)
    lacking = call("render", program, "-o", tmp_path / "no.wav")
    assert "boom" in lacking.output
    assert "samples" in lacking.output
    wrong = call("render", program, "-o", tmp_path / "no.wav", "--sample", "boom")
    assert "NAME=FILE" in wrong.output
    assert [lacking.exit_code, wrong.exit_code] == [1, 1]
    assert not (tmp_path / "no.wav").exists()


def test_what_there_is_can_be_listed() -> None:
    assert {"kick", "snare", "match"} <= {line.split()[0] for line in call("tasks").stdout.splitlines()}
    told = dict(line.split(maxsplit=1) for line in call("tasks").stdout.splitlines())
    assert told["kick"] == "Imitate a kick drum with six numbers."
    assert len(set(told.values())) == len(told)  # each says what it is about
    assert {"mss", "log_mel"} <= {line.split()[0] for line in call("distances").stdout.splitlines()}
    assert {line.split()[0] for line in call("nodes").stdout.splitlines()} == set(NODES)
    assert raveforce.__version__ in call("--version").stdout


def test_help_and_lists_import_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from raveforce.cli import main\n"
        "for words in (['--help'], ['imitate', '--help'], ['tasks'], ['distances'], ['nodes']):\n"
        "    assert CliRunner().invoke(main, words).exit_code == 0\n"
        "heavy = 'torch', 'matplotlib', 'librosa', 'numba', 'wasmtime', 'cma'\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_policy_is_asked_unless_it_is_not_wanted(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    from raveforce.imitation import policy

    def load() -> object:
        asked.append(True)
        raise policy.PolicyError("there is none")

    monkeypatch.setattr(policy, "load_policy", load)
    for options, count in (((), 1), (("--no-policy",), 1)):
        done = call("imitate", recording, "--renders", 50, "--no-picture", "--out", tmp_path / "out", *options)
        assert done.exit_code == 0, done.output
        assert len(asked) == count


def test_imitating_needs_no_agents(recording: Path) -> None:
    code = (
        f"import sys, raveforce; raveforce.imitate({str(recording)!r}, renders=40)\n"
        "print([name for name in ('torch', 'stable_baselines3', 'hydra', 'wandb', 'agents', 'experiments')\n"
        "       if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_is_the_command_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "raveforce", "distances"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "mss  " in done.stdout


@pytest.mark.parametrize("arguments", [["imitate", ""], ["imitate", "a.wav", "--out", " "], ["render", "-", "-o", ""]])
def test_an_empty_path_is_not_the_current_folder(arguments: list[str]) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert "a path is needed, not an empty text" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_disk_that_is_full_is_said_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "program.glicol").write_text("o: sin 440")
    done = call("render", tmp_path / "program.glicol", "-o", "/dev/full")
    assert (done.exit_code, done.stderr) == (1, "Error: /dev/full cannot be written: No space left on device\n")
