import csv
import logging
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from experiments import tracking
from experiments.metrics import MetricsFile
from experiments.tracking import WandbTracker


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_metrics_come_as_rows_and_new_columns_find_their_place(tmp_path: Path) -> None:
    metrics = MetricsFile(tmp_path / "metrics.csv")
    metrics.write({"b": 1.0, "time/fps": 9}, {}, 10)
    metrics.write({"b": 2.0}, {}, 20)
    metrics.write({"a": 0.1, "c": 3, "text": "words"}, {}, 30)
    metrics.write({"b": 4.0}, {}, 40)
    assert (tmp_path / "metrics.csv").read_text().splitlines() == [
        "renders,a,b,c",
        "10,,1.0,",
        "20,,2.0,",
        "30,0.1,,3.0",
        "40,,4.0,",
    ]


def offline_records(folder: Path) -> list[Any]:
    """Read W&B's own file of an offline run: a LevelDB log of protobuf records behind a header of 7 bytes.

    A log comes in blocks of 32 KiB; a record's parts each have a header of checksum (4 bytes), length (2) and
    type (1): whole, first, middle or last.
    """
    from wandb.proto import wandb_internal_pb2

    (path,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    data, block, records, parts = path.read_bytes(), 32768, [], b""
    position = 7
    while position + 7 <= len(data):
        if block - position % block < 7:  # too little is left in this block for a header
            position += block - position % block
            continue
        length, kind = struct.unpack_from("<HB", data, position + 4)
        parts += data[position + 7 : position + 7 + length]
        position += 7 + length
        if kind in (1, 4):
            records.append(wandb_internal_pb2.Record.FromString(parts))
            parts = b""
    return records


def history(folder: Path) -> list[dict[str, str]]:
    return [
        {(item.key or ".".join(item.nested_key)): item.value_json for item in record.history.item}
        for record in offline_records(folder)
        if record.WhichOneof("record_type") == "history"
    ]


def test_an_offline_run_holds_every_row_once(tmp_path: Path) -> None:
    trackers = [WandbTracker(tmp_path / name, {"seed": 1}) for name in ("one", "two")]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    for step in (10, 20):
        for tracker in trackers:  # two runs in one process do not merge
            tracker.write({"best/distance": 1 / step, "time/fps": 3}, {}, step)
    for tracker in trackers:
        tracker.finish(dict, {"score": 0.5})
    for name in ("one", "two"):
        logged = [row for row in history(tmp_path / name) if "best/distance" in row]
        assert [(row["renders"], row["best/distance"]) for row in logged] == [("10", "0.1"), ("20", "0.05")]
        assert "time/fps" not in logged[0]


def test_a_failing_tracker_harms_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    tracker = WandbTracker(tmp_path, {}, mode="nonsense")
    tracker.write({"a": 1.0}, {}, 1)
    tracker.finish(dict, {})
    assert "tracking stopped, the run goes on without it" in caplog.text


def test_a_hanging_tracker_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import wandb

    released = threading.Event()
    monkeypatch.setattr(wandb, "init", lambda **settings: released.wait(30))
    tracker = WandbTracker(tmp_path, {}, timeout=0.2)
    tracker.write({"a": 1.0}, {}, 1)
    tracker.finish(dict, {})
    released.set()
    assert "did not end within 0.2 s" in caplog.text
    assert tracking.log.name in {record.name for record in caplog.records}
