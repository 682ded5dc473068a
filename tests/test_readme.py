"""What the README shows works as shown."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

import raveforce
from raveforce.env import RaveForceEnv
from raveforce.tasks.kick import kick_808

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_python(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "YOUR_KICK_DRUM_SAMPLE.wav", kick_808(48000), 48000)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(code, names)  # our own README, not somebody's text
    if "terminated" in names:
        assert names["terminated"] is True
    else:
        assert names["sound"].shape == (88200,)  # type: ignore[attr-defined]


def test_the_task_of_15_lines(tmp_path: Path) -> None:
    (text,) = blocks("yaml")
    assert len(text.strip().splitlines()) <= 15
    soundfile.write(tmp_path / "bell.wav", kick_808(44100), 44100)
    spec = yaml.safe_load(text)
    spec["target"] = str(tmp_path / "bell.wav")
    env = RaveForceEnv(raveforce.define(**spec))
    env.reset(seed=0)
    *_, info = env.step(np.zeros(5, np.float32))
    assert info["fault"] == ""
    assert env.audio.any()


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_links_lead_somewhere(path: str) -> None:
    assert (Path(__file__).resolve().parent.parent / path).exists()
