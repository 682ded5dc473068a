import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.records.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]

TINY = ["total_timesteps=24", "log_every=8", "agent.settings.learning_starts=8", "agent.settings.batch_size=8"]
LAUNCHERS = {
    "basic": [],
    "joblib": ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"],
    "submitit": ["hydra/launcher=submitit_local", "hydra.launcher.timeout_min=5"],
    "ray": ["hydra/launcher=ray", "hydra.launcher.num_cpus=2"],
}


def sweep(folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", "-m", f"hydra.sweep.dir={folder}", *TINY, *overrides]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "sweep.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "launcher",
    [
        "joblib",
        pytest.param("basic", marks=pytest.mark.slow),
        pytest.param("submitit", marks=pytest.mark.slow),
        pytest.param("ray", marks=pytest.mark.slow),
    ],
)
def test_a_failed_job_is_named_and_the_rest_go_on(tmp_path: Path, launcher: str) -> None:
    pytest.importorskip({"submitit": "submitit", "ray": "ray"}.get(launcher, "joblib"))
    settings = [*LAUNCHERS[launcher], "tracking=none"]
    done = sweep(tmp_path, *settings, "reward.kind=nonsense,negative", "seed=range(2)")
    assert done.returncode == 1, done.stderr
    assert [bool(row["failure"]) for row in rows(tmp_path)] == [True, True, False, False]
    for job in ("0_kick_sac_seed0", "1_kick_sac_seed1"):
        assert f"failed: {job} " in done.stderr
        assert "unknown reward kind 'nonsense'" in (tmp_path / job / "failure.txt").read_text()
    scores = {row["job"]: float(row["score"]) for row in rows(tmp_path) if row["score"]}
    assert set(scores) == {"2_kick_sac_seed0", "3_kick_sac_seed1"}
    for job, score in scores.items():
        summary = RunFolder(tmp_path / job).read_summary()
        assert summary is not None
        assert summary["score"] == score
        assert summary["seed"] == int(job[-1])


def test_a_sweep_goes_on_where_it_broke_off_and_its_runs_are_grouped(tmp_path: Path) -> None:
    settings = ["seed=range(2)", "tracking=wandb", "resume=auto", *LAUNCHERS["joblib"]]
    first, second = tmp_path / "0_kick_sac_seed0", tmp_path / "1_kick_sac_seed1"
    done = sweep(tmp_path, *settings)
    assert done.returncode == 0, done.stderr
    for job in (first, second):
        assert f"group: {tmp_path.name}" in (job / "config.yaml").read_text()
        assert len(list(job.glob("wandb/offline-run-*"))) == 1
    # As if the second had been killed before its end.
    metrics = (second / "metrics.csv").read_bytes()
    before = os.stat(first / "summary.json").st_mtime_ns
    (second / "summary.json").unlink()
    os.truncate(second / "metrics.csv", len(metrics) - 3)
    for checkpoint in RunFolder(second).checkpoints.found():
        os.truncate(checkpoint.path / "manifest.json", 0)
        for file in checkpoint.path.iterdir():
            file.unlink()
        checkpoint.path.rmdir()
    done = sweep(tmp_path, *settings)
    assert done.returncode == 0, done.stderr
    assert f"{first} is finished" in done.stdout
    assert os.stat(first / "summary.json").st_mtime_ns == before
    assert (second / "metrics.csv").read_bytes() == metrics
    assert [row["failure"] for row in rows(tmp_path)] == ["", ""]
    # A folder is not gone on with by a run of other settings.
    done = sweep(tmp_path, *settings, "agent.settings.tau=0.5")
    assert done.returncode == 1
    assert "holds a sweep with agent.settings.tau" in done.stderr


def holders(path: Path) -> list[int]:
    """The processes that have a file open."""
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if link.readlink() == path:
                found.append(int(link.parts[2]))
        except OSError:  # it has ended, or closed it
            continue
    return found


@pytest.mark.slow
def test_a_worker_that_dies_does_not_take_the_sweep_with_it(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    command = [sys.executable, "run.py", "-m", f"hydra.sweep.dir={tmp_path}", "tracking=none", *TINY]
    command += [*LAUNCHERS["ray"], "seed=range(2)", "total_timesteps=1000"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 200
    while not (victims := holders(tmp_path / "0_kick_sac_seed0" / ".lock")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert process.pid not in victims
    os.kill(victims[0], signal.SIGKILL)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 1, said
    assert "failed: 0_kick_sac_seed0 " in said
    assert [bool(row["failure"]) for row in rows(tmp_path)] == [True, False]
