"""The native engine: Glicol as instructions, played by a compiled kernel."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.glicol.errors import GlicolError
from raveforce.glicol.native.graph import Setting
from raveforce.glicol.native.kernel.jit import BLOCK
from raveforce.glicol.native.load import load_kernel
from raveforce.glicol.native.moves import surviving
from raveforce.glicol.native.variants import compile_variants
from raveforce.glicol.native.voices import Voices
from raveforce.glicol.program import Program, ProgramError

__all__ = ["NativeEngine"]

CONFIG: Any = numba.config
LARGEST = float(np.finfo(np.float32).max)
ROWS_PER_THREAD = 16
"""Rows for which another thread pays by default."""


class NativeEngine:
    """Engine that plays common Glicol many times faster than the real one, and the same.

    Parameters
    ----------
    program, rows, sample_rate : see ``open_engine``
    bpm : beats per minute, four to a bar
    seed : of ``choose``
    num_threads : threads that share the rows; by default one for every 16 rows, if the machine has them

    Raises
    ------
    UnsupportedProgram
        The program has a node, or a blank in a place, that this engine does not play.
    GlicolError
        The program is wrong.

    Examples
    --------
    >>> engine = NativeEngine(Program("o: sin {freq}"), rows=2)
    >>> engine.play([[220], [440]], samples=1000).shape
    (2, 1000)
    """

    kind = "native"

    def __init__(
        self,
        program: Program,
        rows: int = 1,
        sample_rate: int = 44100,
        *,
        bpm: float = 120.0,
        seed: int = 42,
        num_threads: int | None = None,
    ) -> None:
        if rows < 1:
            raise ValueError(f"an engine needs at least one row, not {rows}")
        self.program, self.rows, self.sample_rate = program, rows, sample_rate
        setting = Setting(float(sample_rate), float(np.float32(bpm)), int(seed), code=program.template)
        self._graphs = compile_variants(program, setting)
        self._word_blanks = [i for i, name in enumerate(program.blanks) if name in program.words]
        self._kernel = load_kernel()
        self._voices: dict[tuple[int, ...], Voices] = {}
        self._chosen: list[tuple[int, ...] | None] = [None] * rows
        self._all = np.arange(rows)
        # Samples of a row's last block that were not yet asked for: how many, and the blocks.
        self._left = np.zeros(rows, np.int64)
        self._tails = np.zeros((rows, BLOCK), np.float32)
        self._threads = _threads(num_threads, rows)
        self._pool: ThreadPoolExecutor | None = None

    def reset(self, rows: Sequence[int] | None = None) -> None:
        """Put every row (or the rows named) back to silence."""
        chosen = self._all if rows is None else np.asarray(rows, np.int64)
        self._left[chosen] = 0
        for voices in self._voices.values():
            voices.reset(slice(None) if rows is None else chosen)
        if self._word_blanks:
            for row in chosen:
                self._chosen[row] = None

    def play(self, values: ArrayLike, samples: int) -> NDArray[np.float32]:
        """Play on; see ``Engine.play``."""
        if samples < 0:
            raise ValueError(f"cannot play {samples} samples")
        checked = self._check(values)
        out = np.empty((self.rows, samples), np.float32)
        failed = np.zeros(self.rows, np.int64)
        self._refuse_fractions(checked, failed)
        for left, rows in self._by_left():
            taken = min(left, samples)
            if taken:
                out[rows, :taken] = self._tails[rows, BLOCK - left : BLOCK - left + taken]
            blocks = -(-(samples - taken) // BLOCK)
            if blocks:
                self._render(checked, rows, out, taken, blocks, failed)
            self._left[rows] = left + blocks * BLOCK - samples if blocks else left - taken
        if failed.any():
            raise self._failure(checked, out, failed)
        return out

    def add_sample(self, name: str, audio: ArrayLike, sample_rate: int | None = None) -> None:
        """Do nothing: no program that this engine plays can play a recording."""

    def close(self) -> None:
        """Free the threads and the state."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        self._voices.clear()

    def _check(self, values: ArrayLike) -> NDArray[np.float32]:
        array = np.asarray(values, np.float64)
        expected = self.rows, len(self.program.blanks)
        if array.shape != expected:
            if array.size or expected[1] or len(array) != self.rows:
                raise ProgramError(f"values must have the shape [rows, blanks] = {expected}, not {array.shape}")
            array = array.reshape(expected)
        if not (np.abs(array) <= LARGEST).all():
            for row in array:
                self.program.fill(row)  # says which blank
        for blank in self._word_blanks:
            count = len(self.program.words[self.program.blanks[blank]])
            column = array[:, blank]
            if not ((column >= 0) & (column < count) & (column == np.floor(column))).all():
                for row in array:
                    self.program.fill(row)
        return array.astype(np.float32)

    def _by_left(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Rows with the same number of samples left: all rows, unless some were reset by themselves."""
        first = int(self._left[0])
        if self.rows == 1 or (self._left == first).all():
            yield first, self._all
            return
        for left in np.unique(self._left):
            yield int(left), np.flatnonzero(self._left == left)

    def _render(
        self,
        values: NDArray[np.float32],
        rows: NDArray[np.int64],
        out: NDArray[np.float32],
        skip: int,
        blocks: int,
        failed: NDArray[np.int64],
    ) -> None:
        for voices, members in self._by_words(values, rows):
            voices.set(values)
            if self._threads == 1 or len(members) <= ROWS_PER_THREAD // 4:
                voices.play(members, out, skip, blocks, failed)
            else:
                self._pool = self._pool or ThreadPoolExecutor(self._threads)
                shares = np.array_split(members, self._threads)
                list(self._pool.map(lambda share, v=voices: v.play(share, out, skip, blocks, failed), shares))
            if skip + blocks * BLOCK > out.shape[1]:
                self._tails[members] = voices.last_block(members)

    def _by_words(
        self, values: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> Iterator[tuple[Voices, NDArray[np.int64]]]:
        """Rows that chose the same words, with the voices that play them."""
        if not self._word_blanks:
            yield self._voices_of(()), rows
            return
        groups: dict[tuple[int, ...], list[int]] = {}
        for row in rows.tolist():
            choices = tuple(int(choice) for choice in values[row, self._word_blanks])
            groups.setdefault(choices, []).append(row)
            before = self._chosen[row]
            if before is not None and before != choices:
                old, new = self._voices_of(before), self._voices_of(choices)
                new.take_over(row, old, surviving(old.graph, new.graph))
            self._chosen[row] = choices
        for choices, members in groups.items():
            yield self._voices_of(choices), np.array(members)

    def _voices_of(self, choices: tuple[int, ...]) -> Voices:
        if choices not in self._voices:
            graph = self._graphs[choices]
            self._voices[choices] = Voices(graph, self.rows, len(self.program.blanks), self._kernel)
        return self._voices[choices]

    def _refuse_fractions(self, values: NDArray[np.float32], failed: NDArray[np.int64]) -> None:
        """Mark rows with a fraction where the language takes integers: the text would not parse."""
        for blank in next(iter(self._graphs.values())).whole:
            failed[values[:, blank] != np.floor(values[:, blank])] = -1 - blank

    def _failure(self, values: NDArray[np.float32], out: NDArray[np.float32], failed: NDArray[np.int64]) -> GlicolError:
        """Put the rows that failed back to silence and describe the first."""
        rows = np.flatnonzero(failed)
        row = int(rows[0])
        code = self.program.fill(values[row])
        choices = tuple(int(choice) for choice in values[row, self._word_blanks])
        what = int(failed[row])
        self.reset(rows.tolist())
        out[rows] = np.nan
        if what < 0:
            name = self.program.blanks[-1 - what]
            message = f"blank {name!r} stands where the language takes integers only"
            return GlicolError(message, kind="syntax", code=code, row=row, audio=out)
        node = self._graphs[choices].nodes[what - 1]
        message = f"{node.name!r} breaks the engine with these numbers"
        return GlicolError(message, kind="trap", code=code, line=node.line, row=row, audio=out)


def _threads(wanted: int | None, rows: int) -> int:
    """Threads to use: never more than the machine or numba's settings allow, nor than rows."""
    available = min(len(os.sched_getaffinity(0)), CONFIG.NUMBA_NUM_THREADS)
    if wanted is None:
        wanted = rows // ROWS_PER_THREAD
    elif wanted < 1:
        raise ValueError(f"num_threads must be at least 1, not {wanted}")
    return max(1, min(wanted, available, rows))
