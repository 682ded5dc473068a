"""A toy whose answer is not the middle of its space."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from raveforce.task import Task, define

# As in runs: two workers with two threads each wait for one another.
torch.set_num_threads(1)


@pytest.fixture
def tone_task(tone: NDArray[np.float32]) -> Task:
    """Find the pitch and the level of a sine: one step."""
    parameters = {"freq": ("exp", 150, 2500), "level": ("lin", 0, 1.5)}
    return define("o: sin {freq} >> mul {level}", tone, parameters, name="tone")
