"""Tables of all that has a name, made from the registries, docstrings and settings: what is added there is here."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from agents.registry import AGENTS, ALGORITHMS
from docs.hooks.docstrings import as_list, doc_of, prose, sections, sentences, summary
from raveforce.actions import ACTIONS
from raveforce.distances import DISTANCES
from raveforce.observations import OBSERVATIONS
from raveforce.parameters import Choose, Exp, Lin, Rel
from raveforce.registry import Registry, path_of
from raveforce.rewards import REWARDS
from raveforce.tasks import ENVIRONMENTS, TASKS

__all__ = ["ROOT", "TABLES", "table"]

ROOT = Path(__file__).resolve().parents[2]


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    r"""A Markdown table; what would end a cell is escaped.

    >>> print(table(["a", "b"], [[1, "x|y"]]))
    | a | b |
    |---|---|
    | 1 | x\|y |
    """
    lines = [list(map(_cell, header))]
    lines += [list(map(_cell, row)) for row in rows]
    lines.insert(1, ["---"] * len(lines[0]))
    joined = [f"| {' | '.join(line)} |" for line in lines]
    joined[1] = joined[1].replace(" ", "")
    return "\n".join(joined)


def _cell(value: object) -> str:
    return re.sub(r"\s+", " ", str(value)).replace("|", "\\|")


def tasks() -> str:
    """Every task: its environment, its steps and what the agent chooses."""
    ids = {environment.definition.name: id for id, environment in ENVIRONMENTS.items()}
    rows = []
    for name in sorted(TASKS):
        made: Any = TASKS.get(name)
        id = ids.get(name)
        environment = f"[`raveforce/{id}`](../environments/{page_name(id)})" if id else ""
        doc = doc_of(ENVIRONMENTS[id]) if id else doc_of(made)
        space = made.parameter_space() if hasattr(made, "parameter_space") else None
        steps = made.episode_end.removeprefix("After ").rstrip(".") if hasattr(made, "episode_end") else ""
        rows.append((f"`{name}`", environment, summary(doc), len(space.free) if space else "", steps))
    return f"""# Tasks

A task is a program with blanks, what may fill them, and where the sounds to imitate come from, with the reward and the
observation that are usual for it. `python run.py task=NAME` trains on one, `gymnasium.make("raveforce:raveforce/ID")`
makes its environment, and `raveforce tasks` lists them. Ids with `v1` sound closer to recordings and are harder to
search; [why there are two](../sounds.md). [How to add one](../extending.md).

{table(("task", "environment", "what the agent does", "numbers a step", "an episode ends after"), rows)}
"""


def page_name(id: str) -> str:
    """The file of an environment's page."""
    return f"{id.lower()}.md"


def distances() -> str:
    """Every distance: what it hears, whose it is and what it costs."""
    measured = json.loads((ROOT / "results" / "paper" / "distances.json").read_text(encoding="utf-8"))
    rows = []
    for name in DISTANCES:
        doc = doc_of(DISTANCES.get(name))
        cost = measured["distances"].get(name)
        rows.append(
            (
                f"[`{name}`](#{name})",
                summary(doc),
                sentences(doc, r"[Bb]lind|[Ss]ensitive to|^Hears"),
                "; ".join(map(_cited, _references(doc))) or "–",
                f"{_two_digits(cost['microseconds']):.0f}" if cost else "?",
                f"{cost['wrong']:.0f}" if cost else "?",
            )
        )
    header = (
        "distance",
        "what it is",
        "what it hears, and what not",
        "from",
        "µs a sound",
        f"wrong of {measured['pairs']}",
    )
    return f"""# Distances

How far apart two sounds are: 0 for equal ones. Train on one, read them all: every run reports all of them, and
`raveforce.measure(sound, target)` does. [What they hear, and which to take](../distances.md), measured; [how to add
one](../extending.md).

{table(header, rows)}

µs: of the processor ({measured["machine"]["processor"]}), for one sound of 0.4 s among 64 against one target, on one
thread: compare ratios. Wrong: how many pairs it puts in the wrong order, where there is no doubt which of two sounds is
nearer. Both by `{measured["command"]}`.

{_each(DISTANCES)}"""


def _two_digits(number: float) -> float:
    """As exact as it can be measured again."""
    return float(f"{number:.2g}")


def _references(doc: str) -> list[str]:
    listed = sections(doc).get("References", "")
    return [re.sub(r"\s+", " ", each) for each in listed.split("\n\n") if each]


def _cited(reference: str) -> str:
    """The authors and the year; of more than three authors the first."""
    authors, _, year = reference.partition(")")[0].rpartition(" (")
    names = re.split(", | & ", authors)
    return f"{authors if len(names) <= 3 else f'{names[0]} et al.'} ({year})"


