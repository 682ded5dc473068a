"""Wrappers for environments, as Gymnasium has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs
from numpy.typing import NDArray

from raveforce import audio
from raveforce.env import RaveForceEnv

__all__ = ["GoalObservation", "RecordSound"]


class RecordSound(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Writes down what some episodes sound like, as ``gymnasium.wrappers.RecordVideo`` does what they look like.

    For episode 8: ``sound-episode-8.wav`` (what was heard, 32-bit float), ``sound-episode-8.glicol`` (the program of
    each step) and ``sound-episode-8.png`` (target and attempt).

    Parameters
    ----------
    env : an environment of RaveForce, wrapped or not
    folder : where the files go; made if need be
    episode_trigger : says whether to record the episode of this number (the first is 0); None records those numbered
        0, 1, 8, 27 ..., from 1000 on every thousandth
    name_prefix : what the files' names begin with
    picture : whether to draw (needs matplotlib)

    Raises
    ------
    TypeError
        The environment is not one of RaveForce.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> env = RecordSound(gymnasium.make("raveforce/Kick-v0"), folder, episode_trigger=lambda episode: episode % 2 == 0)
    >>> for _ in range(3):
    ...     _ = env.reset(seed=0), env.step(env.action_space.sample())
    >>> sorted(path.name for path in folder.glob("*.wav"))
    ['sound-episode-0.wav', 'sound-episode-2.wav']
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        folder: str | Path,
        episode_trigger: Callable[[int], bool] | None = None,
        *,
        name_prefix: str = "sound",
        picture: bool = True,
    ) -> None:
        RecordConstructorArgs.__init__(
            self, folder=folder, episode_trigger=episode_trigger, name_prefix=name_prefix, picture=picture
        )
        super().__init__(env)
        if not isinstance(env.unwrapped, RaveForceEnv):
            raise TypeError(f"RecordSound records environments of RaveForce, not {env.unwrapped}")
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.episode_trigger = episode_trigger or _cubes
        self.name_prefix = name_prefix
        self.picture = picture
        self.episode = -1
        self._programs: list[str] = []
        self._reward = 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; one that was broken off is recorded as far as it came."""
        self._write()
        self.episode += 1
        return super().reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Play a step; the episode's last one is written down."""
        observation, reward, terminated, truncated, info = super().step(action)
        self._programs.append(info["code"])
        self._reward += float(reward)
        if terminated or truncated:
            self._write()
        return observation, reward, terminated, truncated, info

    def close(self) -> None:
        """Record an episode that was broken off, and free the engine."""
        self._write()
        super().close()

    def _write(self) -> None:
        programs, reward = self._programs, self._reward
        self._programs, self._reward = [], 0.0
        if not programs or not self.episode_trigger(self.episode):
            return
        env = self.env.unwrapped
        assert isinstance(env, RaveForceEnv)
        path = self.folder / f"{self.name_prefix}-episode-{self.episode}"
        rate = env.task.sample_rate
        audio.write(path.with_suffix(".wav"), env.audio, rate)
        parts = [f"// step {step}\n{code.strip()}\n" for step, code in enumerate(programs, start=1)]
        path.with_suffix(".glicol").write_text("\n".join(parts), encoding="utf-8")
        if self.picture:
            from raveforce.plotting import comparison

            title = f"{env.task.name}, episode {self.episode}, reward {reward:.3f}"
            comparison(env.audio, env.target, rate, title=title).savefig(path.with_suffix(".png"))


def _cubes(episode: int) -> bool:
    return round(episode ** (1 / 3)) ** 3 == episode if episode < 1000 else episode % 1000 == 0


class GoalObservation(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Shows goals as hindsight experience replay wants them, such as ``HerReplayBuffer`` of Stable-Baselines3.

    (Andrychowicz et al. 2017.) Observations are ``achieved_goal`` (what is shown of the attempt), ``desired_goal`` (of
    the target) and ``observation`` (the rest), a flat vector each. The reward is computed from the goals, because
    hindsight replaces them: minus their mean difference as a share of its range, from -1 to 0. Broken sound gets -1.

    Parameters
    ----------
    env : an environment whose observation is a dictionary of attempt, target and something else

    Raises
    ------
    ValueError
        It is not.

    Examples
    --------
    >>> shown = {"kind": "descriptors", "as_dict": True, "step": True}
    >>> env = GoalObservation(gymnasium.make("raveforce/Match-v0", observation=shown))
    >>> {name: space.shape for name, space in env.observation_space.items()}
    {'achieved_goal': (24,), 'desired_goal': (24,), 'observation': (1,)}
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        RecordConstructorArgs.__init__(self)
        super().__init__(env)
        space = env.observation_space
        if not isinstance(space, gymnasium.spaces.Dict) or not {"attempt", "target"} < set(space.spaces):
            raise ValueError(
                "goals need an observation whose parts are kept apart, and one beside the sounds: "
                'observation={"kind": "log_mel", "as_dict": True, "step": True}'
            )
        self._rest = [name for name in space.spaces if name not in ("attempt", "target")]
        parts = {"achieved_goal": ["attempt"], "desired_goal": ["target"], "observation": self._rest}
        self.observation_space = gymnasium.spaces.Dict(
            {name: _side_by_side([space[part] for part in chosen]) for name, chosen in parts.items()}
        )
        goals = self.observation_space["desired_goal"]
        assert isinstance(goals, gymnasium.spaces.Box)
        self._range = goals.high - goals.low

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        seen, info = super().reset(seed=seed, options=options)
        return self._goals(seen), info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play a step; its reward is that of its goals."""
        seen, _, terminated, truncated, info = super().step(action)
        shown = self._goals(seen)
        reward = float(self.compute_reward(shown["achieved_goal"], shown["desired_goal"], info))
        return shown, reward, terminated, truncated, info

    def compute_reward(
        self, achieved_goal: NDArray[np.float32], desired_goal: NDArray[np.float32], info: Any
    ) -> NDArray[np.float64]:
        """Rewards of goals, one or many.

        Parameters
        ----------
        achieved_goal, desired_goal : float32 array [goal] or [rows, goal]
        info : what the step told, or a sequence of such; those that tell nothing will do

        Returns
        -------
        float64 array [] or [rows]
        """
        apart = np.abs(np.asarray(achieved_goal, np.float64) - desired_goal) / self._range
        told = [info] if apart.ndim == 1 else info
        broken = np.reshape([bool(one.get("fault")) for one in told], apart.shape[:-1])
        return np.where(broken, -1.0, -apart.mean(axis=-1))

    def _goals(self, seen: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        return {
            "achieved_goal": seen["attempt"].reshape(-1),
            "desired_goal": seen["target"].reshape(-1),
            "observation": np.concatenate([seen[name].reshape(-1) for name in self._rest]),
        }


def _side_by_side(boxes: list[gymnasium.Space[Any]]) -> gymnasium.spaces.Box:
    """One flat box of several."""
    edges = [(box.low.reshape(-1), box.high.reshape(-1)) for box in boxes if isinstance(box, gymnasium.spaces.Box)]
    low, high = (np.concatenate(side) for side in zip(*edges, strict=True))
    return gymnasium.spaces.Box(low, high, dtype=np.float32)
