"""The live view: what is new shows, what plays goes on, and other hosts are not answered."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette", reason='the live view is tested with pip install "raveforce[watch]"')
import uvicorn

from experiments import watch
from experiments.config.errors import ConfigError
from experiments.watch import LivePage, application
from raveforce import audio as audio_files

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def runs(make_run: Callable[..., Path], tmp_path: Path) -> Path:
    make_run(tmp_path / "runs" / "first")
    return tmp_path / "runs"


@pytest.fixture
def address(runs: Path) -> Iterator[tuple[str, int]]:
    """Where the runs are served."""
    config = uvicorn.Config(application(LivePage([runs], every=0.2)), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + 120
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join(20)


def ask(address: tuple[str, int], **headers: str) -> tuple[int, str, str]:
    """Status, ETag and text of an answer."""
    connection = http.client.HTTPConnection(*address, timeout=120)
    connection.request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("ETag", ""), text


def test_the_page_is_sent_again_only_when_a_file_has_changed(
    address: tuple[str, int], runs: Path, make_run: Callable[..., Path]
) -> None:
    status, tag, text = ask(address)
    assert status == 200
    assert 'aria-label="first"' in text
    assert 'data-live="0.2"' in text
    assert ask(address, If_None_Match=tag) == (304, "", "")
    with (runs / "first" / "metrics.csv").open("a") as file:
        file.write("60,0.1,0.2,0.3\n")
    status, other_tag, _ = ask(address, If_None_Match=tag)
    assert (status, other_tag != tag) == (200, True)
    make_run(runs / "second")
    assert 'aria-label="second"' in ask(address, If_None_Match=other_tag)[2]


def test_only_runs_that_have_changed_are_read_anew(
    runs: Path, make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(runs / "second")
    read: list[str] = []
    original = watch.read_run
    monkeypatch.setattr(watch, "read_run", lambda path, name: (read.append(name), original(path, name))[1])
    page = LivePage([runs])
    page.render()
    page.render()
    audio_files.write(runs / "second" / "best.wav", np.full(50, 0.1), 44100)
    page.render()
    assert sorted(read[:2]) == ["first", "second"]
    assert read[2:] == ["second"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.1", ""])
def test_other_hosts_are_not_answered(address: tuple[str, int], host: str) -> None:
    status, _, text = ask(address, Host=host)
    assert status == 400
    assert "first" not in text
    assert ask(address, Host="localhost:8770")[0] == 200


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name a folder"):
        watch.main([])
    with pytest.raises(ConfigError, match="port is a whole number, at least 0, at most 65535, and not 70000"):
        watch.main([str(tmp_path), "port=70000"])
    with pytest.raises(ConfigError, match=r"there is no option prot; did you mean port\?"):
        watch.main([str(tmp_path), "prot=8000"])
    with pytest.raises(NotADirectoryError, match="there is no folder"):
        watch.main([str(tmp_path / "nowhere")])


def test_the_command_serves_until_it_is_interrupted(runs: Path) -> None:
    command = [sys.executable, "-m", "experiments.watch", str(runs), "port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.fullmatch(r"1 run, and those to come: http://(127\.0\.0\.1):(\d+)/ \(Ctrl-C ends\)\n", said)
        assert found, said
        assert ask((found[1], int(found[2])))[0] == 200
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=120)
    assert (process.returncode, complaint) == (0, "")


def test_a_port_that_is_taken_is_said(address: tuple[str, int], runs: Path) -> None:
    with pytest.raises(ConfigError, match=f"port {address[1]} cannot be had"):
        watch.main([str(runs), f"port={address[1]}"])


def test_what_plays_is_not_lost_when_the_page_refreshes(
    browser: Any, address: tuple[str, int], runs: Path, make_run: Callable[..., Path]
) -> None:
    complaints: list[str] = []
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("http://{}:{}/".format(*address))
    page.keyboard.press("l")
    page.locator('article:not([hidden]) button[aria-label="Play best"]').click()
    playing = 'article:not([hidden]) figure.playing[data-name="best"]'
    page.wait_for_selector(playing)
    page.locator("details.settings summary").first.click()

    make_run(runs / "second", agent="random")  # there is a table now
    page.wait_for_selector("#table tbody tr:nth-child(2)")
    page.locator("#filter").fill("random")
    page.locator('#table thead button[data-column="agent"]').click()
    (runs / "first" / "summary.json").write_text("{}")  # and another text of the run that plays
    page.wait_for_selector('article[aria-label="first"] .fault')

    page.wait_for_selector(playing)
    assert page.locator("article").count() == 2
    assert page.locator("article:not([hidden])").get_attribute("aria-label") == "first"
    assert page.locator("article:not([hidden]) details.settings").evaluate("one => one.open")
    assert page.locator("#filter").input_value() == "random"
    assert page.locator("#table tbody tr:not([hidden]) a").all_inner_texts() == ["second"]
    assert page.locator('#table thead th[aria-sort="ascending"] button').inner_text() == "agent"
    page.close()
    assert complaints == []
