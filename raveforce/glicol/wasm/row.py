"""One row of an engine: program text goes in, samples come out, and it can be put back to silence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.errors import EngineUnavailable
from raveforce.glicol.protocol import BLOCK
from raveforce.glicol.samples import Recording
from raveforce.glicol.wasm.diagnostics import parse_error, trap_error
from raveforce.glicol.wasm.machine import MOST_BLOCKS, Machine, Refused, WasmSettings
from raveforce.glicol.wasm.runtime import Runtime, WasmTrap

__all__ = ["Row"]


class Row:
    """A machine, made when first needed and made anew after an error, and the samples not yet asked for.

    Parameters
    ----------
    runtime, settings : what machines are made in and with
    recordings : samples by name; the engine may add some
    """

    def __init__(self, runtime: Runtime, settings: WasmSettings, recordings: Mapping[str, Recording]) -> None:
        self._runtime = runtime
        self._settings = settings
        self._recordings = recordings
        self._machine: Machine | None = None
        self._playing: str | None = None  # the program; None: silence, so the machine is to be restored first
        self._rest = np.empty(0, np.float32)

    def reset(self) -> None:
        """Go back to silence; costs nothing until the next play."""
        self._playing = None
        self._rest = self._rest[:0]

    def add_sample(self, name: str, recording: Recording) -> None:
        """Hand a new recording on, if a program is playing that may want it; a new machine will have it."""
        if self._machine is None:
            return
        if self._playing is None:
            self._machine = None
            return
        try:
            self._machine.start_clock()
            self._machine.add_sample(name, recording)
        except WasmTrap as trap:
            playing = self._playing
            self._discard()
            raise trap_error(trap, playing, self._settings) from None

    def play(self, code: str, out: NDArray[np.float32]) -> None:
        """Fill ``out`` (float32 [samples]) with sound; ``code`` plays from the next block on.

        Raises
        ------
        GlicolError
            The program does not play; the row is back to silence.
        """
        rest = self._rest[: len(out)]
        out[: len(rest)] = rest
        self._rest = self._rest[len(rest) :]
        if len(rest) == len(out):
            return
        try:
            self._render(code, out[len(rest) :])
        except Refused as refused:
            self._discard()
            raise parse_error(refused.console, code) from None
        except WasmTrap as trap:
            self._discard()
            raise trap_error(trap, code, self._settings) from None
        except EngineUnavailable:  # the wrong thread for wasmer: nothing has been touched, nor may be
            raise
        except BaseException:  # Ctrl-C too: nobody knows where it stopped
            self._discard()
            raise

    def _render(self, code: str, out: NDArray[np.float32]) -> None:
        if self._machine is None or (self._playing is None and not self._machine.restorable):
            self._machine = Machine(self._runtime, self._settings, self._recordings)
        self._machine.start_clock()
        while len(out):
            blocks = min(-(-len(out) // BLOCK), MOST_BLOCKS)
            changed = None if code == self._playing else code
            sound = self._machine.render(changed, blocks, restore=self._playing is None)
            self._playing = code
            out[: len(sound)] = sound[: len(out)]
            self._rest = sound[len(out) :].copy()
            out = out[len(sound) :]

    def _discard(self) -> None:
        self._machine = None
        self.reset()
