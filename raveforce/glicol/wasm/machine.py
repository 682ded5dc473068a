"""A Glicol set up in an instance: our buffers in its memory, and what ``block_loop.wat`` does with them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.protocol import BLOCK, EngineSettings
from raveforce.glicol.samples import Recording
from raveforce.glicol.wasm.runtime import Runtime, WasmTrap

__all__ = ["BLOCK_BYTES", "MOST_BLOCKS", "REQUEST", "Machine", "Refused", "WasmSettings"]

# The header of block_loop.wat.
REQUEST = struct.Struct("<5i")  # restore, text, length, out, blocks
ANSWER = struct.Struct("<2i")  # status, grown
ANSWER_AT = 20
CONSOLE_AT, CONSOLE_BYTES = 64, 256

BLOCK_BYTES = 4 * BLOCK
MOST_BLOCKS = 256  # a crossing; 0.7 s of sound, between which the deadline is looked at in any case
LEAST_MEMORY = 8 * 2**20


@dataclass(frozen=True)
class WasmSettings(EngineSettings):
    """What a machine is set up with.

    Attributes
    ----------
    memory_limit : bytes that one row may use
    """

    memory_limit: int = 256 * 2**20

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (LEAST_MEMORY <= self.memory_limit <= 2**32 and self.memory_limit == int(self.memory_limit)):
            raise ValueError(
                f"memory_limit is a number of bytes from {LEAST_MEMORY} to {2**32}, not {self.memory_limit!r}"
            )


class Refused(Exception):
    """The engine refused a program; ``console`` holds what it said."""

    def __init__(self, console: bytes) -> None:
        super().__init__("the engine refused a program")
        self.console = console


class Machine:
    """A Glicol that renders blocks and can be put back to how it was when it was made.

    Attributes
    ----------
    restorable : whether restoring brings all of it back; if not, a new machine is needed instead
    """

    def __init__(self, runtime: Runtime, settings: WasmSettings, recordings: Mapping[str, Recording]) -> None:
        self._instance = runtime.instantiate(settings.deadline, settings.memory_limit)
        setup = float(settings.sample_rate), float(settings.bpm), float(settings.seed)
        self._header = self._ask("prepare", *setup)
        # One block more: the last block's right channel has nothing to overwrite it.
        self._out = self._ask("reserve", (MOST_BLOCKS + 1) * BLOCK_BYTES)
        self._text, self._room = 0, 0
        for name, recording in recordings.items():
            self.add_sample(name, recording)
        self._ask("keep")
        self._memory = self._instance.memory()
        self.restorable = True

    def add_sample(self, name: str, recording: Recording) -> None:
        """Offer a recording from now on; it is lost when the machine is restored."""
        samples, encoded = recording.audio.tobytes(), name.encode()
        at = self._ask("reserve", len(samples) + len(encoded))
        named = at + len(samples)
        self._instance.memory()[at : named + len(encoded)] = samples + encoded
        channels, length = recording.audio.shape
        # One channel after the other, and their length in all: that is how the engine's sampler reads them.
        self._instance.call("add_sample", named, len(encoded), at, channels * length, channels, recording.sample_rate)
        self._memory = self._instance.memory()
        self.restorable = False

    def start_clock(self) -> None:
        """From now on, the deadline's seconds remain."""
        self._instance.start_clock()

    def render(self, code: str | None, blocks: int, *, restore: bool) -> NDArray[np.float32]:
        """Render blocks, of the program that is playing (None) or of another from now on.

        Returns
        -------
        float32 array [blocks * 128], the left channel; a view, good until the next call

        Raises
        ------
        WasmTrap, Refused
            The machine must be thrown away.
        """
        length = 0 if code is None else self._write(code.encode())
        REQUEST.pack_into(self._memory, self._header, restore, self._text, length, self._out, blocks)
        self._instance.play()
        self._memory = self._instance.memory()
        status, grown = ANSWER.unpack_from(self._memory, self._header + ANSWER_AT)
        if status:
            console = self._header + CONSOLE_AT
            raise Refused(bytes(self._memory[console : console + CONSOLE_BYTES]))
        if grown:
            self.restorable = False
        return np.frombuffer(self._memory, np.float32, blocks * BLOCK, self._out)

    def _write(self, text: bytes) -> int:
        """Put a program into the machine's memory; returns its length."""
        if len(text) > self._room:
            self._room = 2 * len(text)
            self._text = self._ask("reserve", self._room)
            self._memory = self._instance.memory()
        self._memory[self._text : self._text + len(text)] = text
        return len(text)

    def _ask(self, name: str, *arguments: float) -> int:
        """Call an export that returns an address, or -1 where there is no memory."""
        address = self._instance.call(name, *arguments)
        if address == -1:
            raise WasmTrap("out of memory", "memory")
        return address
