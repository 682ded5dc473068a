"""Programs that go on and on, as people play them: a strike that comes round again, steps that do."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from raveforce.glicol.program import Program

__all__ = ["joined_text", "looped", "looped_text"]

ONCE = re.compile(r"\bimp 0\.1(?![\w.])")
"""How tasks say that a sound is struck once: again only after ten seconds."""
LONGEST = 10
"""Seconds after which it is struck again."""
BAR = 2.0
"""Seconds of a bar, at Glicol's 120 bpm."""
EARLY = 1e-5
"""Seconds by which a step's values come before it, less than a sample: lest rounding make them come a sample late."""
NUMBER = re.compile(r"[+-]?\d+(\.\d*([eE][+-]?\d+)?)?")


def looped_text(text: str, seconds: float) -> str:
    """As ``looped``, of text.

    Examples
    --------
    >>> looped_text("o: imp 0.1 >> envperc 0.01 0.5", 0.7)
    'o: imp 1 >> envperc 0.01 0.5'
    """
    if seconds > LONGEST:
        return text
    # Half a bar, a bar, two, four ...
    period = BAR / 2
    while period < seconds:
        period *= 2
    return ONCE.sub(f"imp {np.format_float_positional(1 / period, trim='-')}", text)


def looped(program: Program, seconds: float) -> Program:
    """The program that strikes again and again, once a bar or so, instead of once.

    Its first strike sounds the same. Oscillators and noise run on, so later strikes differ in phase.

    Parameters
    ----------
    program : a template; where it strikes otherwise than by ``imp 0.1`` it stays as it is
    seconds : length of the sound; one of more than ten is struck more than once, and stays as it is

    Examples
    --------
    >>> looped(Program("o: imp 0.1 >> envperc 0.01 {decay}"), 0.7).template
    'o: imp 1 >> envperc 0.01 {decay}'
    >>> looped(Program("o: imp 0.1 >> envperc 0.01 {decay}"), 2.5).template
    'o: imp 0.25 >> envperc 0.01 {decay}'
    """
    return Program(looped_text(program.template, seconds), words=program.words)


def joined_text(programs: Sequence[str], seconds: float) -> str | None:
    r"""One program that plays what the programs of steps play one after the other, and begins anew after them.

    Numbers that change from step to step come from patterns. (Some nodes take no pattern for a number; whether the
    whole plays as the steps did is for the caller to hear.)

    Parameters
    ----------
    programs : one for each step, which differ in numbers alone
    seconds : length of all steps together

    Returns
    -------
    the program; None where the programs differ in more

    Examples
    --------
    >>> print(joined_text(["o: sin 440 >> mul 0.1", "o: sin 220 >> mul 0.1"], 1.0))
    o: sin ~steps1 >> mul 0.1
    ~steps1: sig "440@0 220@0.249995"(0.5)
    """
    words = [re.split(r"(\s+)", program.strip()) for program in programs]
    if len({len(each) for each in words}) > 1 or "~steps" in programs[0]:
        return None
    patterns: dict[tuple[str, ...], str] = {}
    text = ""
    for place in zip(*words, strict=True):
        if len(set(place)) == 1:
            text += place[0]
        elif all(map(NUMBER.fullmatch, place)):
            text += patterns.setdefault(place, f"~steps{len(patterns) + 1}")
        else:
            return None
    lines = [f"{name}: {_pattern(values, seconds)}" for values, name in patterns.items()]
    return "\n".join([text, *lines])


def _pattern(values: Sequence[str], seconds: float) -> str:
    """A signal that has a value for each step, again and again."""
    step = seconds / len(values)
    changes = [k for k in range(len(values)) if k == 0 or values[k] != values[k - 1]]
    events = [f"{values[k]}@{max(k * step - EARLY, 0) / BAR:.9g}" for k in changes]
    return f'sig "{" ".join(events)}"({seconds / BAR:.9g})'
