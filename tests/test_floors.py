"""The lower bounds of ``pyproject.toml`` are true: the light package plays with the oldest versions it allows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLAY = """
import gymnasium, numpy, raveforce
from click.testing import CliRunner
from raveforce.cli import main

sound = raveforce.render("o: sin 440 >> mul 0.5", 0.1)
numpy.testing.assert_allclose(sound, raveforce.render("o: sin 440 >> mul 0.5", 0.1, engine="wasm"), atol=1e-5)
assert all(numpy.isfinite(value) for value in raveforce.measure(sound, sound / 2).values())
for name in ("Kick-v1", "BassLine-v0", "Match-v0"):
    env = gymnasium.make(f"raveforce/{name}")
    env.reset(seed=0)
    assert numpy.isfinite(env.step(env.action_space.sample())[1])
envs = raveforce.make_vec("kick", 4)
envs.reset(seed=0)
assert (envs.step(envs.action_space.sample())[1] < 0).all()
assert raveforce.imitate(sound, 44100, renders=50).code
assert CliRunner().invoke(main, ["nodes"]).exit_code == 0
print("played")
"""


@pytest.mark.slow
@pytest.mark.install
@pytest.mark.xdist_group("install")
@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_the_light_package_plays(version: str, resolution: str, tmp_path: Path) -> None:
    uv = pytest.importorskip("uv", reason="uv finds the lowest versions").find_uv_bin()
    python = shutil.which(f"python{version}")
    pythons = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if python is None and not pythons:
        pytest.skip(f"there is no Python {version} on this machine")
    here = str(tmp_path / "venv" / "bin" / "python")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in (
        [uv, "venv", "--quiet", "--python", str(pythons[-1]) if pythons else str(python), str(tmp_path / "venv")],
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            here,
            "--resolution",
            resolution,
            "-r",
            str(ROOT / "pyproject.toml"),
        ],
        [here, "-c", PLAY],
    ):
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=900)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert done.stdout.split()[-1] == "played"
