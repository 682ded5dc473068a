"""Features along their principal directions, all of one scale: what a network learns from soonest."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.precision import products

__all__ = ["Whitening"]

SMALL = 1e-2
"""Variance of features in [0, 1] from which on a direction counts for less: sounds that were never heard differ most in
the smallest ones."""


class Whitening(nn.Module):
    """Brings features to a mean of 0, no correlation, and a variance of 1 (LeCun et al. 1998, "Efficient BackProp").

    The bands and frames of a spectrogram vary together: nearly all variance lies in a few directions, such as the
    loudness, and what tells two parameters apart lies in many small ones. A gradient sees the large ones first; with
    all of one size it sees all at once. Until ``fit`` the first features come through as they are.

    Parameters
    ----------
    features : how many come in
    directions : how many come out, those along which the features vary most; at most as many as come in
    """

    mean: Tensor
    directions: Tensor

    def __init__(self, features: int, directions: int) -> None:
        super().__init__()
        if directions < 1:
            raise ValueError(f"directions must be at least 1, not {directions}")
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("directions", torch.eye(features, min(directions, features)))

    @property
    def outputs(self) -> int:
        """How many numbers come out."""
        return self.directions.shape[1]

    def fit(self, rows: Tensor) -> None:
        """Take the directions from features [rows, features]."""
        centred = rows.double() - rows.double().mean(0)
        variances, axes = torch.linalg.eigh(centred.T @ centred / len(rows))
        largest = slice(-self.outputs, None)
        scales = (variances[largest].clamp(min=0) + SMALL).rsqrt()
        self.mean.copy_(rows.double().mean(0))
        self.directions.copy_((axes[:, largest] * scales).flip(1))

    def forward(self, rows: Tensor) -> Tensor:
        """Features [rows, features] along the directions, [rows, directions]."""
        # In small directions large numbers cancel each other, whatever precision the layers after it are content with.
        with products("highest"):
            return (rows - self.mean) @ self.directions
