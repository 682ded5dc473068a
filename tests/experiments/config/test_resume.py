"""Runs that were killed, interrupted or broken go on, and end as if nothing had happened."""

import errno
import functools
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from omegaconf import DictConfig, OmegaConf

from experiments.config.errors import ConfigError
from experiments.config.resume import is_finished, is_started, read_config, resumed_config, with_run_dir
from experiments.records.checkpoints import CheckpointError
from experiments.records.run_folder import RunFolder, RunFolderError
from experiments.train import train

ROOT = Path(__file__).resolve().parents[3]
Configure = Callable[..., DictConfig]

# A server that has imported everything and run nothing forks children that begin at once.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["experiments.train"])

OFTEN = ["total_timesteps=120", "log_every=7", "evaluate_every=25", "checkpoint_every=15"]


def start(cfg: DictConfig, path: Path) -> multiprocessing.process.BaseProcess:
    process = FORKS.Process(target=train, args=(cfg, path), kwargs={"resume": is_started(path)})
    process.start()
    return process


def kill(process: multiprocessing.process.BaseProcess) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


def outcome(path: Path) -> tuple[bytes, dict[str, object]]:
    """What must be the same however often a run was broken off."""
    summary = RunFolder(path).read_summary()
    assert summary is not None
    return (path / "metrics.csv").read_bytes(), {key: summary[key] for key in ("best", "policy", "score", "renders")}


Whole = Callable[[str], Path]


@pytest.fixture(scope="module")
def whole(configure: Configure, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A run of each agent that nothing interrupted."""

    @functools.cache
    def run(agent: str) -> Path:
        path = tmp_path_factory.mktemp("whole") / agent
        train(configure(f"agent={agent}", *OFTEN), path)
        return path

    return run


@pytest.mark.parametrize("agent", ["sac", "ppo", "td3"])
def test_a_killed_run_ends_like_one_never_interrupted(
    configure: Configure, whole: Whole, tmp_path: Path, agent: str
) -> None:
    cfg = configure(f"agent={agent}", *OFTEN)
    process = start(cfg, tmp_path / "killed")
    deadline = time.monotonic() + 300
    while not RunFolder(tmp_path / "killed").checkpoints.found():
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.2))
    kill(process)
    assert not (tmp_path / "killed" / "summary.json").exists(), "it was killed before its end"
    train(cfg, tmp_path / "killed", resume=True)
    assert outcome(tmp_path / "killed") == outcome(whole(agent))


@pytest.mark.slow
@pytest.mark.parametrize("agent", ["sac", "ppo"])
def test_ten_kills_at_random_moments(configure: Configure, tmp_path: Path, agent: str) -> None:
    cfg = configure(f"agent={agent}", "total_timesteps=400", "log_every=7", "evaluate_every=25", "checkpoint_every=9")
    began = time.monotonic()
    train(cfg, tmp_path / "whole")
    seconds = time.monotonic() - began
    kills = 0
    while kills < 10:
        process = start(cfg, tmp_path / "killed")
        # From before the folder is made to well into the training, but seldom to its end.
        process.join(random.uniform(0, 0.4 * seconds))
        if process.is_alive():
            kill(process)
            kills += 1
        else:  # it came to its end: begin another
            assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")
            (tmp_path / "killed").rename(tmp_path / f"ended-{kills}")
    train(cfg, tmp_path / "killed", resume=is_started(tmp_path / "killed"))
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")


def broken_off(configure: Configure, path: Path, at: int = 60) -> DictConfig:
    """A run that was stopped half way."""
    cfg = configure(*OFTEN)
    train(cfg, path, report=lambda renders, distance: renders < at)
    assert not is_finished(path, cfg.total_timesteps)
    return cfg


def test_a_run_that_was_stopped_goes_on(configure: Configure, whole: Whole, tmp_path: Path) -> None:
    cfg = broken_off(configure, tmp_path / "stopped")
    train(cfg, tmp_path / "stopped", resume=True)
    assert outcome(tmp_path / "stopped") == outcome(whole("sac"))
    assert is_finished(tmp_path / "stopped", cfg.total_timesteps)


def test_a_finished_run_can_be_made_longer(configure: Configure, tmp_path: Path) -> None:
    cfg = configure(*OFTEN, "log_every=10")
    train(cfg, tmp_path / "short")
    cfg.total_timesteps = 160
    train(cfg, tmp_path / "whole")
    train(cfg, tmp_path / "short", resume=True)
    assert outcome(tmp_path / "short") == outcome(tmp_path / "whole")


def test_a_damaged_checkpoint_costs_time_and_nothing_else(configure: Configure, whole: Whole, tmp_path: Path) -> None:
    cfg = broken_off(configure, tmp_path / "damaged")
    newest, _ = RunFolder(tmp_path / "damaged").checkpoints.found()
    os.truncate(newest.path / "model.zip", 1000)
    train(cfg, tmp_path / "damaged", resume=True)
    assert outcome(tmp_path / "damaged") == outcome(whole("sac"))
    for checkpoint in RunFolder(tmp_path / "damaged").checkpoints.found():
        os.truncate(checkpoint.path / "state.pkl", 10)
    summary = (tmp_path / "damaged" / "summary.json").read_bytes()
    with pytest.raises(CheckpointError, match="no checkpoint is left to go on from"):
        train(cfg, tmp_path / "damaged", resume=True)
    assert (tmp_path / "damaged" / "summary.json").read_bytes() == summary


def test_metrics_that_somebody_shortened_are_not_gone_on_with(configure: Configure, tmp_path: Path) -> None:
    cfg = broken_off(configure, tmp_path)
    os.truncate(tmp_path / "metrics.csv", 400)
    with pytest.raises(RunFolderError, match=r"metrics.csv should have \d whole rows, and has [012]"):
        train(cfg, tmp_path, resume=True)


def test_two_processes_do_not_write_into_one_folder(configure: Configure, tmp_path: Path) -> None:
    cfg = broken_off(configure, tmp_path)
    with RunFolder(tmp_path).held(), pytest.raises(RunFolderError, match="another process is still running in"):
        train(cfg, tmp_path, resume=True)


def test_a_full_disk_ends_the_run_with_what_it_has(
    configure: Configure, whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.records.log_writers import MetricsFile

    cfg = configure(*OFTEN)
    write = MetricsFile.write

    def full(self: MetricsFile, values: dict[str, object], excluded: dict[str, tuple[str, ...]], step: int) -> None:
        if step > 70:
            with self.path.open("a") as file:
                file.write("71,0.1")
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, values, excluded, step)

    monkeypatch.setattr(MetricsFile, "write", full)
    with pytest.raises(RunFolderError, match=r"No space left on device; what was written before is intact.*resume="):
        train(cfg, tmp_path / "full")
    monkeypatch.undo()
    train(cfg, tmp_path / "full", resume=True)
    assert outcome(tmp_path / "full") == outcome(whole("sac"))


def test_a_run_that_is_moved_away_under_way_goes_on_where_it_is(
    configure: Configure, whole: Whole, tmp_path: Path
) -> None:
    cfg = configure(*OFTEN)

    def move(renders: int, distance: float) -> bool:
        if (tmp_path / "here").exists() and renders > 30:
            (tmp_path / "here").rename(tmp_path / "there")
        return True

    with pytest.raises(RunFolderError, match=r"run folder .*/here is not there any more; if it was moved, resume=DIR"):
        train(cfg, tmp_path / "here", report=move)
    assert not (tmp_path / "here").exists()
    train(cfg, tmp_path / "there", resume=True)
    assert outcome(tmp_path / "there") == outcome(whole("sac"))


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder that even root cannot write to."""
    path = tmp_path / "mount"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(path)], capture_output=True, check=False)
    if mounted.returncode:
        if os.geteuid() == 0:
            pytest.skip("root may not mount here, and writes everywhere else")
        path.chmod(0o500)
        yield path
        return
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_an_unwritable_folder_is_named(configure: Configure, read_only: Path) -> None:
    with pytest.raises(RunFolderError, match=f"cannot write to the run folder {read_only / 'run'}"):
        train(configure(), read_only / "run")


