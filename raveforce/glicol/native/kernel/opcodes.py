"""What an instruction of the kernel looks like: one row of integers, its columns named here."""

from __future__ import annotations

# Columns. IN0, IN1: buffers read (-1: none). INT, FLOAT: where the node's state starts. RING: where its delay
# line starts, CAPACITY: the longest it may be. P0...P4: its parameters. LIST, COUNT: its list. ORDER, INPUTS:
# a second one. QUICK: whether its last digit matters, see below. TRACK: where phases are looked up ahead (-1: not).
CODE, OUT, IN0, IN1, INT, FLOAT, RING, CAPACITY = range(8)
P0, P1, P2, P3, P4, LIST, COUNT, ORDER, INPUTS, QUICK, TRACK = range(8, 19)
COLUMNS = 19

# It does; it does not; it does not but for what is left of it when numbers change.
NEVER, ALWAYS, EARLY = range(3)

# Codes, in families: what a block at a time takes no memory for, what keeps a ring, what follows the beat.
(
    COPY,
    SUM,
    MUL_NUMBER,
    MUL_SIGNAL,
    ADD_NUMBER,
    ADD_SIGNAL,
    CONSTANT,
    SPEED,
    SIN,
    SAW,
    SQU,
    TRI,
    IMP,
    NOISE,
    ENVPERC,
    ADSR,
    LPF,
    LPF_SIGNAL,
    HPF,
    HPF_SIGNAL,
    ONEPOLE,
    ONEPOLE_SIGNAL,
    DELAYN,
    DELAYMS,
    DELAYMS_SIGNAL,
    ALLPASS,
    ALLPASS_SIGNAL,
    SEQ,
    CHOOSE,
    ARRANGE,
    PATTERN,
    LPF_PATTERN,
) = range(32)
