"""Sounds as text within a page: lossless where there is room, as MP3 where not, the first items' only beyond that.

Browsers play both FLAC and MP3. Equal sounds, such as the target of all runs of a task, are held once.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soundfile

from experiments.report.model import Item, Sound

__all__ = ["BUDGET", "EncodedSound", "encode", "sound_key"]

BUDGET = 6_000_000
"""Bytes of all sounds of a page, as text; the rest of ten million is left to what else it shows."""

_FORMATS = {"FLAC": ("PCM_16", "audio/flac"), "MP3": ("MPEG_LAYER_III", "audio/mpeg")}
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


@dataclass(frozen=True)
class EncodedSound:
    """A sound within a page.

    Attributes
    ----------
    data : base64 of the file
    mime : its type
    seconds : its length
    gain : by which the file's samples are to be multiplied: above 1 where the sound exceeds full scale
    peak : largest absolute sample of the sound itself
    """

    data: str
    mime: str
    seconds: float
    gain: float
    peak: float


def sound_key(sound: Sound) -> str:
    """Name a sound by its samples and rate."""
    digest = hashlib.sha256(_samples(sound))
    digest.update(str(sound.sample_rate).encode())
    return digest.hexdigest()[:16]


def encode(items: Sequence[Item], budget: int = BUDGET) -> dict[str, EncodedSound]:
    """Encode the sounds of a page, by their keys.

    Parameters
    ----------
    items : in the order in which their sounds are kept
    budget : bytes of text

    Returns
    -------
    the encoded sounds; an item whose sounds do not fit even as MP3 has none
    """
    lossless = {sound_key(sound): sound for item in items for sound in item.sounds}
    spent, whole = 0, {}
    for key, sound in lossless.items():
        whole[key] = _encoded(_samples(sound), sound.sample_rate, "FLAC")
        spent += len(whole[key].data)
        if spent > budget:
            return _fill(items, budget)
    return whole


def _fill(items: Sequence[Item], budget: int) -> dict[str, EncodedSound]:
    """Encode as MP3, item by item, those that still fit."""
    kept: dict[str, EncodedSound] = {}
    spent = 0
    for item in items:
        new = {sound_key(sound): sound for sound in item.sounds}
        encoded = {
            key: _encoded(_samples(sound), sound.sample_rate, "MP3" if sound.sample_rate in _MP3_RATES else "FLAC")
            for key, sound in new.items()
            if key not in kept and spent <= budget
        }
        cost = sum(len(one.data) for one in encoded.values())
        if spent + cost <= budget:
            kept.update(encoded)
            spent += cost
    return kept


def _samples(sound: Sound) -> bytes:
    return np.ascontiguousarray(sound.audio, dtype=np.float32).tobytes()


# A page that refreshes itself is made again and again, mostly of sounds that were in it before.
@lru_cache(maxsize=512)
def _encoded(samples: bytes, sample_rate: int, form: str) -> EncodedSound:
    audio = np.frombuffer(samples, dtype=np.float32)
    peak = float(np.abs(audio).max())
    gain = max(peak, 1.0)  # whole numbers hold nothing beyond full scale
    subtype, mime = _FORMATS[form]
    file = io.BytesIO()
    soundfile.write(file, audio / gain, sample_rate, format=form, subtype=subtype)
    return EncodedSound(
        data=base64.b64encode(file.getvalue()).decode("ascii"),
        mime=mime,
        seconds=len(audio) / sample_rate,
        gain=gain,
        peak=peak,
    )
