"""The two runtimes: which is taken, and that they sound the same."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from raveforce.glicol import EngineUnavailable, open_engine, render
from raveforce.glicol.wasm.binary import binary_path
from raveforce.glicol.wasm.runtimes import open_runtime

ROOT = Path(__file__).parents[3]


def test_wasmtime_is_the_default(monkeypatch):
    monkeypatch.delenv("RAVEFORCE_WASM_RUNTIME", raising=False)
    assert open_runtime().name == "wasmtime"
    assert open_runtime() is open_runtime("wasmtime")


def test_the_environment_chooses_another(monkeypatch):
    monkeypatch.setenv("RAVEFORCE_WASM_RUNTIME", "v8")
    with pytest.raises(ValueError, match=r"v8.*wasmtime, wasmer"):
        open_runtime()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="wasmer runs on Python 3.10 and earlier")
def test_wasmer_says_why_it_is_not_to_be_had(monkeypatch):
    with pytest.raises(EngineUnavailable, match=r"3\.11.*wasmtime"):
        open_engine("o: sin 440", kind="wasm", runtime="wasmer")
    monkeypatch.setattr("raveforce.glicol.wasm.runtimes.LAST_FOR_WASMER", sys.version_info[:2])
    with pytest.raises(EngineUnavailable, match=r"raveforce\[wasmer\]"):
        open_engine("o: sin 440", kind="wasm", runtime="wasmer")


# What runs under Python 3.10: renders each program on both runtimes, and tries what wasmer must refuse.
BOTH = """
import json, sys, threading
import numpy as np
import raveforce.glicol as g

found = {}
for name, code in json.loads(sys.argv[1]).items():
    sounds = []
    for runtime in ("wasmtime", "wasmer"):
        engine = g.open_engine(g.Program.literal(code), kind="wasm", runtime=runtime)
        engine.play([[]], 777)
        engine.reset()
        sounds.append(engine.play([[]], 20000).tobytes())
    found[name] = sounds[0] == sounds[1] and any(sounds[0])

def refused(use):
    try:
        use()
    except (g.GlicolError, g.EngineUnavailable) as error:
        return str(error)

wasmer = g.open_engine("o: sin {}", kind="wasm", runtime="wasmer")
wasmer.play([[4]], 10)
said = [
    refused(lambda: g.open_engine(g.Program.literal("o: meta `loop { }`"), kind="wasm", runtime="wasmer")),
    refused(lambda: g.render("o: sin ~x", 0.1, engine="wasm", runtime="wasmer")),
    refused(lambda: g.render("o: saw 1 >> pan 0.1", 0.1, engine="wasm", runtime="wasmer")),
]
thread = threading.Thread(target=lambda: said.append(refused(lambda: wasmer.play([[4]], 1000))))
thread.start()
thread.join()
print(json.dumps([found, said]))
"""

SAME = {
    "kick": "~env: imp 0.1 >> envperc 0.01 0.2\nkick: sin 60 >> mul ~env",
    "bass": "~t: speed 8.0 >> seq 60 _67 72_48 50\no: saw ~t >> lpf 900 1.5",
    "delays": "o: saw 30 >> mul 0.3 >> delayn 300 >> delayms 90 >> onepole 0.4",
    "plate": "o: imp 4 >> plate 0.4",
    "noise": "o: noise 7 >> hpf 3000 1.2",
    "chains": "\n".join(f"o{n}: sin {100 + 37 * n}.3 >> mul 0.{n + 1}" for n in range(9)),
    "drums": "~a: speed 4.0 >> seq 60\na: ~a >> bd 0.3\nb: ~a >> sn 0.2\nc: ~a >> hh 0.1",
    "fm": "~m: sin 30 >> mul 300 >> add 400\no: tri ~m >> adsr 0.1 0.1 0.5 0.1",
    "nan": "o: saw 100 >> lpf 500 0",
}


def python310() -> str:
    """A Python 3.10 that really runs: RAVEFORCE_PYTHON310, python3.10 on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [
        os.environ.get("RAVEFORCE_PYTHON310"),
        shutil.which("python3.10"),
        *sorted(str(path) for path in pyenv.glob("3.10*/bin/python3.10")),
    ]
    for candidate in filter(None, candidates):
        # A pyenv shim exists but refuses to run when its version is not switched on.
        tried = subprocess.run([candidate, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True)
        if tried.stdout.strip() == b"(3, 10)":
            return candidate
    pytest.skip("no Python 3.10 here (set RAVEFORCE_PYTHON310 to one); wasmer runs on no later one")


@pytest.mark.install
@pytest.mark.slow
def test_wasmer_sounds_the_same_bit_for_bit(tmp_path, glicol_binary):
    subprocess.run([python310(), "-m", "venv", tmp_path / "venv"], check=True, timeout=300)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{ROOT}[wasmer]"]
    installed = subprocess.run(install, capture_output=True, text=True, timeout=3000)
    if installed.returncode:
        if any(sign in installed.stderr for sign in ("No matching distribution", "Connection", "NewConnectionError")):
            pytest.skip(f"the package index is out of reach: {installed.stderr.strip()[-300:]}")
        pytest.fail(installed.stderr[-3000:])
    finished = subprocess.run(
        [python, "-c", BOTH, json.dumps(SAME)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": "", "RAVEFORCE_GLICOL_WASM": str(binary_path())},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stderr
    same, (script, reference, trap, thread) = json.loads(finished.stdout)
    assert same == dict.fromkeys(SAME, True)
    assert "cannot stop" in script
    assert "unknown reference ~x" in reference
    assert "cannot play pan" in trap
    assert "only in the thread" in thread


def test_leaving_python_with_engines_open_is_quiet():
    script = """
from raveforce.glicol import Program, open_engine
codes = "o: sin 440", "o: meta `let a = [0.0]; a.pad(128, 1.0); a`"
engines = [open_engine(Program.literal(code), kind="wasm") for code in codes]
for engine in engines:
    engine.play([[]], 1000)
"""
    finished = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_the_block_loop_is_in_the_package():
    import raveforce.glicol.wasm

    assert (Path(raveforce.glicol.wasm.__file__).parent / "block_loop.wat").is_file()


def test_a_damaged_compiled_module_is_rebuilt_in_a_new_process(tmp_path, glicol_binary):
    environment = {
        **os.environ,
        "RAVEFORCE_GLICOL_WASM": str(binary_path()),
        "RAVEFORCE_CACHE": str(tmp_path),
    }
    command = [
        sys.executable,
        "-c",
        "from raveforce.glicol import render; print(render('o: sin 440', 0.1, engine='wasm').sum())",
    ]

    def run():
        finished = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True
        )
        return finished.stdout

    first = run()
    (entry,) = (tmp_path / "modules").iterdir()
    sound = entry.read_bytes()
    entry.write_bytes(sound[:-5] + b"mould")
    assert run() == first
    rebuilt = entry.read_bytes()
    assert rebuilt[:32] == hashlib.sha256(rebuilt[32:]).digest()
    assert float(first) == pytest.approx(float(render("o: sin 440", 0.1, engine="wasm").sum()), abs=1e-3)
