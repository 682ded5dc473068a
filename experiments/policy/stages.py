"""A training of two stages, a step at a time, whose state can be kept: what all shipped policies' trainings are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["TwoStages"]

LEAST_RATE = 0.05
"""What a learning rate falls to in a stage, of what it was at the beginning."""

Network = TypeVar("Network", bound=nn.Module)


class TwoStages(ABC, Generic[Network]):
    """A training: supervised steps, then reinforced ones.

    Parameters
    ----------
    network : what is trained; whoever makes it seeds PyTorch before
    learning_rates : at the beginning of each stage; they fall to a twentieth
    seed : of NumPy's random numbers

    Attributes
    ----------
    step : steps that are done
    """

    kept: ClassVar[tuple[str, ...]] = ()
    """Names of attributes that belong to the state beside the network: what was learned from, in their order."""

    def __init__(self, network: Network, learning_rates: tuple[float, float], seed: int) -> None:
        self.network = network
        self.optimizer = torch.optim.Adam(network.parameters(), lr=learning_rates[0])
        self.rng = np.random.default_rng(seed)
        self.step = 0
        self._learning_rates = learning_rates

    @property
    @abstractmethod
    def first_steps(self) -> int:
        """Steps of stage 1."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """Steps of both stages."""

    @abstractmethod
    def supervised(self, done: float) -> dict[str, float]:
        """A step of stage 1, of which a share is done; return what may be logged."""

    @abstractmethod
    def reinforced(self) -> dict[str, float]:
        """A step of stage 2; return what may be logged."""

    @property
    def stage(self) -> int:
        """1 or 2; 3 when all is done."""
        return 1 + (self.step >= self.first_steps) + (self.step >= self.steps)

    def advance(self) -> dict[str, float]:
        """Take one step; return what may be logged."""
        first = self.stage == 1
        done = (
            self.step / self.first_steps if first else (self.step - self.first_steps) / (self.steps - self.first_steps)
        )
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rates[0 if first else 1] * (1 - (1 - LEAST_RATE) * done)
        logged = self.supervised(done) if first else self.reinforced()
        self.step += 1
        return logged

    def update(self, loss: Tensor, limit: float) -> None:
        """A gradient step that makes a loss smaller; the gradient's norm is cut at a limit."""
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), limit)
        self.optimizer.step()

    def state(self) -> dict[str, Any]:
        """What ``restore`` goes on from."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": (self.rng.bit_generator.state, torch.get_rng_state()),
            "arrays": tuple(getattr(self, name) for name in self.kept),
            "step": self.step,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.bit_generator.state, numbers = state["random"]
        torch.set_rng_state(numbers)
        for name, kept in zip(self.kept, state["arrays"], strict=True):
            setattr(self, name, kept)
        self.step = state["step"]
