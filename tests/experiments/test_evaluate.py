import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig

import raveforce
from experiments.config.build import build_env_spec, build_eval_spec
from experiments.config.errors import ConfigError
from experiments.evaluate import evaluate_run, main
from experiments.train import train
from raveforce.distances import measure
from raveforce.env import RaveForceEnv
from raveforce.recordings import split_kits


@pytest.fixture(scope="module")
def run(configure: Callable[..., DictConfig], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    train(configure("evaluate_every=20"), path)
    return path


def test_a_run_is_played_again_as_it_was(run: Path, tmp_path: Path) -> None:
    scores = evaluate_run(run, tmp_path)
    summary = json.loads((run / "summary.json").read_text())
    assert scores["score"] == pytest.approx(summary["score"])
    assert scores["episodes"][0]["distances"] == summary["policy"]["distances"]
    assert json.loads((tmp_path / "scores.json").read_text()) == json.loads(json.dumps(scores))
    sound, rate = soundfile.read(tmp_path / "sound.wav", dtype="float32")
    target, _ = soundfile.read(tmp_path / "target.wav", dtype="float32")
    assert measure(sound, target, rate) == scores["episodes"][0]["distances"]
    again = raveforce.render((tmp_path / "program.glicol").read_text(), len(sound) / rate, rate)
    np.testing.assert_array_equal(again, sound)


def test_another_recording_of_another_length(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    time = np.arange(8000) / 22050
    soundfile.write(tmp_path / "other.wav", 0.4 * np.sin(2 * np.pi * 60 * time) * np.exp(-time / 0.1), 22050)
    main(
        [
            f"run={run}",
            f"task.target={tmp_path / 'other.wav'}",
            "model=best",
            "episodes=2",
            f"output={tmp_path / 'out'}",
        ]
    )
    assert capsys.readouterr().out.count("\nscore") == 1
    target, rate = soundfile.read(tmp_path / "out" / "target_1.wav", dtype="float32")
    own, _ = soundfile.read(run / "target.wav", dtype="float32")
    assert (len(target), rate) == (len(own), 44100)
    assert np.abs(target).max() == pytest.approx(0.9, abs=0.01)
    assert not np.array_equal(target, own)


def test_what_cannot_be_evaluated_is_said(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no run in"):
        evaluate_run(tmp_path / "none", tmp_path)
    with pytest.raises(ConfigError, match=r"there is no model .*nonesuch"):
        evaluate_run(run, tmp_path, model="nonesuch")
    with pytest.raises(ConfigError, match="trained to see Box"):
        evaluate_run(run, tmp_path, changes={"observation.n_mels": 9})
    with pytest.raises(ConfigError, match=r"no setting tsk.target"):
        evaluate_run(run, tmp_path, changes={"tsk.target": "x.wav"})
    with pytest.raises(ConfigError, match=r"no setting epsiodes; did you mean episodes\?"):
        main([f"run={run}", "epsiodes=2"])
    with pytest.raises(ConfigError, match="name a run's folder"):
        main(["model=best"])


def test_the_best_evaluation_is_kept(configure: Callable[..., DictConfig], tmp_path: Path) -> None:
    heard: list[float] = []

    def hear(renders: int, distance: float) -> bool:
        heard.append(distance)
        return True

    train(configure("evaluate_every=10", "total_timesteps=60"), tmp_path, report=hear)
    assert len(heard) == 6
    best = evaluate_run(tmp_path, tmp_path / "best", model="best")
    assert best["episodes"][0]["distances"]["mss"] == pytest.approx(min(heard))


def test_a_run_that_was_killed_is_played_from_its_checkpoint(run: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    (killed / "config.yaml").write_bytes((run / "config.yaml").read_bytes())
    (killed / "checkpoints").symlink_to(run / "checkpoints")
    assert evaluate_run(killed, tmp_path / "out")["score"] == evaluate_run(run, tmp_path / "own")["score"]


def test_the_policy_is_evaluated_on_sounds_that_it_was_not_trained_on(
    configure: Callable[..., DictConfig], tmp_path: Path
) -> None:
    samples = np.arange(4410)
    for pitch in range(100, 140):
        sound = 0.5 * np.sin(2 * np.pi * pitch * samples / 44100)
        soundfile.write(tmp_path / f"{pitch}.wav", sound, 44100)
    choices = [f"task.target={tmp_path}", "task.seconds=0.1", "+evaluation_task.split=test", "evaluation_episodes=2"]
    cfg = configure("task=match", *choices, "evaluate_every=20", "num_envs=2")
    eval_env = RaveForceEnv(build_eval_spec(cfg, build_env_spec(cfg)))
    heard = []
    for seed in range(8):
        eval_env.reset(seed=seed)
        heard.append(eval_env.target.tobytes())
    splits = split_kits(path.stem for path in tmp_path.glob("*.wav"))  # in one folder, a kit a word
    assert 1 < len(set(heard)) <= list(splits.values()).count("test")
    assert train(cfg, tmp_path / "run")["renders"] == 40
    cfg.evaluation_task = {"seconds": 0.2}
    with pytest.raises(ConfigError, match="evaluation_task: the policy would see or do other things"):
        build_eval_spec(cfg, build_env_spec(cfg))


def test_a_policy_trained_on_random_programs_answers_recordings(
    configure: Callable[..., DictConfig], tmp_path: Path
) -> None:
    time = np.arange(11025) / 44100
    kicks = tmp_path / "kicks"
    kicks.mkdir()
    for pitch in (50, 60):
        soundfile.write(kicks / f"{pitch}.wav", 0.4 * np.sin(2 * np.pi * pitch * time) * np.exp(-time / 0.1), 44100)
    run = tmp_path / "run"
    train(configure("task=match", "num_envs=2"), run)
    trained = soundfile.info(run / "target.wav").frames
    for target in (kicks / "50.wav", kicks):  # one, and all: not only those of a split
        evaluate_run(run, tmp_path / "out", changes={"task.target": str(target)}, episodes=8)
        sounds = [soundfile.read(tmp_path / "out" / f"target_{number}.wav")[0] for number in range(8)]
        assert {len(sound) for sound in sounds} == {trained}, "cut or padded to what the policy knows"
        assert len({sound.tobytes() for sound in sounds}) == (2 if target.is_dir() else 1)


def test_settings_of_the_run_are_changed_by_group_and_checked(run: Path, tmp_path: Path) -> None:
    main([f"run={run}", "engine=wasm", f"output={tmp_path}"])
    trained, again = (json.loads(path.read_text()) for path in (run / "summary.json", tmp_path / "scores.json"))
    assert again["score"] == pytest.approx(trained["score"], abs=1e-3)
    for argument, said in {
        "engine=wsam": r"there is no engine=wsam; did you mean wasm\?",
        "episodes=0": "at least 1",
        "episodes=2.5": "a whole number",
        "num_envs=many": "num_envs is a whole number",
    }.items():
        with pytest.raises(ConfigError, match=said):
            main([f"run={run}", argument])


def test_evaluations_with_other_settings_have_folders_of_their_own(run: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "kick.wav", np.sin(np.arange(17640) / (10 if name == "one" else 20)), 44100)
        main([f"run={run}", f"task.target={tmp_path / name / 'kick.wav'}"])
    folders = sorted((run / "evaluations").iterdir())
    assert len(folders) == 2
    assert all(folder.name.startswith("final_target-kick_") for folder in folders)


def test_an_agent_that_does_not_hear_the_target_is_said_not_to(
    configure: Callable[..., DictConfig], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train(configure("agent=random", "observation=parameters"), tmp_path / "run")
    soundfile.write(tmp_path / "other.wav", np.sin(np.arange(17640) / 10), 44100)
    evaluate_run(tmp_path / "run", tmp_path / "own")
    assert "does not show the target" not in caplog.text
    evaluate_run(tmp_path / "run", tmp_path / "out", changes={"task.target": str(tmp_path / "other.wav")})
    assert "the agent's observation does not show the target" in caplog.text
