"""One Glicol that plays: the text goes in, samples come out, and it can be put back to silence."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.engine import BLOCK
from raveforce.glicol.wasm.console import breakdown, refusal
from raveforce.glicol.wasm.runtime import Broken, Instance, Runtime

__all__ = ["Recording", "Row", "Settings"]

# The header of block_loop.wat.
REQUEST = struct.Struct("<5i")  # restore, text, length, out, blocks
ANSWER = struct.Struct("<2i")  # status, grown
ANSWER_AT = 20
CONSOLE = slice(64, 64 + 256)

BLOCK_BYTES = 4 * BLOCK
MOST_BLOCKS = 1024  # a crossing; about 3 s, so that the buffer of a row stays at half a megabyte
LEAST_MEMORY = 8 * 2**20


@dataclass(frozen=True)
class Settings:
    """What every row is set up with.

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
        if not (self.sample_rate == int(self.sample_rate) and 1000 <= self.sample_rate <= 384_000):
            raise ValueError(f"sample_rate is a whole number of Hz from 1000 to 384000, not {self.sample_rate!r}")
        if not 0 < self.bpm <= 100_000:
            raise ValueError(f"bpm is a number of beats a minute above 0 and up to 100000, not {self.bpm!r}")
        # The engine takes it as a float32, which holds whole numbers exactly up to here.
        if not (self.seed == int(self.seed) and 0 <= self.seed <= 2**24):
            raise ValueError(f"seed is a whole number from 0 to {2**24}, not {self.seed!r}")
        if not 0 < self.deadline <= 1e6:
            raise ValueError(f"deadline is a number of seconds above 0 and up to 1e6, not {self.deadline!r}")
        if not LEAST_MEMORY <= self.memory_limit <= 2**32:
            raise ValueError(
                f"memory_limit is a number of bytes from {LEAST_MEMORY} to {2**32}, not {self.memory_limit!r}"
            )


@dataclass(frozen=True)
class Recording:
    """A sample for ``sp``: float32 [channels, frames], one channel or two, at ``sample_rate`` Hz."""

    audio: NDArray[np.float32]
    sample_rate: int


class Row:
    """One instance of the engine and what has been rendered but not yet asked for.

    The instance is made when it is first needed, and made anew after an error.
    """

    def __init__(self, runtime: Runtime, settings: Settings, recordings: Mapping[str, Recording]) -> None:
        self._runtime = runtime
        self._settings = settings
        self._recordings = recordings
        self._instance: Instance | None = None
        self._text: str | None = None  # what the instance plays; None: silence, to be restored first
        self._rest = np.empty(0, np.float32)

    def reset(self) -> None:
        """Go back to silence. Costs nothing until the next play."""
        self._text = None
        self._rest = self._rest[:0]

    def discard(self) -> None:
        """Throw the instance away, back to silence."""
        self._instance = None
        self.reset()

    def add_sample(self, name: str, recording: Recording) -> None:
        """Hand a new recording to the instance that plays, if one does; later ones take it from ``recordings``."""
        if self._text is None:
            self._instance = None
        elif self._instance is not None:
            self._give(self._instance, name, recording)
            self._stale = True

    def play(self, code: str, out: NDArray[np.float32]) -> None:
        """Fill ``out`` (float32 [samples]) with sound, playing ``code`` from the next block on.

        Raises
        ------
        GlicolError
            The row is back to silence.
        """
        rest = self._rest[: len(out)]
        out[: len(rest)] = rest
        self._rest = self._rest[len(rest) :]
        if len(rest) == len(out):
            return
        try:
            self._render(code, out[len(rest) :])
        except Broken as broken:
            self.discard()
            limits = {"deadline": self._settings.deadline, "memory_limit": self._settings.memory_limit}
            raise breakdown(broken, code, **limits) from None
        except BaseException:
            self.discard()
            raise

    def _render(self, code: str, out: NDArray[np.float32]) -> None:
        instance = self._ready()
        instance.start_clock()
        memory, header, done = self._memory, self._header, 0
        while done < len(out):
            wanted = len(out) - done
            blocks = min(-(-wanted // BLOCK), MOST_BLOCKS)
            length = 0
            if code != self._text:
                length = self._write(code)
                memory = self._memory
            REQUEST.pack_into(memory, header, self._text is None, self._text_at, length, self._out, blocks)
            instance.play()
            self._text = code
            memory = self._memory = instance.memory()
            status, self._grown = ANSWER.unpack_from(memory, header + ANSWER_AT)
            if status:
                raise refusal(memory[header:][CONSOLE].tobytes(), code)
            sound = memory[self._out : self._out + blocks * BLOCK_BYTES].view(np.float32)
            out[done : done + len(sound)] = sound[:wanted]
            done += len(sound)
        if done > len(out):
            self._rest = sound[len(out) - done :].copy()

    def _ready(self) -> Instance:
        """The instance, made anew if there is none or if restoring would not bring all of it back."""
        if self._instance is None or (self._text is None and (self._grown or self._stale)):
            self._instance = self._make()
        return self._instance

    def _make(self) -> Instance:
        settings = self._settings
        instance = self._runtime.instantiate(settings.deadline, settings.memory_limit)
        self._header = _granted(
            instance.call("prepare", float(settings.sample_rate), float(settings.bpm), float(settings.seed))
        )
        # One block more: the last block's right channel has nothing to overwrite it.
        self._out = _granted(instance.call("reserve", (MOST_BLOCKS + 1) * BLOCK_BYTES))
        self._text_at, self._room = 0, 0
        for name, recording in self._recordings.items():
            self._give(instance, name, recording)
        _granted(instance.call("keep"))
        self._memory = instance.memory()
        self._grown = self._stale = False
        return instance

    def _write(self, code: str) -> int:
        """Put the program text into the instance's memory; its length in bytes."""
        assert self._instance is not None
        text = code.encode()
        if len(text) > self._room:
            self._room = 2 * len(text)
            self._text_at = _granted(self._instance.call("reserve", self._room))
            self._memory = self._instance.memory()
        self._memory[self._text_at : self._text_at + len(text)] = np.frombuffer(text, np.uint8)
        return len(text)

    def _give(self, instance: Instance, name: str, recording: Recording) -> None:
        # Channels one after the other, which is how the engine reads them.
        samples, encoded = recording.audio, name.encode()
        at = _granted(instance.call("reserve", samples.nbytes + len(encoded)))
        memory = instance.memory()
        memory[at : at + samples.nbytes].view(np.float32)[:] = samples.ravel()
        name_at = at + samples.nbytes
        memory[name_at : name_at + len(encoded)] = np.frombuffer(encoded, np.uint8)
        instance.call("add_sample", name_at, len(encoded), at, samples.size, len(samples), recording.sample_rate)


def _granted(address: int) -> int:
    if address < 0:
        raise Broken("out of memory", "memory")
    return address
