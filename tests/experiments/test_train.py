import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

import raveforce
from agents.build import load_agent
from experiments.config.build import build_env_spec
from experiments.config.errors import ConfigError, TrainingFailed
from experiments.records.log_writers import read_metrics
from experiments.records.remarks import at_bounds
from experiments.records.run_folder import RunFolder
from experiments.records.summary import verdict
from experiments.rollouts import evaluate, measure_all, play
from experiments.train import train
from raveforce.distances import DISTANCES, measure
from raveforce.env import RaveForceEnv

ROOT = Path(__file__).resolve().parents[2]
Configure = Callable[..., DictConfig]


def test_the_record_of_a_run_is_complete_and_true(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("seed=3")
    returned = train(cfg, tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary == json.loads(json.dumps(returned))
    assert set(summary["best"]["distances"]) == set(summary["policy"]["distances"]) == set(DISTANCES)
    assert (summary["renders"], summary["seed"], summary["interrupted"]) == (40, 3, False)
    assert {"glicol_sha256", "python", "raveforce", "stable-baselines3", "torch", "git_commit"} <= set(
        summary["versions"]
    )

    target, rate = soundfile.read(tmp_path / "target.wav", dtype="float32")
    for name in ("best", "policy"):
        sound, _ = soundfile.read(tmp_path / f"{name}.wav", dtype="float32")
        assert measure(sound, target, rate) == summary[name]["distances"]
        # The program kept beside the sound makes that very sound.
        again = raveforce.render((tmp_path / f"{name}.glicol").read_text(), len(sound) / rate, rate)
        np.testing.assert_array_equal(again, sound)

    with (tmp_path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["renders"]) for row in rows] == [10, 20, 30, 40]
    best = [float(row["best/distance"]) for row in rows]
    assert best == sorted(best, reverse=True)
    assert best[-1] == pytest.approx(summary["best"]["distances"]["mss"])
    assert float(rows[-1]["best/render"]) == summary["best"]["render"]
    assert OmegaConf.load(tmp_path / "config.yaml") == cfg
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")

    agent = load_agent("sac", tmp_path / "model.zip")
    env = RaveForceEnv(build_env_spec(cfg))
    performance = play(agent, env)
    assert measure_all(performance.audio, performance.target, env) == summary["policy"]["distances"]


def test_a_sound_is_compared_with_its_own_target(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("task=match", "agent=random", "num_envs=4", "evaluation_episodes=3", "evaluate_every=0")
    summary = train(cfg, tmp_path)
    *_, last = read_metrics(tmp_path / "metrics.csv")
    best = summary["best"]
    assert best["distances"]["mss"] == pytest.approx(float(last["best/distance"]), rel=1e-4)
    assert best["score"] > 0
    target, rate = soundfile.read(tmp_path / "best_target.wav", dtype="float32")
    sound, _ = soundfile.read(tmp_path / "best.wav", dtype="float32")
    assert measure(sound, target, rate)["mss"] == best["distances"]["mss"]
    # The policy is worth what it is on average, not what its first episode is.
    env = RaveForceEnv(build_env_spec(cfg))
    performances = evaluate(load_agent("random", tmp_path / "model.zip"), env, episodes=3, seed=0)
    distances = [measure(one.audio, one.target, rate)["mss"] for one in performances]
    assert len(set(distances)) == 3
    assert summary["policy"]["episodes"] == 3
    assert summary["policy"]["distances"]["mss"] == pytest.approx(np.mean(distances))
    assert summary["policy"]["example"]["distances"]["mss"] == distances[0]
    assert "(mean of 3 episodes)" in verdict(summary)


def test_the_distance_that_trains_is_reported(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("reward=mixed", "agent=random", "evaluate_every=20")
    summary = train(cfg, tmp_path)
    name = summary["reward"]["distance"]
    assert name not in DISTANCES
    *_, last = read_metrics(tmp_path / "metrics.csv")
    assert summary["best"]["distances"][name] == pytest.approx(float(last["best/distance"]), rel=1e-4)
    assert set(summary["policy"]["distances"]) == {*DISTANCES, name}


def test_what_a_reader_should_not_miss_is_said(configure: Configure, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "target.wav", 0.02 * np.sin(2 * np.pi * 40 * np.arange(4410) / 44100), 44100)
    cfg = configure("agent=random", "total_timesteps=10", "evaluate_every=0")
    cfg.task = OmegaConf.create(
        {
            "code": "o: squ {freq} >> mul {gain}",  # much too high and too loud
            "parameters": {"freq": ["lin", 3000, 4000], "gain": ["choose", [1.4, 1.5]]},
            "target": str(tmp_path / "target.wav"),
        }
    )
    said = verdict(train(cfg, tmp_path / "run"))
    assert "best: worse than silence (score -" in said
    assert "best and policy: peaks at 1.4" in said
    assert "best and policy: clicks (a jump of 2." in said
    assert at_bounds([{"freq": 4000.0, "gain": 1.5}], build_env_spec(cfg).task.parameters) == {"freq": "high"}


@pytest.mark.parametrize("agent", ["sac", "ppo", "td3"])
def test_the_same_seed_gives_the_same_metrics(configure: Configure, tmp_path: Path, agent: str) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        train(configure(f"agent={agent}", f"seed={seed}"), tmp_path / name)
    one, two, three = ((tmp_path / name / "metrics.csv").read_text() for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_debug_ends_in_seconds(tmp_path: Path) -> None:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        cfg = compose("config", ["debug=fast"])
    summary = train(cfg, tmp_path)
    assert summary["renders"] == 104
    assert summary["wall_seconds"] < 60  # a few, on a machine that does nothing else
    assert (tmp_path / "best_model.zip").exists()
    assert (tmp_path / "report.html").exists()
    assert not (tmp_path / "wandb").exists()
    assert not (tmp_path / "comparison.png").exists()


def test_a_run_of_several_steps(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("total_timesteps=12", "observation=waveform", "log_every=4")
    sound = 0.3 * np.sin(np.arange(8820) / 10)
    soundfile.write(tmp_path / "target.wav", sound, 44100)
    cfg.task = OmegaConf.create(
        {
            "code": "o: sin {} >> mul 0.3",
            "parameters": [["exp", 100, 1000]],
            "target": str(tmp_path / "target.wav"),
            "total_step": 4,
        }
    )
    summary = train(cfg, tmp_path / "run")
    assert len(summary["best"]["parameters"]) == 4
    assert (tmp_path / "run" / "best.glicol").read_text().count("// step") == 4
    assert summary["best"]["render"] % 4 == 0


def test_a_program_that_glicol_refuses_is_found_before_the_run(configure: Configure, tmp_path: Path) -> None:
    cfg = configure()
    soundfile.write(tmp_path / "target.wav", np.ones(4410) / 2, 44100)
    cfg.task = OmegaConf.create(
        {"code": "o: sinn {}", "parameters": [["lin", 0, 1]], "target": str(tmp_path / "target.wav")}
    )
    with pytest.raises(ConfigError, match="cannot be played"):
        train(cfg, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_breaks_keeps_what_it_found(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stable_baselines3 import SAC

    def broken(self: SAC, *arguments: object, **named: object) -> None:
        raise RuntimeError("the gradient fell off")

    monkeypatch.setattr(SAC, "train", broken)
    with pytest.raises(TrainingFailed, match=r"RuntimeError: the gradient fell off; .* it broke in .*failure.txt"):
        train(configure(), tmp_path)
    noted = (tmp_path / "failure.txt").read_text()
    assert noted.startswith("RuntimeError: the gradient fell off\n\nTraceback")
    assert "in broken" in noted
    assert json.loads((tmp_path / "summary.json").read_text())["renders"] >= 10
    assert (tmp_path / "best.wav").exists()


def test_networks_that_become_nan_leave_a_record(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("agent=td3", "agent.settings.learning_rate=1e30", "observation=parameters")
    with pytest.raises(TrainingFailed, match=r"(?i)nan|action"):
        train(cfg, tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["policy"] is None
    assert "rror: " in summary["failure"]
    assert summary["best"]["distances"]["mss"] > 0
    assert (tmp_path / "best.wav").exists()


def test_a_run_that_breaks_says_so_in_a_line(tmp_path: Path) -> None:
    settings = ("agent=td3", "agent.settings.learning_rate=1e30", "observation=parameters", "tuned=none")
    small = ("agent.settings.learning_starts=4", "agent.settings.batch_size=4", "total_timesteps=40")
    command = run(*settings, *small, folder=tmp_path)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert last.startswith("run.py: the training broke off after ")
    assert last.endswith(f"what it found is kept in {tmp_path}, and where it broke in {tmp_path / 'failure.txt'}")
    assert "Traceback" in (tmp_path / "failure.txt").read_text()
    assert (tmp_path / "best.wav").exists()


def run(*overrides: str, folder: Path) -> list[str]:
    return [sys.executable, "run.py", f"hydra.run.dir={folder}", "tracking=none", *overrides]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_ctrl_c_sigterm_and_sighup_end_a_run_cleanly(tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        run("total_timesteps=100000", "log_every=5", "progress=false", folder=tmp_path),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # the tests may run under nohup
    )
    metrics = tmp_path / "metrics.csv"
    deadline = time.monotonic() + 300  # the first play on a machine compiles the engine
    while not (metrics.exists() and metrics.stat().st_size > 200):
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, number)
    process.communicate(timeout=300)
    assert process.returncode == code
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["interrupted"], summary["signal"]) == (True, number.name)
    assert 0 < summary["renders"] < 100000
    newest = RunFolder(tmp_path).checkpoints.newest()
    assert newest is not None
    assert newest.renders == summary["renders"], "nothing is lost"
    for name in ("best.wav", "best.glicol", "target.wav", "comparison.png", "model.zip"):
        assert (tmp_path / name).stat().st_size > 0


def test_the_runner_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        run("task.target=no/such/kick.wav", folder=tmp_path), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "no/such/kick.wav does not exist" in done.stderr
    assert "Traceback" not in done.stderr
