"""The cache of compiled modules: quick when sound, harmless when not."""

import json

import pytest

from raveforce.glicol.wasm.modules import compiled


class Compiler:
    """Stands in for a runtime: a module is a list, and compiling is counted."""

    def __init__(self, version="1.0"):
        self.version = version
        self.compilations = 0

    def __call__(self, binary):
        return compiled(
            binary,
            runtime=f"fake-{self.version}",
            compile=self.compile,
            serialize=lambda module: json.dumps(module).encode(),
            deserialize=json.loads,
        )

    def compile(self, binary):
        self.compilations += 1
        return ["compiled", binary.decode()]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path))
    return tmp_path / "modules"


def test_the_second_time_it_is_loaded():
    compiler = Compiler()
    assert compiler(b"a") == compiler(b"a") == ["compiled", "a"]
    assert compiler.compilations == 1


def test_another_binary_or_version_has_its_own_entry(cache):
    compiler, newer = Compiler(), Compiler("1.1")
    assert compiler(b"a") != compiler(b"b")
    newer(b"a")
    assert (compiler.compilations, newer.compilations) == (2, 1)
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("damage", [lambda entry: b"", lambda entry: entry[:-1], lambda entry: entry[:-1] + b"?"])
def test_a_damaged_entry_never_reaches_the_runtime_and_is_rebuilt(cache, damage):
    compiler = Compiler()
    compiler(b"a")
    (entry,) = cache.iterdir()
    sound = entry.read_bytes()
    entry.write_bytes(damage(sound))
    assert compiler(b"a") == ["compiled", "a"]
    assert compiler.compilations == 2
    assert entry.read_bytes() == sound


def test_an_entry_that_the_runtime_refuses_is_rebuilt(monkeypatch):
    compiler = Compiler()
    compiler(b"a")

    def refuse(content):
        raise RuntimeError("made by another build")

    monkeypatch.setattr(json, "loads", refuse)
    assert compiler(b"a") == ["compiled", "a"]
    assert compiler.compilations == 2


def test_a_cache_that_cannot_be_written_is_no_hindrance(cache):
    cache.write_text("a file where the folder should be")
    compiler = Compiler()
    assert compiler(b"a") == compiler(b"a") == ["compiled", "a"]
    assert compiler.compilations == 2
