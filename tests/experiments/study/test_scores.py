"""Statistics of tables of runs, against cases worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.study.scores import THRESHOLDS, score_runs, statistics_of

Row = dict[str, Any]


def row(agent: str, seed: int, policy: float, best: float | None = None, **others: Any) -> Row:
    """One run that is done."""
    found = {
        "study": "s",
        "sweep": "one",
        "folder": f"one/{agent}_{seed}",
        "state": "done",
        "failure": "",
        "task": "kick",
        "agent": agent,
        "reward": "mss",
        "seed": seed,
        "policy": policy,
        "best": policy if best is None else best,
        "renders": 100,
        "total_timesteps": 100,
    }
    return {**found, **others}


# Random search: 3, 1, 2, so 0 lies at 2. The best that any run met is 0.5.
KICK = [
    *(row("random", seed, distance) for seed, distance in enumerate([3.0, 1.0, 2.0])),
    *(row("sac", seed, *distances) for seed, distances in enumerate([(1.25, 0.5), (2.0, 1.25), (2.75, 2.0)])),
]
# On the snare 0 lies at 20 and 1 at 4.
SNARE = [
    *(row("random", seed, distance, task="snare") for seed, distance in enumerate([10.0, 30.0, 20.0])),
    *(row("sac", seed, distance, task="snare") for seed, distance in enumerate([4.0, 8.0, 12.0])),
]


def test_0_is_random_search_and_1_the_best_that_any_run_met() -> None:
    scores = score_runs(KICK)
    assert scores.tasks == {("kick", "mss"): (2.0, 0.5)}
    found = {(one["agent"], one["seed"]): (one["policy_score"], one["best_score"]) for one in scores.rows}
    assert found["sac", 0] == (0.5, 1.0)
    assert found["sac", 1] == (0.0, 0.5)
    assert found["sac", 2] == (-0.5, 0.0)
    assert [found["random", seed][1] for seed in range(3)] == pytest.approx([-2 / 3, 2 / 3, 0.0])


def test_aggregates_by_hand() -> None:
    found = statistics_of(score_runs(KICK + SNARE))
    assert list(found["groups"]) == ["one"]
    agents = found["groups"]["one"]["agents"]
    # SAC's six: 0.5, 0, -0.5 and 1, 0.75, 0.5; without the lowest and the highest, 1.75 of four.
    assert agents["sac"]["policy"]["iqm"][0] == pytest.approx(1.75 / 4)
    # Short of 1 by 0.5, 1, 1.5, 0, 0.25 and 0.5.
    assert agents["sac"]["policy"]["optimality_gap"][0] == pytest.approx(3.75 / 6)
    profile = dict(zip(THRESHOLDS.tolist(), agents["sac"]["policy"]["profile"]["value"], strict=True))
    assert profile[0.0] == pytest.approx(4 / 6, abs=1e-4)
    assert profile[0.5] == pytest.approx(2 / 6, abs=1e-4)
    assert agents["sac"]["policy"]["tasks"]["kick"][0] == pytest.approx(0.0)
    assert agents["sac"]["policy"]["tasks"]["snare"][0] == pytest.approx(0.75)
    value, low, high = agents["sac"]["policy"]["iqm"]
    assert low < value < high
    (better,) = (one for one in found["groups"]["one"]["improvement"] if one["of"] == "policy")
    # Random over SAC: on the kick (-2/3, 2/3, 0) against (0.5, 0, -0.5): 4.5 of 9 pairs, a tie counting half;
    # on the snare (0.625, -0.625, 0) against (1, 0.75, 0.5): 1 of 9.
    assert (better["agent"], better["over"]) == ("random", "sac")
    assert better["probability"][0] == pytest.approx((4.5 + 1) / 18)


def test_the_same_seed_gives_the_same_intervals() -> None:
    scores = score_runs(KICK + SNARE)
    assert statistics_of(scores, seed=3) == statistics_of(scores, seed=3)
    assert statistics_of(scores, seed=3) != statistics_of(scores, seed=4)


def test_all_tasks_together_are_for_agents_that_played_all_of_them() -> None:
    line = [
        *(row("random", seed, 2.0 + seed, task="line", sweep="many", reward="so_far") for seed in range(2)),
        *(row("dqn", seed, 1.0 + seed, task="line", sweep="many", reward="so_far") for seed in range(2)),
    ]
    found = statistics_of(score_runs(KICK + line))
    assert list(found["groups"]) == ["one", "many", "all"]
    assert list(found["groups"]["all"]["agents"]) == ["random"]
    assert found["groups"]["all"]["agents"]["random"]["runs"] == 2
    assert "all, random: without seed 2, which is not there on every task" in found["left_out"]
    assert "all, sac: no runs on line (so_far)" in found["left_out"]


def test_what_has_no_scores_is_said() -> None:
    broken = row("sac", 3, 1.0, state="failed", failure="ValueError: NaN")
    lonely = [row("cma", seed, 1.0, task="tone") for seed in range(2)]
    longer = [row(agent, 0, 1.0, task="hihat", total_timesteps=n) for agent, n in {"random": 100, "cma": 3000}.items()]
    beaten = [row(agent, 0, d, task="tom") for agent, d in {"random": 1.0, "cma": 2.0}.items()]
    found = score_runs([*KICK, broken, *lonely, *longer, *beaten])
    assert set(found.tasks) == {("kick", "mss")}
    assert found.left_out == [
        "one/sac_3: ValueError: NaN",
        "tone with reward mss: no random search to compare with",
        "hihat with reward mss: runs of 100 to 3000 renders cannot be compared",
        "tom with reward mss: nothing beats random search",
    ]
