"""The whole step, and whether it leaks: decode, render, distance, observation. ``python -m benchmarks.step``."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.transforms import transforms_alone
from benchmarks.workloads import KICK, SAMPLE_RATE
from experiments.config.options import Option, read_options, run_command
from raveforce.episodes import Episodes
from raveforce.spec import EnvSpec
from raveforce.task import Task, define
from raveforce.tasks.kick import kick_808

__all__ = ["Step", "memory_growth", "steps"]

OPTIONS = {"episodes": Option("played to see whether memory grows", 100_000, int, least=1, most=10**6)}
PARAMETERS = [("lin", 0.001, 0.1), ("lin", 0.05, 0.2), ("exp", 30, 300)]


@dataclass(frozen=True)
class Step:
    """What a full step costs: µs a row, in all and by part.

    Attributes
    ----------
    reward, observation : names
    rows : played at once
    total, render, distance, see : µs a row; the rest is decoding and bookkeeping
    best : the least total
    cpu : the total again, in the processor's time: what is more than that, others on the machine have taken
    """

    reward: str
    observation: str
    rows: int
    total: float
    render: float
    distance: float
    see: float
    best: float
    cpu: float

    @property
    def rest(self) -> float:
        """Decoding and bookkeeping, µs a row."""
        return self.total - self.render - self.distance - self.see

    @property
    def per_second(self) -> float:
        """Steps a second."""
        return 1e6 / self.total


def task() -> Task:
    """The kick of the render benchmark as a task."""
    return define(KICK.code, kick_808(SAMPLE_RATE, KICK.seconds), PARAMETERS)


def _episodes(reward: str, observation: str, rows: int, threads: int = 1) -> Episodes:
    spec = EnvSpec.of(
        task(), reward=reward, observation=observation, engine="native", engine_options={"num_threads": threads}
    )
    return spec.open(rows)


def steps(reward: str, observation: str, rows: int = 64, rounds: int = 30) -> Step:
    """Measure episodes of one step, medians over rounds, on one thread."""
    episodes = _episodes(reward, observation, rows)
    rng = np.random.default_rng(0)
    rngs = [rng] * rows
    times: dict[str, list[float]] = {name: [] for name in ("total", "render", "distance", "see", "cpu")}

    def timed(name: str, began: float) -> None:
        times[name].append((time.perf_counter() - began) / rows * 1e6)

    for _ in range(rounds):
        actions = rng.uniform(-1, 1, (rows, 3))
        busy, began = time.process_time(), time.perf_counter()
        episodes.reset(rngs)
        episodes.step(actions)
        timed("total", began)
        times["cpu"].append((time.process_time() - busy) / rows * 1e6)
        # The parts once more, each by itself.
        values = episodes.task.parameters.decode(actions)
        episodes.engine.reset()
        began = time.perf_counter()
        episodes.engine.play(values, episodes.task.samples)
        timed("render", began)
        began = time.perf_counter()
        episodes.reward.measure(episodes.sound, episodes.reference)
        timed("distance", began)
        began = time.perf_counter()
        episodes.observation.observe(episodes.sound, episodes._seen)
        timed("see", began)
    episodes.close()
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    return Step(reward, observation, rows, **medians, best=min(times["total"]))


def memory_growth(count: int = 100_000) -> float:
    """How many MB the process grows over so many episodes, after a warm-up of a tenth."""
    episodes = _episodes("waveform", "waveform", rows=1)
    rng = np.random.default_rng(0)

    def play(times: int) -> None:
        for action in rng.uniform(-1, 1, (times, 1, 3)):
            episodes.reset([rng])
            episodes.step(action)

    play(count // 10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    play(count)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    print("kick 0.3 s, engine native, one thread: µs a row")
    names = ("total", "render", "distance", "see", "rest", "best", "cpu", "steps/s")
    print(f"{'reward':10} {'observation':12} {'rows':>4} " + " ".join(f"{name:>8}" for name in names))
    for rows in (1, 64):
        for reward, observation in (("mss", "log_mel"), ("log_mel", "log_mel"), ("waveform", "waveform")):
            one = steps(reward, observation, rows)
            print(
                f"{reward:10} {observation:12} {rows:4} {one.total:8.1f} {one.render:8.1f} {one.distance:8.1f} "
                f"{one.see:8.1f} {one.rest:8.1f} {one.best:8.1f} {one.cpu:8.1f} {one.per_second:8.0f}"
            )
    print("mss of sounds that do not end, one thread, least: µs a sound")
    for name, least in transforms_alone().items():
        print(f"  {name:34} {least:8.0f}")
    print(f"memory after {options['episodes']} episodes: {memory_growth(options['episodes']):+.1f} MB")


if __name__ == "__main__":
    run_command("benchmarks.step", main)
