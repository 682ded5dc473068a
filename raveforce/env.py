"""The Gymnasium environment: one row of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce import frames
from raveforce.distances import Distance
from raveforce.episodes import Episodes
from raveforce.glicol.samples import Samples
from raveforce.observations import Observation, row
from raveforce.rewards import Reward
from raveforce.spec import RENDER_MODES, EnvSpec, complete
from raveforce.targets import TargetSource
from raveforce.task import Task, define

__all__ = ["RaveForceEnv", "make"]


class RaveForceEnv(gymnasium.Env[Any, Any]):
    """An agent fills in the blanks of a Glicol program; the closer the sound, the higher the reward.

    Description
    -----------
    At each step the agent chooses the program's parameters, the engine plays the program for the step's length,
    and the sound so far is compared with the target. Programs keep their state from step to step.

    Action Space
    ------------
    ``Box(-1, 1, (d,))``, one number a free parameter; ``task.parameters.decode`` says which values they stand for.
    With ``actions="multi_discrete"`` or ``"discrete"``, for tasks that are all choices: places of options.

    Observation Space
    -----------------
    As the observation says: by default log-mel spectrograms of attempt and target, flattened.

    Rewards
    -------
    As the reward says: by default minus the multi-resolution STFT distance to the target divided by that of silence.
    Broken sound (not finite, or beyond +20 dBFS, or with values that the engine trips over) is replaced by silence,
    gets the worst reward and is explained in ``info["fault"]``.

    Starting State
    --------------
    Silence; the target is drawn by the task.

    Episode End
    -----------
    After ``total_step`` steps the episode is terminated; it is never truncated.

    Information
    -----------
    The same keys from ``reset`` to the last step: ``info["parameters"]`` (values by name; NaN before the first step),
    ``info["code"]`` (the program as played), ``info["distances"]`` (by name; NaN when broken or before the first
    step), ``info["fault"]`` (why the sound is thrown away, empty where it is not) and ``info["audio"]`` (the sound so
    far, padded with silence, float32 [samples]). Where actions are choices, ``info["action_mask"]`` is what
    ``action_space.sample`` takes.

    Arguments
    ---------
    task : Task or EnvSpec
    reward : name of a distance, mapping such as ``{"distance": "mss", "kind": "normalised"}``, Distance or Reward;
        None takes the task's own
    observation : name, mapping such as ``{"kind": "log_mel", "as_dict": True}``, or Observation; None likewise
    actions : "box", "multi_discrete" or "discrete"; None likewise
    engine : "auto", "native" or "wasm"
    engine_options : what the engine takes, such as ``deadline`` (seconds)
    render_mode : "ansi" (the program) or "rgb_array" (target and attempt, see ``raveforce.frames``)

    Notes
    -----
    Environments pickle as they were made: a copy starts with its own ``reset``.
    """

    metadata = {  # noqa: RUF012 (Gymnasium's own form)
        "render_modes": list(RENDER_MODES),
        "render_fps": 4,
        "render_shape": (frames.HEIGHT, frames.WIDTH, 3),
    }

    def __init__(self, task: Task | EnvSpec, **options: Any) -> None:
        self.env_spec = complete(task, **options)
        self.task = self.env_spec.task
        self.reward = self.env_spec.reward
        self.observation = self.env_spec.observation
        self.actions = self.env_spec.actions
        self.render_mode = self.env_spec.render_mode
        self.action_space = self.env_spec.action_space
        self.observation_space = self.env_spec.observation_space
        self._episodes: Episodes | None = None
        self._code = self.task.template

    @property
    def audio(self) -> NDArray[np.float32]:
        """What was heard so far in this episode, float32 [samples so far]."""
        return np.zeros(0, np.float32) if self._episodes is None else self._episodes.audio_so_far[0].copy()

    @property
    def target(self) -> NDArray[np.float32]:
        """The sound to imitate in this episode, float32 [samples]."""
        return self._playing("target").targets[0]

    @property
    def code(self) -> str:
        """The program as last played; before the first step, with its blanks."""
        return self._code

    @property
    def engine_kind(self) -> str:
        """The engine that plays: "wasm", or whatever "auto" took."""
        return self._playing("engine_kind").engine.kind

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in silence."""
        super().reset(seed=seed)
        if self._episodes is None:
            self._episodes = self.env_spec.open(rows=1)
        self._code = self.task.template
        observation = row(self._episodes.reset([self.np_random]), 0)
        return observation, self._with_sound(self._episodes.first_info())

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play one step with the parameters that the action chooses."""
        episodes = self._playing("step")
        if episodes.over[0]:
            raise gymnasium.error.ResetNeeded("the episode is over: call reset() before the next step()")
        result = episodes.step(self.actions.to_box(np.asarray(action)[None]))
        info = episodes.info(result, 0)
        self._code = info["code"]
        reward, terminated = float(result.rewards[0]), bool(result.terminated[0])
        return row(result.observations, 0), reward, terminated, False, self._with_sound(info)

    def trial_action(self) -> Any:
        """An action to try the environment with: the middle of the space, or a token that may follow."""
        if self.task.writes:
            episodes: Any = self._playing("trial_action")
            return int(episodes.shortest()[0])  # those of an episode make a short program
        return self.actions.middle

    def action_masks(self) -> NDArray[np.bool_]:
        """Which choices may be made, bool [options of all choices]: what sb3-contrib's masked algorithms ask for.

        Raises
        ------
        AttributeError
            Actions are numbers, not choices.
        """
        return self._playing("action_masks").action_masks()[0].copy()

    def render(self) -> Any:
        """The program (``ansi``), or target and attempt as uint8 [height, width, 3] (``rgb_array``)."""
        if self.render_mode == "ansi":
            return self._code
        if self.render_mode == "rgb_array":
            return frames.frame(self.audio, self.target, self.task.sample_rate)
        gymnasium.logger.warn("render() without a render_mode; give render_mode='ansi' or 'rgb_array' when making it")
        return None

    def close(self) -> None:
        """Free the engine."""
        if self._episodes is not None:
            self._episodes.close()
            self._episodes = None

    def __getstate__(self) -> dict[str, Any]:
        # An engine lives in its process; the copy opens its own.
        return {**self.__dict__, "_episodes": None}

    def _with_sound(self, info: dict[str, Any]) -> dict[str, Any]:
        sound = self._playing("info").sound[0]
        return {**info, "audio": info["audio"] if "audio" in info else sound.copy()}

    def _playing(self, what: str) -> Episodes:
        if self._episodes is None:
            raise gymnasium.error.ResetNeeded(f"call reset() before {what}")
        return self._episodes


def make(
    code: str,
    target: ArrayLike | str | Path | TargetSource,
    total_step: int = 1,
    step_len: float | None = None,
    action_space: Sequence[Any] | Mapping[str, Any] = (),
    *,
    sample_rate: int = 44100,
    samples: Samples | None = None,
    reward: str | Mapping[str, Any] | Distance | Reward = "waveform",
    observation: str | Mapping[str, Any] | Observation = "waveform",
    **options: Any,
) -> RaveForceEnv:
    """Make an environment from a program with blanks and a sound to imitate.

    Parameters
    ----------
    code : Glicol program with blanks, ``{}`` or ``{name}``
    target : float array [samples] at ``sample_rate``, or the path of a recording
    total_step : steps in an episode
    step_len : seconds a step; None divides the target evenly
    action_space : the blanks' parameters, in their order or by name: ``("lin", low, high)``, ``("exp", low, high)``,
        ``("rel", other, rule)``, ``("choose", options)``
    sample_rate : Hz
    samples : recordings that the program plays with ``sp``, by name: float arrays [samples] at ``sample_rate``, pairs
        of array and rate in Hz, or paths
    reward, observation : see RaveForceEnv; the defaults are those of the first RaveForce
    **options : ``actions``, ``engine``, ``engine_options``, ``render_mode``: see RaveForceEnv

    Examples
    --------
    >>> target = np.sin(2 * np.pi * 440 * np.arange(4410) / 44100)
    >>> env = make("o: sin {freq}", target=target, action_space={"freq": ("exp", 220, 880)})
    >>> observation, info = env.reset(seed=0)
    >>> observation, reward, terminated, truncated, info = env.step(np.zeros(1, dtype=np.float32))
    >>> info["code"], terminated
    ('o: sin 440', True)
    """
    task = define(
        code,
        target,
        action_space,
        sample_rate=sample_rate,
        total_step=total_step,
        step_len=step_len,
        samples=samples,
    )
    return RaveForceEnv(task, reward=reward, observation=observation, **options)
