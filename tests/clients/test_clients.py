"""Other people's libraries with our ids; where a library is not installed, its test is skipped.

What each of them needs, and the versions that were tried, are in docs/clients.md.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import raveforce

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
KICK = "raveforce/Kick-v0"
SETTINGS: dict[str, Any] = {"observation": "descriptors", "sample_rate": 22050}


@pytest.mark.parametrize("script", ["ppo.py", "sac.py"])
def test_algorithms_in_a_single_file(script: str) -> None:
    pytest.importorskip("torch")
    command = [sys.executable, str(ROOT / "examples" / "clients" / script), "256"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )
    first, last = (float(line.split()[-1]) for line in done.stdout.splitlines()[:1] + done.stdout.splitlines()[-1:])
    assert np.isfinite([first, last]).all()


def test_nevergrad() -> None:
    ng = pytest.importorskip("nevergrad")
    envs = raveforce.make_vec("kick", 16, **SETTINGS)
    space = envs.single_action_space.shape
    optimiser = ng.optimizers.TwoPointsDE(ng.p.Array(shape=space, lower=-1, upper=1), budget=96, num_workers=16)
    worths = []
    for _ in range(6):
        asked = [optimiser.ask() for _ in range(16)]
        scores = envs.score(np.stack([one.value for one in asked]))
        for one, score in zip(asked, scores, strict=True):
            optimiser.tell(one, float(score))
        worths.append(scores.min())
    assert envs.score(optimiser.recommend().value[None])[0] <= worths[0]


def test_pymoo() -> None:
    pytest.importorskip("pymoo")
    from pymoo.algorithms.soo.nonconvex.de import DE
    from pymoo.core.problem import Problem
    from pymoo.optimize import minimize

    envs = raveforce.make_vec("kick", 16, **SETTINGS)

    class Kick(Problem):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(n_var=envs.single_action_space.shape[0], n_obj=1, xl=-1.0, xu=1.0)

        def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            out["F"] = envs.score(x)[:, None]

    found = minimize(Kick(), DE(pop_size=16), ("n_gen", 6), seed=0)
    assert found.F[0] == pytest.approx(envs.score(found.X[None])[0])


def test_pyribs() -> None:
    pytest.importorskip("ribs")
    from ribs.archives import GridArchive
    from ribs.emitters import EvolutionStrategyEmitter
    from ribs.schedulers import Scheduler

    envs = raveforce.make_vec("kick", 16, **SETTINGS)
    size = envs.single_action_space.shape[0]
    archive = GridArchive(solution_dim=size, dims=[10, 10], ranges=[(-1, 1), (-1, 1)])
    emitter = EvolutionStrategyEmitter(
        archive, x0=np.zeros(size), sigma0=0.5, batch_size=16, lower_bounds=-np.ones(size), upper_bounds=np.ones(size)
    )
    scheduler = Scheduler(archive, [emitter])
    for _ in range(5):
        actions = scheduler.ask()
        scheduler.tell(-envs.score(actions), actions[:, :2])
    assert len(archive) > 5
    assert np.isfinite(archive.stats.obj_max)


def test_minari(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minari = pytest.importorskip("minari")
    pytest.importorskip("jax", reason="recording wants minari[create]")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    env = minari.DataCollector(gymnasium.make(KICK, **SETTINGS), record_infos=True)
    for seed in range(3):
        env.reset(seed=seed)
        env.step(env.action_space.sample())
    made = env.create_dataset("raveforce/kick-v0", description="Random kicks.", algorithm_name="random")
    assert made.total_episodes == 3
    again = made.recover_environment()
    assert again.observation_space == env.observation_space


def test_skrl() -> None:
    pytest.importorskip("skrl")
    from skrl.envs.wrappers.torch import wrap_env

    envs = wrap_env(gymnasium.make_vec(KICK, num_envs=4, **SETTINGS), wrapper="gymnasium")
    observations, _ = envs.reset()
    _, rewards, terminated, _, _ = envs.step(_zeros(envs))
    assert observations.shape[0] == 4
    assert (rewards < 0).all()
    assert terminated.all()


def _zeros(envs: Any) -> Any:
    import torch

    return torch.zeros(envs.num_envs, envs.action_space.shape[0])


def test_torchrl() -> None:
    pytest.importorskip("torchrl")
    from torchrl.envs import GymEnv
    from torchrl.envs.utils import check_env_specs

    env = GymEnv(KICK, **SETTINGS)
    check_env_specs(env)
    played = env.rollout(4, break_when_any_done=False)
    assert (played["next", "reward"] < 0).all()
    assert played["next", "done"].all()


def test_tianshou() -> None:
    pytest.importorskip("tianshou")
    from tianshou.env import DummyVectorEnv

    envs = DummyVectorEnv([lambda: gymnasium.make(KICK, **SETTINGS)] * 3)
    observations, _ = envs.reset()
    _, rewards, terminated, _, infos = envs.step(np.stack([space.sample() for space in envs.action_space]))
    assert len(observations) == len(infos) == 3
    assert (rewards < 0).all()
    assert terminated.all()


def test_rl_zoo(tmp_path: Path) -> None:
    pytest.importorskip("rl_zoo3")
    settings = tmp_path / "ppo.yml"
    settings.write_text(f"{KICK}:\n  n_timesteps: !!float 64\n  policy: MlpPolicy\n  n_steps: 32\n  batch_size: 16\n")
    command = [sys.executable, "-m", "rl_zoo3.train", "--algo", "ppo", "--env", KICK, "--gym-packages", "raveforce"]
    command += ["--conf-file", str(settings), "-f", str(tmp_path), "--eval-freq", "-1", "-n", "64", "--device", "cpu"]
    done = subprocess.run([*command, "--env-kwargs", "observation:'descriptors'"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(tmp_path.rglob("*.zip"))


def test_rllib() -> None:
    pytest.importorskip("ray.rllib", exc_type=ImportError)
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.tune.registry import register_env

    register_env("kick", lambda config: gymnasium.make(KICK, **config))
    config = PPOConfig().environment("kick", env_config=SETTINGS)
    config.env_runners(num_env_runners=0, num_envs_per_env_runner=4, rollout_fragment_length=16)
    config.training(train_batch_size_per_learner=64, minibatch_size=32, num_epochs=1)
    algorithm = config.build_algo()
    found = algorithm.train()["env_runners"]
    algorithm.stop()
    assert found["num_episodes"] >= 64
    assert found["episode_return_mean"] < 0


PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_pages_code_runs_as_it_is_printed(block: str, tmp_path: Path) -> None:
    for names in re.findall(r"^(?:from|import) ([\w, ]+)", block, re.MULTILINE):
        for name in names.split(" import ")[0].split(", "):
            pytest.importorskip(name.split()[0])
    if "minari" in block:
        pytest.importorskip("jax", reason="recording wants minari[create]")
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "MINARI_DATASETS_PATH": str(tmp_path)}
    command = [sys.executable, "-c", block]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=surroundings, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
