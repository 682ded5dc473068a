"""A policy that hears a sound and writes programs, token by token: read and run with NumPy alone.

Layers hear the sound's picture; a recurrent network (a GRU: Cho et al. 2014) then says how likely each token is to come
next, of those that the grammar allows. ``experiments.train_writer`` trains it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from raveforce import audio
from raveforce.imitation.network import TrainedNetwork, silu
from raveforce.imitation.picture import BANDS, FRAMES, SAMPLE_RATE, picture
from raveforce.imitation.weights import PolicyError
from raveforce.writing.grammar import make_grammar
from raveforce.writing.language import LAYER, Kind, Language

__all__ = ["FORMAT", "HEARD_SIZE", "Reading", "WritingPolicy", "hear", "language_key", "load_writing_policy"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

FORMAT = 1
"""Version of the file's form, of the picture and of what is read; a file of another cannot be read."""
SHIPPED = "writer.npz"
HEARD_SIZE = FRAMES * BANDS + 2
"""Numbers that the policy hears: levels, the length, the loudness."""
PEAK = 0.9
"""Peak at which pictures are taken; how loud a sound is is heard as a number of its own."""
MOST_NUMBERS = 4
"""Numbers that an element has at most."""


def hear(sounds: Floats) -> Floats:
    """What the policy hears of sounds, float32 [rows, ``HEARD_SIZE``].

    Parameters
    ----------
    sounds : float32 [rows, samples] at 44.1 kHz

    Examples
    --------
    >>> hear(np.zeros((2, 4410), np.float32)).shape == (2, HEARD_SIZE)
    True
    """
    peaks = np.maximum(np.abs(sounds).max(axis=1, keepdims=True), 1e-4)
    loudness = np.log2(peaks / PEAK) / 5
    return np.concatenate([picture((sounds * (PEAK / peaks)).astype(np.float32)), loudness.astype(np.float32)], axis=1)


class Reading:
    """What a writer knows of its program so far, beside what it remembers: by row a few places in a table.

    They say the last token, the word and gesture that are being written, how many of their numbers stand, and how many
    layers there are.

    Parameters
    ----------
    language : of the programs

    Examples
    --------
    >>> language = Language(bins=4, words=("sin", "mul", "env"))
    >>> reading = Reading(language)
    >>> places = reading.follow(reading.begin(1), language.read("layer"))
    >>> reading.names(places[0])
    ['last layer', 'no word', 'no gesture', '0 numbers', '1 layers']
    """

    def __init__(self, language: Language) -> None:
        none = len(language.tokens)
        sizes = np.array([none + 1, none + 1, none + 1, MOST_NUMBERS + 1, language.max_layers + 1])
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.size = int(sizes.sum())
        self._none, self._language = none, language
        kinds = [token.kind for token in language.tokens]
        self._word = np.array([kind in (Kind.SOURCE, Kind.PROCESSOR) for kind in kinds])
        self._gesture = np.array([kind is Kind.GESTURE for kind in kinds])
        self._number = np.array([kind is Kind.NUMBER for kind in kinds])

    def begin(self, rows: int) -> Ints:
        """Places [rows, 5] of empty programs."""
        none = self._none
        return np.tile(self._starts + np.array([none, none, none, 0, 0]), (rows, 1))

    def follow(self, places: Ints, tokens: Ints) -> Ints:
        """Places [rows, 5] behind a token in every row."""
        _, word, gesture, numbers, layers = (places - self._starts).T
        is_word, is_gesture, is_number = self._word[tokens], self._gesture[tokens], self._number[tokens]
        goes_on = is_gesture | is_number
        following = [
            tokens,
            np.where(is_word, tokens, np.where(goes_on, word, self._none)),
            np.where(is_gesture, tokens, np.where(is_number, gesture, self._none)),
            np.where(is_number, np.minimum(numbers + 1, MOST_NUMBERS), 0),
            np.minimum(layers + (tokens == LAYER), self._language.max_layers),
        ]
        return np.stack(following, axis=1) + self._starts

    def names(self, places: Ints) -> list[str]:
        """What a row's places say."""
        last, word, gesture, numbers, layers = (places - self._starts).tolist()
        tokens = [*(token.name for token in self._language.tokens), ""]
        return [
            f"last {tokens[last] or 'none'}",
            f"word {tokens[word]}" if tokens[word] else "no word",
            f"gesture {tokens[gesture]}" if tokens[gesture] else "no gesture",
            f"{numbers} numbers",
            f"{layers} layers",
        ]


