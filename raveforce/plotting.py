"""Pictures of sounds: target and attempt, as waveforms and spectrograms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raveforce import spectra
from raveforce._imports import uncollected

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = ["comparison", "draw_spectrogram", "draw_waveform", "pixels"]

_DECIBEL_RANGE = (-80.0, 0.0)
# Said here, since finding a layout means to draw everything three times.
_PLACES = {"left": 0.085, "right": 0.905, "bottom": 0.1, "top": 0.87, "wspace": 0.16, "hspace": 0.12}
_HERTZ = (0, 200, 500, 1000, 2000, 5000, 10000, 20000)


def comparison(audio: NDArray[np.float32], target: NDArray[np.float32], sample_rate: int, *, title: str = "") -> Figure:
    """Draw target and attempt side by side.

    Parameters
    ----------
    audio, target : float32 [samples], the attempt may be shorter
    sample_rate : Hz
    title : shown above

    Raises
    ------
    ImportError
        Without matplotlib (``pip install "raveforce[plot]"``).
    """
    try:
        with uncollected():
            from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('pictures need matplotlib: pip install "raveforce[plot]"') from error

    attempt = np.zeros_like(target)
    attempt[: len(audio)] = audio
    peak = float(max(np.abs(target).max(), np.abs(attempt).max(), 1e-3)) * 1.05
    # A Figure of its own, outside pyplot's register, is freed with its last reference.
    figure = Figure(figsize=(9, 5), dpi=100)
    axes = figure.subplots(2, 2, sharex=True, gridspec_kw=_PLACES)
    for column, (name, sound, colour) in enumerate((("target", target, "C0"), ("attempt", attempt, "C1"))):
        upper, lower = axes[0, column], axes[1, column]
        draw_waveform(upper, sound, sample_rate, peak, color=colour, linewidth=0.6)
        upper.set_title(name)
        picture = draw_spectrogram(lower, sound, sample_rate)
        lower.set_xlabel("seconds")
    axes[0, 0].set_ylabel("amplitude")
    axes[1, 0].set_ylabel("Hz")
    place = axes[1, 1].get_position()
    figure.colorbar(picture, cax=figure.add_axes((0.92, place.y0, 0.015, place.height)), label="dB")
    if title:
        figure.suptitle(title)
    return figure


def draw_waveform(axis: Axes, sound: NDArray[np.float32], sample_rate: int, peak: float, **line: Any) -> None:
    """Draw a sound's samples against seconds.

    Parameters
    ----------
    axis : where
    sound : float32 [samples]
    sample_rate : Hz
    peak : the axis goes from -peak to peak
    **line : how the line looks, see ``Axes.plot``
    """
    axis.plot(np.arange(len(sound)) / sample_rate, sound, **line)
    axis.set(ylim=(-peak, peak), xlim=(0, len(sound) / sample_rate))


def draw_spectrogram(
    axis: Axes, sound: NDArray[np.float32], sample_rate: int, *, n_fft: int = 2048, hop_length: int = 256
) -> AxesImage:
    """Draw a sound's spectrogram in dB, 0 dB being a full-scale sine, against seconds and Hz.

    Parameters
    ----------
    axis : where
    sound : float32 [samples]
    sample_rate : Hz
    n_fft, hop_length : samples

    Returns
    -------
    the image, for a colour bar
    """
    image = axis.imshow(
        _decibels(sound, n_fft, hop_length).T,
        origin="lower",
        aspect="auto",
        extent=(0, len(sound) / sample_rate, 0, sample_rate / 2),
        vmin=_DECIBEL_RANGE[0],
        vmax=_DECIBEL_RANGE[1],
        cmap="magma",
        interpolation="nearest",
    )
    # Most of what these sounds do happens low: a linear scale below 500 Hz, logarithmic above.
    axis.set_yscale("symlog", linthresh=500)
    axis.set_yticks(_HERTZ, [f"{hertz / 1000:g}k" if hertz >= 1000 else f"{hertz}" for hertz in _HERTZ])
    axis.set_yticks([], minor=True)
    axis.set_ylim(0, sample_rate / 2)
    return image


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """Rasterise a figure: uint8 [height, width, 3]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _decibels(sound: NDArray[np.float32], n_fft: int, hop_length: int) -> NDArray[np.float32]:
    """Magnitudes in dB, [frames, bins]; 0 dB is a full-scale sine."""
    magnitude = spectra.magnitudes(sound[None], n_fft=n_fft, hop_length=hop_length)[0]
    return 20 * np.log10(np.maximum(magnitude, 10 ** (_DECIBEL_RANGE[0] / 20)))
