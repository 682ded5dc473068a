"""Ending a run from outside: Ctrl-C, a scheduler's SIGTERM and a closed terminal let it write its record."""

from __future__ import annotations

import logging
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

__all__ = ["Received", "endings", "forwarding", "stop_on_interrupts"]

log = logging.getLogger(__name__)


def endings() -> tuple[signal.Signals, ...]:
    """The signals that ask for the end: Ctrl-C, SIGTERM, and a closed terminal unless ``nohup`` had it ignored."""
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return signal.SIGINT, signal.SIGTERM
    return signal.SIGINT, signal.SIGTERM, hangup


@dataclass
class Received:
    """The signal that asked for the end, by name; None while there was none."""

    name: str | None = None


@contextmanager
def stop_on_interrupts(stop: Callable[[], None]) -> Iterator[Received]:
    """Turn the first signal that asks for the end into a request to stop; a second one acts as usual."""
    received = Received()
    usual = {number: signal.getsignal(number) for number in endings()}

    def restore() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def handle(number: int, frame: FrameType | None) -> None:
        restore()
        received.name = signal.Signals(number).name
        log.warning("%s: stopping after this step; a second one aborts", received.name)
        stop()

    try:
        for number in usual:
            signal.signal(number, handle)
    except ValueError:  # only the main thread may; elsewhere no signal arrives
        yield received
        return
    try:
        yield received
    finally:
        restore()


@contextmanager
def forwarding(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand SIGTERM on to a run. Ctrl-C and a closed terminal reach it too; this process waits for it then."""

    def forward(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            process.terminate()

    usual = {number: signal.signal(number, forward) for number in endings()}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
