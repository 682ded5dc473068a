"""The command ``raveforce``."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import raveforce
from raveforce._console import describe, survive_the_console
from raveforce._imports import end_quickly
from raveforce._places import check_new_folder

if TYPE_CHECKING:
    from raveforce.imitation import Imitation, Progress

__all__ = ["main"]

REPORTED = ("mss", "band_levels", "log_mel", "mfcc", "sot", "envelope")
"""Distances that are printed, beside the one that was minimised; the file imitation.json has all."""


class _Place(click.Path):
    """A path; an empty one, as of a variable that is not set, would be the current folder and all below it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip():
            self.fail("a path is needed, not an empty text", param, ctx)
        return super().convert(value, param, ctx)


class _Commands(click.Group):
    """Commands whose errors that a user can mend are one line, not a traceback; they outlive their console."""

    def main(self, *args: Any, **options: Any) -> Any:
        survive_the_console()
        end_quickly()
        return super().main(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("raveforce: interrupted", err=True)
            ctx.exit(128 + signal.SIGINT)
        except (ValueError, OSError, raveforce.GlicolError, raveforce.EngineUnavailable) as error:
            raise click.ClickException(describe(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(raveforce.__version__, prog_name="raveforce")
def main() -> None:
    """Sounds and the live-coding programs (Glicol) that make them."""


@main.command()
@click.argument("sounds", nargs=-1, required=True, type=_Place(path_type=Path))
@click.option("--seconds", type=float, help="Seconds until the answer to a sound is there.  [default: 10]")
@click.option("--renders", type=int, help="Programs to try at most; the same number gives the same program every time.")
@click.option("--template", default="auto", show_default=True, help="Whose blanks are filled: auto, kick, snare ...")
@click.option("--distance", default="mss", show_default=True, help="What is minimised; see `raveforce distances`.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the search's random numbers.")
@click.option("--out", type=_Place(path_type=Path), default=Path("imitations"), show_default=True, help="Folder.")
@click.option("--write", is_flag=True, help="Write the best template's program anew too, and programs from nothing.")
@click.option("--no-policy", is_flag=True, help="Search alone, without the trained policies' answers.")
@click.option("--no-picture", is_flag=True, help="Draw nothing.")
def imitate(sounds: tuple[Path, ...], out: Path, no_policy: bool, no_picture: bool, **options: Any) -> None:
    """Find Glicol programs that sound like recordings.

    SOUNDS are recordings, or folders of them. Of each, DIR/NAME gets program.glicol, which plays in glicol.org,
    target.wav, imitation.wav, ab.wav (the two in turn), comparison.png and imitation.json. Ctrl-C ends a search and
    keeps the best so far.
    """
    from raveforce.audio import AudioError

    paths = _recordings(sounds)
    check_new_folder(out)  # before anything is searched for
    folders = _folders(paths, out)
    failed = 0
    for path, folder in zip(paths, folders, strict=True):
        try:
            if _imitate(path, folder, picture=not no_picture, policy=not no_policy, **options).interrupted:
                break
        except AudioError as error:
            if len(paths) == 1:
                raise
            failed += 1
            click.echo(f"left out: {error}", err=True)
    if failed:
        raise click.ClickException(f"{failed} of {len(paths)} sounds could not be used")


def _imitate(path: Path, folder: Path, *, picture: bool, **options: Any) -> Imitation:
    from raveforce.imitation import imitate
    from raveforce.imitation.files import save

    display = _Display()
    found = imitate(path, progress=display, **options)
    display.clear()
    click.echo("\n".join(_told(path, found)))
    try:
        files = save(found, folder, picture=picture)
        missing = ""
    except ImportError as error:
        files = save(found, folder, picture=False)
        missing = f" (no picture: {error})"
    click.echo(f"\nin {folder}: {', '.join(file.name for file in files)}{missing}\n")
    return found


def _recordings(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those in the folders named."""
    from raveforce.recordings import find_recordings

    found: list[Path] = []
    for path in paths:
        found += [file for kit in find_recordings(path).values() for file in kit] if path.is_dir() else [path]
    return [*dict.fromkeys(found)]


def _folders(paths: Sequence[Path], out: Path) -> list[Path]:
    """A folder for each, named as the file; files of one name get numbers."""
    used: dict[str, int] = {}
    folders = []
    for path in paths:
        used[path.stem] = used.get(path.stem, 0) + 1
        number = used[path.stem]
        folders.append(out / (path.stem if number == 1 else f"{path.stem}_{number}"))
    return folders


class _Display:
    """Shows on the terminal how far a search is: the first program at once, then a line that changes."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = -1.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._shown < 0:
            click.echo(f"a first answer, {progress.template}, {progress.distance:.3f}:\n{progress.code}", err=True)
        elif not sys.stderr.isatty() or now - self._shown < 0.2:
            return
        else:
            line = f"{now - self._started:5.1f} s  {progress.renders:7,} renders  {progress.racing} searches  "
            click.echo(f"\r{line}{progress.template} {progress.distance:.4f}   ", nl=False, err=True)
        self._shown = now

    def clear(self) -> None:
        """Leave the line."""
        if self._shown >= 0:
            click.echo(err=True)


def _told(path: Path, found: Imitation) -> Iterator[str]:
    """What is printed of an imitation."""
    length = len(found.target) / found.sample_rate
    yield f"{path} ({length:.2f} s): {found.template}, {found.renders:,} renders in {found.seconds:.1f} s\n"
    yield found.code.rstrip() + "\n"
    yield f"{'distance':>12} {'imitation':>10} {'silence':>10} {'random program':>15}"
    for name in dict.fromkeys([found.distance, *REPORTED]):
        if name in found.distances:
            chance = f"{found.random:15.3f}" if name == found.distance else ""
            yield f"{name:>12} {found.distances[name]:10.3f} {found.silence[name]:10.3f} {chance}".rstrip()
    if found.outside and found.template != "written":
        yield (
            f"\nThis sound lies outside what the template {found.template!r} can say: the nearest program gains only "
            f"{max(found.score, 0):.0%} of silence's distance."
        )
    if found.at_bounds:
        yield f"\nAt an end of their range: {', '.join(found.at_bounds)}. A template with wider ranges may come nearer."
    peak = float(abs(found.audio).max())
    if peak > 1:
        yield f"\nIts peak is {peak:.2f}: players that clip at 1 distort imitation.wav. In ab.wav both are scaled down."
    if found.interrupted:
        yield "\nInterrupted: this is the best so far."


@main.command()
@click.argument("program", type=_Place(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option("-o", "--out", type=_Place(path_type=Path), default=Path("out.wav"), show_default=True)
@click.option("--seconds", type=float, default=4.0, show_default=True)
@click.option("--sample-rate", type=int, default=44100, show_default=True, help="Hz.")
@click.option("--bpm", type=float, default=120.0, show_default=True, help="Beats per minute.")
@click.option("--engine", default="auto", show_default=True, help="auto, native, wasm, or one of your own by its path.")
@click.option("--sample", "samples", multiple=True, metavar="NAME=FILE", help="A recording for `sp`, once for each.")
def render(
    program: Path, out: Path, seconds: float, sample_rate: int, bpm: float, engine: str, samples: tuple[str, ...]
) -> None:
    """Play a Glicol PROGRAM (- reads it from the standard input) into a 32-bit float wav file."""
    from raveforce import audio

    if out.is_dir() or not out.absolute().parent.is_dir():
        raise ValueError(f"--out is a file that is written, in a folder that is there; {out} is none")
    code = _read(program)
    given = dict(_named(text) for text in samples)
    sound = raveforce.render(code, seconds, sample_rate, engine, bpm=bpm, samples=given)
    try:
        audio.write(out, sound, sample_rate)
    except OSError as error:
        raise ValueError(f"{out} cannot be written: {error.strerror}") from error
    peak = float(abs(sound).max()) if len(sound) else 0.0
    click.echo(f"{out}: {seconds:g} s, peak {peak:.3f}" + (", which clips in most players" if peak > 1 else ""))


def _read(program: Path) -> str:
    try:
        return sys.stdin.read() if str(program) == "-" else program.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{program} is no text in UTF-8: {error}") from error


def _named(text: str) -> tuple[str, str]:
    """The two parts of NAME=FILE."""
    name, _, file = text.partition("=")
    if not (name and file):
        raise ValueError(f"a sample is given as NAME=FILE, such as bd=kicks/bd.wav, not {text!r}")
    return name, file


@main.command()
def tasks() -> None:
    """List the tasks."""
    from raveforce.tasks import ENVIRONMENTS, TASKS

    made = {name: TASKS.get(name) for name in TASKS}
    # What a task is about stands with its environment.
    _list({name: _summary(ENVIRONMENTS.get(getattr(task, "id", ""), task)) for name, task in made.items()})


@main.command()
def distances() -> None:
    """List the distances."""
    from raveforce.distances import DISTANCES

    _list({name: _summary(DISTANCES.get(name)) for name in DISTANCES})


@main.command()
def nodes() -> None:
    """List Glicol's nodes, and which engines play them."""
    from raveforce.glicol.nodes import NODES

    _list({node.usage: f"{node.summary} ({', '.join(node.engines) or 'breaks the engine'})" for node in NODES.values()})


def _summary(thing: object) -> str:
    return (thing.__doc__ or "").strip().split("\n")[0]


def _list(entries: dict[str, str]) -> None:
    width = min(max(map(len, entries)), 40)
    for name, text in entries.items():
        click.echo(f"{name:{width}}  {text}")


if __name__ == "__main__":
    main()
