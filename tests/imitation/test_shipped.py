"""The policies that ship: what holds for each of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from raveforce.imitation.network import TrainedNetwork
from raveforce.imitation.policy import Policy, load_policy
from raveforce.imitation.weights import PolicyError
from raveforce.imitation.writer import WritingPolicy, load_writing_policy

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = ROOT / "raveforce" / "imitation"

each = pytest.mark.parametrize(
    ("load", "file", "card", "command"),
    [
        (load_policy, "policy.npz", "policy.md", "train_policy"),
        (load_writing_policy, "writer.npz", "writing_policy.md", "train_writer"),
    ],
    ids=["templates", "writing"],
)


@each
def test_its_hash_stands_in_its_card_and_it_is_small(
    load: Callable[[], TrainedNetwork], file: str, card: str, command: str
) -> None:
    policy = load()
    assert policy.sha256 in (ROOT / "docs" / card).read_text(encoding="utf-8")
    assert (FILES / file).stat().st_size < 4_000_000
    assert policy.card["licence"] == "CC0"
    assert policy.card["command"].startswith(f"python -m experiments.{command} ")
    learned = policy.card["recordings"]
    assert learned
    assert not [name for name in learned if re.match(r"drum/|perc/", name)], "held-out kits"


@pytest.mark.parametrize(
    "answered",
    [
        "from raveforce.imitation.policy import load_policy; load_policy().hear(sound)",
        "from raveforce.imitation.writer import load_writing_policy; from raveforce.writing.language import Language; "
        "load_writing_policy().write(Language(), sound, 3, np.random.default_rng(0))",
    ],
    ids=["templates", "writing"],
)
def test_it_answers_without_pytorch(answered: str) -> None:
    program = (
        "import sys; sys.modules['torch'] = None; import numpy as np; "
        f"sound = np.sin(np.arange(9000) / 20).astype(np.float32); {answered}"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


@pytest.mark.parametrize(("kind", "other"), [(Policy, "writer.npz"), (WritingPolicy, "policy.npz")])
def test_one_kind_is_not_read_as_another(kind: type[TrainedNetwork], other: str) -> None:
    with pytest.raises(PolicyError, match=rf"{other}: this is another kind of policy: its card has no"):
        kind.load(FILES / other)
