"""How the engine's binary is found, fetched, checked and cached."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from raveforce._cache import cache_folder, write_atomically
from raveforce.glicol import EngineUnavailable
from raveforce.glicol.wasm import binary as module
from raveforce.glicol.wasm.binary import GLICOL_SHA256, GLICOL_SIZE, binary_path, load_binary

FAKE_NPM = """#!{python}
import pathlib, sys
assert sys.argv[1:3] == ["pack", "glicol@0.4.0"], sys.argv
pathlib.Path("glicol-0.4.0.tgz").write_bytes(pathlib.Path({tarball!r}).read_bytes())
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache and nothing chosen, on a machine with neither npm nor a network."""
    monkeypatch.delenv("RAVEFORCE_GLICOL_WASM", raising=False)
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    return tmp_path / "cache"


@pytest.fixture
def npm(tmp_path, monkeypatch, cache):
    """Put an npm on the path that packs a file of ours; call it with the file's content."""

    def install(content):
        tarball = tmp_path / "packed.tgz"
        with tarfile.open(tarball, "w:gz") as tar:
            member = tarfile.TarInfo("package/glicol_wasm.wasm")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        command = tmp_path / "bin" / "npm"
        command.parent.mkdir(exist_ok=True)
        command.write_text(FAKE_NPM.format(python=sys.executable, tarball=str(tarball)))
        command.chmod(0o755)

    return install


def test_the_binary_is_the_one_we_know(glicol_binary):
    assert len(glicol_binary) == GLICOL_SIZE
    assert hashlib.sha256(glicol_binary).hexdigest() == GLICOL_SHA256


def test_a_chosen_file_comes_first(tmp_path, monkeypatch, cache, glicol_binary):
    chosen = tmp_path / "mine.wasm"
    chosen.write_bytes(glicol_binary)
    monkeypatch.setenv("RAVEFORCE_GLICOL_WASM", str(chosen))
    assert load_binary() == glicol_binary
    assert binary_path() == chosen
    assert not cache.exists()


def test_a_chosen_file_that_is_something_else_is_refused(tmp_path, monkeypatch, cache):
    chosen = tmp_path / "mine.wasm"
    chosen.write_bytes(b"something else")
    monkeypatch.setenv("RAVEFORCE_GLICOL_WASM", str(chosen))
    with pytest.raises(EngineUnavailable) as caught:
        load_binary()
    for part in (str(chosen), GLICOL_SHA256, hashlib.sha256(b"something else").hexdigest()):
        assert part in str(caught.value)


def test_a_chosen_file_that_is_missing_is_refused(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("RAVEFORCE_GLICOL_WASM", str(tmp_path / "gone.wasm"))
    with pytest.raises(EngineUnavailable, match=r"gone\.wasm"):
        load_binary()


def test_it_is_fetched_through_npm_and_kept(cache, npm, glicol_binary):
    npm(glicol_binary)
    assert load_binary() == glicol_binary
    assert [path.name for path in cache.iterdir()] == ["glicol-0.4.0.wasm"]
    npm(b"npm is not asked again")
    assert load_binary() == glicol_binary


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_damaged_cache_is_fetched_anew(cache, npm, glicol_binary, damage):
    npm(glicol_binary)
    cache.mkdir()
    (cache / "glicol-0.4.0.wasm").write_bytes(glicol_binary[:-1] + b"!" if damage is None else damage)
    assert load_binary() == glicol_binary
    assert (cache / "glicol-0.4.0.wasm").read_bytes() == glicol_binary


def test_what_npm_brings_is_checked_and_the_ways_out_are_said(cache, npm):
    npm(b"something else")
    with pytest.raises(EngineUnavailable) as caught:
        load_binary()
    said = str(caught.value)
    for part in (
        "npm: sha256",
        "CDN: ",
        "RAVEFORCE_GLICOL_WASM",
        "install npm",
        str(cache / "glicol-0.4.0.wasm"),
    ):
        assert part in said
    assert not cache.exists()


def test_the_cdn_comes_after_npm(cache, monkeypatch, glicol_binary):
    import pooch

    def retrieve(url, known_hash, fname, path, downloader):
        assert url.endswith("/glicol@0.4.0/glicol_wasm.wasm")
        assert known_hash == f"sha256:{GLICOL_SHA256}"
        (Path(path) / fname).write_bytes(glicol_binary)
        return str(Path(path) / fname)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert load_binary() == glicol_binary


def test_a_cache_that_cannot_be_written_is_no_hindrance(cache, npm, glicol_binary, caplog):
    npm(glicol_binary)
    cache.write_text("a file where the folder should be")
    assert load_binary() == glicol_binary
    assert "could not be cached" in caplog.text


def test_fetching_at_once_does_no_harm(cache, npm, glicol_binary):
    npm(glicol_binary)
    with ThreadPoolExecutor(4) as pool:
        fetched = list(pool.map(lambda _: load_binary(), range(4)))
    assert fetched == [glicol_binary] * 4
    assert [path.name for path in cache.iterdir()] == ["glicol-0.4.0.wasm"]


def test_the_command_prints_the_path(cache, npm, glicol_binary, capsys):
    npm(glicol_binary)
    assert module.main() == 0
    assert capsys.readouterr().out.strip() == str(cache / "glicol-0.4.0.wasm")


def test_the_command_fails_with_the_ways_out(cache):
    command = [sys.executable, "-m", "raveforce.glicol.wasm.binary"]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert "Ways out" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_users_cache_is_the_default(monkeypatch):
    monkeypatch.delenv("RAVEFORCE_CACHE", raising=False)
    assert "raveforce" in str(cache_folder())


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []
