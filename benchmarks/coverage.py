"""How much of what people write do the engines play? ``python -m benchmarks.coverage FOLDER``

Plays every ``*.glicol`` file below a folder with both engines: how many each plays, why it refuses the others, and how
far the sounds are apart. A sample that a program names is a short synthetic sound. A program counts as working where
the real engine plays it.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options, run_command
from raveforce.glicol import GlicolError, ProgramError, UnsupportedProgram, render

__all__ = ["Outcome", "compare", "main", "reasons"]

OPTIONS = {
    "seconds": Option("of each program that are played", 1.0, float, least=0.01, most=3600),
    "sample_rate": Option("Hz", 44100, int, least=1000, most=768_000),
    "deadline": Option("seconds that an engine may take over a program", 20.0, float, least=0.01, most=3600),
    "worst": Option("how many of the largest deviations are listed", 5, int, least=0, most=10**6),
    "verbose": Option("name the programs that native refuses", False, bool),
}
SAMPLE = np.cos(np.linspace(0, 60, 4000)) * np.exp(-np.linspace(0, 5, 4000))


@dataclass(frozen=True)
class Outcome:
    """What became of a program.

    Attributes
    ----------
    path : its file
    samples : whether it plays any
    wasm, native : why the engine refused it; empty where it played
    deviation : largest difference of the sounds, in full scales or peaks, whichever is larger; NaN where one is
        missing or no number
    """

    path: Path
    samples: bool
    wasm: str
    native: str
    deviation: float


def compare(path: Path, seconds: float = 1.0, sample_rate: int = 44100, deadline: float = 20.0) -> Outcome:
    """Play a program with both engines."""
    code = path.read_text(encoding="utf-8", errors="replace")
    names = re.findall(r"[\\'][A-Za-z0-9_-]+", code)
    samples = {name[1:]: (SAMPLE, 44100) for name in names}

    def play(engine: str) -> NDArray[np.float32] | str:
        try:
            return render(code, seconds, sample_rate, engine, samples=samples, deadline=deadline)
        except UnsupportedProgram as error:
            return f"{error.node}: {error.why}" if error.why else f"{error.node} is not played"
        except (GlicolError, ProgramError) as error:
            return getattr(error, "kind", "text")

    wasm, native = play("wasm"), play("native")
    deviation = float("nan")
    if not isinstance(wasm, str) and not isinstance(native, str):
        apart, peak = np.abs(native.astype(float) - wasm), np.abs(wasm).max(initial=1.0)
        deviation = float(apart.max(initial=0.0) / peak)
    return Outcome(
        path,
        bool(re.search(r"\b(sp|sampler|psampler)[ ,|\t]", code)),
        wasm if isinstance(wasm, str) else "",
        native if isinstance(native, str) else "",
        deviation,
    )


def reasons(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Why the native engine refuses programs that work, and how often."""
    return Counter(each.native for each in outcomes if not each.wasm and each.native)


def show(outcomes: Sequence[Outcome], worst: int, verbose: bool) -> None:
    """Print the figures."""
    working = [each for each in outcomes if not each.wasm]
    refused = Counter(each.wasm for each in outcomes if each.wasm)
    print(f"{len(outcomes)} programs; wasm plays {len(working)}; it refuses " + (_counts(refused) or "none"))
    groups = (("all that work", working), ("without samples", [each for each in working if not each.samples]))
    for name, group in groups:
        played = sum(not each.native for each in group)
        print(f"native plays {played} of {len(group)} {name}: {100 * played / max(len(group), 1):.1f} %")
    for why, count in reasons(outcomes).most_common():
        print(f"  {count:4} {why}")
        if verbose:
            print("       " + " ".join(each.path.name for each in working if each.native == why))
    wrong = [each for each in outcomes if each.wasm and not each.native]
    if wrong:
        print("native plays what wasm refuses: " + " ".join(each.path.name for each in wrong))
    apart = sorted((each for each in outcomes if not np.isnan(each.deviation)), key=lambda each: -each.deviation)
    print(f"largest deviation {apart[0].deviation if apart else 0:.2g}, of the peak or of full scale")
    for each in apart[:worst]:
        print(f"  {each.deviation:.2g} {each.path.name}")


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} ({kind})" for kind, count in counter.most_common())


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    folders = [each for each in arguments if "=" not in each and not each.startswith("-")]
    others = [each for each in arguments if each not in folders]
    options, _ = read_options(others, OPTIONS, doc=__doc__)
    if len(folders) != 1:
        raise ConfigError("one folder is needed: python -m benchmarks.coverage FOLDER")
    paths = sorted(Path(folders[0]).expanduser().rglob("*.glicol"))
    if not paths:
        raise ConfigError(f"there is no *.glicol file below {folders[0]}")
    outcomes = []
    for number, path in enumerate(paths, start=1):
        outcomes.append(compare(path, options["seconds"], options["sample_rate"], options["deadline"]))
        if sys.stderr.isatty():
            print(f"\r{number} of {len(paths)}", end="", file=sys.stderr)
    show(outcomes, options["worst"], options["verbose"])
    return 0


if __name__ == "__main__":
    run_command("benchmarks.coverage", main)
