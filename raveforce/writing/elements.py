"""What programs are written with: sources, processors, and gestures that stand for their numbers.

All of it follows from the table of nodes: which nodes are written, and on which scales their numbers lie. A gesture is
a few nodes that move a number, such as an envelope for the factor of ``mul``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from raveforce.glicol.nodes import NODES, Node, Parameter

__all__ = ["GESTURES", "RISE", "SEED", "Element", "Gesture", "make_elements", "on_scale", "rounded", "to_digits"]

Floats = NDArray[np.float64]

SEED = "seed"
"""A blank that a layer's place fills: its noise's seed, so that no two layers have the same noise."""
RISE = "rise"
"""A blank that two numbers fill: how far a sweep goes, from ``start`` down (or up) to ``to``."""

GIVEN = {("imp", "frequency"): "0.1", ("noise", "seed"): f"{{{SEED}}}"}
"""What is not chosen. A click is one impulse: at 0.1 Hz the next comes after ten seconds."""


@dataclass(frozen=True)
class Gesture:
    """Nodes that stand for a number of a node.

    Attributes
    ----------
    name : its word
    parameters : names of the parameters that it may stand for
    numbers : those that are written for it, in their order: by name the node and the parameter whose scale they lie
        on, or None for the scale of what the gesture stands for
    text : its chains; ``~it`` is what the node takes
    times : how often the node is written, each time with ``~it``
    nodes : names of the nodes that take it; None for all with such a parameter
    """

    name: str
    parameters: tuple[str, ...]
    numbers: Mapping[str, tuple[str, str] | None]
    text: str
    times: int = 1
    nodes: tuple[str, ...] | None = None

    def fits(self, node: Node) -> bool:
        """Whether it may stand for the node's first number."""
        first = node.parameters[0]
        wanted = first.name in self.parameters and first.scale is not None
        return wanted and (self.nodes is None or node.name in self.nodes)


def _envelope(name: str, text: str, times: int) -> Gesture:
    return Gesture(name, ("factor",), {each: ("envperc", each) for each in ("attack", "decay")}, text, times)


def _sweep(name: str, curve: str) -> Gesture:
    text = f"~fall: imp 0.1 >> envperc 0.0001 {{decay}}\n{curve} >> mul {{{RISE}}} >> add {{to}}"
    return Gesture(name, ("frequency", "cutoff"), {"decay": ("envperc", "decay"), "start": None, "to": None}, text)


_GESTURES = (
    _envelope("env", "~it: imp 0.1 >> envperc {attack} {decay}", 1),
    _envelope("env2", "~it: imp 0.1 >> envperc {attack} {decay}", 2),
    _envelope("env4", "~half: imp 0.1 >> envperc {attack} {decay}\n~it: ~half >> mul ~half", 2),
    Gesture("ring", ("factor",), {"rate": ("sin", "frequency")}, "~it: sin {rate}"),
    _sweep("sweep", "~it: ~fall"),
    _sweep("sweep2", "~it: ~fall >> mul ~fall"),
    _sweep("sweep4", "~steep: ~fall >> mul ~fall\n~it: ~steep >> mul ~steep"),
    Gesture(
        "fm",
        ("frequency",),
        {"rate": ("sin", "frequency"), "depth": None, "centre": None},
        "~it: sin {rate} >> mul {depth} >> add {centre}",
        # The others explode where their frequency falls below 0.
        nodes=("sin",),
    ),
)

GESTURES: Mapping[str, Gesture] = {gesture.name: gesture for gesture in _GESTURES}
"""Gestures by name: envelopes and sweeps, linear, squared and to the fourth; modulation of amplitude and frequency."""

_NAMES = {"env": "env", "env2": "env", "env4": "env", "ring": "ring"}
_NAMES_BY_PARAMETER = {"frequency": "pitch"}
"""What ``~it`` is called in programs; else as the parameter."""


