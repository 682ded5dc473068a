"""The policy's network as PyTorch trains it; ``raveforce.imitation.policy`` reads and runs what it exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from agents.mixture import LEAST_STD, MOST_STD, Mixture, MixtureHead
from raveforce.imitation.picture import BANDS, FRAMES, PICTURE_SIZE
from raveforce.imitation.policy import FORMAT, template_key
from raveforce.imitation.weights import pack_weights
from raveforce.task import Task

__all__ = ["ENCODERS", "Imitator", "export", "with_noise"]


class Frames(nn.Module):
    """Every frame of the picture through one layer, as in a convolution as high as the picture."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.frame = nn.Linear(BANDS, channels)

    def forward(self, levels: Tensor) -> Tensor:
        """Levels [rows, frames, bands] to numbers [rows, n]."""
        return nn.functional.silu(self.frame(levels)).flatten(1)


class Convolutions(nn.Sequential):
    """Three convolutions over frames and bands, so that a pitch is the same wherever it lies."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.Unflatten(1, (1, FRAMES)),
            nn.Conv2d(1, channels, (3, 5), stride=(1, 2), padding=(1, 2)),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
        )


ENCODERS: Mapping[str, Callable[[int], nn.Module]] = {
    "frames": Frames,
    "convolutions": Convolutions,
    "flat": lambda channels: nn.Flatten(),
}
"""What comes before the fully connected layers, made for a number of channels; the policy that ships has ``frames``,
and ``benchmarks.encoders`` compares them."""


class Imitator(nn.Module):
    """Pictures to an answer: one trunk, a head that chooses the template, and a mixture for each template.

    Parameters
    ----------
    sizes : numbers of an action, by template
    encoder : a name in ``ENCODERS``
    channels : of the encoder
    hidden : units of the layers after it
    components : Gaussians of a mixture
    """

    def __init__(
        self, sizes: Mapping[str, int], encoder: str, channels: int, hidden: tuple[int, ...], components: int
    ) -> None:
        super().__init__()
        self.components = components
        # The levels lie in [0, 1] and hardly vary in many places: brought to one scale the network learns faster.
        self.scale = nn.BatchNorm1d(PICTURE_SIZE, affine=False, momentum=0.02)
        self.encoder = ENCODERS[encoder](channels)
        encoded = self.encoder(torch.zeros(1, FRAMES, BANDS)).shape[1]
        widths = (encoded + 1, *hidden)
        self.trunk = nn.ModuleList(nn.Linear(low, high) for low, high in pairwise(widths))
        self.template = nn.Linear(widths[-1], len(sizes))
        self.heads = nn.ModuleDict({name: MixtureHead(widths[-1], size, components) for name, size in sizes.items()})

    def features(self, pictures: Tensor) -> Tensor:
        """What the heads see, [rows, units]."""
        scaled: Tensor = self.scale(pictures).clamp(-4, 4)
        encoded = self.encoder(scaled[:, :-1].view(-1, FRAMES, BANDS))
        hidden = torch.cat([encoded, scaled[:, -1:]], dim=1)
        for layer in self.trunk:
            hidden = nn.functional.silu(layer(hidden))
        return hidden

    def answer(self, name: str, features: Tensor) -> Mixture:
        """The mixtures of a template."""
        mixture: Mixture = self.heads[name](features)
        return mixture


def with_noise(pictures: Tensor, share: float = 0.5) -> Tensor:
    """Pictures, a share of them with a burst of noise over the sound.

    A burst fades from frame to frame and from its middle band to both sides, all at random; in every place the louder
    of both is seen. Recordings have such noise, and a program that is to answer them must not be led astray by it.
    """
    rows = len(pictures)
    levels = pictures[:, :-1].view(rows, FRAMES, BANDS)
    frame, band = torch.arange(FRAMES)[:, None] / FRAMES, torch.arange(BANDS) / BANDS
    height, fading, middle, slope = (torch.rand(rows, 1, 1) for _ in range(4))
    burst = 0.8 * height - 2 * fading.square() * frame - 2 * slope * (band - middle).abs()
    burst = burst + 0.05 * torch.randn_like(levels)
    burst[torch.rand(rows) >= share] = 0
    heard = levels.amax(2, keepdim=True) > 0  # nothing is heard after the end
    levels = torch.maximum(levels, burst.clamp(0, 1) * heard)
    return torch.cat([levels.reshape(rows, -1), pictures[:, -1:]], dim=1)


def export(network: Imitator, templates: Mapping[str, Task], path: Path, card: Mapping[str, Any]) -> None:
    """Write the network for ``Policy.load``: float16 weights and the card, in one file.

    Parameters
    ----------
    network : what is written
    templates : the tasks that its heads are for, by name
    path : an .npz file
    card : facts of the training

    Raises
    ------
    ValueError
        Its encoder is not ``frames``, the one that ``Policy`` runs.
    """
    if not isinstance(network.encoder, Frames):
        raise ValueError(
            "only networks with the encoder 'frames' can be written: raveforce.imitation.policy runs no other"
        )
    variance, mean = network.scale.running_var, network.scale.running_mean
    assert variance is not None
    assert mean is not None
    arrays = {"mean": mean, "std": (variance + network.scale.eps).sqrt().clamp(min=1e-2)}
    for place, layer in network.named_modules():
        if isinstance(layer, nn.Linear):
            name = place.removesuffix(".linear").removeprefix("encoder.")
            arrays |= {f"{name}.weight": layer.weight.T, f"{name}.bias": layer.bias}
    facts = {
        "format": FORMAT,
        "components": network.components,
        "stds": [LEAST_STD, MOST_STD],
        "templates": {name: template_key(templates[name]) for name in network.heads},
        **card,
    }
    path.write_bytes(pack_weights({name: tensor.detach().numpy() for name, tensor in arrays.items()}, facts))
