"""Group-relative policy gradient: several answers to one question are their own baseline.

(Group-relative policy optimisation: Shao et al. 2024, with PPO's clipped objective: Schulman et al. 2017.)
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["clipped_loss", "group_advantages"]


def group_advantages(rewards: NDArray[np.floating]) -> Tensor:
    """How much better each answer is than its group's mean, in the group's standard deviations.

    Parameters
    ----------
    rewards : [groups, answers]

    Returns
    -------
    float32 tensor [groups, answers]; zeros where a group's rewards are all alike

    Examples
    --------
    >>> group_advantages(np.array([[-3.0, -1.0], [-2.0, -2.0]])).round(decimals=3).tolist()
    [[-1.0, 1.0], [0.0, 0.0]]
    """
    spread = rewards.std(axis=1, keepdims=True) + 1e-4
    return torch.as_tensor((rewards - rewards.mean(axis=1, keepdims=True)) / spread, dtype=torch.float32)


def clipped_loss(log_prob: Tensor, before: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """PPO's clipped objective, to be made small.

    Parameters
    ----------
    log_prob, before : log likelihoods of the answers, now and when they were drawn, [groups, answers]
    advantages : [groups, answers]
    clip : how far an answer's likelihood may move for the better, relative to what it was

    Returns
    -------
    scalar tensor
    """
    ratio = (log_prob - before).clamp(-5, 5).exp()
    kept = ratio.clamp(1 - clip, 1 + clip)
    return -torch.minimum(ratio * advantages, kept * advantages).mean()
