"""The whole state of a training, written to files and read back.

A run that goes on from here does what it would have done without a break: the state holds the agent with its
optimisers, the replay buffer, where every environment is, every random generator, and what was logged but not yet
written.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from stable_baselines3.common.buffers import DictReplayBuffer, ReplayBuffer
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecNormalize, unwrap_vec_wrapper

from agents.build import Agent, load_agent
from agents.search import Search
from experiments.records.checkpoints import Checkpoint, CheckpointError
from raveforce.sb3 import BatchVecEnv

__all__ = ["load", "read", "restore", "save", "why_not_resumable"]

FORMAT = 2
MODEL, REPLAY, STATE = "model.zip", "replay.npz", "state.pkl"

UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, EOFError, pickle.UnpicklingError)

_PENDING = ("name_to_value", "name_to_count", "name_to_excluded")
_NORMALISING = ("obs_rms", "ret_rms", "returns", "old_obs", "old_reward")
_EXPLORING = ("exploration_mat", "exploration_matrices")


def save(folder: Path, agent: Agent, callbacks: Mapping[str, Any]) -> None:
    """Write the state of a training into a folder.

    Only where a rollout begins is the state complete: in the midst of one, SB3 keeps a part of it in local variables.

    Parameters
    ----------
    folder : where ``model.zip``, ``replay.npz`` and ``state.pkl`` go
    agent : the agent, in training
    callbacks : the states of the callbacks, by name; anything that pickles
    """
    agent.save(folder / MODEL)
    buffer = getattr(agent, "replay_buffer", None)
    arrays, rest = ({}, {}) if buffer is None else _filled(buffer)
    if buffer is not None:
        np.savez(folder / REPLAY, **arrays)
    normaliser = _normaliser(agent)
    state = {
        "format": FORMAT,
        "callbacks": dict(callbacks),
        "buffer": rest,
        "environments": _batch(agent).snapshot(),
        "pending": {name: dict(getattr(agent.logger, name)) for name in _PENDING},
        "normaliser": {name: getattr(normaliser, name) for name in _NORMALISING if normaliser is not None},
        "exploration": _exploration(agent),
        "memory": getattr(agent, "_last_lstm_states", None),
        "action_noise": vars(getattr(agent, "action_noise", None) or _Empty()),
        "random": {
            "python": random.getstate(),
            "numpy": np.random.get_state(),  # noqa: NPY002 (SB3 draws from it)
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "action_space": agent.action_space.np_random.bit_generator.state,
        },
    }
    with (folder / STATE).open("wb") as file:
        pickle.dump(state, file)


def why_not_resumable(agent: Agent) -> str:
    """What of an agent's state a checkpoint would lack; empty for an agent that can be resumed."""
    kind = type(agent).__name__
    if not isinstance(agent, Search | OnPolicyAlgorithm | OffPolicyAlgorithm):
        return f"{kind} cannot be resumed: only rollouts of on-policy and off-policy algorithms and searches can"
    buffer = getattr(agent, "replay_buffer", None)
    if buffer is None:
        return ""
    if not isinstance(buffer, ReplayBuffer):
        return f"{kind} cannot be resumed: its {type(buffer).__name__} is no ReplayBuffer of Stable-Baselines3"
    try:
        pickle.dumps(_filled(buffer)[1])
    except Exception as error:  # whatever a class of one's own holds
        return f"{kind} cannot be resumed: what its {type(buffer).__name__} holds cannot be pickled ({error})"
    return ""


def read(checkpoint: Checkpoint) -> dict[str, Any]:
    """Read what a checkpoint holds beside the agent. The file is a pickle: read only what you trust.

    Parameters
    ----------
    checkpoint : an undamaged one

    Raises
    ------
    CheckpointError
        It cannot be read, as when it was written with other versions.
    """
    with _explained(checkpoint), (checkpoint.path / STATE).open("rb") as file:
        state: dict[str, Any] = pickle.load(file)
        if state["format"] != FORMAT:
            raise CheckpointError(f"{checkpoint.path} has format {state['format']}, and this version reads {FORMAT}")
    return state


def load(checkpoint: Checkpoint, state: Mapping[str, Any], name: str, env: VecEnv) -> Agent:
    """Read the agent of a checkpoint. The file holds pickles: load only what you trust.

    Parameters
    ----------
    checkpoint : an undamaged one
    state : what ``read`` gave of it
    name : of the agent, as in ``agents.AGENTS``
    env : the environments to go on in, as they were when the training began

    Raises
    ------
    CheckpointError
        The files cannot be read, as when they were written with other versions.
    """
    with _explained(checkpoint):
        agent: Any = load_agent(name, checkpoint.path / MODEL, env=env)
        if (checkpoint.path / REPLAY).exists():
            with np.load(checkpoint.path / REPLAY) as arrays:
                _fill(agent.replay_buffer, dict(arrays), state["buffer"])
    return cast(Agent, agent)


