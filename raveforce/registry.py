"""Things by name: built-in ones, those that installed packages bring, and any class by its path."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any, Generic, TypeVar, cast

__all__ = ["Registry", "UnknownName", "check_options", "did_you_mean", "options_of"]

PATH = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")
"""``package.module:Attribute``."""

T = TypeVar("T")
S = TypeVar("S")


class UnknownName(ValueError):
    """There is nothing of this name; the message says what there is, and what was probably meant."""


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A question to append to an error message; empty where nothing is near.

    >>> did_you_mean("sca", ["ppo", "sac", "td3"])
    '; did you mean sac?'
    >>> did_you_mean("xylophone", ["ppo", "sac", "td3"])
    ''
    """
    near = difflib.get_close_matches(word, sorted(set(words)), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def options_of(taker: Callable[..., Any]) -> list[str] | None:
    """The names of the options that something takes; None where it takes any.

    >>> options_of(lambda size, colour="red": None)
    ['size', 'colour']
    """
    parameters = inspect.signature(taker).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return None
    return [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


def check_options(what: str, options: Iterable[str], taken: Sequence[str] | None) -> None:
    """Refuse options that nobody takes, in the words in which Python does, and say which there are.

    Parameters
    ----------
    what : who takes them, as it is called in the message
    options : their names
    taken : names of those that there are; None for any

    Raises
    ------
    TypeError
        There is no such option.

    Examples
    --------
    >>> check_options("circle", ["color"], ["size", "colour"])
    Traceback (most recent call last):
    TypeError: circle got an unexpected keyword argument 'color'; did you mean colour? it takes size, colour
    """
    for name in options:
        if taken is not None and name not in taken:
            near = did_you_mean(name, taken) or ";"
            raise TypeError(f"{what} got an unexpected keyword argument {name!r}{near} it takes {', '.join(taken)}")


class Registry(Generic[T]):
    """Finds things of one kind by name.

    A name is that of something registered with the decorator ``register``; or of an entry point that an installed
    package declares in ``group``; or a path ``package.module:Attribute``. What is registered goes before entry points
    of the same name, so that installing a package never changes a result.

    Parameters
    ----------
    kind : what the things are called in messages
    group : of entry points
    modules : where the built-in things are registered; imported when they are first needed

    Examples
    --------
    >>> shapes = Registry("shape", group="geometry.shapes")
    >>> @shapes.register("circle")
    ... class Circle: ...
    >>> shapes.get("circle").__name__, shapes.get("fractions:Fraction").__name__
    ('Circle', 'Fraction')
    >>> list(shapes), "circle" in shapes
    (['circle'], True)
    >>> shapes.get("circel")
    Traceback (most recent call last):
    raveforce.registry.UnknownName: unknown shape 'circel'; did you mean circle? the shapes are circle
    """

    def __init__(self, kind: str, *, group: str, modules: Iterable[str] = ()) -> None:
        self.kind = kind
        self.group = group
        self._modules = tuple(modules)
        self._registered: dict[str, T] = {}

    def register(self, name: str) -> Callable[[S], S]:
        """Register what is decorated under a name.

        Raises
        ------
        ValueError
            The name is taken. (By the same thing once more, as when a notebook's cell runs again, is no error.)
        """

        def enter(thing: S) -> S:
            known = self._registered.get(name)
            same = known is thing or (hasattr(thing, "__qualname__") and path_of(known) == path_of(thing))
            if known is not None and not same:
                raise ValueError(f"there is a {self.kind} {name!r} already, {path_of(known)}")
            self._registered[name] = cast("T", thing)
            return thing

        return enter

    def get(self, name: str) -> T:
        """What has this name, or lies at this path.

        Raises
        ------
        UnknownName
            There is no such thing.
        """
        if PATH.fullmatch(name):  # first, since it needs nothing of the others
            return self._load(name, metadata.EntryPoint(name, name, self.group))
        known = self._built_in()
        if name in known:
            return known[name]
        if name in _entry_points(self.group):
            return self._load(name, _entry_points(self.group)[name])
        names = self.names()
        raise UnknownName(
            f"unknown {self.kind} {name!r}{did_you_mean(name, names) or ';'} the {self.kind}s are {', '.join(names)}"
        )

    def make(self, name: str, options: Mapping[str, Any], **context: Any) -> Any:
        """Call what has this name with its options, and with as much of the context as it takes.

        >>> shapes = Registry("shape", group="geometry.shapes")
        >>> shapes.register("dot")(lambda size, colour="red": (size, colour))
        <function ...>
        >>> shapes.make("dot", {"size": 3}, colour="blue", weight=1)
        (3, 'blue')
        """
        made: Any = self.get(name)
        check_options(f"the {self.kind} {name}", options, options_of(made))
        taken = inspect.signature(made).parameters
        return made(**{key: value for key, value in context.items() if key in taken} | dict(options))

    def names(self) -> list[str]:
        """All names: of what is registered, in that order, and of entry points."""
        return [*dict.fromkeys([*self._built_in(), *_entry_points(self.group)])]

    def name_of(self, thing: object) -> str:
        """The name under which something is found, else its path.

        >>> Registry("shape", group="geometry.shapes").name_of(dict)
        'builtins:dict'
        """
        # What is registered goes first: to read the entry points of all installed packages takes long.
        for names in (self._built_in, self.names):
            for name in names():
                if self.get(name) is thing:
                    return name
        return path_of(thing)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def _built_in(self) -> dict[str, T]:
        modules, self._modules = self._modules, ()
        for module in modules:
            importlib.import_module(module)
        return self._registered

    def _load(self, name: str, entry: metadata.EntryPoint) -> T:
        try:
            found = entry.load()
        except (ImportError, AttributeError) as error:
            raise UnknownName(f"{self.kind} {name!r}: there is no {entry.value}: {error}") from error
        if not callable(found):
            raise UnknownName(f"{self.kind} {name!r}: {entry.value} is a {type(found).__name__}, and makes nothing")
        return found


def path_of(thing: object) -> str:
    """Where something is defined, as ``module:name``."""
    named: Any = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}:{named.__qualname__}"


@cache
def _entry_points(group: str) -> dict[str, metadata.EntryPoint]:
    return {entry.name: entry for entry in _installed().select(group=group)}


@cache
def _installed() -> Any:
    return metadata.entry_points()
