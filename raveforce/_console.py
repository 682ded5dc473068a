"""A console that may go away: ``python run.py ... | head -1``, a closed terminal, a full disk behind ``> file``."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # nothing is imported that takes a moment, in which an interrupt would not be expected yet
    from types import TracebackType
    from typing import Any, TextIO

__all__ = ["brief", "describe", "end_briefly", "is_command", "survive_the_console"]

INSTALL = "`make setup` installs what the commands need, and so does: pip install -e '.[train,sweep,watch,bench]'"
OURS = {"agents", "benchmarks", "experiments", "hydra_plugins", "raveforce", "tests"}


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
            if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
                stream.reconfigure(errors="backslashreplace")  # a name that it cannot print is no reason to end
            setattr(sys, name, _Mortal(stream))


def describe(error: BaseException) -> str:
    """An error that a user can mend: what is wrong, and where.

    >>> describe(FileNotFoundError(2, "No such file or directory", "kick.wav"))
    'kick.wav: No such file or directory'
    """
    if isinstance(error, OSError) and error.filename is not None and error.strerror is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error) or type(error).__name__


def brief(error: BaseException) -> str | None:
    """What is said of an error that ends a process, in a line; None where its traceback is of use.

    >>> brief(KeyboardInterrupt())
    'interrupted'
    >>> brief(ZeroDivisionError())
    """
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, MemoryError):
        return f"the memory is too small for this ({str(error) or 'no more of it is free'}): ask for less"
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return f"the package {missing} is missing; {INSTALL}" if missing and missing not in OURS else None


def is_command() -> bool:
    """Whether the process is a command of ours whose modules are being imported, not somebody's program."""
    name = next(iter(sys.argv), "")
    # -m is what it is called while Python looks for the module that ``python -m`` names.
    return name == "-m" or os.path.splitext(os.path.basename(name))[0] == "raveforce"


def end_briefly() -> None:
    """Let this process end with a line, not a traceback, at Ctrl-C, without a package, and where the memory is full.

    It ends as it would have, with an exit code that is not 0; and all other errors keep their tracebacks.
    """
    if isinstance(sys.excepthook, _Brief):
        return
    sys.excepthook = _Brief(sys.excepthook)


class _Brief:
    """What Python calls with the error that ends it."""

    def __init__(self, usual: Any) -> None:
        self._usual = usual

    def __call__(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        line = brief(error)
        if line is None or sys.flags.dev_mode:
            self._usual(kind, error, where)
        elif sys.stderr is not None:
            print(f"{_program()}: {line}", file=sys.stderr)


def _program() -> str:
    if sys.argv[0] == "-m":  # while Python looks for the module that comes next
        return sys.orig_argv[sys.orig_argv.index("-m") + 1]
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return str(spec.name).removesuffix(".__main__") if spec is not None else os.path.basename(sys.argv[0])
