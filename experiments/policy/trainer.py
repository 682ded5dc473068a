"""The two stages: what random programs sound like, then what comes nearest to sounds that no program made.

Stage 1 is supervised: sounds of programs, answered with the programs (goal-conditioned supervised learning; Ghosh et
al. 2021). Some programs are random, the others the policy's answers to the takes, so that it learns where they lie.

Stage 2 is reinforcement learning without labels: several answers to a take, played and measured; those nearer than
their group's mean become likelier, those farther less so (group-relative policy optimisation; Shao et al. 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.group_relative import clipped_loss, group_advantages
from experiments.policy.network import Imitator, with_noise
from experiments.policy.player import Player
from experiments.policy.stages import TwoStages
from experiments.policy.takes import LENGTHS, Takes
from raveforce.imitation.picture import PICTURE_SIZE, picture

__all__ = ["Settings", "Trainer"]


@dataclass(frozen=True)
class Settings:
    """Of both stages.

    Parameters
    ----------
    supervised, reinforced : renders a template in each stage
    encoder, channels, hidden, components : of the network
    learning_rates : at the beginning of each stage; they fall to a twentieth
    answers, group : answers to a take, and takes a template a step, in stage 2
    programs, kept, updates, batch : in stage 1, programs a template a step, how many of their sounds are kept to
        learn from, gradient steps, and sounds a template in each
    clip : how far from its old value an answer's likelihood may move for the better, in a step
    epochs : gradient steps for the same answers
    templates_a_step : templates in a step of stage 2
    """

    supervised: int = 12_000
    reinforced: int = 30_000
    encoder: str = "frames"
    channels: int = 32
    hidden: tuple[int, ...] = (320, 320)
    components: int = 4
    learning_rates: tuple[float, float] = (1e-3, 3e-4)
    answers: int = 16
    group: int = 8
    programs: int = 128
    kept: int = 8192
    updates: int = 10
    batch: int = 96
    clip: float = 0.2
    epochs: int = 1
    templates_a_step: int = 3


class Trainer(TwoStages[Imitator]):
    """A training: a step at a time, with a state that can be kept.

    Parameters
    ----------
    player : plays the templates
    takes : what is to be answered
    settings : of both stages
    seed : of all random numbers
    """

    kept = ("_kept_pictures", "_kept_actions", "_heard", "_nearest")

    def __init__(self, player: Player, takes: Takes, settings: Settings, seed: int) -> None:
        torch.manual_seed(seed)
        self.player, self.takes, self.settings = player, takes, settings
        self.names = list(player.templates)
        self.sizes = {name: len(task.parameters.free) for name, task in player.templates.items()}
        network = Imitator(self.sizes, settings.encoder, settings.channels, settings.hidden, settings.components)
        super().__init__(network, settings.learning_rates, seed)
        self._pictures = torch.as_tensor(takes.pictures)
        kept = (len(self.names), settings.kept)
        # Bytes are fine enough for levels: a step is 0.3 dB.
        self._kept_pictures = np.zeros((*kept, PICTURE_SIZE), np.uint8)
        self._kept_actions = np.zeros((*kept, max(self.sizes.values())), np.float32)
        self._heard = np.zeros(len(self.names), np.int64)
        # The nearest answer of a group so far, by take and template; NaN where none was tried.
        self._nearest = np.full((len(takes.sounds), len(self.names)), np.nan)

    @property
    def first_steps(self) -> int:
        """Steps of stage 1: in each a batch of programs of every template."""
        return -(-self.settings.supervised // self.settings.programs)

    @property
    def steps(self) -> int:
        """Steps of both stages."""
        each = self.settings.group * self.settings.answers * self.settings.templates_a_step
        return self.first_steps + -(-self.settings.reinforced * len(self.names) // each)

    def supervised(self, done: float) -> dict[str, float]:
        """Play programs of every template, and learn to answer what was kept of them."""
        for index, name in enumerate(self.names):
            self._hear(index, name, answered=done > 0.3 and self.rng.random() < 0.7)
        self.network.train()
        losses = []
        for _ in range(self.settings.updates):
            loss = self._supervised_loss()
            self.update(loss, 5.0)
            losses.append(float(loss.detach()))
        return {"loss": float(np.mean(losses))}

    def _hear(self, index: int, name: str, answered: bool) -> None:
        """Keep the sounds of some programs: random ones, or answers to takes with noise around half of them."""
        count = self.settings.programs
        samples = int(self.rng.choice(LENGTHS, p=_cheaper(np.ones(len(LENGTHS)), LENGTHS)))
        if answered and samples in self.takes.of_length:
            of = self.rng.choice(self.takes.of_length[samples], count)
            noise = 0.15 * self.rng.standard_normal((count, self.sizes[name])) * (self.rng.random((count, 1)) < 0.5)
            actions = self._mixtures(name, of).sample(1)[:, 0].numpy() + noise
        else:
            actions = self.rng.uniform(-1, 1, (count, self.sizes[name]))
        sounds = self.player.play(name, actions, samples)
        peaks = np.abs(sounds).max(axis=1)
        good = np.flatnonzero((peaks > 0.1) & (peaks < 2.5))  # what targets may be like
        places = (self._heard[index] + np.arange(len(good))) % self.settings.kept
        self._kept_pictures[index, places] = np.round(255 * picture(sounds[good]))
        self._kept_actions[index, places, : self.sizes[name]] = np.clip(actions[good], -1, 1)
        self._heard[index] += len(good)

    @torch.no_grad()
    def _mixtures(self, name: str, takes: NDArray[np.int64]) -> Any:
        self.network.eval()
        return self.network.answer(name, self.network.features(self._pictures[takes]))

    def _supervised_loss(self) -> Tensor:
        """Minus the log likelihood, a parameter, of kept programs of all templates."""
        chosen = [
            self.rng.integers(min(int(heard), self.settings.kept), size=self.settings.batch)
            if heard
            else np.zeros(0, np.int64)
            for heard in self._heard
        ]
        kept = np.concatenate([self._kept_pictures[index, places] for index, places in enumerate(chosen)])
        features = self.network.features(with_noise(torch.as_tensor(kept).float() / 255))
        losses, start = [], 0
        for index, (name, places) in enumerate(zip(self.names, chosen, strict=True)):
            if len(places):
                actions = torch.as_tensor(self._kept_actions[index, places, : self.sizes[name]])
                mixture = self.network.answer(name, features[start : start + len(places)])
                losses.append(-mixture.log_prob(actions[:, None]).mean() / self.sizes[name])
                start += len(places)
        return torch.stack(losses).mean()

    def reinforced(self) -> dict[str, float]:
        """Answer takes with some templates, and make the nearer answers likelier."""
        self.network.eval()  # the scale of the pictures stays what it was in stage 1
        count = min(self.settings.templates_a_step, len(self.names))
        batches = [self._answers(int(index)) for index in self.rng.choice(len(self.names), count, replace=False)]
        for _ in range(self.settings.epochs):
            parts = [self._clipped(*batch[1:]) for batch in batches]
            self.update(torch.stack(parts).mean() + self._template_loss(), 1.0)
        return {"score": float(np.mean([batch[0] for batch in batches]))}

    def _answers(self, index: int) -> tuple[float, str, NDArray[np.int64], Tensor, Tensor, Tensor]:
        """Play answers of a template to some takes: score, template, takes, actions, likelihoods, advantages."""
        name, settings = self.names[index], self.settings
        samples = int(self.rng.choice(list(self.takes.of_length), p=self._shares()))
        of = self._suitable(index, self.takes.of_length[samples])
        mixture = self._mixtures(name, of)
        actions = mixture.sample(settings.answers)
        distances = self.player.distances(name, actions.numpy(), [self.takes.sounds[take] for take in of])
        rewards = -distances / self.takes.silence[of, None]
        self._nearest[of, index] = np.fmax(self._nearest[of, index], rewards.max(axis=1))
        likelihoods, advantages = mixture.log_prob(actions), group_advantages(rewards)
        return 1 + float(rewards.mean()), name, of, actions, likelihoods, advantages

    def _shares(self) -> NDArray[np.float64]:
        counts = [len(takes) for takes in self.takes.of_length.values()]
        return _cheaper(np.array(counts, float), list(self.takes.of_length))

    def _suitable(self, index: int, takes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Takes for a template: the likelier it is that it comes nearest, the oftener."""
        with torch.no_grad():
            likely = self.network.template(self.network.features(self._pictures[takes])).softmax(-1)[:, index].numpy()
        weights = 0.3 / len(self.names) + likely
        return self.rng.choice(takes, min(self.settings.group, len(takes)), replace=False, p=weights / weights.sum())

    def _clipped(self, name: str, of: NDArray[np.int64], actions: Tensor, before: Tensor, advantages: Tensor) -> Tensor:
        """PPO's clipped objective."""
        mixture = self.network.answer(name, self.network.features(self._pictures[of]))
        return clipped_loss(mixture.log_prob(actions), before, advantages, self.settings.clip)

    def _template_loss(self, count: int = 128, temperature: float = 0.02) -> Tensor:
        """Cross entropy between the templates' likelihoods and how near they came, where several were tried."""
        tried = np.isfinite(self._nearest)
        several = np.flatnonzero(tried.sum(axis=1) > 1)
        if len(several) == 0:
            return torch.zeros(())
        of = self.rng.choice(several, count)
        missing = torch.as_tensor(~tried[of])
        nearest = torch.as_tensor(np.nan_to_num(self._nearest[of]), dtype=torch.float32)
        wanted = (nearest / temperature).masked_fill(missing, -torch.inf).softmax(-1)
        logits = self.network.template(self.network.features(self._pictures[of])).masked_fill(missing, -1e9)
        return -(wanted * logits.log_softmax(-1)).sum(-1).mean()


def _cheaper(weights: NDArray[np.float64], lengths: Sequence[int]) -> NDArray[np.float64]:
    """Chances of lengths: what is four times as long, and takes as much more time, is drawn half as often."""
    shares = weights / np.sqrt(lengths)
    return np.asarray(shares / shares.sum())
