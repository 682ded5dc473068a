"""How the API reference reads our docstrings: what stands behind a name's colon are words, the type is in the code."""

from __future__ import annotations

import re
from typing import Any

import griffe

from docs.hooks.docstrings import as_list, sections

__all__ = ["DescriptionsNotTypes", "read"]

NAMED = ("Parameters", "Other Parameters", "Attributes")
RESULTS = ("Returns", "Yields")
KEPT = ("Raises", "Warns", "Examples")


class DescriptionsNotTypes(griffe.Extension):
    """Rewrites docstrings before griffe parses them."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite an object's docstring, if it has one."""
        if obj.docstring:
            obj.docstring.value = read(obj.docstring.value)


def read(doc: str) -> str:
    r"""A docstring in which descriptions stand in lines of their own, and other headings than numpydoc's are bold.

    >>> read("Sum.\n\nParameters\n----------\nrate : Hz")
    'Sum.\n\nParameters\n----------\nrate\n    Hz'
    """
    made = []
    for title, text in sections(doc).items():
        if title in NAMED:
            text = _items(text, r"^((?:\*{0,2}\w+)(?:, \*{0,2}\w+)*) : (.*)", r"\1\n    \2")
        elif title in RESULTS:
            named = _items(text, r"^(\w+) : (.*)", r"\1 :\n    \2")
            text = named if named != text else ":\n" + _indented(text)
        elif title not in KEPT:
            text = as_list(text) if title == "Arguments" else _fenced(text)
            made.append(f"**{title}**\n\n{text}" if title else text)
            continue
        made.append(f"{title}\n{'-' * len(title)}\n{text}")
    return "\n\n".join(made)


def _fenced(text: str) -> str:
    """Examples among words as blocks of code."""
    return re.sub(r"^>>> .*(?:\n(?!\n).*)*", lambda found: f"```pycon\n{found[0]}\n```", text, flags=re.MULTILINE)


def _items(text: str, pattern: str, put: str) -> str:
    return re.sub(pattern, put, text, flags=re.MULTILINE)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
