import errno
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from experiments.records.checkpoints import CheckpointError, Checkpoints


def writing(text: str) -> object:
    return lambda folder: (folder / "state").write_text(text)


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for renders in (10, 20, 30):
        checkpoints.save(renders, writing(f"at {renders}"))
    return checkpoints


def test_the_newest_two_are_kept(checkpoints: Checkpoints) -> None:
    assert sorted(os.listdir(checkpoints.path)) == ["000000020", "000000030"]
    newest = checkpoints.newest()
    assert newest is not None
    assert (newest.renders, (newest.path / "state").read_text()) == (30, "at 30")


def test_no_checkpoint_is_not_an_error(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").newest() is None


@pytest.mark.parametrize("damage", ["cut", "changed", "gone", "no manifest", "manifest cut", "manifest deep"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    checkpoints: Checkpoints, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    folder = checkpoints.found()[0].path
    state, manifest = folder / "state", folder / "manifest.json"
    match damage:
        case "cut":
            os.truncate(state, 2)
        case "changed":
            state.write_text("at 31")
        case "gone":
            state.unlink()
        case "no manifest":
            manifest.unlink()
        case "manifest cut":
            os.truncate(manifest, 5)
        case "manifest deep":
            manifest.write_text("[" * 100_000)
    newest = checkpoints.newest()
    assert newest is not None
    assert newest.renders == 20
    assert f"{folder} is damaged" in caplog.text
    # Reached again, the damaged one is replaced.
    checkpoints.save(30, writing("at 30"))
    checkpoints.found()[0].verify()


@pytest.mark.parametrize("harm", ["above", "absolute", "link", "folder", "unknown", "pipe"])
def test_nothing_outside_a_checkpoint_is_read(checkpoints: Checkpoints, tmp_path: Path, harm: str) -> None:
    folder = checkpoints.found()[0].path
    outside = tmp_path / "outside"
    outside.write_text("elsewhere")
    digest = hashlib.sha256(b"elsewhere").hexdigest()
    named = {"above": "../../outside", "absolute": str(outside), "link": "state"}.get(harm)
    if harm == "link":
        (folder / "state").unlink()
        (folder / "state").symlink_to(outside)
    elif harm == "folder":
        shutil.move(folder, tmp_path / "moved")
        folder.symlink_to(tmp_path / "moved")
    elif harm == "pipe":
        (folder / "state").unlink()
        os.mkfifo(folder / "state")
    elif harm == "unknown":
        (folder / "replay.npz").write_text("put here by hand")
    if named is not None:
        (folder / "manifest.json").write_text(json.dumps({named: digest}))
    with pytest.raises(CheckpointError, match=r"leads elsewhere|does not know|state is missing, or no file"):
        checkpoints.found()[0].verify()


NAMES = st.text(max_size=5) | st.sampled_from(
    ["state", "..", ".", "", "/", "~", "a/b", "\0", "a\0b", "x" * 300, "./state", "manifest.json", "/dev/zero", "-rf"]
)
DIGEST = hashlib.sha256(b"at 30").hexdigest()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAMES | st.sampled_from([DIGEST, DIGEST.upper()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
MANIFESTS = st.one_of(
    st.binary(max_size=40),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.builds(bytes.__mul__, st.sampled_from([b"[", b'{"state":', b'"', b"9"]), st.sampled_from([10, 5000, 200_000])),
    st.integers(0, 60).map(lambda end: json.dumps({"state": DIGEST}).encode()[:end]),
    st.sampled_from(["utf-16", "utf-32", "utf-8-sig"]).map(lambda code: json.dumps({"state": DIGEST}).encode(code)),
)


@given(content=MANIFESTS)
@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_manifest_that_was_not_written_is_refused(checkpoints: Checkpoints, content: bytes) -> None:
    assume(content != json.dumps({"state": DIGEST}).encode())
    (checkpoints.found()[0].path / "manifest.json").write_bytes(content)
    with pytest.raises(CheckpointError):
        checkpoints.found()[0].verify()


def test_when_all_are_damaged_it_says_so(checkpoints: Checkpoints) -> None:
    for checkpoint in checkpoints.found():
        os.truncate(checkpoint.path / "state", 0)
    with pytest.raises(
        CheckpointError, match=r"no checkpoint is left to go on from: .*000000030 is damaged.*000000020"
    ):
        checkpoints.newest()


def test_a_write_that_fails_leaves_the_others_alone(checkpoints: Checkpoints) -> None:
    def full(folder: Path) -> None:
        (folder / "state").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(40, full)
    assert sorted(os.listdir(checkpoints.path)) == ["000000020", "000000030"]


def test_what_a_killed_process_left_is_swept_up(checkpoints: Checkpoints) -> None:
    left = checkpoints.path / ".partial-killed"
    left.mkdir()
    (left / "state").write_text("half")
    assert checkpoints.found()[0].renders == 30
    checkpoints.save(40, writing("at 40"))
    assert sorted(os.listdir(checkpoints.path)) == ["000000030", "000000040"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    checkpoints = Checkpoints(small_disk / "checkpoints")
    checkpoints.save(10, lambda folder: (folder / "state").write_bytes(b"x" * 100_000))
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(20, lambda folder: (folder / "state").write_bytes(b"x" * 200_000))
    newest = checkpoints.newest()
    assert newest is not None
    assert newest.renders == 10
    assert os.listdir(checkpoints.path) == ["000000010"]
