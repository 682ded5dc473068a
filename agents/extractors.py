"""What a network makes of an observation before it decides."""

from __future__ import annotations

import gymnasium
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

__all__ = ["SpectrogramExtractor"]


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
