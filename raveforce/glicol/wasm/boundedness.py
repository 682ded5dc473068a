"""Which programs are sure to get through a block, so that the engine need not keep looking at the clock."""

from __future__ import annotations

import re

from raveforce.glicol.nodes import WORDS
from raveforce.glicol.program import Program

__all__ = ["has_script", "is_bounded"]

# Not among them, from reading their source: scripts; delayms and apfmsgain, which add their length to a position until
# it is positive, for ever if it is so far below zero that nothing changes; samplers, which play as many voices as
# were triggered.
BOUNDED = frozenset(word for word, node in WORDS.items() if node.bounded)

# Bounds the number of nodes, and with it the time for a block, to a few milliseconds.
LONGEST = 2000


def is_bounded(program: Program) -> bool:
    """Whether every block of the program takes little time, whatever its blanks are filled with.

    May say no of a program that does, never yes of one that does not.

    Examples
    --------
    >>> is_bounded(Program("~env: imp 0.1 >> envperc {} {}; kick: sin {} >> mul ~env"))
    True
    >>> is_bounded(Program("o: saw 50 >> delayms ~far; ~far: sin 1 >> mul {}"))
    False
    """
    if has_script(program) or len(program.template) > LONGEST:
        return False
    if not all(word in BOUNDED or re.fullmatch(r"~\w+|[\d.+-]+", word) for word in _words(program)):
        return False
    # Where a node may stand: after a chain's name or an arrow. A reference may stand there too.
    heads = re.findall(r"(?::|>>)[\s,|]*([^\s,|:>]*)", program.template)
    return all(head in BOUNDED or re.fullmatch(r"~\w+|\{\w*\}", head) for head in heads)


def has_script(program: Program) -> bool:
    """Whether the program has a script, which stands in backticks, or words that may bring one."""
    return any("`" in text for text in (program.template, *_words(program)))


def _words(program: Program) -> list[str]:
    return [word for choices in program.words.values() for word in choices]
