"""Programs that the tests of the native engine share, and values for their blanks."""

import numpy as np

from raveforce.glicol import open_engine

__all__ = ["BASS", "KICK", "RANGES", "ROOM", "draw", "native"]

KICK = "~env: imp 0.1 >> envperc {} {}; kick: sin {} >> mul ~env"
BASS = "~t: speed {} >> seq {} 62 _ 65; ~e: ~t >> envperc 0.01 0.1; ~p: ~t >> mul 110\n" + (
    "o: saw ~p >> lpf {} {} >> mul ~e"
)
ROOM = "o: saw {} >> delayms {} >> apfmsgain {} 0.5 >> plate 0.3"
RANGES = {
    KICK: ([0.001, 0.05, 40], [0.02, 0.3, 200]),
    BASS: ([1, 40, 100, 0.5], [9, 80, 5000, 9]),
    ROOM: ([30, 1, 1], [300, 40, 30]),
}


def draw(template, rows, seed=0):
    values = np.random.default_rng(seed).uniform(*RANGES[template], (rows, len(RANGES[template][0])))
    return np.round(values) if template == BASS else values


def native(template, **options):
    return open_engine(template, kind="native", **options)
