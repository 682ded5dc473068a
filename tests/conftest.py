"""What the tests share: small sounds and small tasks."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from numpy.typing import NDArray

from raveforce.task import Task, define

RATE = 44100

# What a shell starts in the background ignores Ctrl-C, and so would the processes that tests send it to.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def tone() -> NDArray[np.float32]:
    """A tenth of a second of a sine at 440 Hz, peak 0.5."""
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE // 10) / RATE)).astype(np.float32)


@pytest.fixture
def tone_task(tone: NDArray[np.float32]) -> Task:
    """Find the pitch and the level of a sine: one step."""
    parameters = {"freq": ("exp", 110, 1760), "level": ("lin", 0, 1)}
    return define("o: sin {freq} >> mul {level}", tone, parameters, name="tone")


@pytest.fixture
def melody_task(tone: NDArray[np.float32]) -> Task:
    """Four steps of a saw whose pitch changes while it plays on."""
    return define("o: saw {} >> mul 0.3", np.tile(tone, 2), [("choose", [220, 330, 440])], total_step=4, name="melody")
