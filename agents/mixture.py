"""Several answers to one sound: mixtures of Gaussians over actions.

What a sound is made of is ambiguous, and the mean of two right answers is a wrong one (mixture density networks: Bishop
1994).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["LEAST_STD", "MOST_STD", "Mixture", "MixtureHead"]

LEAST_STD = 0.03
"""Standard deviation of the surest answer: nobody hears a smaller step of most parameters."""
MOST_STD = 0.8


@dataclass(frozen=True)
class Mixture:
    """A mixture of Gaussians a row, each with a diagonal covariance.

    Attributes
    ----------
    logits : log weights, not normalised, [rows, components]
    means : [rows, components, parameters]
    stds : [rows, components, parameters]
    """

    logits: Tensor
    means: Tensor
    stds: Tensor

    def log_prob(self, actions: Tensor) -> Tensor:
        """Log densities [rows, answers] of actions [rows, answers, parameters]."""
        apart = (actions[:, :, None] - self.means[:, None]) / self.stds[:, None]
        heights = -0.5 * apart.square().sum(-1) - self.stds.log().sum(-1)[:, None]
        heights = heights - 0.5 * math.log(2 * math.pi) * actions.shape[-1]
        return torch.logsumexp(heights + self.logits.log_softmax(-1)[:, None], dim=-1)

    def sample(self, count: int) -> Tensor:
        """Draw actions [rows, count, parameters], which may lie outside [-1, 1]."""
        rows = torch.arange(len(self.logits))[:, None]
        which = torch.distributions.Categorical(logits=self.logits).sample((count,)).T
        means, stds = self.means[rows, which], self.stds[rows, which]
        return means + stds * torch.randn_like(means)

    @property
    def mode(self) -> Tensor:
        """The mean of the heaviest component, [rows, parameters]."""
        return self.means[torch.arange(len(self.logits)), self.logits.argmax(-1)]


class MixtureHead(nn.Module):
    """The last layer: features to a mixture over actions in [-1, 1].

    Parameters
    ----------
    features : numbers that come in
    parameters : numbers of an action
    components : Gaussians of the mixture
    """

    def __init__(self, features: int, parameters: int, components: int) -> None:
        super().__init__()
        self.parameters_, self.components = parameters, components
        self.linear = nn.Linear(features, components * (1 + 2 * parameters))
        with torch.no_grad():
            # Components begin apart and wide, so that none is left without sounds.
            bias = self.linear.bias.view(components, 1 + 2 * parameters)
            bias.zero_()
            bias[:, 1 : 1 + parameters].uniform_(-0.7, 0.7)
            bias[:, 1 + parameters :] = -1.0

    def forward(self, features: Tensor) -> Mixture:
        """The mixtures for features [rows, features]."""
        out = self.linear(features).view(-1, self.components, 1 + 2 * self.parameters_)
        means, stds = out[..., 1:].split(self.parameters_, -1)
        return Mixture(out[..., 0], means.tanh(), stds.clamp(-8, math.log(MOST_STD)).exp() + LEAST_STD)
