"""What an imitation leaves on disk."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from raveforce import audio
from raveforce.imitation.imitate import Imitation

__all__ = ["save"]

PAUSE = 0.3
"""Seconds between the two sounds of ab.wav."""


def save(imitation: Imitation, folder: str | Path, *, picture: bool = True) -> list[Path]:
    """Write program.glicol, target.wav, imitation.wav, ab.wav, imitation.json and comparison.png.

    ``ab.wav`` has the target, a pause, the imitation. What would clip in a player is scaled down there, both sounds
    alike; the other two are as they are. What was there before is replaced.

    Parameters
    ----------
    imitation : what to write
    folder : is made where it is not there
    picture : whether to draw; it needs matplotlib

    Returns
    -------
    The files.

    Raises
    ------
    ImportError
        A picture without matplotlib (``pip install "raveforce[plot]"``); all else is written then.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "program.glicol"
    program.write_text(heading(imitation) + imitation.code.rstrip() + "\n", encoding="utf-8")
    files = [program]
    sounds = {"target": imitation.target, "imitation": imitation.audio, "ab": _in_turn(imitation)}
    for name, sound in sounds.items():
        files.append(folder / f"{name}.wav")
        audio.write(files[-1], sound, imitation.sample_rate)
    record = {key: value for key, value in asdict(imitation).items() if key not in ("audio", "target")}
    files.append(folder / "imitation.json")
    files[-1].write_text(json.dumps({**record, "score": imitation.score}, indent=2) + "\n", encoding="utf-8")
    if picture:
        from raveforce.plotting import comparison

        figure = comparison(imitation.audio, imitation.target, imitation.sample_rate, title=title(imitation))
        files.append(folder / "comparison.png")
        figure.savefig(files[-1])
    return files


def title(imitation: Imitation) -> str:
    """One line: the template and the distance beside that of silence."""
    name = imitation.distance
    return f"{imitation.template}: {name} {imitation.distances[name]:.3f} (silence {imitation.silence[name]:.3f})"


def heading(imitation: Imitation) -> str:
    """The same as a comment of the language."""
    return f"// raveforce imitate, {title(imitation)}\n"


def _in_turn(imitation: Imitation) -> NDArray[np.float32]:
    pause = np.zeros(round(PAUSE * imitation.sample_rate), np.float32)
    both = np.concatenate([imitation.target, pause, imitation.audio])
    return (both / max(1.0, float(np.abs(both).max()))).astype(np.float32)
