"""Large libraries are loaded beside other work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agents.ahead import LIBRARIES, load_ahead

ROOT = Path(__file__).resolve().parents[2]


def ended(code: str) -> str:
    begin = "from agents.ahead import load_ahead; load_ahead()\n"
    done = subprocess.run([sys.executable, "-c", begin + code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux")
def test_the_libraries_are_loaded_without_their_packages() -> None:
    code = "import sys, threading\n[one.join() for one in threading.enumerate()[1:]]\n"
    found = ended(f"{code}print('torch' in sys.modules, open('/proc/self/maps').read())")
    assert found.startswith("False")
    for place in LIBRARIES.values():
        assert Path(place).name in found


def test_a_process_may_end_while_they_are_loaded() -> None:
    assert ended("") == ""


def test_the_packages_find_them() -> None:
    assert ended("import torch, llvmlite.binding\nprint(torch.ones(2).sum().item())") == "2.0\n"


def test_a_package_that_is_missing_is_left_for_its_import_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARIES, "no_such_package", "lib.so")
    monkeypatch.setitem(LIBRARIES, "llvmlite", "binding/no_such_library.so")
    load_ahead()
