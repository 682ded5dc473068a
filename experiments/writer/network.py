"""The writing policy's network as PyTorch trains it; ``raveforce.imitation.writer`` reads and runs what it exports."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from raveforce.imitation.picture import BANDS, FRAMES
from raveforce.imitation.writer import FORMAT, HEARD_SIZE, Reading, WritingPolicy, language_key
from raveforce.writing.language import Language

__all__ = ["Writer"]


class Writer(nn.Module):
    """What is heard, and what stands already, to the next token.

    Parameters
    ----------
    language : whose tokens
    channels : units of a frame's layer, which all frames of the picture share
    hidden : units of the layers behind it
    width : of the recurrent network's inputs
    units : of the recurrent network
    said : units of the layer before the tokens
    """

    def __init__(
        self,
        language: Language,
        channels: int = 48,
        hidden: tuple[int, ...] = (384, 384),
        width: int = 192,
        units: int = 256,
        said: int = 320,
    ) -> None:
        super().__init__()
        self.language = language
        # The levels lie in [0, 1] and hardly vary in many places: brought to one scale the network learns faster.
        self.scale = nn.BatchNorm1d(HEARD_SIZE, affine=False, momentum=None)
        self.frame = nn.Linear(BANDS, channels)
        widths = (FRAMES * channels + HEARD_SIZE - FRAMES * BANDS, *hidden)
        self.trunk = nn.ModuleList(nn.Linear(low, high) for low, high in pairwise(widths))
        self.context = nn.Linear(widths[-1], width)
        self.first = nn.Linear(widths[-1], units)
        self.said = nn.Linear(widths[-1], said)
        self.table = nn.Embedding(Reading(language).size, width)
        nn.init.normal_(self.table.weight, std=0.3)
        self.memory = nn.GRU(width, units, batch_first=True)
        self.out = nn.Linear(units, said)
        self.token = nn.Linear(said, len(language.tokens))

    def listen(self, heard: Tensor) -> Tensor:
        """What is known of sounds, [rows, units]."""
        scaled: Tensor = self.scale(heard).clamp(-4, 4)
        levels = scaled[:, : FRAMES * BANDS].view(-1, FRAMES, BANDS)
        frames = nn.functional.silu(self.frame(levels))
        hidden = torch.cat([frames.flatten(1), scaled[:, FRAMES * BANDS :]], dim=1)
        for layer in self.trunk:
            hidden = nn.functional.silu(layer(hidden))
        return hidden

    def logits(self, known: Tensor, places: Tensor) -> Tensor:
        """Of the token behind each place of each row, not masked: [rows, steps, tokens].

        Parameters
        ----------
        known : what ``listen`` gives, [rows, units]
        places : what ``Reading`` says before each token, int64 [rows, steps, 5]
        """
        inputs = self.table(places).sum(dim=2) + self.context(known)[:, None]
        remembered, _ = self.memory(inputs, self.first(known).tanh()[None])
        return self.token(nn.functional.silu(self.out(remembered) + self.said(known)[:, None]))

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The weights, as ``WritingPolicy`` names them."""
        variance, mean = self.scale.running_var, self.scale.running_mean
        assert variance is not None
        assert mean is not None
        tensors: dict[str, Tensor] = {
            "mean": mean,
            "std": (variance + self.scale.eps).sqrt().clamp(min=1e-2),
            "table": self.table.weight,
        }
        for name, layer in self.named_modules():
            if isinstance(layer, nn.Linear):
                tensors |= {f"{name}.weight": layer.weight.T, f"{name}.bias": layer.bias}
        parts = self.memory.state_dict()
        for name, part in (("input", "ih"), ("hidden", "hh")):
            tensors |= {f"{name}.weight": parts[f"weight_{part}_l0"].T, f"{name}.bias": parts[f"bias_{part}_l0"]}
        return {name: np.ascontiguousarray(tensor.detach().numpy()) for name, tensor in tensors.items()}

    def card(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The card of what is exported."""
        return {"format": FORMAT, "language": language_key(self.language), **facts}

    def policy(self) -> WritingPolicy:
        """The policy as it is now."""
        return WritingPolicy(self.arrays(), self.card({}))
