import pytest

from raveforce.registry import Registry, UnknownName


def shapes() -> Registry[type]:
    made: Registry[type] = Registry("shape", group="raveforce.shapes")
    made.register("circle")(int)
    made.register("square")(float)
    return made


def test_what_is_registered_is_found_in_order() -> None:
    registry = shapes()
    assert registry.get("circle") is int
    assert list(registry) == registry.names() == ["circle", "square"]
    assert len(registry) == 2
    assert "square" in registry
    assert "line" not in registry


def test_a_path_finds_anything() -> None:
    registry = shapes()
    assert registry.get("collections:OrderedDict").__name__ == "OrderedDict"
    assert registry.get("os:path.join").__name__ == "join"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("circel", r"unknown shape 'circel'; did you mean circle\? the shapes are circle, square"),
        ("xyz", r"unknown shape 'xyz'; the shapes are circle, square"),
        ("no_such_package:Thing", r"shape 'no_such_package:Thing': .*No module named 'no_such_package'"),
        ("o: sin {}", r"unknown shape 'o: sin \{\}'; the shapes are circle, square"),
        ("..:x", r"unknown shape '\.\.:x'; the shapes are"),
        ("os:path", "os:path is a module, and makes nothing"),
        ("os:Thing", r"shape 'os:Thing': .*no attribute 'Thing'"),
    ],
)
def test_unknown_names_are_explained(name: str, said: str) -> None:
    with pytest.raises(UnknownName, match=said):
        shapes().get(name)


def test_a_name_is_given_once() -> None:
    registry = shapes()
    registry.register("circle")(int)
    with pytest.raises(ValueError, match="there is a shape 'circle' already, builtins:int"):
        registry.register("circle")(str)


def test_names_of_things() -> None:
    assert shapes().name_of(float) == "square"
    assert shapes().name_of(str) == "builtins:str"


def test_modules_are_imported_when_they_are_needed(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "late_shapes.py").write_text("raise ImportError('too early')\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry: Registry[type] = Registry("shape", group="raveforce.shapes", modules=("late_shapes",))
    with pytest.raises(ImportError, match="too early"):
        registry.names()
