"""The policy that writes, as it was trained."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from raveforce.distances import make_distance
from raveforce.imitation.writer import WritingPolicy, load_writing_policy
from raveforce.writing.drafts import Draft
from raveforce.writing.language import Language
from raveforce.writing.objective import Judge
from raveforce.writing.player import open_player
from raveforce.writing.targets import HiddenPrograms
from raveforce.writing.variation import random_draft

ROOT = Path(__file__).resolve().parent.parent.parent
LANGUAGE = Language()


@pytest.fixture(scope="module")
def policy() -> WritingPolicy:
    return load_writing_policy()


def test_its_hash_stands_in_its_card_and_it_is_small(policy: WritingPolicy) -> None:
    assert policy.sha256 in (ROOT / "docs" / "writing_policy.md").read_text(encoding="utf-8")
    assert (ROOT / "raveforce" / "imitation" / "writer.npz").stat().st_size < 4_000_000
    assert policy.card["licence"] == "CC0"
    assert policy.card["command"].startswith("python -m experiments.train_writer ")
    learned = policy.card["recordings"]
    assert learned
    assert not [name for name in learned if re.match(r"drum/|perc/", name)], "held-out kits"


def test_it_knows_the_language(policy: WritingPolicy) -> None:
    assert policy.knows(LANGUAGE), "words or scales have changed: train it anew"


def test_eight_of_its_programs_come_nearer_than_sixty_four_random_ones(policy: WritingPolicy) -> None:
    hidden, rng = HiddenPrograms(LANGUAGE, samples=17640, split="test"), np.random.default_rng(0)
    player, distance = open_player(LANGUAGE), make_distance("mss")
    nearer = []
    for _ in range(24):
        judge = Judge(player, hidden.draw(rng), distance)
        written = [Draft.read(LANGUAGE, tokens) for tokens in policy.write(LANGUAGE, judge.target, 8, rng)]
        anything = [random_draft(LANGUAGE, rng, int(rng.integers(1, 4))) for _ in range(64)]
        nearer.append(judge(written).min() < judge(anything).min())
    assert np.mean(nearer) >= 0.7


def test_it_needs_no_pytorch() -> None:
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "import numpy as np\n"
        "from raveforce.imitation.writer import load_writing_policy\n"
        "from raveforce.writing.language import Language\n"
        "sound = np.random.default_rng(0).normal(size=4410).astype(np.float32)\n"
        "print(len(load_writing_policy().write(Language(), sound, 3, np.random.default_rng(0))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "3"
