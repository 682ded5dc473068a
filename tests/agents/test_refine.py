from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import DummyVecEnv

from agents.build import load_agent, make_agent
from agents.refine import RefineSearch
from raveforce.env import RaveForceEnv
from raveforce.sb3 import BatchVecEnv
from raveforce.task import Task, define


def vector(task: Task, count: int = 1) -> DummyVecEnv:
    return DummyVecEnv([lambda: RaveForceEnv(task, reward="log_mel", observation="parameters")] * count)


class Tried(RefineSearch):
    """Keeps all that was tried."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.plans: list[NDArray[np.float32]] = []

    def tell(self, plans: Any, returns: Any) -> None:
        self.plans.append(plans[:, 0].copy())
        super().tell(plans, returns)


def nothing(observation: object, count: int) -> NDArray[np.float64]:
    return np.zeros((0, 2))


@pytest.mark.parametrize("policy", [None, nothing])
@pytest.mark.parametrize("count", [1, 4])
def test_where_the_policy_knows_nothing_it_is_cma(policy: Any, count: int, tone_task: Task) -> None:
    plain = make_agent("cma", vector(tone_task, count), seed=2)
    plain.learn(120)
    refine = make_agent("refine", vector(tone_task, count), seed=2, settings={"policy": policy})
    refine.learn(120)
    np.testing.assert_array_equal(refine.best_plan, plain.best_plan)
    assert refine.best_return == plain.best_return


def test_answers_come_first_and_then_both_searches(tone_task: Task) -> None:
    answers = np.linspace(-0.2, 0.2, 12).reshape(6, 2) + 0.6
    search = Tried(vector(tone_task), policy=lambda observation, count: answers, nowhere=0.25, seed=0, popsize=8)
    search.learn(6 + 8 * 8)
    tried = np.concatenate(search.plans)
    np.testing.assert_allclose(tried[:6], answers, atol=1e-6)
    generations = tried[6:].reshape(8, 8, 2)
    # Near the answers, as widely as they lie; of four generations one is plain search, which begins wide.
    assert np.abs(generations[0] - 0.6).mean() < 0.3
    assert generations[0].std() < 0.25 < 0.3 < generations[3].std()


def test_a_right_answer_is_refined_and_a_wrong_one_costs_little(tone: NDArray[np.float32]) -> None:
    # 440 Hz and a level of 0.5 lie at one side of the space, where no search begins of itself.
    task = define("o: sin {freq} >> mul {level}", tone, {"freq": ("exp", 20, 600), "level": ("lin", 0, 0.6)})
    right = task.parameters.encode([[440, 0.5]])[0]
    best = {}
    for name, answer, renders in (("right", right * 0.97, 80), ("none", None, 80), ("wrong", -right, 4 * 80)):
        found = []
        for seed in range(3):
            policy = None if answer is None else lambda observation, count, answer=answer: answer[None]
            search = RefineSearch(vector(task, 4), policy=policy, seed=seed)
            search.learn(renders)
            found.append(-search.best_return)
        best[name] = np.median(found)
    assert best["right"] < best["none"]
    # A quarter of the renders come from nowhere: at worst it takes four times as many.
    assert best["wrong"] < 1.1 * best["none"]


def test_a_saved_agent_answers(tone_task: Task, tmp_path: Path) -> None:
    env = vector(tone_task)
    trained = make_agent("random", env, seed=0)
    trained.learn(50)
    trained.save(tmp_path / "model.zip")
    settings = {"policy": {"agent": "random", "path": str(tmp_path / "model.zip")}, "answers": 4}
    refine = make_agent("refine", env, seed=0, settings=settings)
    refine.learn(4)
    np.testing.assert_array_equal(refine.best_plan, trained.best_plan)
    refine.save(tmp_path / "refine.zip")
    loaded = load_agent("refine", tmp_path / "refine.zip", env)
    loaded.learn(60, reset_num_timesteps=False)
    refine.learn(60, reset_num_timesteps=False)
    assert loaded.num_timesteps == 64


def test_settings_that_cannot_be_used(tone_task: Task, melody_task: Task) -> None:
    for settings, message in (
        ({"nowhere": 2}, "share from 0 to 1"),
        ({"answers": 0}, "number above 0"),
        ({"policy": {"agent": "gcsl"}}, "agent and path"),
    ):
        with pytest.raises(ValueError, match=message):
            make_agent("refine", vector(tone_task), seed=0, settings=settings).learn(4)
    several = RefineSearch(vector(melody_task), policy=lambda observation, count: np.zeros((1, 1)), seed=0)
    with pytest.raises(ValueError, match="one step"):
        several.learn(100)


@pytest.mark.parametrize("batched", [True, False])
def test_the_shipped_policy_hears_the_target(batched: bool, tone_task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = np.array([[0.3, 0.2], [0.1, 0.5]])

    def load() -> Any:
        def hear(template: str, task: Task, sound: NDArray[np.float32], count: int) -> NDArray[np.float64]:
            assert template == "tone"
            np.testing.assert_array_equal(sound, tone_task.targets.draw(np.random.default_rng(0)))
            return answers[:count]

        return hear

    monkeypatch.setattr("raveforce.imitation.policy.load_policy", load)
    env = BatchVecEnv(tone_task, 1) if batched else vector(tone_task)
    search = Tried(env, policy="shipped", seed=0)
    search.learn(2)
    np.testing.assert_allclose(np.concatenate(search.plans), answers, atol=1e-6)
    with pytest.raises(ValueError, match="'shipped'"):
        Tried(env, policy="shiped", seed=0).learn(2)
