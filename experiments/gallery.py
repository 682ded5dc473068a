"""A page of programs that were written for sounds, to read and to listen to: ``python -m experiments.gallery``.

Twelve targets: hidden programs of the language that no training has seen, and drums that numpy synthesises. With
write=true the page and its sounds (MP3, a few kilobytes each) go to docs/, else to the folder ``out``. What is found is
kept there sound by sound, so that the same command goes on where it was broken off.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

import raveforce
from experiments.config import readers
from experiments.config.options import LARGEST_SEED, Option, read_options, run_command
from experiments.policy.drums import DRUMS, drum
from experiments.records.run_folder import write_text
from experiments.records.texts import read_json
from raveforce.distances import make_distance, measure_rows
from raveforce.glicol.looping import looped_text
from raveforce.imitation.write.chains import multiplied_out
from raveforce.imitation.write.from_nothing import Writing, WritingSettings
from raveforce.imitation.writer import WritingPolicy, load_writing_policy
from raveforce.recordings import fit
from raveforce.writing.language import Language
from raveforce.writing.objective import Judge
from raveforce.writing.player import open_player
from raveforce.writing.programs import program_text
from raveforce.writing.rounding import finished
from raveforce.writing.targets import HiddenPrograms

__all__ = ["main"]

log = logging.getLogger(__name__)

Audio = NDArray[np.float32]

ROOT = Path(__file__).resolve().parents[1]
RATE = 44100
LONGEST = 1.0
"""Seconds of a target."""
HIDDEN_LAYERS = (1, 2, 2, 3)
"""Layers of the hidden programs."""
PRICE = 0.0005
"""Of a node, in shares of silence's distance."""
DRUM = WritingSettings(node=0.01, likely=0.01)
"""What a structure must be worth where no program can quite say the sound: there every node brings it little nearer."""

INTRODUCTION = """\
Twelve sounds, and for each a program that write-then-tune found: [how](writing.md#write-then-tune). The first four are
hidden programs of the language, which can be reached exactly and which no training has seen; the others are drums that
numpy makes, and which no program can quite say. Copy a program to glicol.org and change it: they strike once a second.

`mss` is the distance to the target, of the program as it is printed; a node is a source, a processor or a gesture.
"""

OPTIONS = {
    "renders": Option("programs to play for a target", 3000, int, least=1, most=10**8),
    "policy": Option("a policy's file instead of the shipped one", reads=readers.file),
    "seed": Option("of targets and searches", 0, int, least=0, most=LARGEST_SEED),
    "out": Option("folder of the page", "results/runs/gallery", reads=readers.new_folder),
    "write": Option("write into docs/", False, bool),
}


@dataclass(frozen=True, eq=False)
class Target:
    """A sound to write a program for.

    Attributes
    ----------
    name : of its files
    title : what it is
    audio : float32 [samples]
    program : that made it; empty where none did
    """

    name: str
    title: str
    audio: Audio
    program: str = ""


def targets(seed: int) -> Iterator[Target]:
    """The twelve targets."""
    language, rng = Language(), np.random.default_rng(seed)
    source = HiddenPrograms(language, split="test")
    for number, layers in enumerate(HIDDEN_LAYERS):
        tokens, audio = source.draw_program(rng)
        while program_layers(language, tokens) != layers or len(tokens) < 7 * layers:
            tokens, audio = source.draw_program(rng)
        title = f"Hidden program {number + 1} of {layers} layer{'s' if layers > 1 else ''}"
        yield Target(f"hidden_{number + 1}", title, audio, program_text(language, tokens))
    for kind in DRUMS:
        sound = drum(rng, kind)
        yield Target(kind, f"A {kind}", fit(sound, min(len(sound), round(LONGEST * RATE)), RATE))


def program_layers(language: Language, tokens: NDArray[np.int64]) -> int:
    """How many layers tokens have."""
    return int((tokens == language.ids["layer"]).sum())


