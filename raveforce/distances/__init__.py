"""How far apart two sounds are. Each distance is 0 for equal sounds and works on batches.

A distance first turns sounds into features, then compares features, so a target's side is computed once. What all
have in common is in ``base``; ``time``, ``spectral`` and ``levels`` hold the distances themselves.
"""

from raveforce.distances.base import (
    DISTANCES,
    Distance,
    Features,
    NamedDistance,
    WeightedSum,
    make_distance,
    measure,
    measure_rows,
)
from raveforce.distances.levels import BandLevels
from raveforce.distances.spectral import MFCC, Chroma, LogMel, MultiScaleSpectral, SpectralTransport, SynthRL
from raveforce.distances.time import Envelope, Waveform

__all__ = [
    "DISTANCES",
    "MFCC",
    "BandLevels",
    "Chroma",
    "Distance",
    "Envelope",
    "Features",
    "LogMel",
    "MultiScaleSpectral",
    "NamedDistance",
    "SpectralTransport",
    "SynthRL",
    "Waveform",
    "WeightedSum",
    "make_distance",
    "measure",
    "measure_rows",
]
