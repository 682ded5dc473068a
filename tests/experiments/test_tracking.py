import csv
import json
import logging
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import DictConfig

from experiments import tracking
from experiments.config.checks import check
from experiments.records.log_writers import MetricsFile
from experiments.records.summary import flat
from experiments.study.exports import read_export
from experiments.study.table import row_of_run
from experiments.tracking import WandbTracker
from experiments.train import train

ROOT = Path(__file__).resolve().parents[2]
Configure = Callable[..., DictConfig]
SUMMARY = {"score": 0.5, "renders": 10, "wall_seconds": 1.0, "best": None, "policy": {"distances": {"mss": 1.0}}}


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
    # W&B's own process writes the last of it when the run is over for us.
    deadline = time.monotonic() + 120
    while True:
        records = _parse(folder)
        ends = [record for record in records if record.WhichOneof("record_type") == "exit"]
        if len(ends) == len(list(folder.glob("wandb/offline-run-*"))) or time.monotonic() > deadline:
            return records
        time.sleep(0.1)


def _parse(folder: Path) -> list[Any]:
    from wandb.proto import wandb_internal_pb2

    records = []
    for path in sorted(folder.glob("wandb/offline-run-*/run-*.wandb"), key=lambda path: path.stat().st_mtime_ns):
        data, block, parts = path.read_bytes(), 32768, b""
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
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    trackers = [WandbTracker(tmp_path / name, {"seed": 1}, group="pair") for name in ("one", "two")]
    for step in (10, 20):
        for tracker in trackers:  # two runs in one process do not merge
            tracker.write({"best/distance": 1 / step, "time/fps": 3}, {}, step)
    for tracker in trackers:
        tracker.finish(20, dict, {"score": 0.5})
    for name in ("one", "two"):
        logged = [row for row in history(tmp_path / name) if "best/distance" in row]
        assert [(row["renders"], row["best/distance"]) for row in logged] == [("10", "0.1"), ("20", "0.05")]
        assert "time/fps" not in logged[0]
        assert {record.run.run_group for record in runs(tmp_path / name)} == {"pair"}


def runs(folder: Path) -> list[Any]:
    return [record for record in offline_records(folder) if record.WhichOneof("record_type") == "run"]


def export_of(folder: Path) -> dict[str, Any]:
    """What a table would hold of the run, had it been uploaded and exported."""
    config: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    for record in offline_records(folder):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            config |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
        if kind == "summary":
            found = {
                (item.key or "/".join(item.nested_key)): json.loads(item.value_json) for item in record.summary.update
            }
            summary |= found
    file = folder / "export.json"
    file.write_text(json.dumps([{"name": folder.name, "state": "finished", "config": config, "summary": summary}]))
    (row,), _ = read_export(file)
    return row


def whole_table(folder: Path) -> dict[str, Any]:
    """What the run's folder says of the same columns."""
    row = row_of_run(folder, folder.parent)
    named = {"study": "export", "sweep": "wandb", "folder": folder.name}
    return {key: {**row, **named}[key] for key in export_of(folder)}


def shown(folder: Path, what: str) -> list[int]:
    """At how many renders something was shown."""
    return [int(row["renders"]) for row in history(folder) if what in row or f"{what}._type" in row]


def test_a_whole_run_told_once_though_it_was_broken_off(configure: Configure, tmp_path: Path) -> None:
    cfg = configure("tracking=wandb", "tracking.sounds_every=20", "tracking.tensorboard=true", "checkpoint_every=15")
    cfg.evaluate_every = 30
    train(cfg, tmp_path, report=lambda renders, distance: False)
    assert json.loads((tmp_path / "summary.json").read_text())["renders"] == 30
    train(cfg, tmp_path, resume=True)
    steps = shown(tmp_path, "best/distance")
    assert steps == [int(row["renders"]) for row in rows(tmp_path / "metrics.csv")] == [10, 20, 30, 40]
    assert shown(tmp_path, "sound/target") == [0]
    assert len(runs(tmp_path)) == 2
    assert len({record.run.run_id for record in runs(tmp_path)}) == 1, "the two are one run for W&B"
    best = shown(tmp_path, "sound/best")
    assert best[0] == 20
    assert shown(tmp_path, "program/best") == shown(tmp_path, "spectrogram/best") == best
    sounds = [json.loads(row["sound/best.path"]) for row in history(tmp_path) if "sound/best.path" in row]
    assert all(list(tmp_path.glob(f"wandb/offline-run-*/files/{sound}")) for sound in sounds)

    assert export_of(tmp_path) == whole_table(tmp_path), "the table of a study can be made of the W&B run alone"
    for shown_at_the_end in ("sound/policy", "program/policy", "spectrogram/policy"):
        assert shown(tmp_path, shown_at_the_end) == [30, 40]
    files = {path.relative_to(run).as_posix() for run in tmp_path.glob("wandb/*/files") for path in run.rglob("*.*")}
    logged = {json.loads(value) for row in history(tmp_path) for key, value in row.items() if key.endswith(".path")}
    assert logged <= files, "what was logged lies beside the record, ready to be uploaded"

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("best/distance")] == [10, 20, 30, 40]


def test_the_sweep_file_gives_arguments_that_hydra_takes() -> None:
    sweep = yaml.safe_load((ROOT / "sweeps" / "kick_wandb.yaml").read_text())
    assert (ROOT / sweep["program"]).is_file()
    arguments = [part for part in sweep["command"] if not part.startswith("${")]
    for name, values in sweep["parameters"].items():
        candidates = values.get("values") or [values.get("value", values.get("min"))]
        arguments += [f"{name}={candidates[0]}"]
    check(arguments)
    assert sweep["metric"]["name"] in flat(SUMMARY)


def test_a_failing_tracker_harms_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    tracker = WandbTracker(tmp_path, {}, mode="nonsense")
    tracker.write({"a": 1.0}, {}, 1)
    tracker.finish(1, dict, {})
    assert "tracking stopped, the run goes on without it" in caplog.text


def test_a_hanging_tracker_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import wandb

    released = threading.Event()
    monkeypatch.setattr(wandb, "init", lambda **settings: released.wait(30))
    tracker = WandbTracker(tmp_path, {}, timeout=0.2)
    tracker.write({"a": 1.0}, {}, 1)
    tracker.finish(1, dict, {})
    released.set()
    assert "did not end within 0.2 s" in caplog.text
    assert tracking.log.name in {record.name for record in caplog.records}
