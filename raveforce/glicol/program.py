"""A Glicol program with blanks, and how blanks are filled."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Program", "ProgramError", "format_number"]

Value = float | int | str


class ProgramError(ValueError):
    """A template or the values meant to fill it are wrong; nothing has been rendered."""


def format_number(value: float) -> str:
    """Print a number as Glicol reads it: a plain decimal, never an exponent.

    The engine computes in float32, so this is the shortest decimal that reads back as the same float32.

    Parameters
    ----------
    value : finite number in the range of float32

    Raises
    ------
    ProgramError
        For NaN, infinities and what is too large for float32: Glicol reads those as names.

    Examples
    --------
    >>> format_number(1e-05), format_number(60.0), format_number(0.1)
    ('0.00001', '60', '0.1')
    """
    if not abs(value) <= 3.4028235e38:
        raise ProgramError(f"{value!r} is not a number that Glicol can read: it takes finite float32 numbers")
    single = np.float32(value)
    text = str(single)  # the shortest, and quicker than asking for a plain decimal outright
    if "e" in text:
        return np.format_float_positional(single, unique=True, trim="-")
    return text.removesuffix(".0")


@dataclass(frozen=True)
class Program:
    """A Glicol program whose blanks are filled anew for every sound.

    Blanks are ``{}`` (positional) or ``{name}``; a name that stands in several places is one blank.
    Literal braces, as in ``meta`` scripts, are written ``{{`` and ``}}``.

    Parameters
    ----------
    template : program text with blanks
    words : for blanks that take a word instead of a number, the words they choose from, by blank name.
        In an array of values such a blank holds the index of its word.

    Attributes
    ----------
    blanks : names of the blanks in order of first appearance; a positional blank is named by its place
        ("0", "1", ...)

    Raises
    ------
    ProgramError
        Stray braces, names that are no identifiers, format specifications, words for an unknown blank,
        characters that no program can hold.

    Examples
    --------
    >>> kick = Program("~env: imp 0.1 >> envperc {} {}; kick: sin {freq} >> mul ~env")
    >>> kick.blanks
    ('0', '1', 'freq')
    >>> kick.fill([0.00001, 0.2, 60])
    '~env: imp 0.1 >> envperc 0.00001 0.2; kick: sin 60 >> mul ~env'
    >>> Program("o: {osc} 110", words={"osc": ("sin", "saw")}).fill([1])
    'o: saw 110'
    """

    template: str
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blanks: tuple[str, ...] = field(init=False)
    # What stands between the blanks, and which blank follows each piece of text (-1: none).
    _pieces: tuple[tuple[str, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Glicol knows no other end of line, and no mark of the byte order, which some editors put before a text.
        template = self.template.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        _check_text(template)
        pieces, blanks = _split(template)
        words = {name: tuple(choices) for name, choices in self.words.items()}
        for name, choices in words.items():
            if name not in blanks:
                raise ProgramError(f"words are given for a blank {name!r}, but the blanks are {blanks}")
            if not choices or not all(isinstance(word, str) and word for word in choices):
                raise ProgramError(f"blank {name!r} needs at least one word, and words are text: {choices!r}")
            for word in choices:
                _check_text(word)
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "blanks", blanks)
        object.__setattr__(self, "_pieces", pieces)

    @classmethod
    def literal(cls, code: str) -> Program:
        """Take finished Glicol code, in which braces are just braces.

        Examples
        --------
        >>> Program.literal("o: meta `{ 1.0 }`").fill([])
        'o: meta `{ 1.0 }`'
        """
        return cls(code.replace("{", "{{").replace("}", "}}"))

    @property
    def pieces(self) -> tuple[tuple[str, int], ...]:
        """What stands between the blanks, and the index of the blank after each piece of text (-1: none)."""
        return self._pieces

    def fill(self, values: Sequence[Value] | np.ndarray) -> str:
        """Return the program text with every blank filled.

        Parameters
        ----------
        values : one value a blank, in the order of ``blanks``: a number, or for a blank with ``words``
            the index of a word or the word itself

        Raises
        ------
        ProgramError
            Wrong number of values, a value that Glicol cannot read, a word that is not offered.
        """
        if len(values) != len(self.blanks):
            raise ProgramError(
                f"the program has {len(self.blanks)} blanks {self.blanks} but {len(values)} values were given"
            )
        texts = [self._print(name, value) for name, value in zip(self.blanks, values, strict=True)]
        return "".join(text if blank < 0 else text + texts[blank] for text, blank in self._pieces)

    def fill_named(self, values: Mapping[str, Value]) -> str:
        """Return the program text with every blank filled by name.

        Examples
        --------
        >>> Program("o: sin {freq}").fill_named({"freq": 440})
        'o: sin 440'
        """
        if set(values) != set(self.blanks):
            missing = sorted(set(self.blanks) - set(values))
            unknown = sorted(set(values) - set(self.blanks))
            raise ProgramError(f"values do not fit the blanks {self.blanks}: missing {missing}, unknown {unknown}")
        return self.fill([values[name] for name in self.blanks])

    def place(self, values: Sequence[Value] | np.ndarray, blank: int) -> tuple[int, int]:
        r"""Line and column, from 1, where a blank first stands in the filled text.

        Examples
        --------
        >>> Program("~a: imp {}\no: seq 60 {note}").place([0.5, 62], 1)
        (2, 11)
        """
        before = ""
        for text, index in self._pieces:
            before += text
            if index == blank:
                break
            if index >= 0:
                before += self._print(self.blanks[index], values[index])
        return before.count("\n") + 1, len(before) - before.rfind("\n")

    def _print(self, name: str, value: Value) -> str:
        choices = self.words.get(name)
        if choices is None:
            if isinstance(value, str):
                raise ProgramError(f"blank {name!r} takes a number, not {value!r} (declare its words to offer words)")
            try:
                return format_number(value)
            except (ProgramError, TypeError) as error:
                raise ProgramError(f"blank {name!r} takes a number: {error}") from None
        if isinstance(value, str):
            if value not in choices:
                raise ProgramError(f"blank {name!r} takes one of {choices}, not {value!r}")
            return value
        if value not in range(len(choices)):
            raise ProgramError(f"blank {name!r} takes an index of {choices}, not {value!r}")
        return choices[int(value)]


def _check_text(text: str) -> None:
    """Refuse what cannot be handed to the engine, which takes UTF-8."""
    if "\0" in text:
        raise ProgramError(f"a program cannot hold a NUL character: {text!r}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ProgramError(f"a program must be text that UTF-8 can hold ({error}): {text!r}") from None


def _split(template: str) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...]]:
    """Split a template into (text, index of the blank after it or -1), and the names of the blanks."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ProgramError(
            f"stray brace in the program ({error}); blanks are {{}} or {{name}}, "
            f"a literal brace is doubled:\n{template}"
        ) from None
    pieces: list[tuple[str, int]] = []
    blanks: list[str] = []
    for text, name, spec, conversion in parts:
        if name is None:
            pieces.append((text, -1))
            continue
        if spec or conversion or not (name == "" or (name.isidentifier() and name.isascii())):
            shown = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
            raise ProgramError(
                f"blank {{{shown}}} is neither {{}} nor {{name}}; a literal brace is doubled:\n{template}"
            )
        name = name or str(len(blanks))
        if name not in blanks:
            blanks.append(name)
        pieces.append((text, blanks.index(name)))
    return tuple(pieces), tuple(blanks)
