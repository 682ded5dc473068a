"""A program that grows: after each layer its text, its spectrogram, and how far it is from the target."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import Source
from experiments.figures.style import SMALL, new_figure
from experiments.policy.drums import drum
from raveforce.distances import make_distance
from raveforce.imitation.weights import PolicyError
from raveforce.imitation.write.from_nothing import Writing, WritingSettings
from raveforce.imitation.writer import load_writing_policy
from raveforce.plotting import draw_spectrogram
from raveforce.writing.drafts import Draft, spans
from raveforce.writing.language import Language
from raveforce.writing.objective import Judge
from raveforce.writing.player import open_player

__all__ = ["draw", "grown"]

Audio = NDArray[np.float32]

RATE = 44100
SECONDS = 0.4
KIND = "tom"
WIDE = 29
"""Characters in a line."""
SETTINGS = WritingSettings(node=0.01, likely=0.01)
"""Nodes are worth a fifth of what they must be else: there is more than one layer to see."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A program after some of its layers.

    Attributes
    ----------
    text : of its last layer
    audio : float32 [samples]
    distance : to the target
    """

    text: str
    audio: Audio
    distance: float


@FIGURES.register("writing")
def draw(source: Source) -> list[Picture]:
    """Draw a target that no program made, and the layers of a program written for it."""
    target = drum(np.random.default_rng(source.seed), KIND)[: round(SECONDS * RATE)]
    target = np.pad(target, (0, round(SECONDS * RATE) - len(target)))
    judge = Judge(open_player(Language(max_layers=3)), target, make_distance("mss", RATE), price=5e-4)
    try:
        policy = load_writing_policy()
    except PolicyError:
        policy = None
    writing = Writing(judge, policy, source.seed, SETTINGS)
    writing.run(source.renders)
    stages = grown(judge, writing.nearest[1])
    rows = len(stages) + 1
    figure = new_figure(height=0.5 + 1.15 * rows)
    axes = figure.subplots(rows, 2, width_ratios=[1, 1.75], squeeze=False)
    shown = [Stage("a drum that numpy makes, and which no program can quite say", target, 0.0)]
    for index, stage in enumerate([*shown, *stages]):
        image = _spectrogram(axes[index, 0], stage.audio, last=index == rows - 1)
        axes[index, 0].set_title("target" if index == 0 else f"mss {stage.distance:.2f}")
        _text(axes[index, 1], stage.text)
    figure.supylabel("frequency in Hz", fontsize=SMALL + 0.5)
    silence = float(judge.distance.between(judge.distance.features(0 * target[None]), judge.features)[0])
    figure.colorbar(image, ax=axes[:, 1], location="bottom", label="level in dB", aspect=30)
    return [
        Picture(
            "writing",
            figure,
            shows=f"""
                A program that grows: a target (a {KIND} that numpy made), and what a program written for it sounds like
                after each of its layers, as spectrograms, with the distance so far (mss; silence is {silence:.2f} away)
                and the layer's Glicol. The program was found by write-then-tune in {writing.renders} renders
                {"with" if policy else "without"} the trained policy; a node must bring it {SETTINGS.node:.0%} nearer.
                """,
            seeds=str(source.seed),
        )
    ]


def grown(judge: Judge, draft: Draft) -> list[Stage]:
    """The draft after each of its layers."""
    language = judge.player.language
    ends = [own.stop for own in spans(language, draft.form)]
    prefixes = [Draft(draft.form[: count + 1], draft.places[:end]) for count, end in enumerate(ends)]
    texts = ["", *(prefix.text(language) for prefix in prefixes)]
    audio, _ = judge.play(prefixes)
    distances = judge(prefixes) - judge.price * np.array([prefix.nodes(language) for prefix in prefixes])
    return [
        Stage(text.removeprefix(before).strip(), sound, float(distance))
        for before, text, sound, distance in zip(texts, texts[1:], audio, distances, strict=False)
    ]


def wrapped(text: str, width: int = WIDE) -> str:
    """Lines of a program that fit, those that go on being indented.

    Examples
    --------
    >>> print(wrapped("tone: sin 440 >> mul ~env >> mul 0.5", 24))
    tone: sin 440 >> mul
      ~env >> mul 0.5
    """
    lines: Sequence[str] = text.split("\n")
    return "\n".join(
        textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for line in lines
    )


def _spectrogram(axis: Axes, audio: Audio, last: bool):  # type: ignore[no-untyped-def]
    image = draw_spectrogram(axis, audio, RATE)
    axis.set_ylabel("")
    axis.yaxis.set_major_locator(FixedLocator([0, 500, 2000, 10000]))
    axis.yaxis.set_major_formatter(FixedFormatter(["0", "500", "2k", "10k"]))
    axis.yaxis.set_minor_locator(NullLocator())
    axis.set_xlabel("time in seconds" if last else "")
    axis.tick_params(labelbottom=last)
    return image


def _text(axis: Axes, text: str) -> None:
    axis.axis("off")
    axis.text(0, 1, wrapped(text), fontsize=SMALL, family="DejaVu Sans Mono", va="top", transform=axis.transAxes)
