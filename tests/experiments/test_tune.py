import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import optuna
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

import experiments.tune
from experiments.config.checks import check
from experiments.config.errors import ConfigError
from experiments.tuning.space import search_space, suggest
from experiments.tuning.storage import open_study

ROOT = Path(__file__).resolve().parents[2]
TINY = ["total_timesteps=40", "log_every=20", "evaluate_every=10", "checkpoint_every=0"]
TINY += ["prune_after_trials=2", "prune_after_renders=0"]


def command(folder: Path, *overrides: str) -> list[str]:
    return [sys.executable, "-m", "experiments.tune", f"hydra.run.dir={folder}", *TINY, *overrides]


def tune(folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *overrides), cwd=ROOT, capture_output=True, text=True, timeout=300)


def study(folder: Path, name: str = "kick_sac") -> optuna.Study:
    storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    return optuna.load_study(study_name=name, storage=storage)


def test_a_study_is_resumed_and_its_best_settings_are_those_of_the_task(tmp_path: Path) -> None:
    problem = ["reward=log_mel", "observation=parameters"]
    done = tune(tmp_path, "trials=2", *problem)
    assert done.returncode == 0, done.stderr
    assert len(study(tmp_path).trials) == 2
    done = tune(tmp_path, "trials=5", "sampler_seed=1", *problem)
    assert done.returncode == 0, done.stderr
    # The printed command is for the same problem.
    use = done.stdout.partition("use: python run.py ")[2].splitlines()[0].split()
    assert {"task=kick", *problem, "total_timesteps=40", "tuned=kick_sac"} <= set(use)
    assert not any(text.startswith(("trials", "sampler_seed", "prune")) for text in use)
    check(use)
    found = study(tmp_path)
    assert len(found.trials) == 5
    assert {trial.state for trial in found.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    assert all(set(trial.intermediate_values) <= {10, 20, 30, 40} for trial in found.trials)
    assert all(trial.intermediate_values for trial in found.trials)

    file = tmp_path / "tuned" / "kick_sac.yaml"
    best = OmegaConf.load(file)
    assert file.read_text().startswith("# @package agent\n")
    assert "python -m experiments.tune total_timesteps=40" in file.read_text()
    assert best.tuned_on == {
        "task": "kick",
        "reward": "log_mel",
        "observation": "parameters",
        "total_timesteps": 40,
        "reached": float(f"{found.best_value:.5g}"),
    }
    assert best.settings.learning_rate == found.best_params["agent.settings.learning_rate"]
    assert best.settings.train_freq == 1, "what was not tried is kept"
    assert "tau" in best.settings
    check(["--config-dir", str(tmp_path), "tuned=kick_sac"])
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        cfg = compose("config", [f"hydra.searchpath=['file://{tmp_path}']", "tuned=kick_sac"])
    assert cfg.agent == {"algorithm": "sac", **best}
    # The best trial's own run was made with them, from the plain settings.
    run = tmp_path / "trials" / f"{found.best_trial.number:05d}" / "seed0"
    assert OmegaConf.load(run / "config.yaml").agent == {"algorithm": "sac", "settings": best.settings}


@pytest.mark.slow
def test_a_killed_trial_is_tried_again(tmp_path: Path) -> None:
    process = subprocess.Popen(command(tmp_path, "trials=2", "total_timesteps=400"), cwd=ROOT)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("trials/00000/seed0/metrics.csv")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    killed = study(tmp_path).trials[0]
    assert killed.state == TrialState.RUNNING
    done = tune(tmp_path, "trials=2", "total_timesteps=400")
    assert done.returncode == 0, done.stderr
    trials = study(tmp_path).trials
    assert [trial.state for trial in trials][:1] == [TrialState.FAIL]
    assert trials[1].params == killed.params


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL server on a free port of this machine, where it is installed, and give its address."""
    binaries = _binaries()
    options: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL does not run as root, but its packages bring a user
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # Not in pytest's folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="raveforce-postgresql-"))
    if options:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=300, **options)  # type: ignore[call-overload]

    try:
        run(str(binaries / "initdb"), "-D", str(data), "-U", "tester", "--auth=trust", "--no-sync")
        settings = f"-h 127.0.0.1 -p {port} -k {folder}"
        log = str(folder / "log")
        run(str(binaries / "pg_ctl"), "-D", str(data), "-o", settings, "-l", log, "-w", "start")
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip("PostgreSQL is not installed")
    return found[-1].parent if found else Path(str(on_path)).parent


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_many_workers_share_a_study_in_a_database(tmp_path: Path, database: str) -> None:
    with ExitStack() as stack:
        sqlite = f"sqlite:///{tmp_path / 'study.db'}"
        _share(tmp_path, sqlite if database == "sqlite" else stack.enter_context(postgresql()))


def _share(tmp_path: Path, url: str) -> None:
    settings = ["trials=4", f"storage={url}", f"study_name=shared_{os.getpid()}"]
    workers = [
        subprocess.Popen(command(tmp_path / name, *settings), cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for worker in workers:
        _, said = worker.communicate(timeout=300)
        assert worker.returncode == 0, said
    shared = optuna.load_study(study_name=settings[2].removeprefix("study_name="), storage=url)
    done = [trial for trial in shared.trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    assert 4 <= len(done) <= 5, "a trial that was under way when the last was done is finished too"
    by = [{path.name for path in (tmp_path / name / "trials").iterdir()} for name in ("one", "two")]
    assert by[0]
    assert by[1]
    assert not by[0] & by[1]


def test_search_spaces() -> None:
    space = dict(
        search_space(
            {
                "settings": {
                    "rate": {"low": 0.1, "high": 0.2, "log": True},
                    "steps": {"low": 1, "high": 4},
                    "policy_kwargs": {"net_arch": {"choices": [[64], [32, 32]]}},
                }
            }
        )
    )
    assert list(space) == ["agent.settings.rate", "agent.settings.steps", "agent.settings.policy_kwargs.net_arch"]
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(0)).ask()
    chosen = suggest(trial, space)
    assert 0.1 <= chosen["agent.settings.rate"] <= 0.2
    assert chosen["agent.settings.steps"] in (1, 2, 3, 4)
    assert chosen["agent.settings.policy_kwargs.net_arch"] in ([64], [32, 32])
    assert suggest(optuna.trial.FixedTrial(trial.params), space) == chosen
    with pytest.raises(ConfigError, match=r"agent\.tau is 3, and should be low and high, or choices"):
        dict(search_space({"tau": 3}))
    with pytest.raises(ConfigError, match=r"agent\.tau has lg beside low, high, log and choices"):
        dict(search_space({"tau": {"low": 1, "high": 2, "lg": True}}))


def test_a_database_that_is_not_there_is_said_in_a_line(tmp_path: Path) -> None:
    done = tune(tmp_path, "storage=sqlite:////no/such/folder/study.db")
    assert done.returncode == 1
    assert "experiments.tune: storage: sqlite:////no/such/folder/study.db cannot be opened: " in done.stderr
    assert "Traceback" not in done.stderr


def compose_tune(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("tune", ["tracking=none", "progress=false", *TINY, "study_name=mine", *overrides])


def test_a_study_where_every_trial_fails_ends_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise ValueError("the networks became NaN")

    monkeypatch.setattr("experiments.tuning.trials.train", fail)
    with pytest.raises(ConfigError, match="3 trials in a row failed, the last with: ValueError: the net"):
        experiments.tune.tune(compose_tune("trials=50"), tmp_path)
    assert len(list((tmp_path / "trials").iterdir())) == 3
    for setting, said in {"repeats=0": "repeats is at least 1, and not 0", "seed=null": "seed is null: "}.items():
        with pytest.raises(ConfigError, match=said):
            experiments.tune.tune(compose_tune(setting), tmp_path)


def test_a_study_does_not_go_on_with_another_problem(tmp_path: Path) -> None:
    space = {"agent.settings.gamma": {"low": 0.9, "high": 0.99}}
    cfg = compose_tune()
    experiments.tune.check_same_problem(open_study(cfg, tmp_path), cfg, space)
    experiments.tune.check_same_problem(open_study(cfg, tmp_path), compose_tune("trials=99"), space)
    for change, said in {
        "reward=log_mel": "another reward",
        "total_timesteps=90": "another total_timesteps",
        "task=snare": "another task",
    }.items():
        other = compose_tune(change)
        with pytest.raises(ConfigError, match=f"the study mine was begun with {said}"):
            experiments.tune.check_same_problem(open_study(other, tmp_path), other, space)
    with pytest.raises(ConfigError, match="another search space"):
        experiments.tune.check_same_problem(open_study(cfg, tmp_path), cfg, {})
