from pathlib import Path

import pytest

from raveforce._cache import cache_folder, read_checked, write_checked


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_checked(tmp_path / "folder" / "file", b"content")
    assert read_checked(tmp_path / "folder" / "file") == b"content"
    assert read_checked(tmp_path / "none") is None
    assert read_checked(tmp_path / "folder") is None


@pytest.mark.parametrize("damage", [slice(0), slice(10), slice(None, -1), slice(1, None)])
def test_what_is_damaged_is_not_read(tmp_path: Path, damage: slice, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "file"
    write_checked(path, b"content")
    path.write_bytes(path.read_bytes()[damage])
    assert read_checked(path) is None
    assert "is damaged; making it again" in caplog.text


def test_who_has_no_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*arguments: object) -> str:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("RAVEFORCE_CACHE", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", nobody)
    with pytest.raises(OSError, match="no home"):
        write_checked(cache_folder() / "file", b"content")
    assert read_checked(cache_folder() / "file") is None