@dataclass(frozen=True)
class WritingPolicy(TrainedNetwork):
    """Weights that write programs, and what they were trained for."""

    version = FORMAT
    facts = ("language",)

    def knows(self, language: Language) -> bool:
        """Whether it was trained for the words and scales of a language; limits may differ."""
        return bool(self.card.get("language") == language_key(language))

    def write(
        self,
        language: Language,
        sound: Floats,
        count: int,
        rng: np.random.Generator,
        *,
        temperature: float = 1.0,
    ) -> list[Ints]:
        """Programs that may make a sound.

        Parameters
        ----------
        language : what they are written in
        sound : float32 [samples] at the language's sample rate
        count : how many; the first takes the likeliest token every time, the others are drawn
        rng : random numbers
        temperature : below 1 the likely tokens are drawn oftener, above 1 less often

        Returns
        -------
        int64 arrays [tokens]

        Raises
        ------
        PolicyError
            It was trained for another language.
        """
        if language.sample_rate != SAMPLE_RATE:
            sound = audio.resample(np.asarray(sound, np.float32), language.sample_rate, SAMPLE_RATE)
        heard = np.repeat(self.listen(hear(np.asarray(sound, np.float32)[None])), count, axis=0)
        temperatures = np.full(count, temperature)
        temperatures[:1] = 0
        return self.draw(language, heard, temperatures, rng)

    def draw(self, language: Language, known: Floats, temperatures: Floats, rng: np.random.Generator) -> list[Ints]:
        """Write a program a row.

        Parameters
        ----------
        language : what they are written in
        known : what ``listen`` gives, [rows, units]
        temperatures : [rows]; 0 takes the likeliest token every time
        rng : random numbers
        """
        if not self.knows(language):
            raise PolicyError("the policy was trained for other words or scales than this language has")
        grammar, reading = make_grammar(language), Reading(language)
        state, places = grammar.begin(len(known)), reading.begin(len(known))
        begun = self.linear("context", known)
        hidden, said = np.tanh(self.linear("first", known)), self.linear("said", known)
        programs: list[list[int]] = [[] for _ in known]
        alive = np.arange(len(known))
        while len(alive):
            inputs = self.weights["table"][places].sum(axis=1) + begun[alive]
            hidden[alive] = self._remember(inputs, hidden[alive])
            logits = self.linear("token", silu(self.linear("out", hidden[alive]) + said[alive]))
            logits = np.where(grammar.mask(state), logits, -np.inf)
            tokens = _pick(logits, temperatures[alive], rng.random(len(alive)))
            for row, token in zip(alive.tolist(), tokens.tolist(), strict=True):
                programs[row].append(token)
            state, places = grammar.follow(state, tokens), reading.follow(places, tokens)
            going = ~grammar.is_over(state)
            alive, places, state = alive[going], places[going], state.at(going)
        return [np.array(tokens, np.int64) for tokens in programs]

    def _remember(self, inputs: Floats, hidden: Floats) -> Floats:
        """The GRU's next state, [rows, units]."""
        fresh, old = self.linear("input", inputs), self.linear("hidden", hidden)
        reset, update, new = np.split(fresh, 3, axis=1)
        old_reset, old_update, old_new = np.split(old, 3, axis=1)
        kept = _sigmoid(update + old_update)
        candidate = np.tanh(new + _sigmoid(reset + old_reset) * old_new)
        return np.asarray(candidate + kept * (hidden - candidate), np.float32)


def _pick(logits: Floats, temperatures: Floats, uniforms: NDArray[np.float64]) -> Ints:
    """A token a row: the likeliest where the temperature is 0, else one drawn."""
    likeliest = logits.argmax(axis=1)
    cool = np.where(temperatures > 0, temperatures, 1)[:, None]
    shares = np.exp((logits - logits.max(axis=1, keepdims=True)) / cool).cumsum(axis=1, dtype=np.float64)
    # The first whose share reaches the number, which one that is forbidden, with no share of its own, never is.
    drawn = (shares <= uniforms[:, None] * shares[:, -1:]).sum(axis=1)
    return np.where(temperatures > 0, drawn, likeliest)


def _sigmoid(array: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-array)))


@lru_cache(maxsize=32)
def language_key(language: Language) -> str:
    """What tells the words and scales of a language from others.

    Examples
    --------
    >>> language_key(Language()) == language_key(Language(max_layers=2)), language_key(Language(bins=32)) == ""
    (True, False)
    """
    scales = [{name: table.round(6).tolist() for name, table in each.items()} for each in language.values]
    facts = [[token.name for token in language.tokens], [each.text for each in language.elements], scales]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def load_writing_policy() -> WritingPolicy:
    """The policy that ships with the package.

    Raises
    ------
    PolicyError
        It is missing or damaged.
    """
    return WritingPolicy.shipped(SHIPPED, "python -m experiments.train_writer")
