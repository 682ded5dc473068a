"""Shorter ways to write a program: without what it can do without, or with one chain for two."""

from __future__ import annotations

import re
from collections.abc import Iterator

from raveforce.imitation.write.chains import Chains, chains_of, heard, inlined, is_envelope, multiplied_out, text_of

__all__ = ["shorter_texts"]


def shorter_texts(text: str) -> Iterator[str]:
    r"""Programs of fewer lines.

    Without a voice; without a node that hears another chain, once or as often as it stands there; with one envelope for
    two; with a steady pitch for one that moves. Chains that nobody hears then are left out, and products and single
    nodes are written where they are taken. Programs that are not written a chain a line have none.

    Examples
    --------
    >>> for text in shorter_texts("~e: imp 1 >> envperc 0.01 0.1\no: sin 60 >> mul ~e\nhiss: noise 7\n"):
    ...     print(text.replace("\n", "; ").strip())
    o: sin 60; hiss: noise 7;
    hiss: noise 7;
    ~e: imp 1 >> envperc 0.01 0.1; o: sin 60 >> mul ~e;
    """
    seen = set()
    for chains in _fewer(chains_of(text)):
        kept = heard(chains)
        if kept:
            shorter = multiplied_out(inlined(text_of(kept)))
            if shorter.count("\n") < text.count("\n") and shorter not in seen:
                seen.add(shorter)
                yield shorter


def _fewer(chains: Chains) -> Iterator[Chains]:
    for name, nodes in chains.items():
        for place, node in enumerate(nodes):
            if place and "~" in node:
                yield {**chains, name: [*nodes[:place], *nodes[place + 1 :]]}
                yield {**chains, name: [each for each in nodes if each != node]}
        if name[0] != "~":
            yield {other: rest for other, rest in chains.items() if other != name}
        elif added := re.fullmatch(r"add (~\w+)", nodes[-1]):
            yield {**chains, name: [added[1]]}
        elif steady := re.fullmatch(r"add ({\w+})", nodes[-1]):
            yield _instead(chains, name, steady[1])
    envelopes = [name for name, nodes in chains.items() if is_envelope(name, nodes)]
    for one in envelopes:
        for other in envelopes:
            if one != other:
                yield _instead(chains, one, other)


def _instead(chains: Chains, name: str, other: str) -> Chains:
    """Chains that take another, or a number, where they took one."""
    pattern = re.compile(re.escape(name) + r"\b")
    return {each: [pattern.sub(other, node) for node in nodes] for each, nodes in chains.items() if each != name}
