"""When the native engine is compiled, and what it does where it cannot be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from raveforce._compile import compiled_folder
from raveforce.fourier import load
from raveforce.glicol.native.kernel import SOURCES


def test_importing_compiles_nothing():
    code = "import sys, raveforce.glicol, raveforce.glicol.native; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_compiled_code_depends_on_all_its_sources():
    """No module that the kernel imports is missing among those whose change compiles it anew."""
    for package, sources in (("raveforce/glicol/native/kernel", SOURCES), ("raveforce/fourier", load.SOURCES)):
        for path in Path(package).glob("*.py"):
            for name in re.findall(r"^from (raveforce\S*) import", path.read_text(), re.MULTILINE):
                assert name.startswith((*sources, "raveforce._compile", "raveforce._threads")), f"{path} imports {name}"


def test_the_cache_moves_with_the_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path))
    folder = compiled_folder("native", *SOURCES)
    assert folder.is_relative_to(tmp_path / "native")


WITHOUT_COMPILATION = """
import numpy as np
from raveforce.glicol import EngineUnavailable, open_engine
from raveforce import spectra
assert open_engine("o: sin 440").kind == "wasm"
assert open_engine("o: sin 440", kind="wasm").play([[]], 100).any()
assert spectra.power(np.ones((1, 4096), np.float32), n_fft=1024, hop_length=256).any()
try:
    open_engine("o: sin 440", kind="native")
except EngineUnavailable as error:
    print(error)
"""


def test_where_compilation_is_turned_off_the_other_engine_plays():
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILATION],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "NUMBA_DISABLE_JIT is set; use engine='wasm'" in run.stdout


@pytest.mark.slow
def test_a_first_start_compiles_with_a_notice_and_a_second_does_not(tmp_path):
    code = "from raveforce.glicol import open_engine; open_engine('o: sin 3', kind='native').play([[]], 10)"
    notices = []
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={"RAVEFORCE_CACHE": str(tmp_path), "PATH": "", "PYTHONPATH": "."},
        )
        notices.append("compiling the native engine" in run.stderr)
    assert notices == [True, False]
