"""Programs written by tokens: how many a second, and where the time goes. ``python -m benchmarks.write part=speed``.

Random programs of the grammar, none played before, of 0.4 s at 44.1 kHz, each compared with one target (``mss``), on
one thread.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from experiments.config.options import Option, read_options, run_command
from raveforce.distances import make_distance, measure_rows
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import Language
from raveforce.writing.layers import make_structure, read_layers
from raveforce.writing.player import compile_structure, open_player, play_programs
from raveforce.writing.programs import program_text

__all__ = ["Speed", "main", "speed"]

OPTIONS = {
    "part": Option("what is measured: speed", "speed"),
    "programs": Option("played in all", 4096, int, least=64),
    "rows": Option("programs in a batch", 64, int, least=1),
    "layers": Option("most layers of a program", 3, int, least=1),
    "seconds": Option("length of the sounds", 0.4, float, least=0.01),
    "output": Option("JSON file for the figures"),
}


@dataclass(frozen=True)
class Speed:
    """What a program costs, µs, medians over batches.

    Attributes
    ----------
    grammar : masks and tokens, by the state machine, all rows in step
    lowering : from tokens to graphs that are not known yet
    play : rendering, the values of the numbers among it
    distance : ``mss`` to one target
    total : all of these in one go, wall-clock
    cpu : the total again, in the processor's time: what is more than that, others on the machine have taken
    best : the quickest batch's total
    text : the text, which is not made for playing
    new : share of layers whose structure was new
    layers, tokens : of a program, mean
    """

    grammar: float
    lowering: float
    play: float
    distance: float
    total: float
    cpu: float
    best: float
    text: float
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
    times: dict[str, list[float]] = {
        name: [] for name in ("grammar", "lowering", "play", "distance", "total", "cpu", "text")
    }
    new = counted = written = 0
    known: set[tuple[int, ...]] = set()
    for index in range(programs // rows):
        warm = index >= programs // rows // 8
        marks = [time.perf_counter()]
        busy = time.process_time()
        drawn = grammar.sample_rows(rng, rows)
        marks.append(time.perf_counter())
        read = [read_layers(language, tokens) for tokens in drawn]
        met = {layer.elements for each in read for layer in each}
        for elements in met:
            compile_structure(make_structure(language, elements))
        marks.append(time.perf_counter())
        audio, _ = play_programs(player, drawn, samples)
        marks.append(time.perf_counter())
        measure_rows(distance, audio, features)
        marks.append(time.perf_counter())
        cpu = time.process_time() - busy
        for tokens in drawn:
            program_text(language, tokens)
        text = time.perf_counter() - marks[-1]
        if warm:
            parts = np.diff(marks)
            for name, taken in zip(times, [*parts, marks[-1] - marks[0], cpu, text], strict=True):
                times[name].append(float(taken) / rows * 1e6)
            new += sum(layer.elements not in known for each in read for layer in each)
            counted += sum(map(len, read))
            written += sum(int((tokens >= 0).sum()) for tokens in drawn)
        known |= met
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    played = len(times["total"]) * rows
    return Speed(
        **medians, best=min(times["total"]), new=new / counted, layers=counted / played, tokens=written / played
    )


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    found = speed(options["programs"], options["rows"], options["layers"], options["seconds"])
    print(
        f"random programs of {found.layers:.2f} layers and {found.tokens:.1f} tokens, {options['seconds']:g} s, "
        f"batches of {options['rows']}, one thread; {found.new:.0%} of the layers have a structure not met before"
    )
    for name in ("grammar", "lowering", "play", "distance", "total", "cpu", "best", "text"):
        print(f"  {name:9} {getattr(found, name):8.1f} µs a program")
    print(f"{1e6 / found.total:.0f} new programs a second ({1e6 / found.cpu:.0f} in the processor's time)")
    if options["output"]:
        Path(options["output"]).write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_command("benchmarks.write", main)
