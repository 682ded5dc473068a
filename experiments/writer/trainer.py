"""The two stages: what random programs sound like, then which programs come nearest.

Stage 1 is supervised: sounds of programs, answered with the programs (goal-conditioned supervised learning; Ghosh et
al. 2021). Some programs are random, some have an envelope in every layer, and some are the policy's own answers to the
takes, so that it learns where they lie.

Stage 2 is reinforcement learning: several programs for a sound, played and measured; those nearer than their group's
mean become likelier, those farther less so (group-relative policy optimisation; Shao et al. 2024). Half of the sounds
are takes of recordings and synthesised drums, half hidden programs; supervised steps go on beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.group_relative import clipped_loss, group_advantages
from experiments.policy.network import with_noise
from experiments.policy.stages import TwoStages
from experiments.policy.takes import LENGTHS, Takes, features
from experiments.writer.lessons import Lesson, play_lessons, random_programs, struck_programs, varied
from experiments.writer.network import Writer
from raveforce.distances import Distance, measure_rows
from raveforce.imitation.writer import HEARD_SIZE, Reading, hear
from raveforce.writing.grammar import make_grammar
from raveforce.writing.layers import read_layers
from raveforce.writing.player import Player, play_programs
from raveforce.writing.programs import count_nodes

__all__ = ["Settings", "Trainer"]

SCALED = 12
"""First steps, in which the scale of what is heard is measured; from then on it stays."""
BUCKETS = 4
"""Batches that are sorted by length together."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """Of both stages.

    Parameters
    ----------
    supervised, reinforced : programs played in each stage
    layers : most layers of programs to learn from
    programs : played in a step of stage 1
    kept : sounds that are kept to learn from
    updates, batch : gradient steps in a step (up to ``BUCKETS``), and sounds in each
    learning_rates : at the beginning of each stage; they fall to a twentieth
    struck, answered : shares of the steps whose programs have envelopes in all layers, and whose programs are the
        policy's answers to takes, from a third of stage 1 on
    spread : of the right number over its neighbours, in bins
    answers, groups : programs for a sound, and sounds in a step of stage 2
    price : of a node, in shares of silence's distance
    clip : how far from its old value a program's likelihood may move for the better
    beside : weight of the supervised loss in stage 2
    """

    supervised: int = 153_600
    reinforced: int = 12_800
    layers: int = 3
    programs: int = 256
    kept: int = 32_768
    updates: int = 4
    batch: int = 128
    learning_rates: tuple[float, float] = (1.5e-3, 2e-4)
    struck: float = 0.3
    answered: float = 0.25
    spread: float = 0.6
    answers: int = 16
    groups: int = 8
    price: float = 0.002
    clip: float = 0.2
    beside: float = 1.0


class Trainer(TwoStages[Writer]):
    """A training: a step at a time, with a state that can be kept.

    Parameters
    ----------
    player : plays programs of the language that is learned
    takes : sounds to be answered that no program made; their pictures are taken anew
    distance : the reward
    settings : of both stages
    seed : of all random numbers
    """

    kept = ("_kept_levels", "_kept_loudness", "_kept_tokens", "_heard")

    def __init__(self, player: Player, takes: Takes, distance: Distance, settings: Settings, seed: int) -> None:
        torch.manual_seed(seed)
        self.player, self.takes, self.distance, self.settings = player, takes, distance, settings
        self.language = player.language
        super().__init__(Writer(self.language), settings.learning_rates, seed)
        self._heard_takes = np.concatenate([hear(sound[None]) for sound in takes.sounds])
        self._grammar, self._reading = make_grammar(self.language), Reading(self.language)
        # Bytes are fine enough for levels: a step is 0.3 dB.
        self._kept_levels = np.zeros((settings.kept, HEARD_SIZE - 1), np.uint8)
        self._kept_loudness = np.zeros(settings.kept, np.float32)
        self._kept_tokens = np.full((settings.kept, self.language.max_tokens), -1, np.int16)
        self._heard = 0
        self._targets = _soft(len(self.language.tokens), self.language.first_number, settings.spread)

    @property
    def first_steps(self) -> int:
        """Steps of stage 1."""
        return -(-self.settings.supervised // self.settings.programs)

    @property
    def steps(self) -> int:
        """Steps of both stages."""
        return self.first_steps + -(-self.settings.reinforced // (self.settings.groups * self.settings.answers))

    def supervised(self, done: float) -> dict[str, float]:
        """Play programs, and learn to write what was kept of them."""
        self._keep(self._lessons(done))
        self.network.train(self.step < SCALED)
        logged = []
        for chosen in self._batches(self.settings.updates):
            loss, parts = self._supervised_loss(chosen)
            self.update(loss, 1.0)
            logged.append(parts)
        return {name: float(np.mean([parts[name] for parts in logged])) for name in logged[0]}

    def _batches(self, count: int) -> list[Ints]:
        """Some of what is kept, in batches of about equal lengths, so that little is computed behind programs' ends."""
        rows = self.rng.integers(min(self._heard, self.settings.kept), size=BUCKETS * self.settings.batch)
        lengths = (self._kept_tokens[rows] >= 0).sum(axis=1)
        batches = np.split(rows[np.argsort(lengths, kind="stable")], BUCKETS)
        return [batches[place] for place in self.rng.permutation(BUCKETS)[:count]]

    def _lessons(self, done: float) -> list[Lesson]:
        """Programs of one kind and one length."""
        settings, rng = self.settings, self.rng
        samples = int(rng.choice(LENGTHS, p=_SHARES))
        chance, count = rng.random(), settings.programs
        if done > 0.3 and chance < settings.answered and samples in self.takes.of_length:
            of = rng.choice(self.takes.of_length[samples], count)
            answers = self._write(self._heard_takes[of], 1.0)
            programs = varied(self.language, [read_layers(self.language, tokens) for tokens in answers], rng)
        elif chance < settings.answered + settings.struck:
            programs = struck_programs(self.language, count, settings.layers, rng)
        else:
            programs = random_programs(self.language, count, settings.layers, rng)
        return play_lessons(self.player, programs, samples)

    def _keep(self, lessons: list[Lesson]) -> None:
        lessons = [lesson for lesson in lessons if len(lesson.tokens) <= self.language.max_tokens]
        if not lessons:
            return
        heard = hear(np.stack([lesson.sound for lesson in lessons]))
        places = (self._heard + np.arange(len(lessons))) % self.settings.kept
        self._kept_levels[places] = np.round(255 * heard[:, :-1])
        self._kept_loudness[places] = heard[:, -1]
        self._kept_tokens[places] = -1
        for place, lesson in zip(places, lessons, strict=True):
            self._kept_tokens[place, : len(lesson.tokens)] = lesson.tokens
        self._heard += len(lessons)

    def _write(self, heard: NDArray[np.float32], temperature: float) -> list[Ints]:
        """A program a row, drawn."""
        policy = self.network.policy()
        return policy.draw(self.language, policy.listen(heard), np.full(len(heard), temperature), self.rng)

    def _supervised_loss(self, chosen: Ints) -> tuple[Tensor, dict[str, float]]:
        """Cross entropy a token of kept programs; of words and of numbers apart."""
        levels = with_noise(torch.as_tensor(self._kept_levels[chosen]).float() / 255, share=0.3)
        heard = torch.cat([levels, torch.as_tensor(self._kept_loudness[chosen])[:, None]], dim=1)
        tokens = self._kept_tokens[chosen].astype(np.int64)
        log_probs, written = self._log_probs(heard, tokens[:, : int((tokens >= 0).sum(axis=1).max())])
        targets = self._targets[written.clamp(min=0)]
        each = -(targets * log_probs).sum(dim=-1)
        there = written >= 0
        number = written >= self.language.first_number
        words = each[there & ~number].mean()
        return each[there].mean(), {"words": float(words.detach()), "numbers": float(each[number].mean().detach())}

    def _log_probs(self, heard: Tensor, tokens: Ints) -> tuple[Tensor, Tensor]:
        """Log likelihoods of all tokens behind each place, [rows, steps, tokens], and the tokens that stand there.

        Parameters
        ----------
        heard : [rows, ``HEARD_SIZE``]
        tokens : int64 [rows, steps], -1 behind a program's end
        """
        rows, steps = tokens.shape
        state, places = self._grammar.begin(rows), self._reading.begin(rows)
        all_places = np.empty((rows, steps, places.shape[1]), np.int64)
        allowed = np.ones((rows, steps, len(self.language.tokens)), bool)
        for step in range(steps):
            there = tokens[:, step] >= 0
            all_places[:, step] = places
            allowed[there, step] = self._grammar.mask(state)[there]
            # Behind the end nothing counts: any token does.
            following = np.maximum(tokens[:, step], 0)
            state, places = self._grammar.follow(state, following), self._reading.follow(places, following)
        logits = self.network.logits(self.network.listen(heard), torch.as_tensor(all_places))
        masked = logits.masked_fill(~torch.as_tensor(allowed), -1e9)
        return masked.log_softmax(dim=-1), torch.as_tensor(tokens)

    def reinforced(self) -> dict[str, float]:
        """Write several programs for some sounds, and make the nearer ones likelier."""
        settings = self.settings
        if self.step % 4 == 0:
            self._keep(self._lessons(1.0))
        sounds, heard = self._questions()
        self.network.eval()
        repeated = np.repeat(heard, settings.answers, axis=0)
        programs = self._write(repeated, 1.0)
        played, _ = play_programs(self.player, programs, sounds.shape[1])
        apart = np.empty((len(sounds), settings.answers))
        for row, sound in enumerate(sounds):
            reference = features(self.distance, sound)
            own = played[row * settings.answers : (row + 1) * settings.answers]
            silence = measure_rows(self.distance, np.zeros((1, len(sound)), np.float32), reference)[0]
            apart[row] = np.minimum(measure_rows(self.distance, own, reference) / silence, 3.0)
        nodes = np.array([count_nodes(self.language, tokens) for tokens in programs]).reshape(apart.shape)
        advantages = group_advantages(-apart - settings.price * nodes)
        longest = max(map(len, programs))
        tokens = np.stack([np.pad(each, (0, longest - len(each)), constant_values=-1) for each in programs])
        log_probs, written = self._log_probs(torch.as_tensor(repeated), tokens)
        each = log_probs.gather(2, written.clamp(min=0)[..., None])[..., 0].masked_fill(written < 0, 0)
        whole = each.sum(dim=1).view(apart.shape)
        loss = clipped_loss(whole, whole.detach(), advantages, settings.clip) / 16
        supervised, logged = self._supervised_loss(self._batches(1)[0])
        self.update(loss + settings.beside * supervised, 1.0)
        return {"score": float(1 - apart.mean()), "best": float(1 - apart.min(axis=1).mean()), **logged}

    def _questions(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Sounds of one length [groups, samples] and what is heard of them: takes, or hidden programs."""
        settings, rng = self.settings, self.rng
        samples = int(rng.choice(LENGTHS, p=_SHARES))
        if rng.random() < 0.5 and samples in self.takes.of_length:
            known = self.takes.of_length[samples]
            of = rng.choice(known, min(settings.groups, len(known)), replace=False)
            return np.stack([self.takes.sounds[take] for take in of]), self._heard_takes[of]
        lessons: list[Lesson] = []
        while len(lessons) < settings.groups:
            programs = random_programs(self.language, settings.groups, settings.layers, rng)
            lessons += play_lessons(self.player, programs, samples)
        sounds = np.stack([lesson.sound for lesson in lessons[: settings.groups]])
        return sounds, hear(sounds)


_SHARES = np.array([0.25, 0.5, 0.2, 0.05])
"""Chances of ``LENGTHS``: most programs have 0.4 seconds, as in the environment; long ones take longer."""


def _soft(tokens: int, first_number: int, spread: float) -> Tensor:
    """What each token counts as, [tokens, tokens]: words as themselves, numbers as their neighbours too."""
    apart = torch.arange(tokens)[:, None] - torch.arange(tokens)
    soft = torch.exp(-0.5 * (apart / spread).square())
    number = torch.arange(tokens) >= first_number
    soft = torch.where(number[:, None] & number, soft, torch.eye(tokens))
    return soft / soft.sum(dim=1, keepdim=True)
