"""Imports run one way, and the environment alone stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each may import those to its right, never the other way round.
ROOMS = ("run", "experiments", "agents", "raveforce")

# Inside raveforce: the lower may not know the higher.
FLOORS = {
    "raveforce.glicol": 0,
    "raveforce.expressions": 0,
    "raveforce.audio": 0,
    "raveforce.fourier": 1,
    "raveforce.spectra": 2,
    "raveforce.parameters": 2,
    "raveforce.parameter_space": 2,
    "raveforce.distances": 3,
    "raveforce.spectral_distances": 3,
    "raveforce.targets": 3,
    "raveforce.actions": 3,
    "raveforce.pictures": 3,
    "raveforce.rewards": 3,
    "raveforce.observations": 3,
    "raveforce.task": 3,
    "raveforce.episodes": 4,
    "raveforce.env": 5,
    "raveforce.vector": 6,
    "raveforce.tasks": 6,
    "raveforce": 7,
}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where things come from"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def floor(module: str) -> int:
    """The floor of the nearest room that a module is in."""
    rooms = [room for room in FLOORS if f"{module}.".startswith(f"{room}.")]
    return FLOORS[max(rooms, key=len)]


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS[1:])
def test_rooms_import_only_what_lies_to_their_right(room: str) -> None:
    left = set(ROOMS[: ROOMS.index(room)])
    for path in modules(room):
        for name in imports(path):
            assert name.split(".")[0] not in left, f"{path.relative_to(ROOT)} imports {name}"


def test_inside_raveforce_imports_run_one_way() -> None:
    assert modules("raveforce")
    for path in modules("raveforce"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name in imports(path):
            if name.startswith("raveforce."):
                assert floor(name) <= floor(module), f"{module} imports {name}"


def test_glicol_knows_nothing_of_the_rest() -> None:
    for path in modules("raveforce/glicol"):
        for name in imports(path):
            assert not name.startswith("raveforce.") or name.startswith("raveforce.glicol"), f"{path} imports {name}"


def test_importing_raveforce_is_light() -> None:
    heavy = ["torch", "stable_baselines3", "hydra", "wandb", "matplotlib", "librosa", "numba", "wasmtime"]
    code = f"import sys, raveforce; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
