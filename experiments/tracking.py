"""A run on Weights & Biases."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter

from experiments.metrics import STEP, scalars

__all__ = ["WandbTracker"]

log = logging.getLogger(__name__)


class WandbTracker(KVWriter):
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
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._run: Any = None
        self._failed = False
        self._thread = threading.Thread(target=self._work, name="wandb-tracker", daemon=True)
        self._thread.start()

        def start() -> None:
            import wandb

            # Before a run exists W&B talks to the terminal as it likes, about other products too.
            wandb.setup(settings=wandb.Settings(silent=True))
            self._run = wandb.init(
                dir=folder,
                config=dict(config),
                name=folder.name,
                mode=mode,  # type: ignore[arg-type]
                project=project,
                entity=entity,
                group=group,
                tags=tags,
                reinit="create_new",  # two runs in one process do not merge
                settings=wandb.Settings(silent=True, console="off", init_timeout=timeout),
            )
            self._run.define_metric(STEP)
            self._run.define_metric("*", step_metric=STEP)

        self._jobs.put(start)

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        """Log a row of the logger's scalars."""
        row = {STEP: step, **scalars(key_values)}
        self._jobs.put(lambda: self._run.log(row))

    def finish(self, media: Callable[[], Mapping[str, Any]], summary: Mapping[str, Any]) -> None:
        """Log sounds, pictures and texts and the run's summary, and wait for the tracker to end.

        Parameters
        ----------
        media : makes W&B objects; called in the tracker's thread
        summary : scalars by name
        """

        def end() -> None:
            self._run.log(dict(media()))
            self._run.summary.update(dict(summary))
            self._run.finish()

        self._jobs.put(end)
        self._jobs.put(None)
        self._thread.join(self.timeout)
        if self._thread.is_alive():
            log.warning("the tracker did not end within %g s; the run folder is complete without it", self.timeout)

    def close(self) -> None:
        """Called by the logger; ``finish`` does the work."""

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._failed:
                continue
            try:
                job()
            except Exception as error:  # whatever it is, the run goes on
                self._failed = True
                log.warning("tracking stopped, the run goes on without it: %s: %s", type(error).__name__, error)
