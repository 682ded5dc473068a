"""Imports run one way, and the environment alone stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import raveforce

ROOT = Path(__file__).resolve().parent.parent

# Each may import those to its right, never the other way round.
ROOMS = ("run", "experiments", "agents", "raveforce")

# Inside raveforce: the lower may not know the higher.
FLOORS = {
    "raveforce.registry": 0,
    "raveforce.ids": 0,
    "raveforce._cache": 0,
    "raveforce._compile": 0,
    "raveforce._numba_cache": 0,
    "raveforce._subnormals": 0,
    "raveforce._threads": 0,
    "raveforce._imports": 0,
    "raveforce._options": 0,
    "raveforce._console": 0,
    "raveforce.glicol": 0,
    "raveforce.expressions": 0,
    "raveforce.audio": 0,
    "raveforce.fourier": 1,
    "raveforce.spectra": 2,
    "raveforce.parameters": 2,
    "raveforce.parameter_space": 2,
    "raveforce.distances": 3,
    "raveforce.augmentation": 3,
    "raveforce.recordings": 3,
    "raveforce.faults": 3,
    "raveforce.targets": 3,
    "raveforce.actions": 3,
    "raveforce.plotting": 3,
    "raveforce.frames": 3,
    "raveforce.rewards": 3,
    "raveforce.observations": 3,
    "raveforce.task": 3,
    "raveforce.episodes": 4,
    "raveforce.spec": 5,
    "raveforce.env": 6,
    "raveforce.writing": 6,
    "raveforce.tasks": 7,
    "raveforce.imitation": 8,
    "raveforce.wrappers": 7,
    "raveforce.rows": 7,
    "raveforce.vector": 8,
    "raveforce.sb3": 8,
    "raveforce": 9,
    "raveforce.cli": 10,
    "raveforce.__main__": 11,
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
        module = module_name(path)
        for name in imports(path):
            if name.startswith("raveforce."):
                assert floor(name) <= floor(module), f"{module} imports {name}"


def test_glicol_knows_nothing_of_the_rest() -> None:
    allowed = ("raveforce.glicol", "raveforce.registry")
    allowed += ("raveforce._cache", "raveforce._compile", "raveforce._imports", "raveforce._subnormals")
    allowed += ("raveforce._threads",)
    for path in modules("raveforce/glicol"):
        for name in imports(path):
            assert not name.startswith("raveforce.") or name.startswith(allowed), f"{path} imports {name}"


def test_the_spectra_know_nothing_of_the_language() -> None:
    for room in ("raveforce/fourier", "raveforce/spectra.py"):
        for path in modules(room) or [ROOT / room]:
            assert not any(name.startswith("raveforce.glicol") for name in imports(path)), path


# Module to module, where an import inside a function closes a circle on purpose: say why.
CIRCLES_ON_PURPOSE: set[tuple[str, str]] = set()


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def import_graph(folder: str) -> dict[str, set[str]]:
    """What every module imports, in its functions too. That a module's import runs its packages first is left out."""
    names = {module_name(path) for path in modules(folder)}
    graph: dict[str, set[str]] = {}
    for path in modules(folder):
        module = module_name(path)
        graph[module] = set()
        for name in imports(path):
            while name and name not in names:
                name = name.rpartition(".")[0]
            if name and name != module and (module, name) not in CIRCLES_ON_PURPOSE:
                graph[module].add(name)
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Some circle of modules that import each other; empty if there is none."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for imported in sorted(graph[module]):
            found = visit(imported, [*path, module])
            if found:
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := visit(module, []))), [])


@pytest.mark.parametrize("room", ["raveforce", "agents", "experiments", "benchmarks"])
def test_no_files_import_each_other_in_a_circle(room: str) -> None:
    assert not circle(import_graph(room))


