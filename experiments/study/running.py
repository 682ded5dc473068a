"""Running what is left of a study, with a bar that says how long that takes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from tqdm import tqdm

from experiments.config.command_line import fixed_settings
from experiments.config.errors import ConfigError
from experiments.interrupts import forwarding
from experiments.records.run_folder import FAILURE, RunFolder
from experiments.records.texts import read_yaml
from experiments.study.durations import Durations, clock
from experiments.study.matrix import ROOT, Batch, PlannedRun, as_overrides

__all__ = ["check_same", "is_done", "left", "run_batches"]

LOG = "study.log"
"""What the runs print."""


def is_done(run: PlannedRun) -> bool:
    """Whether a run came to its end by itself."""
    summary = RunFolder(run.folder).read_summary()
    steps = run.settings.get("total_timesteps") or 0
    return summary is not None and not summary["interrupted"] and summary["renders"] >= steps


def left(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Runs that are not done yet."""
    return [run for run in runs if not is_done(run)]


def check_same(runs: Sequence[PlannedRun], overrides: Sequence[str]) -> None:
    """Make sure that the runs which a study finds are those that it is to make.

    Parameters
    ----------
    runs : of the study, made or not
    overrides : the settings that all of them have

    Raises
    ------
    ConfigError
        One was made with another setting, of those that are not part of its folder's name.
    """
    for run in runs:
        record = run.folder / ".hydra" / "overrides.yaml"
        if not record.is_file():
            continue
        try:
            texts: Any = OmegaConf.to_container(read_yaml(record))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{record} cannot be read: {error}; remove the run's folder, to run it anew") from error
        then, now = fixed_settings(texts or []), fixed_settings([*as_overrides(run.settings), *overrides])
        key = next((key for key in sorted(then.keys() | now.keys()) if then.get(key) != now.get(key)), None)
        if key is not None:
            raise ConfigError(
                f"{run.folder} holds a run with {key}={then.get(key, '(its default)')}, "
                f"not {now.get(key, '(its default)')}: give this study another folder"
            )


def run_batches(batches: Sequence[Batch], folder: Path, durations: Durations) -> int:
    """Do what is left of some batches, one after the other; a run that fails does not stop the rest.

    Returns
    -------
    0 if all runs are done, 1 if some failed; else the code with which a batch was ended from outside or refused
    """
    todo = [batch for batch in batches if left(batch.runs)]
    code, bar = 0, _Bar([run for batch in batches for run in batch.runs], durations)
    with (folder / LOG).open("a", encoding="utf-8") as log, bar:
        for batch in todo:
            log.write(f"\n{' '.join(batch.command)}\n")
            log.flush()
            began = log.tell()
            ended = _run(batch, log.fileno(), bar)
            failed = [run for run in batch.runs if (run.folder / FAILURE).exists()]
            for run in failed:
                why = (run.folder / FAILURE).read_text(encoding="utf-8").partition("\n")[0]
                bar.say(f"failed: {run.sweep}/{run.folder.name}: {why}")
            # Ended from outside, or refused; runs of others that lie in the folder unfinished are no reason to stop.
            if ended not in (0, 1) or (ended and not failed and left(batch.runs)):
                said = (folder / LOG).read_bytes()[began:].decode(errors="replace").strip()
                bar.say("\n".join(said.splitlines()[-3:]))
                bar.say("not all was run; the same command goes on with it")
                return ended
            code = max(code, int(bool(failed)))
    return code


def _run(batch: Batch, output: int, bar: _Bar) -> int:
    """Run one command until it ends; Ctrl-C and SIGTERM reach it and let it write its record."""
    process = subprocess.Popen(batch.command, cwd=ROOT, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    with forwarding(process):
        while process.poll() is None:
            bar.look(batch.runs)
            time.sleep(0.3)
    bar.look(batch.runs)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


class _Bar:
    """A bar over runs; the time left is that of runs like those that are left, at the speed so far."""

    def __init__(self, runs: Sequence[PlannedRun], durations: Durations) -> None:
        self._left, self._began = left(runs), time.monotonic()
        self._usual = {run.folder: durations.seconds(run) for run in self._left}
        known = [seconds for seconds in self._usual.values() if seconds is not None]
        # What is not known is taken to be as long as the mean of the others.
        self._mean = sum(known) / len(known) if known else 1.0
        self._work = self._worth(self._left)
        self._bar = tqdm(
            total=len(runs),
            initial=len(runs) - len(self._left),
            bar_format="{n_fmt}/{total_fmt} runs |{bar:30}| {elapsed}{postfix}",
            dynamic_ncols=True,
            mininterval=0.2 if sys.stderr.isatty() else 15,
        )

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.write(text, file=sys.stderr)

    def look(self, runs: Sequence[PlannedRun]) -> None:
        """Count which of the runs under way came to their end."""
        ended = [run for run in runs if run in self._left and (is_done(run) or (run.folder / FAILURE).exists())]
        if not ended:
            return
        self._left = [run for run in self._left if run not in ended]
        self._bar.set_postfix_str(self._time_left(), refresh=False)
        self._bar.update(len(ended))

    def _time_left(self) -> str:
        work = self._worth(self._left)
        done, elapsed = self._work - work, time.monotonic() - self._began
        return f"about {clock(work * elapsed / done)} left" if done > 0 and work > 0 else ""

    def _worth(self, runs: Sequence[PlannedRun]) -> float:
        return sum(self._usual[run.folder] or self._mean for run in runs)
