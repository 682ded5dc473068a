"""Graphs played once, from silence to the end, with numbers that stay as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.block import BLOCK
from raveforce.glicol.native.bank import Bank
from raveforce.glicol.native.load import load_kernel
from raveforce.glicol.native.lowering.graph import Graph
from raveforce.glicol.native.voices import Voices

__all__ = ["play_once"]

NO_RECORDINGS = Bank({})


def play_once(
    graph: Graph, values: NDArray[np.float32], samples: int, out: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Play rows of a graph.

    Parameters
    ----------
    graph : what is played
    values : what fills its blanks, float32 [rows, blanks]
    samples : how many to play
    out : where to, float32 [rows, samples]; None makes an array

    Returns
    -------
    audio : float32 [rows, samples]; NaN where these numbers would break the engine
    broken : rows where they would, int64
    """
    kernel = load_kernel()
    rows, blanks = values.shape
    voices = Voices(graph, rows, blanks, kernel, NO_RECORDINGS)
    voices.set(values)
    audio = np.empty((rows, samples), np.float32) if out is None else out
    failed = np.zeros(rows, np.int64)
    voices.play(audio, 0, -(-samples // BLOCK), 0, failed, np.arange(rows))
    broken = np.flatnonzero(failed)
    audio[broken] = np.nan
    return audio, broken