@contextmanager
def _explained(checkpoint: Checkpoint) -> Iterator[None]:
    """Say which checkpoint an error is about, whatever reading it raises."""
    try:
        yield
    except UNREADABLE as error:
        raise CheckpointError(
            f"{checkpoint.path} cannot be read ({type(error).__name__}: {error}); "
            "was it written with the same versions of everything?"
        ) from error


def restore(agent: Agent, state: Mapping[str, Any]) -> None:
    """Put everything but the agent's own numbers back: environments, random generators, pending log entries.

    To be called where the first rollout begins, for until then SB3 seeds, resets and draws.
    """
    _batch(agent).restore(state["environments"])
    for name, values in state["pending"].items():
        getattr(agent.logger, name).update(values)
    normaliser = _normaliser(agent)
    if normaliser is not None:
        vars(normaliser).update(state["normaliser"])
    if state["memory"] is not None:
        agent._last_lstm_states = state["memory"]  # type: ignore[union-attr]
    for name in state["exploration"]:
        vars(_distribution(agent))[name] = state["exploration"][name]
    # In place, because SB3 has already handed it to the rollout.
    vars(getattr(agent, "action_noise", None) or _Empty()).update(state["action_noise"])
    randoms = state["random"]
    agent.action_space.np_random.bit_generator.state = randoms["action_space"]
    random.setstate(randoms["python"])
    np.random.set_state(randoms["numpy"])  # noqa: NPY002
    torch.set_rng_state(randoms["torch"])
    if randoms["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(randoms["cuda"])


def _batch(agent: Agent) -> BatchVecEnv:
    """The environments themselves, without what is wrapped around them."""
    env = agent.get_env()
    assert env is not None
    assert isinstance(env.unwrapped, BatchVecEnv)
    return env.unwrapped


def _normaliser(agent: Agent) -> VecNormalize | None:
    env = agent.get_env()
    assert env is not None
    return unwrap_vec_wrapper(env, VecNormalize)


class _Empty:
    """Stands for what an agent does not have."""


def _exploration(agent: Agent) -> dict[str, Any]:
    """The noise of state-dependent exploration (gSDE), which is drawn before a rollout begins."""
    return {name: value for name, value in vars(_distribution(agent)).items() if name in _EXPLORING}


def _distribution(agent: Agent) -> Any:
    policy = getattr(agent, "policy", None)  # search has none
    return getattr(getattr(policy, "actor", policy), "action_dist", None) or _Empty()


def _filled(buffer: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a replay buffer holds: its arrays, without the room that is still empty, and the rest of a subclass."""
    # One row more: with optimize_memory_usage it holds what followed the last transition.
    used = buffer.buffer_size if buffer.full else min(buffer.pos + 1, buffer.buffer_size)
    arrays = {"pos": np.array(buffer.pos), "full": np.array(buffer.full)}
    known = type(buffer) in (ReplayBuffer, DictReplayBuffer)
    rest = {} if known else _state_of(buffer)
    for name, value in vars(buffer).items():
        parts = value if isinstance(value, dict) else {"": value}
        if not parts or not all(_is_row_by_row(array, buffer.buffer_size) for array in parts.values()):
            continue
        # What a class of one's own keeps in the rows that are not used yet is only left out where it is nothing.
        rows = used if known or not any(array[used:].any() for array in parts.values()) else buffer.buffer_size
        arrays |= {f"{name}/{key}": array[:rows] for key, array in parts.items()}
        rest.pop(name, None)
    return arrays, rest


def _is_row_by_row(value: Any, size: int) -> bool:
    return isinstance(value, np.ndarray) and value.shape[:1] == (size,) and value.dtype != object


def _state_of(buffer: Any) -> dict[str, Any]:
    """All that an object keeps of itself when it is pickled."""
    keeps = getattr(buffer, "__getstate__", None)  # which every object has from Python 3.11 on
    return dict(vars(buffer) if keeps is None else keeps())


def _fill(buffer: Any, arrays: dict[str, Any], rest: Mapping[str, Any]) -> None:
    vars(buffer).update(rest)
    buffer.pos, buffer.full = int(arrays.pop("pos")), bool(arrays.pop("full"))
    for name, stored in arrays.items():
        attribute, _, key = name.partition("/")
        array = getattr(buffer, attribute)[key] if key else getattr(buffer, attribute)
        array[: len(stored)] = stored
        if array[len(stored) :].any():  # looking at room that was never written to takes no memory
            array[len(stored) :] = 0