def test_the_command_line_of_a_resumed_run(configure: Configure, tmp_path: Path) -> None:
    path = tmp_path / "it's a run"
    path.mkdir()
    cfg = configure("seed=7")
    (path / "config.yaml").write_text(OmegaConf.to_yaml(cfg))
    quoted = str(path).replace("'", "\\'")
    arguments = with_run_dir([f"resume='{quoted}'", "total_timesteps=60"])
    assert arguments[2:] == [f"hydra.run.dir='{quoted}'", "hydra.output_subdir=null"]
    composed = configure("seed=0", "total_timesteps=60", "log_every=3")
    changed = resumed_config(path, composed, arguments)
    assert (changed.seed, changed.total_timesteps, changed.log_every) == (7, 60, 10)

    assert with_run_dir(["resume=auto", "seed=1"]) == ["resume=auto", "seed=1"]
    with pytest.raises(ConfigError, match="there is no run in no/run"):
        with_run_dir(["resume=no/run"])
    with pytest.raises(ConfigError, match=r"keeps its agent\.settings\.tau; only total_timesteps, "):
        with_run_dir([f"resume='{quoted}'", "agent.settings.tau=0.1"])
    with pytest.raises(ConfigError, match="repeat its command with resume=auto"):
        with_run_dir(["-m", f"resume='{quoted}'"])


