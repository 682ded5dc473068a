"""The real Glicol in a sandbox: plays every program there is, and is the reference for other engines."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raveforce.glicol.errors import GlicolError
from raveforce.glicol.program import Program
from raveforce.glicol.protocol import BaseEngine
from raveforce.glicol.samples import Recording, Samples, spellings
from raveforce.glicol.wasm.boundedness import has_script, is_bounded
from raveforce.glicol.wasm.machine import WasmSettings
from raveforce.glicol.wasm.row import Row
from raveforce.glicol.wasm.runtimes import open_runtime

__all__ = ["WasmEngine"]


class WasmEngine(BaseEngine):
    """Rows of a program, each in a WebAssembly instance of its own.

    An instance can reach nothing outside its memory, and every call has a deadline and a memory limit. A
    program whose blocks might not end (scripts, some delays) is interrupted wherever it is; others are
    stopped between blocks, and play faster. The runtime wasmer has neither limit, so it refuses scripts.

    An engine may be used from any thread, by one at a time (wasmer: only by the thread that used it first).
    It cannot be pickled; open another where it is needed.

    Parameters
    ----------
    program : what every row plays
    rows : how many rows
    sample_rate : Hz
    bpm : tempo; a bar is 240 / bpm seconds
    seed : seeds the nodes that draw random numbers without a seed of their own
    deadline : seconds that one row may take to render what one ``play`` asks for
    memory_limit : bytes that one row may use
    samples : recordings by name, see ``add_sample``
    runtime : "wasmtime" or "wasmer"; None takes ``RAVEFORCE_WASM_RUNTIME``, or else wasmtime

    Raises
    ------
    EngineUnavailable
        The Glicol binary or the runtime cannot be had.
    GlicolError
        On wasmer: the program has a script.
    ValueError
        A setting is out of range.

    Examples
    --------
    >>> engine = WasmEngine(Program("o: saw {pitch} >> lpf {cutoff} 1.0"), rows=2)
    >>> first = engine.play([[110, 800], [55, 2000]], samples=1000)
    >>> second = engine.play([[110, 400], [55, 1000]], samples=1000)  # oscillator and filter go on
    >>> engine.reset()
    >>> bool((engine.play([[110, 800], [55, 2000]], samples=1000) == first).all())
    True
    """

    kind = "wasm"

    def __init__(
        self,
        program: Program,
        rows: int = 1,
        sample_rate: int = 44100,
        *,
        bpm: float = 120.0,
        seed: int = 42,
        deadline: float = 10.0,
        memory_limit: int = 256 * 2**20,
        runtime: str | None = None,
        samples: Samples | None = None,
    ) -> None:
        settings = WasmSettings(sample_rate, bpm, seed, deadline, memory_limit)
        super().__init__(program, rows, settings, samples)
        chosen = self._runtime = open_runtime(runtime, interruptible=not is_bounded(program))
        if not chosen.confines and has_script(program):
            raise GlicolError(
                f"the runtime {chosen.name} cannot stop a script that goes wrong, so programs with scripts "
                "(in backticks) are not played on it; use runtime='wasmtime'",
                kind="unsupported",
                code=program.template if program.blanks else program.fill([]),
            )
        # The engine takes a text without a chain for silence; it is more likely a mistake.
        self._empty = not re.sub(r"//[^\n]*", "", program.template).strip(" \t\n,|;")
        self._offered = {
            spelling: recording
            for recording in self._recordings.values()
            for spelling in self._spellings(recording.name)
        }
        self._playing = [Row(chosen, settings, self._offered) for _ in range(self.rows)]

    def reset(self, rows: Sequence[int] | None = None) -> None:
        """Put every row (or the rows named) back to silence, as if newly opened, bit for bit."""
        self._check_open()
        for row in range(self.rows) if rows is None else rows:
            self._playing[row].reset()

    def play(self, values: ArrayLike, samples: int) -> NDArray[np.float32]:
        """Play on from where the rows stopped; see ``Engine.play``."""
        self._check_open()
        samples = self._check_samples(samples)
        if self._empty:
            raise GlicolError("the program has no chain", kind="syntax", code=self.program.template)
        codes = [self.program.fill(row) for row in self._check_values(values).tolist()]
        audio = np.empty((self.rows, samples), np.float32)
        failed: list[GlicolError] = []
        with self._runtime.hearing_interrupts():
            for number, (row, code, out) in enumerate(zip(self._playing, codes, audio, strict=True)):
                try:
                    row.play(code, out)
                except GlicolError as error:
                    out[:] = np.nan
                    error.row = number
                    failed.append(error)
        if not failed:
            return audio
        # A wrong text counts more than what broke while playing: no values mend it.
        foremost = min(failed, key=lambda error: error.caused_by_values)
        if foremost.caused_by_values:
            foremost.audio = audio
        try:
            raise foremost
        finally:
            # An error knows this frame by its traceback. If the frame knew the error, both, and with them the rows'
            # memory, would stay until Python next looks for such circles.
            del failed, foremost

    def _offer(self, recording: Recording) -> None:
        for spelling in self._spellings(recording.name):
            self._offered[spelling] = recording
            for row in self._playing:
                row.add_sample(spelling, recording)

    def close(self) -> None:
        """Free the rows' memory; closing twice is harmless."""
        super().close()
        self._playing = []

    def _spellings(self, name: str) -> list[str]:
        """A sample's name as the program writes it: others are left out, as each takes memory."""
        words = [word for choices in self.program.words.values() for word in choices]
        return [each for each in spellings(name) if any(each in text for text in (self.program.template, *words))]
