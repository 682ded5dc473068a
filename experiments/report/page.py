"""The page: items as one HTML text that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from experiments.report.charts import Chart, Line, chart
from experiments.report.model import Fact, Item
from experiments.report.overview import columns, overview
from experiments.report.sounds import BUDGET, encode, sound_key
from raveforce._cache import cache_folder, read_checked, write_checked

__all__ = ["report_page"]

_ASSETS = Path(__file__).resolve().parent / "assets"
_SCRIPTS = ("player.js", "pictures.js", "table.js", "page.js", "live.js")
_NUMBER = re.compile(r"(?<![\w.~])-?\d+(?:\.\d+)?")


def report_page(
    items: Sequence[Item], *, title: str = "RaveForce", live: float | None = None, budget: int = BUDGET
) -> str:
    """Make a page of items.

    Parameters
    ----------
    items : with different names; the first is shown first, and where the sounds of all are too much, those of the first
        are kept
    title : of the page
    live : seconds after which a page that is served asks for what is new; None for a page that stands alone
    budget : bytes of sounds, as text

    Returns
    -------
    an HTML document. Everything in it that comes from the items is escaped, and its only script is the page's own.

    Raises
    ------
    ValueError
        Two items have the same name.
    """
    names = [item.name for item in items]
    if len(set(names)) < len(names):
        raise ValueError(f"the items of a report must have different names, got {names}")
    keys = {item.name: _key(item.name) for item in items}
    encoded = encode(items, budget)
    script, style = _read("script"), _read("style")
    return _template().render(
        title=title,
        live=live,
        items=[_shown(item, keys[item.name], set(encoded)) for item in items],
        columns=columns(items),
        overview=overview(items, keys),
        sounds={key: asdict(sound) for key, sound in encoded.items()},
        script=Markup(script),
        style=Markup(style),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _shown(item: Item, key: str, encoded: set[str]) -> dict[str, Any]:
    """What the template needs of an item."""
    attempts = [sound.name for sound in item.sounds if sound.against]
    roles = {name: f"attempt{place}" for place, name in enumerate(attempts, start=1)}
    sounds = [(sound, sound_key(sound), roles.get(sound.name, "target")) for sound in item.sounds]
    there = [one for one in sounds if one[1] in encoded]
    return {
        "item": item,
        "key": key,
        "sounds": there,
        "left_out": len(sounds) - len(there),
        "first": next((sound for sound, *_ in there if sound.against), there[0][0] if there else None),
        "chart": _learning(item),
        "distances": list(dict.fromkeys(name for values in item.distances.values() for name in values)),
        "closeness": _closeness(item),
    }


def _learning(item: Item) -> Chart | None:
    if not item.curves:
        return None
    return chart([Line(curve, f"curve-{curve.role}") for curve in item.curves], item.curve_axes, item.reference)


def _closeness(item: Item) -> dict[tuple[str, str], float]:
    """How far a distance is on the way from silence, 0, to none, 1, where both are measured to the same target."""
    silence = item.distances.get("silence", {})
    elsewhere = {sound.name for sound in item.sounds if sound.against not in ("", "target")}
    return {
        (column, name): max(0.0, 1 - value / silence[name])
        for column, values in item.distances.items()
        if column != "silence" and column not in elsewhere
        for name, value in values.items()
        if silence.get(name, 0) > 0
    }


def _key(name: str) -> str:
    """Name an item in the page: letters that any attribute and address takes, and no two alike."""
    readable = re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-").lower()[-40:]
    return f"{readable or 'item'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


class _Compiled(BytecodeCache):
    """Keeps what templates compile to, which takes longer than a page does, in the user's cache folder."""

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = read_checked(self._file(bucket))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            write_checked(self._file(bucket), bucket.bytecode_to_string())

    def _file(self, bucket: Bucket) -> Path:
        return cache_folder() / "pages" / f"{bucket.key}-{bucket.checksum}"


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_Compiled(),
    )
    environment.filters |= {"cell": _cell, "numbers": _numbers, "seconds": _seconds}
    return environment.get_template("page.html.jinja")


@lru_cache(maxsize=2)
def _read(what: str) -> str:
    if what == "style":
        return (_ASSETS / "page.css").read_text(encoding="utf-8")
    parts = "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\n}})();'


def _cell(value: Fact) -> str:
    """A value for people: four figures of a number."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() or abs(value) >= 1000 else f"{value:.4g}"
    return f"{value}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 60 else f"{value:.0f} s"


def _numbers(program: str) -> Markup:
    """A program with its numbers marked; comments are left as they are."""
    marked = []
    for line in program.rstrip().splitlines():
        code, slashes, comment = line.partition("//")
        end = 0
        for match in _NUMBER.finditer(code):
            marked.append(Markup("{}<b>{}</b>").format(code[end : match.start()], match[0]))
            end = match.end()
        marked.append(Markup("{}").format(code[end:]))
        if slashes:
            marked.append(Markup("<i>//{}</i>").format(comment))
        marked.append(Markup("\n"))
    return Markup("").join(marked)
