"""What some of the benchmark's sounds look like; its curves are ``python -m experiments.figures figure=drums``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.drums.sounds import SAMPLE_RATE
from experiments.figures.picture import save_png
from experiments.figures.style import new_figure, style
from raveforce.plotting import draw_spectrogram, draw_waveform

__all__ = ["draw_sounds"]


def draw_sounds(rows: Sequence[tuple[str, Sequence[tuple[str, NDArray[np.float32]]]]], path: Path) -> None:
    """Waveform and spectrogram of some targets and their imitations.

    Parameters
    ----------
    rows : for every sound its title, and what is shown of it: name and float32 [samples]
    path : file to write
    """
    width = max(len(shown) for _, shown in rows)
    with style():
        figure = new_figure(2.2 * len(rows), 2.4 * width)
        axes = figure.subplots(2 * len(rows), width, squeeze=False, height_ratios=[1, 2] * len(rows))
        for index, (title, shown) in enumerate(rows):
            peak = 1.05 * max(float(np.abs(sound).max()) for _, sound in shown)
            for column, (name, sound) in enumerate(shown):
                upper, lower = axes[2 * index, column], axes[2 * index + 1, column]
                draw_waveform(upper, sound, SAMPLE_RATE, peak, linewidth=0.5, color="black")
                upper.set(xticks=[], yticks=[])
                upper.set_title(f"{title}\n{name}" if column == 0 else f"\n{name}")
                draw_spectrogram(lower, sound, SAMPLE_RATE, n_fft=1024, hop_length=128)
            axes[2 * index + 1, 0].set_ylabel("frequency in Hz")
        for axis in axes[-1]:
            axis.set_xlabel("time in seconds")
        save_png(figure, path, dpi=150)