def write_for(target: Target, policy: WritingPolicy, renders: int, seed: int) -> dict[str, Any]:
    """Write a program for a target, and measure what it plays."""
    distance = make_distance("mss", RATE)
    features = distance.features(target.audio[None])
    silence = float(measure_rows(distance, 0 * target.audio[None], features)[0])
    judge = Judge(open_player(Language()), target.audio, distance, PRICE * silence)
    writing = Writing(judge, policy, seed, WritingSettings() if target.program else DRUM)
    writing.run(renders)
    draft = writing.nearest[1]
    code = multiplied_out(finished(judge, draft).code)
    audio = raveforce.render(code, len(target.audio) / RATE, RATE)[: len(target.audio)]
    return {
        "code": looped_text(code, len(target.audio) / RATE),
        "mss": float(measure_rows(distance, audio[None], features)[0]),
        "silence": silence,
        "nodes": draft.nodes(Language()),
        "renders": writing.renders,
    }


def page(found: Sequence[tuple[Target, Mapping[str, Any]]], command: str) -> Iterator[str]:
    """The page, line by line."""
    yield "# Programs that an agent wrote"
    yield ""
    yield INTRODUCTION
    yield f"Made by `{command}`.\n"
    yield "| target | layers | lines | nodes | `mss` | silence |"
    yield "|---|---:|---:|---:|---:|---:|"
    for target, row in found:
        layers = sum(not line.startswith("~") for line in row["code"].splitlines())
        lines = row["code"].strip().count("\n") + 1
        yield (
            f"| [{target.title}](#{target.title.lower().replace(' ', '-')}) | {layers} | {lines} | {row['nodes']} | "
            f"{row['mss']:.3f} | {row['silence']:.2f} |"
        )
    for target, row in found:
        yield ""
        yield f"## {target.title}"
        yield ""
        for what in ("target", "written"):
            yield f'{what} <audio controls preload="none" src="gallery/{target.name}_{what}.mp3"></audio>'
        yield ""
        yield "```glicol"
        yield row["code"].rstrip()
        yield "```"
        if target.program:
            yield ""
            yield "The program that was hidden:"
            yield ""
            yield "```glicol"
            yield target.program.rstrip()
            yield "```"
    yield ""


def _kept(path: Path) -> dict[str, Any]:
    """What was found for a sound before; nothing where that cannot be read."""
    try:
        known = read_json(path)
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def main(arguments: Sequence[str]) -> None:
    """Make the page as the command line says."""
    options, _ = read_options(arguments, OPTIONS, doc=__doc__)
    policy = load_writing_policy() if options["policy"] is None else WritingPolicy.load(options["policy"])
    kept = Path(options["out"])
    folder = ROOT / "docs" if options["write"] else kept
    for each in (kept, folder / "gallery"):
        each.mkdir(parents=True, exist_ok=True)
    found = []
    for target in targets(options["seed"]):
        path = kept / f"{target.name}.json"
        about = {"renders": options["renders"], "seed": options["seed"], "policy": policy.sha256}
        known = _kept(path)
        if known.get("about") != about:
            known = {"about": about, "row": write_for(target, policy, options["renders"], options["seed"])}
            write_text(path, json.dumps(known, indent=2) + "\n")
        row = known["row"]
        print(f"{target.title}: mss {row['mss']:.3f} (silence {row['silence']:.2f})\n{row['code']}\n", flush=True)
        audio = raveforce.render(row["code"], len(target.audio) / RATE, RATE)
        for what, sound in (("target", target.audio), ("written", audio)):
            peak = max(1.0, float(np.abs(sound).max()))
            file = folder / "gallery" / f"{target.name}_{what}.mp3"
            soundfile.write(file, sound / peak, RATE, format="MP3", subtype="MPEG_LAYER_III")
        found.append((target, row))
    command = " ".join(["python -m experiments.gallery", *arguments])
    write_text(folder / "gallery.md", "\n".join(page(found, command)))
    print(f"in {folder}: gallery.md and gallery/")


if __name__ == "__main__":
    run_command("experiments.gallery", main)
