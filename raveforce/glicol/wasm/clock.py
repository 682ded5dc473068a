"""The clock that interruptible WebAssembly looks at: it ends what is late, and what a Ctrl-C asks to end."""

from __future__ import annotations

import math
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["TICK", "Clock"]

TICK = 0.05
"""Seconds; deadlines are this exact."""


class Clock:
    """A thread that moves a runtime's epoch on.

    Python hears a Ctrl-C only when it is back from WebAssembly. The operating system's handler, though, writes the
    signal's number to a socket at once, which the thread reads: it lets every deadline pass, and the call ends.

    Parameters
    ----------
    advance : moves the epoch on by one
    """

    def __init__(self, advance: Callable[[], None]) -> None:
        self._advance = advance
        self._longest = 1
        self._start()
        if hasattr(os, "register_at_fork"):  # threads do not survive a fork
            os.register_at_fork(after_in_child=self._start)

    def ticks(self, deadline: float) -> int:
        """Ticks of a deadline in seconds."""
        # The current tick is partly over, so one more gives at least the whole deadline.
        ticks = math.ceil(deadline / TICK) + 1
        self._longest = max(self._longest, ticks)
        return ticks

    @contextmanager
    def hearing_interrupts(self) -> Iterator[None]:
        """Let a Ctrl-C end the calls made meanwhile, where it means KeyboardInterrupt and nobody else listens."""
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if not usual or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before, warn_on_full_buffer=False)
        try:
            yield
        finally:
            if before == -1:
                signal.set_wakeup_fd(-1)

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._mouth.send(b"\0")
        self._thread.join()
        self._mouth.close()
        self._ear.close()

    def _start(self) -> None:
        # All of it new: a lock that was held at a fork stays held in the child.
        self._stopped = threading.Event()
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._thread = threading.Thread(
            target=self._run, args=(self._stopped, self._ear), name="glicol-deadline", daemon=True
        )
        self._thread.start()

    def _run(self, stopped: threading.Event, ear: socket.socket) -> None:
        due = time.monotonic() + TICK
        while not stopped.is_set():
            heard = ear.recv(4096) if select.select([ear], [], [], max(0, due - time.monotonic()))[0] else b""
            if signal.SIGINT in heard:
                for _ in range(self._longest):
                    self._advance()
            elif time.monotonic() >= due:  # and not some other signal
                self._advance()
                due = time.monotonic() + TICK
