"""Reading docstrings in numpydoc's form, for pages that are made of them."""

from __future__ import annotations

import inspect
import re
from typing import Any

__all__ = ["as_list", "doc_of", "prose", "sections", "sentences", "summary"]

_HEADING = re.compile(r"^([A-Z][\w ]*)\n-{3,}\n", re.MULTILINE)


def doc_of(thing: Any) -> str:
    """The docstring of a class, a function, or of an object's class; indented by nothing."""
    return inspect.getdoc(thing) or ""


def sections(doc: str) -> dict[str, str]:
    r"""A docstring by its headings; what stands before the first one is under the empty heading.

    >>> sections("Sum.\n\nOf two.\n\nReferences\n----------\nNobody (1900).")
    {'': 'Sum.\n\nOf two.', 'References': 'Nobody (1900).'}
    """
    first, *others = _HEADING.split(doc)
    return {"": first.strip()} | {title: text.strip() for title, text in zip(others[::2], others[1::2], strict=True)}


def summary(doc: str) -> str:
    """The first line, whole: a sentence that ends with a full stop."""
    return doc.partition("\n\n")[0].replace("\n", " ").strip()


def prose(doc: str) -> str:
    """What is said before the first heading, without the summary."""
    return sections(doc)[""].partition("\n\n")[2].strip()


def sentences(doc: str, pattern: str) -> str:
    """The sentences before the first heading in which a pattern is found.

    >>> sentences("Sum. It is blind to order. Fast.", "blind")
    'It is blind to order.'
    """
    text = re.sub(r"\s+", " ", sections(doc)[""])
    found = re.split(r"(?<=\.)\s+(?=[A-Z(`])", text)
    return " ".join(each for each in found if re.search(pattern, each))


def as_list(text: str) -> str:
    r"""Lines ``name : what it is``, with continuations indented, as a Markdown list.

    >>> as_list("rate : Hz\nseed : of the\n    numbers")
    '- `rate`: Hz\n- `seed`: of the numbers'
    """
    items = re.split(r"\n(?=\S)", text.strip())
    listed = []
    for item in items:
        names, colon, what = re.sub(r"\s+", " ", item).partition(":")
        named = ", ".join(f"`{name.strip()}`" for name in names.split(","))
        listed.append(f"- {named}: {what.strip()}" if colon else f"- {item}")
    return "\n".join(listed)
