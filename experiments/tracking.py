"""A run on Weights & Biases."""

from __future__ import annotations

import html
import json
import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf
from stable_baselines3.common.logger import KVWriter

from experiments.records.log_writers import STEP, scalars
from experiments.records.run_folder import RunFolder
from experiments.records.texts import read_json
from raveforce.plotting import comparison, pixels

__all__ = ["Tracker", "WandbTracker", "media", "open_tracker"]

log = logging.getLogger(__name__)

LEDGER = "tracking.json"
"""Which W&B run it is, and up to which render it was logged: a resumed run logs nothing twice."""


class Tracker(KVWriter):
    """Logs a run; this one logs nothing, see ``WandbTracker``."""

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        """Log a row of the logger's scalars."""

    def log_media(self, step: int, media: Callable[[], Mapping[str, Any]]) -> None:
        """Log whatever W&B takes.

        Parameters
        ----------
        step : how many renders the run has taken
        media : makes it; called in the tracker's thread, and not at all if the run logged it before it was resumed
        """

    def finish(self, step: int, media: Callable[[], Mapping[str, Any]], summary: Mapping[str, Any]) -> None:
        """Log sounds, pictures and texts and the run's summary, and wait for the tracker to end.

        Parameters
        ----------
        step, media : as in ``log_media``, but logged in any case
        summary : scalars by name
        """

    def close(self) -> None:
        """Called by the logger; ``finish`` does the work."""


def open_tracker(cfg: DictConfig, folder: Path) -> Tracker:
    """The tracker of a run's configuration."""
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    names = ("mode", "project", "entity", "group", "tags")
    options = {name: value for name, value in plain["tracking"].items() if name in names}
    return Tracker() if options["mode"] == "disabled" else WandbTracker(folder, plain, **options)


class WandbTracker(Tracker):
    """Sends a run to Weights & Biases from a thread of its own, so that a failing or hanging tracker never harms it.

    Parameters
    ----------
    folder : the run folder; W&B keeps its files in it
    config : the run's configuration, as plain data
    mode : "offline" (no network, no account) or "online"
    project, entity, group, tags : W&B's own
    timeout : seconds to wait for the tracker when the run is over
    """

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any],
        *,
        mode: str = "offline",
        project: str = "raveforce",
        entity: str | None = None,
        group: str | None = None,
        tags: list[str] | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.timeout = timeout
        self._folder = RunFolder(folder)
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._run: Any = None
        self._logged_until = -1  # before the run was resumed
        self._failed = False
        self._thread = threading.Thread(target=self._work, name="wandb-tracker", daemon=True)
        self._thread.start()

        def start() -> None:
            import wandb

            # Before a run exists W&B talks to the terminal as it likes, about other products too.
            wandb.setup(settings=wandb.Settings(silent=True))
            before = self._ledger()
            self._logged_until = before.get("renders", -1)
            self._run = wandb.init(
                dir=folder,
                config=dict(config),
                name=folder.name,
                mode=mode,  # type: ignore[arg-type]
                project=project,
                entity=entity,
                group=group,
                tags=tags,
                id=before.get("id"),
                resume="allow" if before else None,
                reinit="create_new",  # two runs in one process do not merge
                settings=wandb.Settings(silent=True, console="off", init_timeout=timeout),
            )
            self._run.define_metric(STEP)
            self._run.define_metric("*", step_metric=STEP)

        self._jobs.put(start)

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        """A row of the logger's scalars."""
        row = scalars(key_values)
        self.log_media(step, lambda: row)

    def log_media(self, step: int, media: Callable[[], Mapping[str, Any]]) -> None:
        """Whatever W&B takes."""
        self._jobs.put(lambda: self._log(step, media))

    def finish(self, step: int, media: Callable[[], Mapping[str, Any]], summary: Mapping[str, Any]) -> None:
        """The last things, and wait for the tracker to end."""

        def end() -> None:
            self._run.log({STEP: step, **media()})
            self._run.summary.update(dict(summary))
            self._run.finish()

        self._jobs.put(end)
        self._jobs.put(None)
        self._thread.join(self.timeout)
        if self._thread.is_alive():
            log.warning("the tracker did not end within %g s; the run folder is complete without it", self.timeout)

    def _log(self, step: int, media: Callable[[], Mapping[str, Any]]) -> None:
        if step <= self._logged_until:
            return
        self._run.log({STEP: step, **media()})
        ledger = json.dumps({"id": self._run.id, "renders": step})
        self._folder.write(LEDGER, lambda path: path.write_text(ledger, encoding="utf-8"))

    def _ledger(self) -> dict[str, Any]:
        try:
            ledger = read_json(self._folder.path / LEDGER)
        except (OSError, ValueError):
            return {}
        return ledger if isinstance(ledger, dict) else {}

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._failed:
                continue
            try:
                job()
            except Exception as error:  # whatever it is, the run goes on
                self._failed = True
                log.warning("tracking stopped, the run goes on without it: %s: %s", type(error).__name__, error)
        if self._failed and self._run is not None:
            with suppress(Exception):
                self._run.finish(exit_code=1)


def media(
    name: str,
    audio: NDArray[np.float32],
    sample_rate: int,
    *,
    programs: Sequence[str] = (),
    target: NDArray[np.float32] | None = None,
) -> dict[str, Any]:
    """A sound with its program, and its spectrogram beside the target's, as W&B objects by name."""
    import wandb

    logged: dict[str, Any] = {f"sound/{name}": wandb.Audio(audio, sample_rate=sample_rate)}
    if programs:
        text = "\n".join(program.strip() for program in programs)
        logged[f"program/{name}"] = wandb.Html(f"<pre>{html.escape(text)}</pre>")
    if target is not None:
        logged[f"spectrogram/{name}"] = wandb.Image(pixels(comparison(audio, target, sample_rate, title=name)))
    return logged
