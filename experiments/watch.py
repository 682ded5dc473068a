"""Runs while they go on, in a browser: ``python -m experiments.watch results/runs``.

Serves the page of ``experiments.report`` to this machine alone. It refreshes itself; what plays goes on playing.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from experiments.config.errors import ConfigError
from experiments.config.options import Option, run_command
from experiments.report import Item, find_runs, read_run, report_page
from experiments.report.arguments import read_folders

__all__ = ["LivePage", "application", "main"]

HOST = "127.0.0.1"
OPTIONS = {
    "port": Option("of this machine; 0 takes a free one", 8770, int, least=0, most=65535),
    "every": Option("seconds between two looks at the runs", 2.0, float, least=0.2, most=86_400),
}

_SHOWN = {".csv", ".glicol", ".json", ".txt", ".wav", ".yaml"}

Stamp = tuple[tuple[str, int, int], ...]
"""What the files of a run are: name, time of the last change, size."""


class LivePage:
    """A page of the runs in some folders as they are now; only what has changed is read anew.

    Parameters
    ----------
    folders : of runs, at any depth
    every : seconds after which the page asks again
    """

    def __init__(self, folders: Sequence[Path], *, every: float = 2.0) -> None:
        self.folders = tuple(folders)
        self.every = every
        self._lock = threading.Lock()
        self._read: dict[str, tuple[Stamp, Item]] = {}
        self._made: tuple[str, str] = ("", "")

    def tag(self) -> str:
        """What the page is made of, in few letters: another one when any file has changed."""
        return _digest(self._runs())

    def render(self) -> tuple[str, str]:
        """The page's tag and text."""
        with self._lock:
            runs = self._runs()
            tag = _digest(runs)
            if tag != self._made[0]:
                self._read = {name: self._item(name, *run) for name, run in runs.items()}
                items = [item for _, item in self._read.values()]
                self._made = tag, report_page(items, title=self._title(), live=self.every)
            return self._made

    def _item(self, name: str, path: Path, stamp: Stamp) -> tuple[Stamp, Item]:
        known = self._read.get(name)
        return known if known is not None and known[0] == stamp else (stamp, read_run(path, name))

    def _runs(self) -> dict[str, tuple[Path, Stamp]]:
        """The runs, the last begun first."""
        found = find_runs([folder for folder in self.folders if folder.is_dir()])
        begun = {name: _modified(path / "config.yaml") for name, path in found.items()}
        return {name: (found[name], _stamp(found[name])) for name in sorted(found, key=lambda name: -begun[name])}

    def _title(self) -> str:
        return " + ".join(folder.resolve().name for folder in self.folders)


def application(page: LivePage) -> Starlette:
    """Serve a page, to requests for this machine's own name only: no other site can have a browser read it."""

    def answer(request: Request) -> Response:
        headers = {
            "Cache-Control": "no-cache",
            "Content-Security-Policy": "frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == f'"{page.tag()}"':
            return Response(status_code=304, headers=headers)
        tag, text = page.render()
        return Response(text, media_type="text/html", headers={**headers, "ETag": f'"{tag}"'})

    return Starlette(
        routes=[Route("/", answer)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)],
    )


def main(arguments: Sequence[str]) -> None:
    """Serve until Ctrl-C, as the command line says."""
    folders, options = read_folders(arguments, OPTIONS, doc=__doc__)
    page = LivePage(folders, every=options["every"])
    count = len(find_runs(folders))
    try:
        listening = socket.create_server((HOST, options["port"]))
    except OSError as error:
        raise ConfigError(
            f"port {options['port']} cannot be had ({error.strerror}); port=0 takes a free one"
        ) from error
    server = uvicorn.Server(uvicorn.Config(application(page), log_level="warning", lifespan="off"))
    with listening, contextlib.suppress(KeyboardInterrupt):
        runs = f"{count} run{'s' if count != 1 else ''}, and those to come"
        print(f"{runs}: http://{HOST}:{listening.getsockname()[1]}/ (Ctrl-C ends)", flush=True)
        server.run(sockets=[listening])


def _stamp(folder: Path) -> Stamp:
    stamps = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            if path.suffix in _SHOWN and path.is_file():
                status = path.stat()
                stamps.append((path.name, status.st_mtime_ns, status.st_size))
        except OSError:  # gone between the two
            continue
    return tuple(stamps)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _digest(runs: object) -> str:
    return hashlib.sha256(repr(runs).encode("utf-8", "surrogateescape")).hexdigest()[:20]


if __name__ == "__main__":
    run_command("experiments.watch", main)
