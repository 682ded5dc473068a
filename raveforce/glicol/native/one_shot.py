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


def play_once(graph: Graph, values: NDArray[np.float32], out: NDArray[np.float32]) -> NDArray[np.int64]:
    """Play rows of a graph.

    Parameters
    ----------
    graph : what is played
    values : what fills its blanks, float32 [rows, blanks]
    out : where to, float32 [rows, samples]; NaN where these numbers would break the engine

    Returns
    -------
    rows that would break it, int64
    """
    rows, blanks = values.shape
    voices = Voices(graph, rows, blanks, load_kernel(), NO_RECORDINGS)
    voices.set(values)
    failed = np.zeros(rows, np.int64)
    voices.play(out, 0, -(-out.shape[1] // BLOCK), 0, failed, np.arange(rows))
    broken = np.flatnonzero(failed)
    out[broken] = np.nan
    return broken
