"""A training that goes on from a checkpoint does what it would have done without a break, number for number."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.noise import OrnsteinUhlenbeckActionNoise
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from agents.build import Agent, make_agent
from agents.search import Search
from experiments.callbacks.checkpointing import Checkpointer
from experiments.callbacks.every import Every
from experiments.records import training_state as state
from experiments.records.checkpoints import CheckpointError, Checkpoints
from raveforce.sb3 import BatchVecEnv
from raveforce.task import Task
from raveforce.tasks import TASKS

OFF = {"learning_starts": 6, "batch_size": 4, "buffer_size": 40, "policy_kwargs": {"net_arch": [8]}}
ON = {"n_steps": 6, "batch_size": 6, "n_epochs": 1, "policy_kwargs": {"net_arch": [8]}}
NOISE = OrnsteinUhlenbeckActionNoise(np.zeros(1), np.full(1, 0.3))


class RecencyBuffer(ReplayBuffer):
    """Samples what was seldom sampled before: a state beside the transitions, in rows that are not used yet too."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.weights = np.ones(self.buffer_size)
        self.sampled = 0

    def sample(self, batch_size: int, env: VecNormalize | None = None) -> Any:
        self.sampled += 1
        used = self.buffer_size if self.full else self.pos
        chances = self.weights[:used] / self.weights[:used].sum()
        chosen = np.random.default_rng(self.sampled).choice(used, batch_size, p=chances)
        self.weights[chosen] /= 2
        return self._get_samples(chosen, env=env)


CASES: dict[str, tuple[str, dict[str, Any], int, bool]] = {
    "ppo": ("ppo", ON, 2, False),
    "ppo, state-dependent exploration": ("ppo", {**ON, "use_sde": True}, 1, False),
    "ppo, normalised": ("ppo", ON, 2, True),
    "sac": ("sac", OFF, 1, False),
    "sac, learnt entropy, full buffer": ("sac", {**OFF, "ent_coef": "auto", "buffer_size": 10}, 2, False),
    "sac, state-dependent exploration": ("sac", {**OFF, "use_sde": True}, 1, False),
    "sac, normalised": ("sac", OFF, 2, True),
    "sac, several steps": ("sac", {**OFF, "n_steps": 3}, 1, False),
    "sac, next observations in the rows after": (
        "sac",
        {
            **OFF,
            "optimize_memory_usage": True,
            "replay_buffer_kwargs": {"handle_timeout_termination": False},
        },
        2,
        False,
    ),
    "sac, a buffer of one's own": ("sac", {**OFF, "replay_buffer_class": RecencyBuffer}, 2, False),
    "ppo, recurrent": ("recurrent_ppo", {**ON, "policy_kwargs": {"net_arch": [8], "lstm_hidden_size": 8}}, 1, False),
    "tqc": ("tqc", OFF, 1, False),
    "random": ("random", {}, 2, False),
    "cma": ("cma", {}, 1, False),
    "td3": ("td3", {**OFF, "action_noise_std": 0.2}, 2, False),
    "td3, noise with a memory": ("td3", {**OFF, "action_noise": NOISE}, 2, False),
}


class Trace(BaseCallback):
    """All that was done and earned."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Any] = []

    def _on_step(self) -> bool:
        self.steps.append((list(self.locals["rewards"]), [info["parameters"] for info in self.locals["infos"]]))
        return True


@pytest.fixture
def environments(melody_task: Task) -> Callable[[int, bool], VecEnv]:
    def make(count: int, normalised: bool) -> VecEnv:
        plain = BatchVecEnv(melody_task, count, reward="waveform", observation="log_mel")
        return VecNormalize(plain) if normalised else plain

    return make


def train(agent: Agent, steps: int, checkpointer: Checkpointer | None = None) -> list[Any]:
    trace = Trace()
    agent.set_logger(Logger(folder=None, output_formats=[]))
    begun = agent.num_timesteps > 0
    callbacks = [trace] if checkpointer is None else [checkpointer, trace]
    agent.learn(steps, callback=callbacks, log_interval=None, reset_num_timesteps=not begun)  # type: ignore[arg-type]
    return trace.steps


@pytest.mark.parametrize("case", list(CASES))
def test_a_training_goes_on_as_if_there_had_been_no_break(
    environments: Callable[[int, bool], VecEnv], tmp_path: Path, case: str
) -> None:
    name, settings, count, normalised = CASES[case]
    goes_on(name, settings, count, lambda: environments(count, normalised), tmp_path)


def test_a_training_with_masks_goes_on_too(tmp_path: Path) -> None:
    task = TASKS.get("write")(layers=1, seconds=0.05, bins=4, max_tokens=16, words=("sin", "noise", "mul", "env"))
    settings = {**ON, "extractor": "tokens"}
    goes_on("maskable_ppo", settings, 2, lambda: BatchVecEnv(task, 2), tmp_path)


class Unkeepable(ReplayBuffer):
    """Holds what cannot be pickled."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.weigh = lambda age: 0.5**age


