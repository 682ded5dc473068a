"""What a run was made with: versions, engine hash, git commit."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import numpy as np

import raveforce
from raveforce.glicol.wasm.binary import GLICOL_SHA256, GLICOL_VERSION
from raveforce.targets import TargetSource

__all__ = ["target_hash", "versions"]

_PACKAGES = ("gymnasium", "hydra-core", "numpy", "scipy", "stable-baselines3", "torch", "wandb", "wasmtime")


def versions() -> dict[str, str]:
    """Versions by name; what is not installed as a package is left out."""
    found = {
        "raveforce": raveforce.__version__,
        "python": platform.python_version(),
        "glicol": GLICOL_VERSION,
        "glicol_sha256": GLICOL_SHA256,
    }
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    commit = git_commit()
    if commit is not None:
        found["git_commit"] = commit
    return found


def target_hash(targets: TargetSource) -> str | None:
    """SHA-256 of the sounds that are to be imitated; None where they are made and not read."""
    sounds = getattr(targets, "sounds", None) or [getattr(targets, "audio", None)]
    digest = hashlib.sha256()
    for sound in sounds:
        if not isinstance(sound, np.ndarray):
            return None
        digest.update(np.ascontiguousarray(sound).tobytes())
    return digest.hexdigest()


def git_commit() -> str | None:
    """The commit of this checkout, "+changes" where files differ from it; None outside a git checkout."""
    here = str(Path(__file__).resolve().parent)
    describe = ["describe", "--always", "--exclude=*", "--abbrev=40", "--dirty=+changes"]
    try:
        done = subprocess.run(["git", "-C", here, *describe], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
