"""Ending a run from outside: Ctrl-C and a scheduler's SIGTERM let it finish its step and write its record."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

__all__ = ["Received", "stop_on_interrupts"]

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Received:
    """The signal that asked for the end, by name; None while there was none."""

    name: str | None = None


@contextmanager
def stop_on_interrupts(stop: Callable[[], None]) -> Iterator[Received]:
    """Turn the first SIGINT or SIGTERM into a request to stop; a second one acts as usual."""
    received = Received()
    usual = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def handle(number: int, frame: FrameType | None) -> None:
        restore()
        received.name = signal.Signals(number).name
        log.warning("%s: stopping after this step; a second one aborts", received.name)
        stop()

    try:
        for number in SIGNALS:
            signal.signal(number, handle)
    except ValueError:  # only the main thread may; elsewhere no signal arrives
        yield received
        return
    try:
        yield received
    finally:
        restore()
