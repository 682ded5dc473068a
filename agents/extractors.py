"""What a network makes of an observation before it decides."""

from __future__ import annotations

import gymnasium
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

__all__ = ["EXTRACTORS", "SpectrogramExtractor", "TokensExtractor"]


class SpectrogramExtractor(BaseFeaturesExtractor):
    """A small convolutional network over the spectrograms of a Dict observation; its other parts are passed on.

    Spectrograms [frames, bands] of one shape (attempt, target, difference) are the channels of one picture.

    Parameters
    ----------
    observation_space : Dict of Boxes, at least one of them [frames, bands] (``as_dict: true``)
    features_dim : outputs of the convolutional part
    channels : of the three layers, each of which halves both axes

    Raises
    ------
    ValueError
        Observations without spectrograms.
    """

    def __init__(
        self,
        observation_space: gymnasium.Space[dict[str, object]],
        features_dim: int = 128,
        channels: tuple[int, ...] = (16, 32, 32),
    ) -> None:
        spaces = observation_space.spaces if isinstance(observation_space, gymnasium.spaces.Dict) else {}
        pictures = [name for name, space in spaces.items() if space.shape is not None and len(space.shape) == 2]
        shapes = {spaces[name].shape for name in pictures}
        if len(shapes) != 1:
            raise ValueError(
                "the cnn extractor looks at spectrograms: take observation=log_mel_dict, or another whose parts are "
                f"[frames, bands]; this one is {observation_space}"
            )
        rest = [name for name in spaces if name not in pictures]
        wide = sum(gymnasium.spaces.flatdim(spaces[name]) for name in rest)
        super().__init__(observation_space, features_dim + wide)
        self.pictures, self.rest = pictures, rest
        layers: list[nn.Module] = []
        for before, after in zip((len(pictures), *channels), channels, strict=False):
            layers += [nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers, nn.Flatten())
        shape = shapes.pop()
        assert shape is not None
        with torch.no_grad():
            size = self.convolutions(torch.zeros(1, len(pictures), *shape)).shape[1]
        self.head = nn.Sequential(nn.Linear(size, features_dim), nn.ReLU())

    def forward(self, observations: dict[str, torch.Tensor]) -> torch.Tensor:
        """Features [batch, features_dim and the other parts]."""
        picture = torch.stack([observations[name] for name in self.pictures], dim=1)
        parts = [self.head(self.convolutions(picture))]
        return torch.cat(parts + [observations[name].flatten(1) for name in self.rest], dim=1)


class TokensExtractor(BaseFeaturesExtractor):
    """A recurrent network (GRU) over the tokens of a program, beside layers that see target and attempt.

    Parameters
    ----------
    observation_space : Dict with ``tokens`` (a token's number + 1, and 0 behind the last one) and Boxes
    features_dim : outputs of each of the two parts
    width : of a token's embedding

    Raises
    ------
    ValueError
        Observations without tokens.
    """

    def __init__(
        self, observation_space: gymnasium.Space[dict[str, object]], features_dim: int = 128, width: int = 32
    ) -> None:
        spaces = observation_space.spaces if isinstance(observation_space, gymnasium.spaces.Dict) else {}
        tokens = spaces.get("tokens")
        if not isinstance(tokens, gymnasium.spaces.Box):
            raise ValueError(
                f"the tokens extractor reads programs, as of task=write; this observation is {observation_space}"
            )
        super().__init__(observation_space, 2 * features_dim)
        self.rest = [name for name in spaces if name != "tokens"]
        wide = sum(gymnasium.spaces.flatdim(spaces[name]) for name in self.rest)
        self.embedding = nn.Embedding(int(tokens.high.max()) + 1, width)
        self.memory = nn.GRU(width, features_dim, batch_first=True)
        self.sight = nn.Sequential(nn.Linear(wide, features_dim), nn.ReLU(), nn.Linear(features_dim, features_dim))

    def forward(self, observations: dict[str, torch.Tensor]) -> torch.Tensor:
        """Features [batch, features_dim]: what is remembered of the program, and what is seen of the sounds."""
        tokens = observations["tokens"].long()
        lengths = (tokens > 0).sum(dim=1)
        steps = max(int(lengths.max()), 1)
        remembered, _ = self.memory(self.embedding(tokens[:, :steps]))
        last = (lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, remembered.shape[2])
        # Before the first token nothing is remembered.
        program = remembered.gather(1, last)[:, 0] * (lengths > 0)[:, None]
        seen = self.sight(torch.cat([observations[name].flatten(1) for name in self.rest], dim=1))
        return torch.cat([program, torch.relu(seen)], dim=1)


EXTRACTORS: dict[str, type[BaseFeaturesExtractor]] = {"cnn": SpectrogramExtractor, "tokens": TokensExtractor}
"""What a setting may name."""
