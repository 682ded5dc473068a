"""The native engine: Glicol as instructions, played by a compiled kernel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.glicol.errors import GlicolError
from raveforce.glicol.native.bank import Bank
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.load import load_kernel
from raveforce.glicol.native.lowering.graph import Context
from raveforce.glicol.native.lowering.variants import compile_variants, place_of
from raveforce.glicol.native.state_transfer import surviving_nodes
from raveforce.glicol.native.threads import count_threads, play_shared
from raveforce.glicol.native.voices import Voices
from raveforce.glicol.program import Program
from raveforce.glicol.protocol import BLOCK, BaseEngine, EngineSettings
from raveforce.glicol.samples import Recording, Samples, bare
from raveforce.glicol.wrong_text import sample_error

__all__ = ["NativeEngine"]

KINDS = {op.TRAP: "trap", op.LATE: "deadline", op.NO_MEMORY: "memory"}
WORK_PER_SECOND = 10**9
"""Samples of one instruction that a row computes in a second, at least: so much work the deadline allows."""
WORK_PER_CALL = 2**26
"""Samples of one instruction, over all rows, after which Python may act on a Ctrl-C: a fifth of a second at most."""


class NativeEngine(BaseEngine):
    """Engine that plays common Glicol many times faster than the real one, and the same.

    Parameters
    ----------
    program, rows, sample_rate : see ``open_engine``
    bpm : beats per minute, four to a bar
    seed : of ``choose``
    deadline : seconds that one row may take to render what one ``play`` asks for, by the work that it is
    samples : recordings by name, see ``add_sample``
    num_threads : threads that share the rows; by default one for every 16 rows, if the machine has them

    Raises
    ------
    UnsupportedProgram
        The program has a node, or a blank in a place, that this engine does not play.
    GlicolError
        The program is wrong.
    EngineUnavailable
        Compilation is turned off.
    ValueError
        A setting is out of range.

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
        deadline: float = 10.0,
        num_threads: int | None = None,
        samples: Samples | None = None,
    ) -> None:
        super().__init__(program, rows, EngineSettings(sample_rate, bpm, seed, deadline), samples)
        # The engine takes its tempo as a float32.
        context = Context(float(sample_rate), float(np.float32(bpm)), int(seed), code=program.template)
        self._graphs = compile_variants(program, context)
        self._word_blanks = [i for i, name in enumerate(program.blanks) if name in program.words]
        self._names_samples = any(graph.samples for graph in self._graphs.values())
        self._kernel = load_kernel()
        self._bank = Bank(self._recordings)
        self._voices: dict[tuple[int, ...], Voices] = {}
        self._chosen: list[tuple[int, ...] | None] = [None] * self.rows
        self._all = np.arange(self.rows)
        self._values = np.zeros((rows, len(program.blanks)), np.float32)
        self._whole = np.array(next(iter(self._graphs.values())).whole, np.int64)
        # What broke a row: 1 + the instruction (or for a moment -1 - the blank that is no integer); 0 for nothing.
        self._failed = np.zeros(rows, np.int64)
        # Samples of a row's last block that were not yet asked for: how many, and the blocks. As long as no row
        # was reset by itself it is the same number for all.
        self._left = np.zeros(rows, np.int64)
        self._left_of_all: int | None = 0
        self._tails = np.zeros((rows, BLOCK), np.float32)
        self._threads = count_threads(num_threads, self.rows)

    def reset(self, rows: Sequence[int] | None = None) -> None:
        """Put every row (or the rows named) back to silence."""
        self._check_open()
        if rows is None:
            self._left_of_all = 0
        else:
            if self._left_of_all is not None:
                self._left[:] = self._left_of_all
            self._left[rows] = 0
            self._left_of_all = self._common_left()
        which = slice(None) if rows is None else np.asarray(rows, np.int64)
        for voices in self._voices.values():
            voices.reset(which)
        if rows is None and self._names_samples and self._bank.is_stale:  # nobody plays what was replaced any more
            self._bank.clear()
            self._cue()
        if self._word_blanks:
            for row in self._all[which]:
                self._chosen[row] = None

    def play(self, values: ArrayLike, samples: int) -> NDArray[np.float32]:
        """Play on; see ``Engine.play``."""
        self._check_open()
        samples = self._check_samples(samples)
        self._read(self._check_values(values))
        self._check_samples_given()
        out = np.empty((self.rows, samples), np.float32)
        try:
            broken = self._fill(out)
        except BaseException:  # Ctrl-C too
            self._abandon()
            raise
        if broken:
            raise self._failure(out)
        return out

    def _offer(self, recording: Recording) -> None:
        self._cue()

    def _cue(self) -> None:
        for voices in self._voices.values():
            voices.cue()

    def _fill(self, out: NDArray[np.float32]) -> int:
        """Fill ``out`` with what is left of the last block, then with new ones; return how often rows broke."""
        samples, broken = out.shape[1], 0
        for left, rows in self._by_left():
            taken = min(left, samples)
            if taken:
                out[rows, :taken] = self._tails[rows, BLOCK - left : BLOCK - left + taken]
            blocks = -(-(samples - taken) // BLOCK)
            if blocks:
                broken += self._render(rows, out, taken, blocks)
            left += blocks * BLOCK - samples
            if self._left_of_all is None:
                self._left[rows] = left
            else:
                self._left_of_all = left
        if self._left_of_all is None:
            self._left_of_all = self._common_left()
        return broken

    def close(self) -> None:
        """Free the state."""
        self._voices.clear()
        super().close()

    def _read(self, values: NDArray[np.float64]) -> None:
        """Keep values; raise where they do not fit their blanks."""
        if not values.flags.carray:  # the kernel is compiled for plain arrays only
            values = values.copy()
        fractions = self._kernel.read(values, self._values, self._whole, self._failed)
        if fractions:
            self._explain(values)
        for blank in self._word_blanks:
            count = len(self.program.words[self.program.blanks[blank]])
            column = values[:, blank]
            if not ((column >= 0) & (column < count) & (column == np.floor(column))).all():
                self._explain(values)

    def _explain(self, values: NDArray[np.float64]) -> None:
        """Raise the error that says which blank a value does not fit."""
        failed = self._failed.copy()
        self._failed[:] = 0
        codes = [self.program.fill(row) for row in values]
        row = int(np.flatnonzero(failed)[0])
        blank = int(-1 - failed[row])
        name, (line, column) = self.program.blanks[blank], self.program.place(values[row], blank)
        message = f"blank {name!r} stands where the language takes integers only"
        raise GlicolError(message, kind="syntax", code=codes[row], line=line, column=column, row=row)

    def _check_samples_given(self) -> None:
        """Raise the error of the first row whose program names a sample that is missing."""
        if not self._names_samples:
            return
        for row in range(self.rows if self._word_blanks else 1):
            for spelling in self._graphs[self._choices(row)].samples:
                if bare(spelling) not in self._recordings:
                    raise sample_error(self.program.fill(self._values[row]), spelling, row)

    def _choices(self, row: int) -> tuple[int, ...]:
        """Words that a row has chosen."""
        return tuple(int(choice) for choice in self._values[row, self._word_blanks])

    def _common_left(self) -> int | None:
        first = int(self._left[0])
        return first if (self._left == first).all() else None

    def _by_left(self) -> list[tuple[int, NDArray[np.int64]]]:
        """Rows with the same number of samples left."""
        if self._left_of_all is not None:
            return [(self._left_of_all, self._all)]
        return [(int(left), np.flatnonzero(self._left == left)) for left in np.unique(self._left)]

    def _render(self, rows: NDArray[np.int64], out: NDArray[np.float32], skip: int, blocks: int) -> int:
        """Play blocks of rows; return how often they broke."""
        broken = 0
        for voices, members in self._by_words(rows):
            voices.set(self._values)
            allowed = self.settings.deadline * WORK_PER_SECOND - blocks * voices.graph.work
            if allowed < 0:
                self._failed[members] = op.LATE
                broken += len(members)
                continue
            last = voices.sampler_work(self._all) + allowed if voices.has_samplers else None
            first = 0
            while first < blocks and len(members):
                # A call of the kernel cannot be interrupted, so it must not last.
                number = min(voices.most_blocks(members, WORK_PER_CALL), blocks - first)
                play = partial(
                    voices.play, out, skip + first * BLOCK, number, blocks - first - number, self._failed
                )  # fmt: skip
                broken += play_shared(play, members, number * len(members) * voices.graph.work, self._threads)
                first += number
                if last is not None and (late := voices.sampler_work(members) > last[members]).any():
                    self._failed[members[late]] = op.ENDINGS * (1 + voices.first_sampler()) + op.LATE
                    broken += int(late.sum())
                    members = members[~late]
            if skip + blocks * BLOCK > out.shape[1]:
                everybody = slice(None) if members is self._all else members
                self._tails[everybody] = voices.last_block(everybody)
        return broken

    def _abandon(self) -> None:
        """Go back to silence after an interruption: nobody knows where it stopped."""
        self._failed[:] = 0
        self.reset()

    def _by_words(self, rows: NDArray[np.int64]) -> Iterator[tuple[Voices, NDArray[np.int64]]]:
        """Rows that chose the same words, with the voices that play them."""
        if not self._word_blanks:
            yield self._voices_of(()), rows
            return
        groups: dict[tuple[int, ...], list[int]] = {}
        for row in rows.tolist():
            choices = self._choices(row)
            groups.setdefault(choices, []).append(row)
            before = self._chosen[row]
            if before is not None and before != choices:
                old, new = self._voices_of(before), self._voices_of(choices)
                new.take_over(row, old, surviving_nodes(old.graph, new.graph))
            self._chosen[row] = choices
        for choices, members in groups.items():
            yield self._voices_of(choices), np.array(members)

    def _voices_of(self, choices: tuple[int, ...]) -> Voices:
        if choices not in self._voices:
            graph = self._graphs[choices]
            self._voices[choices] = Voices(graph, self.rows, len(self.program.blanks), self._kernel, self._bank)
        return self._voices[choices]

    def _failure(self, out: NDArray[np.float32]) -> GlicolError:
        """Put the rows that failed back to silence and describe the first."""
        failed = self._failed.copy()
        self._failed[:] = 0
        rows = np.flatnonzero(failed)
        row = int(rows[0])
        code = self.program.fill(self._values[row])
        choices = self._choices(row)
        instruction, ending = int(failed[row]) // op.ENDINGS - 1, int(failed[row]) % op.ENDINGS
        graph = self._graphs[choices]
        node = graph.nodes[instruction] if instruction >= 0 else None
        line, column = place_of(node, graph, self._values[row]) if node else (None, None)
        self.reset(rows.tolist())
        out[rows] = np.nan
        doing = f" in the node {node.name}" if node else ""
        message = {
            op.TRAP: f"these numbers break the engine{doing}",
            op.LATE: f"the program would still be playing{doing} after its deadline of {self.settings.deadline:g} s",
            op.NO_MEMORY: f"the program asked for more memory than there is{doing}",
        }[ending]
        return GlicolError(message, kind=KINDS[ending], code=code, line=line, column=column, row=row, audio=out)
