"""A Glicol set up in an instance: our buffers in its memory, and what ``block_loop.wat`` does with them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.engine import BLOCK
from raveforce.glicol.wasm.runtime import Broken, Runtime

__all__ = ["BLOCK_BYTES", "MOST_BLOCKS", "REQUEST", "Machine", "Recording", "Refused", "Settings"]

# The header of block_loop.wat.
REQUEST = struct.Struct("<5i")  # restore, text, length, out, blocks
ANSWER = struct.Struct("<2i")  # status, grown
ANSWER_AT = 20
CONSOLE_AT, CONSOLE_BYTES = 64, 256

BLOCK_BYTES = 4 * BLOCK
MOST_BLOCKS = 256  # a crossing; 0.7 s of sound, between which the deadline is looked at in any case
LEAST_MEMORY = 8 * 2**20


@dataclass(frozen=True)
class Settings:
    """What a machine is set up with; ``WasmEngine`` says what each means.

    Raises
    ------
    ValueError
        A setting is out of range.
    """

    sample_rate: int = 44100
    bpm: float = 120.0
    seed: int = 42
    deadline: float = 10.0
    memory_limit: int = 256 * 2**20

    def __post_init__(self) -> None:
        if not (1000 <= self.sample_rate <= 384_000 and self.sample_rate == int(self.sample_rate)):
            raise ValueError(f"sample_rate is a whole number of Hz from 1000 to 384000, not {self.sample_rate!r}")
        if not 1 <= self.bpm <= 10_000:
            raise ValueError(f"bpm is a number of beats a minute from 1 to 10000, not {self.bpm!r}")
        # The engine takes it as a float32, which holds whole numbers exactly up to here.
        if not (0 <= self.seed <= 2**24 and self.seed == int(self.seed)):
            raise ValueError(f"seed is a whole number from 0 to {2**24}, not {self.seed!r}")
        if not 0 < self.deadline <= 1e6:
            raise ValueError(f"deadline is a number of seconds above 0 and up to 1e6, not {self.deadline!r}")
        if not (LEAST_MEMORY <= self.memory_limit <= 2**32 and self.memory_limit == int(self.memory_limit)):
            raise ValueError(
                f"memory_limit is a number of bytes from {LEAST_MEMORY} to {2**32}, not {self.memory_limit!r}"
            )


@dataclass(frozen=True)
class Recording:
    """A sample for ``sp``: float32 [channels, samples], one channel or two, at ``sample_rate`` Hz."""

    audio: NDArray[np.float32]
    sample_rate: int


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

    def __init__(self, runtime: Runtime, settings: Settings, recordings: Mapping[str, Recording]) -> None:
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
        Broken, Refused
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
            raise Broken("out of memory", "memory")
        return address
