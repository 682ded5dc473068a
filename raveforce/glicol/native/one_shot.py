"""Many programs played once, from silence to the end, with numbers that stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.kernel import opcodes as op
from raveforce.glicol.native.kernel.jit import LANES, PAD
from raveforce.glicol.native.load import load_kernel
from raveforce.glicol.native.lowering.joining import Library, pad_rows
from raveforce.glicol.native.voices import MOST_SAMPLES

__all__ = ["Part", "play_once"]

Ints = NDArray[np.int64]

WORK_PER_CALL = 2**26
"""Samples of one instruction after which Python may act on a Ctrl-C: a fifth of a second at most."""


class Part(NamedTuple):
    """Rows that play one program.

    Attributes
    ----------
    chain : what is played, fragments of a library by their numbers
    values : what fills its blanks, float [rows, blanks]
    heard : int64 [rows], the sound that each row is added to
    """

    chain: Sequence[int]
    values: NDArray[np.floating[Any]]
    heard: Ints


def play_once(library: Library, parts: Sequence[Part], out: NDArray[np.float32]) -> Ints:
    """Play programs, and add them up in their order.

    Parameters
    ----------
    library : whose fragments the programs are made of
    parts : what is played
    out : float32 [sounds, samples], what they are added to; NaN where numbers would break the engine

    Returns
    -------
    sounds in which they would, int64
    """
    broken = [_play(library, some, out) for some in _calls(library, parts, out.shape[1])]
    return np.concatenate([np.zeros(0, np.int64), *broken])


def _calls(library: Library, parts: Sequence[Part], samples: int) -> Iterator[list[Part]]:
    """Parts for one call of the kernel each: it cannot be interrupted, so it must not last."""
    some: list[Part] = []
    left = WORK_PER_CALL
    lengths = [len(fragment.ops) for fragment in library.fragments]
    for part in parts:
        a_row = (samples + BLOCK) * (1 + sum([lengths[number] for number in part.chain]))
        rows, most = len(part.heard), max(WORK_PER_CALL // a_row, 1)
        for start in range(0, rows, most):
            work = a_row * min(most, rows - start)
            if some and work > left:
                yield some
                some, left = [], WORK_PER_CALL
            own = slice(start, start + most)
            some.append(part if most >= rows else Part(part.chain, part.values[own], part.heard[own]))
            left -= work
    if some:
        yield some


def _play(library: Library, parts: Sequence[Part], out: NDArray[np.float32]) -> Ints:
    kernel = load_kernel()
    joined = library.join([part.chain for part in parts])
    counts = np.array([len(part.heard) for part in parts])
    program_of, rows = np.repeat(np.arange(len(parts)), counts), int(counts.sum())
    programs = np.concatenate([joined.spans, counts[:, None]], axis=1)
    params = joined.params[program_of]
    blanks = np.repeat([part.values.shape[1] for part in parts], counts)
    values = pad_rows(np.concatenate([part.values.reshape(-1) for part in parts]), blanks)
    np.copyto(params[:, : values.shape[1]], values, where=np.arange(values.shape[1]) < blanks[:, None])
    ops, capacity = _with_rings(joined.ops, programs, params)
    blocks = -(-out.shape[1] // BLOCK)
    # With a row to spare, as the kernel wants.
    spare = np.append(program_of, 0)
    bufs = np.zeros((rows + 1, joined.buffers, BLOCK + PAD), np.float32)
    flat, rings = np.ones((rows + 1, joined.buffers), np.uint8), np.empty((rows + 1, capacity), np.float32)
    failed, heard = np.zeros(rows, np.int64), np.concatenate([part.heard for part in parts])
    code = ops, np.zeros(1, np.int64), np.zeros(0, np.float32), np.zeros((0, 4), np.int64)
    state = params, joined.ints[spare], joined.floats[spare], rings, bufs, flat, failed
    scratch = np.empty((joined.tracks, 2, blocks, LANES), np.float32), np.empty(6 * LANES, np.float32)
    kernel.play(*code, *state, *scratch, programs, np.arange(rows), heard, out, 0, blocks, 0, True)
    broken = np.unique(heard[failed != 0])
    out[broken] = np.nan
    return broken


def _with_rings(ops: Ints, programs: Ints, params: NDArray[np.float32]) -> tuple[Ints, int]:
    """Instructions that know where in a row their delay lines lie, and how many samples those of a row take."""
    sizes = np.zeros(len(ops), np.int64)
    if (ops[:, op.FAMILY] == op.RING_BUFFER).any():
        load_kernel().ring_sizes(ops, programs, params, sizes)
        sizes[sizes > MOST_SAMPLES] = 0
    ends = np.cumsum(sizes)
    starts = ends - sizes
    first, last = programs[:, 0], programs[:, 1]
    ops[:, op.RING], ops[:, op.CAPACITY] = starts - np.repeat(starts[first], last - first), sizes
    return ops, int((ends[last - 1] - starts[first]).max())
