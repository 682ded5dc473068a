"""What can go wrong between a program and its sound."""

from __future__ import annotations

import numpy as np

__all__ = ["EngineUnavailable", "GlicolError", "UnsupportedProgram"]


BROKE_WHILE_PLAYING = frozenset({"trap", "deadline", "memory"})
"""Kinds of error that other values may do without."""


class EngineUnavailable(RuntimeError):
    """The engine cannot be had: its binary or its runtime is missing. The message says the ways out."""


class GlicolError(RuntimeError):
    """The language or the engine refused a program.

    Attributes
    ----------
    message : what the engine said
    kind : "syntax", "sample", "reference" (the text is wrong); "trap", "deadline", "memory" (it broke while
        playing); "unsupported" (this engine or runtime does not play it)
    code : the program text, blanks filled
    line, column : where, counted from 1; None when the engine does not say
    row : which row of the batch, None when it concerns all
    audio : what the batch played, float32 [rows, samples], NaN in the rows that failed; None where the text is
        wrong
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        code: str,
        line: int | None = None,
        column: int | None = None,
        row: int | None = None,
        audio: np.ndarray | None = None,
    ) -> None:
        self.message = message
        self.kind = kind
        self.code = code
        self.line = line
        self.column = column
        self.row = row
        self.audio = audio
        super().__init__(f"{message}{self._place()}\n{self._listing()}")

    @property
    def caused_by_values(self) -> bool:
        """Whether it broke while playing, with these values; if not, the text is wrong whatever they are.

        Examples
        --------
        >>> GlicolError("the engine broke", kind="trap", code="o: imp 50000").caused_by_values
        True
        >>> GlicolError("syntax error", kind="syntax", code="o: sin").caused_by_values
        False
        """
        return self.kind in BROKE_WHILE_PLAYING

    def _place(self) -> str:
        if self.line is None:
            return ""
        return f" (line {self.line}, column {self.column})"

    def _listing(self) -> str:
        """The program with line numbers, and a caret under the place."""
        shown = []
        for number, text in enumerate(self.code.splitlines() or [""], start=1):
            shown.append(f"{number:4} | {text}")
            if number == self.line and self.column is not None:
                shown.append(" " * (6 + self.column) + "^")
        return "\n".join(shown)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (vector environments in workers), keyword-only arguments included.
        details = {name: getattr(self, name) for name in ("kind", "code", "line", "column", "row", "audio")}
        return _restore, (type(self), self.message, details)


def _restore(kind: type[GlicolError], message: str, details: dict[str, object]) -> GlicolError:
    return kind(message, **details)  # type: ignore[arg-type]


class UnsupportedProgram(GlicolError):
    """The native engine lacks a node of this program; the wasm engine plays it.

    Attributes
    ----------
    node : name of the node
    """

    def __init__(
        self, node: str, *, code: str, line: int | None = None, column: int | None = None, why: str = ""
    ) -> None:
        self.node = node
        self.why = why
        message = f"the native engine does not play {node!r}{': ' + why if why else ''}; use engine='wasm'"
        super().__init__(message, kind="unsupported", code=code, line=line, column=column)

    def __reduce__(self) -> tuple[object, ...]:
        return _restore_unsupported, (self.node, self.code, self.line, self.column, self.why)


def _restore_unsupported(node: str, code: str, line: int | None, column: int | None, why: str) -> UnsupportedProgram:
    return UnsupportedProgram(node, code=code, line=line, column=column, why=why)
