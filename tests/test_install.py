"""What a new user gets: the built wheel, installed alone in an environment of its own, plays the README's snippet."""

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parent.parent


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=900, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done  # type: ignore[no-any-return]


def snippet() -> str:
    """The README's Python example that uses a recording."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    (found,) = (block for block in blocks if "YOUR_KICK_DRUM_SAMPLE" in block)
    return str(found)


@pytest.mark.install
@pytest.mark.xdist_group("install")
def test_the_wheel_alone_plays_the_snippet(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"raveforce/py.typed", "raveforce/sb3.py"} <= set(names)
    assert "raveforce/glicol/wasm/block_loop.wat" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"raveforce"}
    assert not any(name.endswith(".wasm") for name in names), "the engine's binary is fetched, not shipped"

    venv.create(tmp_path / "venv", with_pip=True)
    python = next(path for path in (tmp_path / "venv").glob("*/python*") if path.stem == "python")
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel)
    installed = run(python, "-m", "pip", "list").stdout
    for heavy in ("torch", "stable", "hydra", "wandb", "librosa", "scikit"):
        assert heavy not in installed

    sound = 0.8 * np.sin(np.arange(12000) / 100) * np.linspace(1, 0, 12000)
    soundfile.write(tmp_path / "kick.wav", sound, 48000)
    (tmp_path / "snippet.py").write_text(
        snippet().replace("YOUR_KICK_DRUM_SAMPLE", "kick") + "\nprint(observation.shape, reward, terminated)\n"
    )
    shown = run(python, "snippet.py", cwd=tmp_path).stdout
    assert re.match(r"\(12000,\) -\d\.\d+ True", shown)

    # Tasks, distances, rewards and observations of one's own need no more.
    module, example = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "extending.md").read_text(), re.S)[:2]
    module = module.replace("from agents.search import Search\n", "").partition("class GridSearch")[0]
    (tmp_path / "my_sounds.py").write_text(module, encoding="utf-8")
    (tmp_path / "example.py").write_text(f"{example}\nprint(env.reset(seed=0)[0].shape)\n", encoding="utf-8")
    assert run(python, "example.py", cwd=tmp_path).stdout == "(8,)\n"

    # The command imitates a drum, without PyTorch and without matplotlib.
    command = python.with_name("raveforce")
    said = run(command, "imitate", "kick.wav", "--renders", 200, "--out", "imitations", cwd=tmp_path).stdout
    assert "no picture" in said
    code = (tmp_path / "imitations" / "kick" / "program.glicol").read_text(encoding="utf-8")
    assert code.split("\n", 1)[1].strip() in said
    run(command, "render", "imitations/kick/program.glicol", "-o", "again.wav", "--seconds", 0.2, cwd=tmp_path)
    again, imitation = (soundfile.read(tmp_path / name)[0] for name in ("again.wav", "imitations/kick/imitation.wav"))
    shared = min(len(again), len(imitation))
    np.testing.assert_array_equal(again[:shared], imitation[:shared])
