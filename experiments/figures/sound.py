"""A target and the answer to it, as waveforms and spectrograms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.figures.picture import FIGURES, Picture
from experiments.figures.source import MissingTable, Source
from experiments.figures.style import OKABE_ITO, new_figure
from experiments.records.run_folder import RunFolder
from raveforce.audio import load
from raveforce.distances import measure
from raveforce.plotting import draw_spectrogram, draw_waveform

__all__ = ["draw"]

Audio = NDArray[np.float32]


@FIGURES.register("sound")
def draw(source: Source) -> list[Picture]:
    """Draw a run's target and what its policy plays; without a run, those of the stored kick."""
    target, answer, rate, about = _stored(source) if source.run is None else _of_run(source.run)
    answer = np.pad(answer, (0, max(0, len(target) - len(answer))))[: len(target)]
    distances = measure(answer, target, rate)
    peak = 1.05 * float(max(np.abs(target).max(), np.abs(answer).max(), 1e-3))
    figure = new_figure(height=2.9)
    axes = figure.subplots(2, 2, sharex=True, height_ratios=[2, 3])
    for column, (name, sound, colour) in enumerate(
        (("target", target, OKABE_ITO["black"]), (about["answer"], answer, OKABE_ITO["blue"]))
    ):
        upper, lower = axes[0, column], axes[1, column]
        draw_waveform(upper, sound, rate, peak, color=colour, linewidth=0.5)
        upper.set_title(name)
        image = draw_spectrogram(lower, sound, rate)
        lower.set_xlabel("time in seconds")
    axes[0, 0].set_ylabel("amplitude")
    axes[1, 0].set_ylabel("frequency in Hz")
    for axis in axes[:, 1]:
        axis.tick_params(labelleft=False)
    figure.colorbar(image, ax=axes[1, :], label="level in dB", aspect=15)
    found = ", ".join(f"{name} {value:.3g}" for name, value in distances.items())
    return [
        Picture(
            "sound",
            figure,
            shows=f"""
                A target and the answer to it ({about["what"]}), as waveforms and as spectrograms; 0 dB is a
                full-scale sine, and the frequency's scale is linear up to 500 Hz and logarithmic above. Distances:
                {found}.
                """,
            seeds=about["seeds"],
            measured=about,
        )
    ]


def _stored(source: Source) -> tuple[Audio, Audio, int, dict[str, Any]]:
    made_by = "python -m benchmarks.kick write=true"
    (target, rate), (answer, _) = (
        _read(source.tables / f"kick_sac_{name}.wav", made_by) for name in ("target", "best")
    )
    record = source.json("kick", made_by)
    about = {
        "command": record["command"],
        "versions": record["versions"],
        "seeds": "0, SAC's first run",
        "answer": "SAC, best of 3,000",
        "what": "the task kick, and the best sound that SAC met in 3,000 renders",
    }
    return target, answer, rate, about


def _of_run(path: Path) -> tuple[Audio, Audio, int, dict[str, Any]]:
    run, made_by = RunFolder(path), "python run.py hydra.run.dir=" + str(path)
    (target, rate), (answer, _) = (_read(path / f"{name}.wav", made_by) for name in ("target", "policy"))
    summary = run.read_summary() or {}
    agent = summary.get("agent", "the agent")
    about = {
        "versions": summary.get("versions"),
        "seeds": f"{summary.get('seed', 'unknown')}",
        "answer": f"{agent}'s policy",
        "what": f"the task {summary.get('task')}, and what {agent} plays after {summary.get('renders')} renders",
    }
    return target, answer, rate, about


def _read(path: Path, made_by: str) -> tuple[Audio, int]:
    if not path.exists():
        raise MissingTable(f"there is no {path}; it is made by: {made_by}")
    return load(path, sample_rate=None)
