"""Ids of the environments that come with RaveForce, known before any of them is loaded."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["IDS"]

IDS: Mapping[str, str] = {
    "Bass-v0": "bass",
    "BassLine-v0": "bass_line",
    "Clap-v0": "clap",
    "Cymbal-v0": "cymbal",
    "Drum-v0": "drum",
    "DrumLoop-v0": "drum_loop",
    "HiHat-v0": "hihat",
    "HiHat-v1": "hihat_v1",
    "Kick-v0": "kick",
    "Kick-v1": "kick_v1",
    "Match-v0": "match",
    "Snare-v0": "snare",
    "Snare-v1": "snare_v1",
    "Tom-v0": "tom",
    "Tone-v0": "tone",
    "Tone-v1": "tone_v1",
    "Write-v0": "write",
}
"""Tasks by what follows ``raveforce/`` in their environment's id; those of ``raveforce.tasks.ENVIRONMENTS``."""
