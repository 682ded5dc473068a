"""Programs written by tokens: how many a second, and where the time goes. ``python -m benchmarks.write part=speed``.

Random programs of the grammar, none played before, of 0.4 s at 44.1 kHz, each compared with one target (``mss``), on
one thread unless ``threads`` says otherwise: the spectra of many sounds share theirs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.step import steps
from experiments.config import readers
from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from experiments.records.provenance import versions
from experiments.records.run_folder import write_text
from raveforce.distances import make_distance, measure_rows
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.layers import make_structure, read_layers
from raveforce.writing.player import compile_structure, open_player, play_programs
from raveforce.writing.programs import program_text

__all__ = ["Speed", "main", "speed"]

PAPER = Path(__file__).resolve().parents[2] / "results" / "paper"
OPTIONS = {
    "part": Option("what is measured: speed", "speed"),
    "programs": Option("played in all", 4096, int, least=64, most=10**8),
    "rows": Option("programs in a batch", 64, int, least=1, most=4096),
    "layers": Option("most layers of a program", 3, int, least=1, most=16),
    "seconds": Option("length of the sounds", 0.4, float, least=0.01, most=60),
    "threads": Option("how many there are", 1, int, least=1, most=1024),
    "output": Option("JSON file for the figures", reads=readers.new_file),
    "write": Option("keep them in results/paper/write_speed.json", False, bool),
}


PARTS = {
    "grammar": "masks, and tokens under them, all rows in step",
    "lowering": "the pieces that structures are joined from, of which some were not met before",
    "play": "layers read from the tokens, their values, joining the pieces, rendering, adding up",
    "distance": "mss to one target",
    "total": "all of these",
    "text": "programs as text, which playing does not need",
    "kick": "beside it, a whole step of the task kick (mss, log_mel)",
}


@dataclass(frozen=True)
class Speed:
    """What a program costs, µs, medians over batches.

    Attributes
    ----------
    wall, processor : by part: on the clock, and in the processor's time. What is more on the clock, others on the
        machine have taken
    new : share of layers whose structure was not met before
    layers, tokens : of a program, mean
    """

    wall: dict[str, float]
    processor: dict[str, float]
    new: float
    layers: float
    tokens: float


def speed(programs: int, rows: int, layers: int, seconds: float, seed: int = 0) -> Speed:
    """Measure, batch by batch; the first eighth warms up."""
    language = Language(max_layers=layers)
    grammar, player = make_grammar(language), open_player(language, "native")
    rng, samples = np.random.default_rng(seed), round(seconds * language.sample_rate)
    distance = make_distance("mss")
    target, _ = play_programs(player, [language.read("layer tri 20 mul env2 0 40 close end")], samples)
    features = distance.features(target)
    taken: list[NDArray[np.float64]] = []
    met: set[tuple[int, ...]] = set()
    new = counted = written = 0
    batches = max(programs // rows, 2)
    for batch in range(batches):
        costs: list[NDArray[np.float64]] = []
        drawn = _timed(costs, grammar.sample_rows, rng, rows)
        structures = [
            make_structure(language, layer.elements) for tokens in drawn for layer in read_layers(language, tokens)
        ]
        _timed(costs, lambda these=structures: [compile_structure(structure) for structure in these])
        audio, _ = _timed(costs, play_programs, player, drawn, samples)
        _timed(costs, measure_rows, distance, audio, features)
        _timed(costs, lambda these=drawn: [program_text(language, tokens) for tokens in these])
        elements = [structure.elements for structure in structures]
        if batch >= batches // 8:
            parts = np.array(costs) / rows * 1e6
            taken.append(np.stack([*parts[:4], parts[:4].sum(axis=0), parts[4]]))
            new += sum(each not in met for each in elements)
            counted += len(elements)
            written += int((drawn >= 0).sum())
        met |= set(elements)
    medians = np.median(taken, axis=0)
    kick = steps("mss", "log_mel")
    played = len(taken) * rows
    return Speed(
        wall=dict(zip(PARTS, [*medians[:, 0].tolist(), kick.total], strict=True)),
        processor=dict(zip(PARTS, [*medians[:, 1].tolist(), kick.cpu], strict=True)),
        new=new / counted,
        layers=counted / played,
        tokens=written / played,
    )


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Whatever shares its work among threads has so many."""
    config: Any = numba.config
    before = config.NUMBA_NUM_THREADS
    config.NUMBA_NUM_THREADS = count
    try:
        yield
    finally:
        config.NUMBA_NUM_THREADS = before


def _timed(costs: list[NDArray[np.float64]], call: Callable[..., Any], *arguments: Any) -> Any:
    """Call, and write down what it cost, on the clock and in the processor's time."""
    start = _now()
    result = call(*arguments)
    costs.append(np.subtract(_now(), start))
    return result


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    if options["part"] != "speed":
        raise ConfigError(f"there is no part {options['part']!r}; there is speed")
    with on_threads(options["threads"]):
        found = speed(options["programs"], options["rows"], options["layers"], options["seconds"])
    threads = "one thread" if options["threads"] == 1 else f"{options['threads']} threads"
    print(
        f"random programs of {found.layers:.2f} layers and {found.tokens:.1f} tokens, {options['seconds']:g} s, "
        f"batches of {options['rows']}, {threads}; {found.new:.0%} of the layers have a structure not met before"
    )
    print(f"  {'µs a program':12} {'clock':>8} {'processor':>10}")
    for part, what in PARTS.items():
        print(f"  {part:12} {found.wall[part]:8.1f} {found.processor[part]:10.1f}  {what}")
    print(
        f"{1e6 / found.wall['total']:.0f} new programs a second "
        f"({1e6 / found.processor['total']:.0f} in the processor's time)"
    )
    if options["output"] or options["write"]:
        command = " ".join(["python -m benchmarks.write", *arguments])
        report = {"command": command, "threads": options["threads"], **asdict(found), "versions": versions()}
        path = PAPER / "write_speed.json" if options["write"] else Path(options["output"])
        write_text(path, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    run_command("benchmarks.write", main)
