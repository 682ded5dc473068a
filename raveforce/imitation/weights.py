"""Files of trained weights: arrays and the facts of their training, in one archive without pickles."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PolicyError", "Weights", "pack_weights", "read_shipped", "read_weights"]

Floats = NDArray[np.float32]

LARGEST = 256 << 20
"""Bytes of a file's arrays, at most: a hundred times those of what ships."""


class PolicyError(ValueError):
    """A policy cannot be read; the message says why."""


@dataclass(frozen=True)
class Weights:
    """What a file holds.

    Attributes
    ----------
    arrays : float32, by name
    card : facts of the training
    sha256 : of the file
    """

    arrays: Mapping[str, Floats] = field(repr=False)
    card: Mapping[str, Any]
    sha256: str


def read_weights(content: bytes, version: int) -> Weights:
    """Read a file's content.

    Raises
    ------
    PolicyError
        It is damaged, or of another version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST:
            raise ValueError(f"it would unfold to {size} bytes; the most is {LARGEST}")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        card = json.loads(bytes(arrays.pop("card")))
        found = card["format"]
    except Exception as error:  # a damaged archive may fail in many ways
        raise PolicyError(f"no policy, or a damaged one ({type(error).__name__}: {error})") from error
    if found != version:
        raise PolicyError(f"the policy has format {found}, and this version of RaveForce reads {version}")
    floats = {name: array.astype(np.float32) for name, array in arrays.items()}
    return Weights(floats, card, hashlib.sha256(content).hexdigest())


def pack_weights(arrays: Mapping[str, NDArray[np.floating]], card: Mapping[str, Any]) -> bytes:
    """A file's content: the arrays as float16, and the card with its ``format``.

    Examples
    --------
    >>> content = pack_weights({"bias": np.ones(3)}, {"format": 1})
    >>> read_weights(content, 1).arrays["bias"].tolist()
    [1.0, 1.0, 1.0]
    """
    content = io.BytesIO()
    written: dict[str, Any] = {name: np.asarray(array, np.float16) for name, array in arrays.items()}
    np.savez_compressed(content, card=np.frombuffer(json.dumps(dict(card)).encode(), np.uint8), **written)
    return content.getvalue()


def read_shipped(package: str, name: str, command: str) -> bytes:
    """A file that ships with the package.

    Parameters
    ----------
    package : where it lies
    name : its name
    command : what makes one

    Raises
    ------
    PolicyError
        It is missing.
    """
    file = resources.files(package) / name
    if not file.is_file():
        raise PolicyError(f"this copy of RaveForce has no {name}: make one with {command}")
    return file.read_bytes()