def test_a_circle_would_be_found() -> None:
    graph = import_graph("raveforce")
    assert graph["raveforce.glicol.wasm.machine"] >= {"raveforce.glicol.protocol", "raveforce.glicol.wasm.runtime"}
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_commands_start_in_one_manner() -> None:
    """Each takes key=value and --help: by ``run_command``, or by Hydra where settings compose."""
    commands = [
        path for room in ("experiments", "benchmarks") for path in modules(room) if "__main__" in path.read_text()
    ]
    assert len(commands) > 10
    for path in commands:
        found = imports(path)
        assert "argparse" not in found, path
        assert {"experiments.config.options.run_command", "hydra"} & found, path


HEAVY = (
    *("torch", "stable_baselines3", "sb3_contrib", "wandb", "matplotlib", "pandas", "librosa", "sklearn"),
    *("scipy", "numba", "llvmlite", "wasmtime", "lark", "soundfile", "jinja2", "psutil"),
)
"""What takes long to import."""


def imported_modules(code: str) -> set[str]:
    """Modules that are there after some code has run in an interpreter of its own."""
    code = f"import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stderr.split())


def imported(code: str) -> set[str]:
    """Packages that are there after some code has run in an interpreter of its own."""
    return {name.partition(".")[0] for name in imported_modules(code)}


def test_importing_raveforce_is_light() -> None:
    found = imported_modules("import raveforce")
    assert not {name.partition(".")[0] for name in found} & {*HEAVY, "hydra", "omegaconf"}
    assert {name for name in found if name.startswith("raveforce.")} == {"raveforce.ids", "raveforce._console"}


def test_rendering_loads_the_language_alone() -> None:
    found = imported_modules("import raveforce; raveforce.render")
    rooms = {name.split(".")[1] for name in found if name.startswith("raveforce.") and "._" not in name}
    assert rooms == {"ids", "glicol", "registry"}


def test_a_first_sound_loads_nothing_to_compile_with() -> None:
    raveforce.render("o: sin 440", 0.01)  # compiled, if it was not
    found = imported_modules("import raveforce; raveforce.render('o: sin 440', 0.01)")
    assert "numba" in found
    assert not {"scipy.linalg", "numba.np.arraymath", "numba.cpython.unicode"} & found


def test_what_is_loaded_later_is_there() -> None:
    for name in raveforce.__all__:
        assert name in dir(raveforce)
        assert getattr(raveforce, name).__name__ == name
    assert "raveforce.tasks.kick" in imported_modules("import raveforce; raveforce.tasks")


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(AttributeError, match=r"module 'raveforce' has no attribute 'rendre'"):
        _ = raveforce.rendre  # type: ignore[attr-defined]


def test_the_parts_of_writing_are_enough_to_make_its_environments() -> None:
    found = imported_modules(
        "from raveforce.writing.task import WritingTask\n"
        "from raveforce.writing.language import Language\n"
        "from raveforce.targets import FixedTarget\n"
        "from raveforce.spec import complete\n"
        "made = complete(WritingTask(Language(), FixedTarget([0.1] * 4096)))\n"
        "assert type(made).__name__ == 'WritingSpec', made"
    )
    assert "raveforce.writing.spec" in found


def test_help_is_light() -> None:
    run = "import runpy; sys.argv = ['run.py', '--help']\ntry: runpy.run_path('run.py', run_name='__main__')\n"
    found = imported(f"{run}except SystemExit: pass")
    assert "hydra" in found
    assert not found & set(HEAVY)


def test_a_short_run_loads_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    arguments = ["run.py", "debug=fast", "total_timesteps=102", "progress=false", f"hydra.run.dir={tmp_path}/run"]
    run = f"import runpy; sys.argv = {arguments}\nrunpy.run_path('run.py', run_name='__main__')"
    found = imported_modules(run)
    assert {"torch", "numba", "jinja2"} <= found
    assert (tmp_path / "run" / "report.html").exists()
    unused = {
        "wandb",
        "matplotlib",
        "pandas",
        "librosa",
        "sklearn",
        "sb3_contrib",
        "torch._dynamo",
        "wasmtime",
        "tensorboard",
    }
    assert not (unused | {"scipy.fft", "scipy.io", "scipy.signal", "scipy.special"}) & found