def _each(registry: Registry[Any]) -> str:
    """A section for each: what its docstring says, and its options."""
    made = []
    for name in registry:
        thing = registry.get(name)
        doc = doc_of(thing)
        parts = [f"## {name}", f"`{path_of(thing)}`", summary(doc), prose(doc)]
        if "Parameters" in sections(doc):
            parts.append(as_list(sections(doc)["Parameters"]))
        if dataclasses.is_dataclass(thing):
            options = [f"`{each.name}={_default(each)}`" for each in dataclasses.fields(thing) if each.init]
            parts.append(f"Options and their usual values: {', '.join(options)}." if options else "")
        parts += _references(doc)
        made.append("\n\n".join(filter(None, parts)))
    return "\n\n".join(made) + "\n"


def _default(option: dataclasses.Field[Any]) -> str:
    if option.default is not dataclasses.MISSING:
        return repr(option.default)
    return repr(option.default_factory()) if option.default_factory is not dataclasses.MISSING else "..."


def rewards() -> str:
    """Every kind of reward, and the settings that `run.py` has for them."""
    kinds = [(f"[`{name}`](#{name})", summary(doc_of(REWARDS.get(name)))) for name in REWARDS]
    return f"""# Rewards

A reward is made of a [distance](distances.md): `reward={{"distance": "mss", "kind": "normalised"}}`. What is no
sound (broken, not finite, far too loud) gets the worst reward. With `until="now"` a sound in the making is compared
with the target up to where it has come. [How to add a kind](../extending.md).

{table(("kind", "the reward of a step"), kinds)}

`python run.py reward=NAME` takes one of these:

{table(("setting", "what it is"), _settings("reward"))}

{_each(REWARDS)}"""


def observations() -> str:
    """Every observation, and the settings that `run.py` has for them."""
    rows = [(f"[`{name}`](#{name})", summary(doc_of(OBSERVATIONS.get(name)))) for name in OBSERVATIONS]
    return f"""# Observations

What the agent sees of attempt, target or their difference: `observation={{"kind": "log_mel", "show": ["target"]}}`.
[How to add one](../extending.md).

{table(("observation", "what is seen"), rows)}

`python run.py observation=NAME` takes one of these:

{table(("setting", "what it is"), _settings("observation"))}

{_each(OBSERVATIONS)}"""


def actions() -> str:
    """Every form of action and every kind of parameter."""
    kinds = {
        '`("lin", low, high)`': Lin,
        '`("exp", low, high)`': Exp,
        '`("choose", [60, 62, 64])`': Choose,
        '`("rel", "attack", "1 - x")`': Rel,
    }
    forms = [(f"[`{name}`](#{name})", summary(doc_of(ACTIONS.get(name)))) for name in ACTIONS]
    return f"""# Actions and parameters

A program's blanks are filled by parameters, and an action says which values they take.

{table(("parameter", "what fills the blank"), ((short, summary(doc_of(kind))) for short, kind in kinds.items()))}

{table(("form of action", "what the agent answers"), forms)}

{_each(ACTIONS)}"""


def agents() -> str:
    """Every agent, where its class is from, and for which tasks it has tuned settings."""
    said = dict(_settings("agent"))
    tuned = [(file.parent.name, file.stem) for file in sorted((ROOT / "conf" / "tuned").glob("*/*.yaml"))]
    rows = []
    for name in AGENTS:
        path = ALGORITHMS.get(name) or path_of(AGENTS.get(name))
        what = said.get(f"`{name}`") or summary(doc_of(AGENTS.get(name)))
        rows.append((f"`{name}`", what, f"`{path}`", ", ".join(task for task, agent in tuned if agent == name)))
    return f"""# Agents

`python run.py agent=NAME` trains one. Any class with Stable-Baselines3's interface needs no name:
`agent.algorithm=package:Class`. Search (`random`, `cma`, `de`, `ga`, `refine`) is what learning competes
with where there is one target. [How to add one](../extending.md); [settings belong to tasks](../studies.md).

{table(("agent", "what it is", "its class", "tuned for"), rows)}
"""


def _settings(group: str) -> list[tuple[str, str]]:
    """The files of one of Hydra's groups with what their first lines say."""
    return [(f"`{file.stem}`", _comment(file)) for file in sorted((ROOT / "conf" / group).glob("*.yaml"))]


def _comment(file: Path) -> str:
    """The comment at a file's top, a command in it as code."""
    said = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        words = line.removeprefix("#").removeprefix(" ")
        said.append(f"`{words.strip()}`" if words.startswith("  ") else words)
    return " ".join(said)


TABLES: Mapping[str, Callable[[], str]] = {
    "catalogue/tasks.md": tasks,
    "catalogue/distances.md": distances,
    "catalogue/rewards.md": rewards,
    "catalogue/observations.md": observations,
    "catalogue/actions.md": actions,
    "catalogue/agents.md": agents,
}
"""Pages by file, and what writes them."""
