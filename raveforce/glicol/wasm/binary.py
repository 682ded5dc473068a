"""The Glicol engine's binary: found, fetched once, checked, cached.

``python -m raveforce.glicol.wasm.binary`` fetches it ahead of time and prints where it is.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from raveforce._cache import cache_folder, write_atomically
from raveforce.glicol.errors import EngineUnavailable

__all__ = ["GLICOL_SHA256", "GLICOL_SIZE", "GLICOL_VERSION", "binary_path", "load_binary"]

log = logging.getLogger(__name__)

GLICOL_VERSION = "0.4.0"
"""Version of the npm package ``glicol`` whose engine is used."""
GLICOL_SIZE = 2_235_795
"""Bytes of its ``glicol_wasm.wasm``."""
GLICOL_SHA256 = "6b23d4ea0d00cbf31605f208446187bd8500880533d89bf92d6947dba9dc2f55"
"""sha256 of its ``glicol_wasm.wasm``."""

PACKAGE = f"glicol@{GLICOL_VERSION}"
FILE = "glicol_wasm.wasm"
CDN = "https://cdn.jsdelivr.net/npm"
PATIENCE = 60  # seconds that a fetch may take


def binary_path() -> Path:
    """Where the binary is looked for: ``RAVEFORCE_GLICOL_WASM`` if set, or else the user's cache."""
    chosen = os.environ.get("RAVEFORCE_GLICOL_WASM")
    return Path(chosen).expanduser() if chosen else cache_folder() / f"glicol-{GLICOL_VERSION}.wasm"


def load_binary() -> bytes:
    """Return the engine's binary, fetching it if this machine does not have it yet.

    Looked for in ``RAVEFORCE_GLICOL_WASM``, the user's cache, the npm package (through ``npm pack``) and
    the jsDelivr CDN, in that order. Its sha256 is checked wherever it comes from.

    Raises
    ------
    EngineUnavailable
        It cannot be had, or the file that ``RAVEFORCE_GLICOL_WASM`` names is not it.
    """
    path = binary_path()
    if os.environ.get("RAVEFORCE_GLICOL_WASM"):
        return _chosen(path)
    try:
        content = path.read_bytes()
        if _sha256(content) == GLICOL_SHA256:
            return content
        log.warning("%s is damaged; fetching it again", path)
    except OSError:
        log.info("%s is not there yet; fetching it", path)
    content = _fetch(path)
    try:
        write_atomically(path, content)
    except OSError as error:
        log.warning("the Glicol binary could not be cached and will be fetched again next time: %s", error)
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _chosen(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EngineUnavailable(f"RAVEFORCE_GLICOL_WASM names {path}, which cannot be read: {error}") from None
    if _sha256(content) != GLICOL_SHA256:
        raise EngineUnavailable(
            f"RAVEFORCE_GLICOL_WASM names {path}, which is not {FILE} of {PACKAGE}: "
            f"its sha256 is {_sha256(content)}, not {GLICOL_SHA256}"
        )
    return content


def _fetch(path: Path) -> bytes:
    """Try the sources in turn; every one that fails has its say in the error."""
    sources: tuple[tuple[str, Callable[[], bytes]], ...] = (("npm", _from_npm), ("CDN", _from_cdn))
    failures = []
    for name, fetch in sources:
        try:
            content = fetch()
        except Exception as error:  # whatever a network, a subprocess or an archive can throw
            failures.append(f"{name}: {error}")
            continue
        if _sha256(content) == GLICOL_SHA256:
            log.info("fetched the Glicol engine (%s, %d bytes) from %s", PACKAGE, len(content), name)
            return content
        failures.append(f"{name}: sha256 is {_sha256(content)}, not {GLICOL_SHA256}")
    raise EngineUnavailable(
        f"the Glicol engine ({FILE} of the npm package {PACKAGE}) is not on this machine and could not be "
        f"fetched ({'; '.join(failures)}). Ways out: (1) set RAVEFORCE_GLICOL_WASM to a copy of the file, "
        f"(2) get online, or install npm, and try again, (3) copy the file to {path}"
    )


def _from_npm() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        finished = subprocess.run(
            [npm, "pack", PACKAGE, "--ignore-scripts", "--silent"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        tarballs = list(Path(folder).glob("*.tgz"))
        if finished.returncode or not tarballs:
            said = (finished.stderr or finished.stdout).strip()
            raise RuntimeError(f"npm pack failed with exit code {finished.returncode}: {said[-300:]}")
        with tarfile.open(tarballs[0]) as tarball:
            member = tarball.extractfile(f"package/{FILE}")
            if member is None:
                raise RuntimeError(f"{FILE} is not a file in the npm package")
            return member.read(GLICOL_SIZE + 1)


def _from_cdn() -> bytes:
    import pooch

    # pooch checks the sha256 too, and prints a line for each file; ours says enough.
    pooch.get_logger().setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        fetched = pooch.retrieve(
            f"{CDN}/{PACKAGE}/{FILE}",
            known_hash=f"sha256:{GLICOL_SHA256}",
            fname=FILE,
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=PATIENCE / 2),
        )
        return Path(fetched).read_bytes()


def main() -> int:
    """Fetch the binary if need be and print where it is."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        load_binary()
    except EngineUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    path = binary_path()
    if not path.is_file():  # fetched, but the warning above said that it could not be kept
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
