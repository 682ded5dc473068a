"""SuperCollider, the way the first paper used it: a score on disk, rendered by scsynth, read back.

The synth definition and the score are written here byte by byte, in SuperCollider's own formats (its help files
"Synth Definition File Format" and "Non-Realtime Synthesis").
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.workloads import SAMPLE_RATE, Missing, Render, Values, Workload

__all__ = ["supercollider"]

_AUDIO, _CONTROL = 2, 1
# Unit generators of the kick: class, rate, inputs. An input is a constant, or (unit, output).
_Input = float | tuple[int, int]
_KICK: list[tuple[str, int, list[_Input], int, int]] = [
    # class, rate, inputs, outputs, special index
    ("Control", _CONTROL, [], 3, 0),
    ("SinOsc", _AUDIO, [(0, 2), 0.0], 1, 0),
    # gate, levelScale, levelBias, timeScale, doneAction; then start level, segments, no release, no loop,
    # and the segments: target, time, shape 1 (linear), curve.
    (
        "EnvGen",
        _AUDIO,
        [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 2.0, -99.0, -99.0, 1.0, (0, 0), 1.0, 0.0, 0.0, (0, 1), 1.0, 0.0],
        1,
        0,
    ),
    ("BinaryOpUGen", _AUDIO, [(1, 0), (2, 0)], 1, 2),  # 2 is the product
    ("Out", _AUDIO, [0.0, (3, 0)], 0, 0),
]


def supercollider(workload: Workload) -> Render:
    """Non-real-time SuperCollider; a process, a score and a sound file for every sound."""
    if shutil.which("scsynth") is None:
        raise Missing("SuperCollider: scsynth is not on the PATH")
    if workload.name != "kick":
        raise Missing("SuperCollider: measured on the kick only")
    folder = Path(tempfile.mkdtemp(prefix="raveforce-bench-"))
    definition = _definition("kick", workload.parameters)
    score, sound = folder / "score.osc", folder / "sound.wav"

    def render(values: Values) -> NDArray[np.float32]:
        arguments: list[str | float] = ["kick", 1000, 0, 0]
        for name, value in zip(workload.parameters, values[0].tolist(), strict=True):
            arguments += [name, value]
        events = [(0.0, _message("/d_recv", definition)), (0.0, _message("/s_new", *arguments))]
        events.append((workload.seconds, _message("/c_set", 0, 0)))
        score.write_bytes(b"".join(_bundle(*event) for event in events))
        command = ["scsynth", "-N", str(score), "_", str(sound), str(SAMPLE_RATE), "WAV", "float", "-o", "1"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        audio, _ = soundfile.read(sound, dtype="float32")
        return np.asarray(audio[: workload.samples])[np.newaxis]

    return render


def _definition(name: str, parameters: tuple[str, ...]) -> bytes:
    constants: list[float] = []
    for _, _, inputs, _, _ in _KICK:
        constants += [value for value in inputs if isinstance(value, float) and value not in constants]
    data = b"SCgf" + struct.pack(">ih", 1, 1) + _pascal(name)
    data += struct.pack(f">h{len(constants)}f", len(constants), *constants)
    data += struct.pack(f">h{len(parameters)}f", len(parameters), *[0.1] * len(parameters))
    data += struct.pack(">h", len(parameters))
    data += b"".join(_pascal(parameter) + struct.pack(">h", index) for index, parameter in enumerate(parameters))
    data += struct.pack(">h", len(_KICK))
    for kind, rate, inputs, outputs, special in _KICK:
        data += _pascal(kind) + struct.pack(">bhhh", rate, len(inputs), outputs, special)
        for value in inputs:
            data += struct.pack(">hh", *((-1, constants.index(value)) if isinstance(value, float) else value))
        data += struct.pack(f">{outputs}b", *[rate] * outputs)
    return data + struct.pack(">h", 0)


def _pascal(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


def _message(address: str, *arguments: str | float | bytes) -> bytes:
    """An OSC message."""
    tags, data = ",", b""
    for value in arguments:
        if isinstance(value, str):
            tags, data = tags + "s", data + _padded(value.encode() + b"\0")
        elif isinstance(value, bytes):
            tags, data = tags + "b", data + struct.pack(">i", len(value)) + _padded(value)
        elif isinstance(value, int):
            tags, data = tags + "i", data + struct.pack(">i", value)
        else:
            tags, data = tags + "f", data + struct.pack(">f", value)
    return _padded(address.encode() + b"\0") + _padded(tags.encode() + b"\0") + data


def _bundle(seconds: float, message: bytes) -> bytes:
    """One event of a score: its size, then an OSC bundle at a time in units of 2^-32 s."""
    bundle = b"#bundle\0" + struct.pack(">Qi", int(seconds * 2**32), len(message)) + message
    return struct.pack(">i", len(bundle)) + bundle


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
