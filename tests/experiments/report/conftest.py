"""Run folders as training leaves them, made without training."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from experiments.records.run_folder import RunFolder

RATE = 44100
PROGRAM = "~env: imp 0.1 >> envperc 0.002 0.14\nkick: sin 62.05 >> mul ~env // a kick"
CHROMIUM = Path("/usr/bin/chromium")


def sine(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.8 * np.sin(2 * np.pi * hertz * time) * np.exp(-3 * time)).astype(np.float32)


@pytest.fixture
def make_run() -> Callable[..., Path]:
    def _make(path: Path, *, agent: str = "cma", score: float = 0.7, seed: int = 0, seconds: float = 0.5) -> Path:
        path.mkdir(parents=True)
        folder = RunFolder(path)
        distances = {"mss": 1.5 * (1 - score), "mfcc": 0.4}
        parameters = [{"freq": 62.05, "decay": 0.14}]
        summary: dict[str, Any] = {
            "task": "kick",
            "agent": agent,
            "reward": {"distance": "mss", "kind": "normalised"},
            "best": {"distances": distances, "score": score, "render": 31, "parameters": parameters},
            "policy": {
                "episodes": 1,
                "distances": {"mss": 1.2, "mfcc": 0.9},
                "return": -0.4,
                "example": {"distances": {"mss": 1.2, "mfcc": 0.9}, "parameters": parameters},
            },
            "silence": {"distances": {"mss": 1.5, "mfcc": 2.0}},
            "score": score,
            "renders": 40,
            "wall_seconds": 1.25,
            "interrupted": False,
            "signal": None,
            "failure": None,
            "seed": seed,
            "versions": {"numpy": "2.0"},
            "remarks": ["best: at a bound of its range: decay (high)"],
        }
        folder.write_summary(summary)
        for name, hertz in (("target", 60.0), ("best", 62.05 + seed), ("policy", 90.0)):
            folder.write_sound(name, sine(hertz, seconds), RATE)
        for name in ("best", "policy"):
            folder.write_program(name, PROGRAM)
        config = {"task": {"name": "kick"}, "agent": {"algorithm": agent}, "reward": {"distance": "mss"}, "seed": seed}
        OmegaConf.save(OmegaConf.create(config), folder.config)
        write_metrics(path, [(10, 1.4, 1.6, ""), (20, 1.1, 1.3, 1.25), (40, distances["mss"], 0.9, 1.2)])
        return path

    return _make


def write_metrics(path: Path, rows: list[tuple[Any, ...]]) -> None:
    with (path / "metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["renders", "best/distance", "episode/distance", "evaluation/distance"])
        writer.writerows(rows)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason='the page is tested with pip install "raveforce[dev]"')
    if not CHROMIUM.exists():
        pytest.skip(f"the page is tested in {CHROMIUM}, which is not there (apt-get install chromium)")
    quiet = ("background-networking", "component-update", "sync", "gpu", "quic")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in quiet)],
        )
        yield browser
        browser.close()
