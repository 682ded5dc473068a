"""The command line's ``key=value`` arguments, read as Hydra reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import OverrideParseException

from experiments.config.errors import ConfigError, first_line

__all__ = ["parse", "values"]


def parse(arguments: Sequence[str]) -> list[Override]:
    """The overrides among the arguments; options of Hydra's own (``-m``, ``--cfg job``) are left out.

    Raises
    ------
    ConfigError
        An argument is not of the form key=value.
    """
    if {"-sc", "--shell-completion"} & set(arguments):  # install=bash is Hydra's own
        return []
    texts = [text for text in arguments if not text.startswith("-") and ("=" in text or text.startswith("~"))]
    try:
        return OverridesParser.create().parse_overrides(texts)
    except OverrideParseException as error:
        key, _, value = str(error.override).partition("=")
        hint = f"""; if that is a text, quote it: "{key}='{value}'" """.rstrip() if value else ""
        raise ConfigError(f"{error.override}: {first_line(error)}{hint}") from error


def values(override: Override) -> Iterator[Any]:
    """An override's value, or all that a sweep tries."""
    if override.is_sweep_override():
        for text in override.sweep_string_iterator():
            yield OverridesParser.create().parse_override(f"key={text}").value()
    else:
        yield override.value()