@dataclass(frozen=True, eq=False)
class Element:
    """A node as it is written in a layer, with what stands for its first number.

    Attributes
    ----------
    word : the node's word
    gesture : the gesture's name; empty where a number stands there
    node : the node's row in the table
    numbers : those that are written, in their order: by name the parameter whose scale they lie on
    helpers : chains that it needs
    text : its nodes in the layer's chain
    """

    word: str
    gesture: str
    node: Node = field(repr=False)
    numbers: Mapping[str, Parameter] = field(repr=False)
    helpers: tuple[str, ...] = field(repr=False)
    text: str = field(repr=False)

    @property
    def name(self) -> str:
        """Its words."""
        return f"{self.word} {self.gesture}".strip()

    @cached_property
    def blanks(self) -> tuple[str, ...]:
        """Names of the blanks of its text, helpers first."""
        return tuple(dict.fromkeys(re.findall(r"{(\w+)}", "".join([*self.helpers, self.text]))))


def _element(node: Node, gesture: Gesture | None) -> Element:
    taken = [f"{{{each.name}}}" if each.scale else GIVEN[node.name, each.name] for each in node.parameters]
    own = {each.name: each for each in node.parameters if each.scale}
    if gesture is None:
        return Element(node.written, "", node, own, (), " ".join([node.written, *taken]))
    first = node.parameters[0]
    it = _NAMES.get(gesture.name) or _NAMES_BY_PARAMETER.get(first.name, first.name)
    text = " >> ".join([" ".join([node.written, f"~{it}", *taken[1:]])] * gesture.times)
    numbers = {name: _parameter(*path) if path else first for name, path in gesture.numbers.items()}
    numbers |= {name: each for name, each in own.items() if each is not first}
    return Element(
        node.written, gesture.name, node, numbers, tuple(gesture.text.replace("~it", f"~{it}").split("\n")), text
    )


def _parameter(node: str, name: str) -> Parameter:
    return next(each for each in NODES[node].parameters if each.name == name)


@cache
def make_elements() -> tuple[Element, ...]:
    """Every written node, by itself and with every gesture that may stand for its first number.

    Examples
    --------
    >>> [element.name for element in make_elements() if element.word == "lpf"]
    ['lpf', 'lpf sweep', 'lpf sweep2', 'lpf sweep4']
    """
    made = []
    for node in NODES.values():
        if node.written:
            moved = [gesture for gesture in GESTURES.values() if gesture.fits(node)]
            made += [_element(node, gesture) for gesture in (None, *moved)]
    return tuple(made)


def on_scale(parameter: Parameter, places: Floats, sample_rate: int) -> Floats:
    """Numbers at places from 0 to 1 of a parameter's scale; frequencies stay below half the sample rate (Hz).

    Examples
    --------
    >>> on_scale(NODES["mul"].parameters[0], np.array([0, 1]), 44100).tolist()
    [0.01, 2.0]
    """
    scale = parameter.scale
    assert scale is not None
    high = min(scale.high, 0.45 * sample_rate) if parameter.unit == "Hz" else scale.high
    if scale.logarithmic:
        return np.asarray(scale.low * (high / scale.low) ** places)
    return np.asarray(scale.low + (high - scale.low) * places)


def rounded(parameter: Parameter, values: Floats) -> Floats:
    """Numbers as they are written: whole where they must be, else with three digits, as more are not heard."""
    assert parameter.scale is not None
    return np.round(values) if parameter.scale.whole else to_digits(values, values)


def to_digits(values: Floats, of: Floats, digits: int = 3) -> Floats:
    """Round numbers to the place of the last of so many digits of others (above 0).

    Examples
    --------
    >>> to_digits(np.array([0.123456, 1049.0]), np.array([0.2, 1000.0])).tolist()
    [0.123, 1050.0]
    """
    places = digits - 1 - np.floor(np.log10(of)).astype(int)
    unit = 10.0 ** np.abs(places)
    # Divided where a product with 0.1 would leave digits behind.
    return np.where(places >= 0, np.round(values * unit) / unit, np.round(values / unit) * unit)
