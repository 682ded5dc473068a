"""An agent that heeds masks learns to write."""

from __future__ import annotations

import numpy as np
import pytest

from agents.build import make_agent
from agents.extractors import TokensExtractor
from raveforce.sb3 import BatchVecEnv
from raveforce.tasks import TASKS
from raveforce.writing.language import Language
from raveforce.writing.player import open_player, play_programs

WORDS = ("sin", "noise", "mul", "env")
SETTINGS = {
    "n_steps": 128,
    "batch_size": 256,
    "learning_rate": 2e-3,
    "final_learning_rate": 2e-4,
    "ent_coef": 0.02,
    "gamma": 1.0,
    "extractor": "tokens",
    "policy_kwargs": {"net_arch": [64], "features_extractor_kwargs": {"features_dim": 64, "width": 16}},
}


def toy(rows: int) -> BatchVecEnv:
    """Two layers, four words, four places on every scale; the target is such a program."""
    language = Language(bins=4, max_layers=2, max_tokens=24, words=WORDS)
    tokens = language.read("layer sin 1 mul env 1 2 close layer noise mul env 0 1 mul 2 close end")
    target, _ = play_programs(open_player(language), [tokens], 4410)
    task = TASKS.get("write")(target[0], bins=4, max_layers=2, max_tokens=24, words=WORDS)
    return BatchVecEnv(task, rows)


def test_masked_actions_are_never_taken() -> None:
    envs = toy(4)
    agent = make_agent("maskable_ppo", envs, seed=0, settings={**SETTINGS, "n_steps": 32, "batch_size": 32})
    assert isinstance(agent.policy.features_extractor, TokensExtractor)
    agent.learn(256)
    observation = envs.reset()
    for _ in range(60):
        actions, _ = agent.predict(observation, action_masks=envs.action_masks())
        assert envs.action_masks()[np.arange(4), actions].all()
        observation, _, _, infos = envs.step(actions)
        # What is silent is a fault too; what is forbidden never happens.
        assert not any("may not stand here" in info["fault"] for info in infos)
    envs.close()


def test_the_extractor_reads_the_last_token_and_ignores_what_is_behind_it() -> None:
    envs = toy(2)
    agent = make_agent("maskable_ppo", envs, seed=0, settings=SETTINGS)
    observation = envs.reset()
    empty = agent.policy.extract_features(agent.policy.obs_to_tensor(observation)[0])
    observation, *_ = envs.step(np.array([0, 0]))
    one = agent.policy.extract_features(agent.policy.obs_to_tensor(observation)[0])
    observation, *_ = envs.step(np.array([3, 4]))
    apart = agent.policy.extract_features(agent.policy.obs_to_tensor(observation)[0])
    assert (empty[:, :64] == 0).all()
    assert (one[0] == one[1]).all()
    assert (apart[0] != apart[1]).any()
    envs.close()


def test_other_observations_are_refused() -> None:
    envs = BatchVecEnv(TASKS.get("kick")(), 1)
    with pytest.raises(ValueError, match="task=write"):
        make_agent("ppo", envs, seed=0, settings={"extractor": "tokens"})
    envs.close()


@pytest.mark.slow
def test_a_toy_language_is_learnt() -> None:
    envs = toy(16)
    agent = make_agent("maskable_ppo", envs, seed=0, settings=SETTINGS)
    before = worth(agent, envs)
    agent.learn(40_000)
    after = worth(agent, envs)
    envs.close()
    # Random programs lie near -1, silence; the target itself is worth -0.012, the price of its nodes.
    assert before < -0.6
    assert after > -0.35


def worth(agent, envs: BatchVecEnv) -> float:  # type: ignore[no-untyped-def]
    """Mean return of programs drawn from the agent."""
    observation, returns = envs.reset(), []
    while len(returns) < 200:
        actions, _ = agent.predict(observation, action_masks=envs.action_masks())
        observation, rewards, dones, _ = envs.step(actions)
        returns += rewards[dones].tolist()
    return float(np.mean(returns))
