"""What the agent sees: ``base`` holds what all observations have in common, ``kinds`` the observations themselves."""

from raveforce.observations.base import (
    OBSERVATIONS,
    Observation,
    ObservationBatch,
    Progress,
    SoundObservation,
    make_observation,
    row,
)
from raveforce.observations.kinds import (
    DescriptorsObservation,
    LogMelObservation,
    MFCCObservation,
    ParametersObservation,
    StepsObservation,
    WaveformObservation,
)

__all__ = [
    "OBSERVATIONS",
    "DescriptorsObservation",
    "LogMelObservation",
    "MFCCObservation",
    "Observation",
    "ObservationBatch",
    "ParametersObservation",
    "Progress",
    "SoundObservation",
    "StepsObservation",
    "WaveformObservation",
    "make_observation",
    "row",
]
