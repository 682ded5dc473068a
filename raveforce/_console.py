"""A console that may go away: ``python run.py ... | head -1``, a closed terminal, a full disk behind ``> file``."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO, cast

__all__ = ["survive_the_console"]


class _Mortal:
    """A stream that falls silent when nobody can read it any more; whoever writes to it goes on.

    Parameters
    ----------
    stream : of the system
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or nothing once the console is gone."""
        try:
            return self._stream.write(text)
        except OSError:
            self._fall_silent()
            return len(text)

    def writelines(self, lines: Any) -> None:
        """Write lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand on what was written, to whoever is there."""
        try:
            self._stream.flush()
        except OSError:
            self._fall_silent()

    def _fall_silent(self) -> None:
        # The descriptor itself, so that what still waits in buffers has a place to go, and what child processes write.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def survive_the_console() -> None:
    """Let this process go on where its standard output or error are closed, or close while it runs.

    What it computes is worth more than what it says meanwhile: its record is in files.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Closed, as by >&-: the next file that is opened would take its place, and hear what others print.
            os.open(os.devnull, os.O_RDWR)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        elif not isinstance(stream, _Mortal):
            setattr(sys, name, cast(TextIO, _Mortal(stream)))