def test_a_buffer_that_cannot_be_saved_is_told_at_the_start(environments: Callable[[int, bool], VecEnv]) -> None:
    settings = {**OFF, "replay_buffer_class": Unkeepable}
    agent = make_agent("sac", environments(1, False), seed=3, settings=settings)
    assert "SAC cannot be resumed: what its Unkeepable holds cannot be pickled" in state.why_not_resumable(agent)


def goes_on(
    name: str, settings: dict[str, Any], count: int, environments: Callable[[], VecEnv], tmp_path: Path
) -> None:
    whole = make_agent(name, environments(), seed=3, settings=settings)
    checkpoints = Checkpoints(tmp_path)
    checkpointer = Checkpointer(checkpoints, every=15, callbacks=dict)
    trace = train(whole, 48, checkpointer)

    # Of the checkpoints on the way the oldest left is the farthest from the end; its episodes are half played.
    checkpoint = checkpoints.found()[-1]
    assert 0 < checkpoint.renders < 48
    random.seed(99), np.random.seed(99), torch.manual_seed(99)  # noqa: NPY002 (whatever happened in the meantime)
    saved = state.read(checkpoint)
    again = state.load(checkpoint, saved, name, environments())
    rest = train(again, 48 - again.num_timesteps, Checkpointer(checkpoints, every=0, callbacks=dict, resumed=saved))
    assert rest == trace[checkpoint.renders // count :]
    if not isinstance(whole, Search):
        for parameter, same in zip(whole.policy.parameters(), again.policy.parameters(), strict=True):
            assert torch.equal(parameter, same)
    for generator in (random.random, np.random.random, lambda: torch.rand(1).item()):
        assert 0 <= generator() < 1


def test_a_checkpoint_of_another_format_is_refused(
    environments: Callable[[int, bool], VecEnv], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = Checkpoints(tmp_path)
    train(
        make_agent("ppo", environments(1, False), seed=3, settings=ON),
        12,
        Checkpointer(checkpoints, every=6, callbacks=dict),
    )
    monkeypatch.setattr(state, "FORMAT", 3)
    with pytest.raises(CheckpointError, match="has format 2, and this version reads 3"):
        state.read(checkpoints.found()[0])


def test_a_run_whose_disk_is_full_goes_on(
    environments: Callable[[int, bool], VecEnv],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    checkpoints = Checkpoints(tmp_path)
    agent = make_agent("sac", environments(1, False), seed=3, settings=OFF)
    train(agent, 12, Checkpointer(checkpoints, every=10, callbacks=dict))
    monkeypatch.setattr(agent, "save", lambda path: Path("/dev/full").write_bytes(b"model"))
    assert len(train(agent, 20, Checkpointer(checkpoints, every=10, callbacks=dict))) == 20
    assert "no checkpoint at 20 renders, the run goes on" in caplog.text
    assert "No space left on device" in caplog.text
    assert [checkpoint.renders for checkpoint in checkpoints.found()] == [10]
    checkpoints.found()[0].verify()


def test_the_clock_never_strikes_twice_for_one_multiple() -> None:
    every = Every(every=5)
    assert [renders for renders in range(0, 21, 3) if every.due(renders)] == [6, 12, 15]
    assert not any(Every(every=0).due(renders) for renders in range(10))