def test_resume_on_the_command_line(configure: Configure, whole: Whole, tmp_path: Path) -> None:
    broken_off(configure, tmp_path / "stopped")
    done = subprocess.run(
        [sys.executable, "run.py", f"resume={tmp_path / 'stopped'}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "going on from" in done.stdout + done.stderr
    assert outcome(tmp_path / "stopped") == outcome(whole("sac"))


def test_deleted_checkpoints_are_missed(configure: Configure, tmp_path: Path) -> None:
    cfg = broken_off(configure, tmp_path)
    for checkpoint in RunFolder(tmp_path).checkpoints.found():
        shutil.rmtree(checkpoint.path)
    before = (tmp_path / "metrics.csv").read_bytes()
    with pytest.raises(CheckpointError, match=r"come to \d+ renders, and there is no checkpoint .*were they deleted"):
        train(cfg, tmp_path, resume=True)
    assert (tmp_path / "metrics.csv").read_bytes() == before


def test_an_edited_record_and_a_changed_target_are_refused(configure: Configure, tmp_path: Path) -> None:
    target = tmp_path / "kick.wav"
    soundfile.write(target, np.sin(np.arange(4410) / 20), 44100)
    cfg = configure("agent=sac", "total_timesteps=60", "checkpoint_every=15", f"task.target={target}")
    train(cfg, tmp_path / "run", report=lambda renders, distance: renders < 30)
    cfg.seed = 5
    with pytest.raises(ConfigError, match=r"the run began with another seed \(0, not 5\): put config.yaml right"):
        train(cfg, tmp_path / "run", resume=True)
    cfg.seed = 0
    for samples in (4410, 8820):  # of another length, the agent would see other things
        soundfile.write(target, np.sin(np.arange(samples) / 30), 44100)
        with pytest.raises(ConfigError, match=r"kick.wav\) is not the sound that the run began with"):
            train(cfg, tmp_path / "run", resume=True)


def test_a_relative_target_is_found_from_elsewhere(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    soundfile.write("kick.wav", np.sin(np.arange(4410) / 20), 44100)
    train(configure("agent=random", "total_timesteps=10", "task.target=kick.wav"), tmp_path / "run")
    config = tmp_path / "run" / "config.yaml"
    assert OmegaConf.load(config).task.target == str(tmp_path / "kick.wav")
    (tmp_path / "kick.wav").unlink()
    command = [sys.executable, "run.py", f"resume={tmp_path / 'run'}", "total_timesteps=20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert f"kick.wav does not exist (looked from {ROOT}) (in {config})\n" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no task, agent"),
        ("a: [", "cannot be read"),
        ("{task: kick, agent: {}, reward: {}, observation: {}, seed: 0}", "task holds kick, not settings"),
    ],
)
def test_a_broken_configuration_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"config\.yaml.*{said}"):
        read_config(tmp_path)


def test_missing_metrics_are_named_and_zeros_behind_them_are_cut_off(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("agent=random", "total_timesteps=60", "log_every=7", "checkpoint_every=15")
    train(cfg, tmp_path / "whole")
    train(cfg, tmp_path / "run", report=lambda renders, distance: renders < 30)
    with (tmp_path / "run" / "metrics.csv").open("ab") as file:
        file.write(bytes(50))
    shutil.copytree(tmp_path / "run", tmp_path / "without")
    train(cfg, tmp_path / "run", resume=True)
    assert outcome(tmp_path / "run") == outcome(tmp_path / "whole")
    (tmp_path / "without" / "metrics.csv").unlink()
    with pytest.raises(RunFolderError, match=r"without/metrics\.csv cannot be read"):
        train(cfg, tmp_path / "without", resume=True)


def test_what_cannot_be_resumed_says_so(configure: Configure, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cfg = configure("agent=ars", "observation=parameters")
    assert train(cfg, tmp_path)["renders"] >= 40
    assert "ARS cannot be resumed" in caplog.text
    assert not RunFolder(tmp_path).checkpoints.found()
    with pytest.raises(CheckpointError, match=r"ARS cannot be resumed.*begin a new run"):
        train(cfg, tmp_path, resume=True)


@pytest.mark.parametrize("algorithm", ["sb3_contrib:CrossQ", "stable_baselines3:A2C"])
def test_any_algorithm_by_its_path_goes_on_too(configure: Configure, tmp_path: Path, algorithm: str) -> None:
    cfg = configure("agent=sb3", f"agent.algorithm={algorithm}", "observation=parameters", *OFTEN[:-1], "log_every=7")
    cfg.total_timesteps, cfg.checkpoint_every = 60, 15
    if "CrossQ" in algorithm:
        cfg.agent.settings = {"learning_starts": 10, "batch_size": 8, "policy_kwargs": {"net_arch": [16]}}
    train(cfg, tmp_path / "whole")
    train(cfg, tmp_path / "run", report=lambda renders, distance: renders < 25)
    train(cfg, tmp_path / "run", resume=True)
    assert outcome(tmp_path / "run") == outcome(tmp_path / "whole")
