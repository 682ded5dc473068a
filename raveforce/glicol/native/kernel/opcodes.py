"""What an instruction of the kernel looks like: one row of integers, its columns named here.

Which node becomes which instructions, and what is known of each, stands in ``raveforce.glicol.nodes``.
"""

from __future__ import annotations

# Columns. IN0, IN1: buffers read (-1: none). INT, FLOAT: where the node's state starts. RING: where its delay
# line starts, CAPACITY: the longest it may be. P0...P4: its parameters. LIST, COUNT: its list. ORDER, INPUTS:
# a second one. QUICK: whether its last digit matters, see below. TRACK: where phases are looked up ahead (-1: not).
# CUE: the recording that a sampler begins with. MUTE: the buffer without which nobody hears it (-1: not known).
CODE, FAMILY, OUT, IN0, IN1, INT, FLOAT, RING, CAPACITY = range(9)
P0, P1, P2, P3, P4, LIST, COUNT, ORDER, INPUTS, QUICK, TRACK, CUE, MUTE = range(9, 22)
COLUMNS = 22

# It does; it does not; it does not but for what is left of it when numbers change.
NEVER, ALWAYS, EARLY = range(3)

# Families: how an instruction is played. From its inputs alone or with a little state; once a call, as its value
# changes between calls only; from a phase; four rows in step; with a ring of samples; by the beat; from
# a recording.
PLAIN, HELD, OSCILLATOR, RESONANT, RING_BUFFER, BEAT, RECORDED = range(7)

# Codes. Their order means nothing.
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
    SAMPLER,
) = range(33)

# How an instruction ended, for its row: well; where the real engine breaks; where it would go on past its deadline;
# where it has no memory left.
FINE, TRAP, LATE, NO_MEMORY = range(4)
ENDINGS = 4

# A resonant filter's state: two inputs, two outputs, the cut-off and q its coefficients were computed for, whether
# they were, and the coefficients.
X1, X2, Y1, Y2, CUTOFF, Q, TUNED, A0, A1, B1, B2 = range(11)
# In how many blocks it forgets that it was quick (0: it may not be), and whether what follows stands: what the last
# output before the eight samples of a lane, and its rise, leave in each of them; and what they leave of themselves one
# lane, two, four and eight lanes further (from output to output, from rise to output, and both to the rise).
SETTLING, KNOWN = range(11, 13)
LEFT_OUTPUT, LEFT_RISE, FURTHER = 13, 21, 29
STEPS = 4
RESONANT_STATE = FURTHER + 4 * STEPS

# A sampler's integers: 1 + its recording (0: not yet any), its clock, how many playbacks sound, and the samples that
# were computed for them.
CUED, CLOCK, PLAYBACKS, COMPUTED = range(4)
