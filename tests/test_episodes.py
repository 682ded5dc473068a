from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.episodes import Episodes
from raveforce.observations import LogMelObservation
from raveforce.spec import EnvSpec
from raveforce.targets import ManyTargets
from raveforce.task import Task, define


def episodes(task: Task, rows: int) -> Episodes:
    made = EnvSpec.of(task, reward="mss").open(rows)
    made.reset([np.random.default_rng(0)] * rows)
    return made


@pytest.mark.parametrize("name", ["tone_task", "melody_task"])
def test_a_batch_is_as_many_batches_of_one_to_the_bit(name: str, request: pytest.FixtureRequest) -> None:
    task: Task = request.getfixturevalue(name)
    rows = 5
    actions = np.random.default_rng(0).uniform(-1, 1, (task.total_step, rows, len(task.parameters.free)))
    together = episodes(task, rows)
    alone = [episodes(task, 1) for _ in range(rows)]
    for step in actions:
        batch = together.step(step)
        for row, single in enumerate(alone):
            one = single.step(step[row][None])
            np.testing.assert_array_equal(batch.observations[row], one.observations[0])
            assert batch.rewards[row] == one.rewards[0]
            assert batch.distances[row] == one.distances[0]
            assert batch.terminated[row] == one.terminated[0]
    np.testing.assert_array_equal(together.audio_so_far, np.concatenate([single.audio_so_far for single in alone]))


@pytest.mark.parametrize("name", ["tone_task", "melody_task"])
def test_nothing_is_left_of_the_episode_before(name: str, request: pytest.FixtureRequest) -> None:
    task: Task = request.getfixturevalue(name)
    made = episodes(task, 2)
    zeros = np.zeros((2, len(task.parameters.free)))
    for _ in range(task.total_step):
        result = made.step(zeros)
    audio = made.info(result, 0)["audio"]
    before = audio.copy()
    assert before.any()
    made.reset([np.random.default_rng(0)] * 2)
    assert not made.sound.any()
    assert made.audio_so_far.shape == (2, 0)
    again = made.step(zeros + 0.5)
    assert not made.sound[:, made.audio_so_far.shape[1] :].any()
    np.testing.assert_array_equal(audio, before)
    assert again.terminated.tolist() == [task.total_step == 1] * len(again.terminated)


def test_a_target_that_rows_share_is_prepared_once(tone_task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    sounds = [np.full(tone_task.samples, level, np.float32) for level in (0.1, 0.2, 0.3)]
    task = replace(tone_task, targets=ManyTargets(sounds))
    made = EnvSpec.of(task, reward={"distance": "mss", "kind": "normalised"}, observation="log_mel").open(16)
    heard: list[int] = []
    features = LogMelObservation.features

    def count(self: LogMelObservation, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        heard.append(len(audio))
        return features(self, audio)

    monkeypatch.setattr(LogMelObservation, "features", count)
    seen = made.reset([np.random.default_rng(row) for row in range(16)])
    assert heard[0] == 3
    actions = np.random.default_rng(0).uniform(-1, 1, (16, 2))
    result = made.step(actions)
    for row in range(16):
        alone = EnvSpec.of(task, reward={"distance": "mss", "kind": "normalised"}, observation="log_mel").open(1)
        one = alone.reset([np.random.default_rng(row)])
        np.testing.assert_array_equal(seen[row], one[0])
        assert alone.step(actions[row][None]).rewards[0] == result.rewards[row]
        assert alone.reference.worst[0] == made.reference.worst[row]


def test_a_fault_stays_in_its_row(tone_task: Task) -> None:
    target = tone_task.targets.draw(np.random.default_rng(0))
    task = define("o: saw 100 >> mul {}", target, [("lin", 0, 100)])
    made = episodes(task, 3)
    result = made.step([[-0.99], [1.0], [-0.99]])
    assert set(result.faults) == {1}
    assert not made.audio_so_far[1].any()
    assert made.audio_so_far[0].any()
    assert result.rewards[1] < result.rewards[0] == result.rewards[2]


def test_rows_and_actions_must_match(tone_task: Task) -> None:
    with pytest.raises(ValueError, match="3 rows need as many actions, got 2"):
        episodes(tone_task, 3).step(np.zeros((2, 2)))
