"""The Fourier transform of neighbouring frames at once, each in a lane.

A frame of n samples is taken as n / 2 complex points, even samples the real parts and odd ones the imaginary. Their
transform goes through memory a few times, in place and decimated in frequency (Cooley & Tukey 1965), with small
transforms in registers; two of its results give two bins of the real transform.
"""

from __future__ import annotations

from raveforce.fourier import plan
from raveforce.fourier.butterflies import butterfly, load_frames, load_points, store_points, twiddled
from raveforce.fourier.memory import each, load, load_some, store, transpose
from raveforce.fourier.simd import LANES, absolute, inlined, is_zero, multiply_add, multiply_subtract

line_pitch, round_up = inlined(plan.line_pitch), inlined(plan.round_up)


@inlined
def arrange_by_hop(sounds, row, n_fft, hop, width, frames, lines, blocks):
    """Samples by place in the hop, then by hop [hop, width]: equal places of neighbouring frames are neighbours.

    Half a window of silence goes before the sound. Returns how many frames there are until nothing but zeros follows;
    what only later ones need is left out.
    """
    start, end = n_fft // 2, audible_end(sounds, row)
    if end == 0:
        return 0
    heard = min(frames, (start + end - 1) // hop + 1)
    needed = round_up(heard, LANES) + (n_fft - 1) // hop
    filled = min(round_up(needed, LANES), round_up((start + end - 1) // hop + 1, LANES))
    # Lines with nothing between them are one.
    pitch, nothing = line_pitch(hop, LANES), load_some(sounds, 0, 0)
    length = hop if pitch > hop else filled * hop
    for at in range(0, filled * hop, length):
        copy(sounds, row, at - start, end, lines, at // hop * pitch, length)
    for place in range(0, hop, LANES):
        for first in range(0, filled, LANES):
            transpose(lines, first * pitch + place, pitch, blocks, place * width + first, width)
        for line in range(filled, needed, LANES):
            for at in range(place * width, (place + LANES) * width, width):
                store(blocks, at + line, nothing)
    return heard


@inlined
def copy(sounds, row, at, end, target, to, count):
    """So many samples from ``at`` on, with silence before the first and from ``end`` on; and a few more zeros."""
    nothing = load_some(sounds, 0, 0)
    first = min(max(0, -at), count)
    last = max(first, min(count, end - at))
    whole = last - (last - first) % LANES
    start = row * sounds.shape[1] + at
    for i in range(0, first, LANES):
        store(target, to + i, nothing)
    for i in range(first, whole, LANES):
        store(target, to + i, load(sounds, start + i))
    if whole < last:
        store(target, to + whole, load_some(sounds, start + whole, last - whole))
    for i in range(first + round_up(last - first, LANES), count, LANES):
        store(target, to + i, nothing)


@inlined
def audible_end(sounds, row):
    """Samples before nothing but zeros follows, or a few more."""
    step = 4 * LANES
    end = sounds.shape[1]
    while end >= step:
        at = row * sounds.shape[1] + end - step
        loudness = absolute(load(sounds, at)) + absolute(load(sounds, at + LANES))
        loudness = loudness + absolute(load(sounds, at + 2 * LANES)) + absolute(load(sounds, at + 3 * LANES))
        if not is_zero(loudness):
            break
        end -= step
    return end


def _stages(radix):
    """The stages of a transform that take ``radix`` points at a time."""

    def first_stage(first, tables, places, space):
        window, cosines, sines = tables.window, tables.cosines, tables.sines
        size = len(window) // 2
        gap = size // radix
        if gap == 1:
            parts = load_frames(space.blocks, first, places, window, 0, 1, radix)
            store_points(space.z, 0, 1, butterfly(parts))
        else:
            for j in range(gap):
                parts = butterfly(load_frames(space.blocks, first, places, window, j, gap, radix))
                store_points(space.z, j, gap, twiddled(parts, cosines, sines, size, j))

    def next_stage(size, start, end, tables, z):
        gap = size // radix
        if gap == 1:
            for at in range(start, end, radix):
                store_points(z, at, 1, butterfly(load_points(z, at, 1, radix)))
        else:
            for j in range(gap):
                for at in range(start + j, end, size):
                    parts = butterfly(load_points(z, at, gap, radix))
                    store_points(z, at, gap, twiddled(parts, tables.cosines, tables.sines, size, j))

    # Functions of one name are taken for one another where code of several processes meets.
    first_stage.__qualname__, next_stage.__qualname__ = f"first_stage_by_{radix}", f"next_stage_by_{radix}"
    return inlined(first_stage), inlined(next_stage)


first_by_4, next_by_4 = _stages(4)
first_by_8, next_by_8 = _stages(8)


@inlined
def transform(first, tables, places, space):
    """Transform of the windowed frames ``first`` to ``first + LANES - 1``, taken as complex points, in ``z``."""
    radices = tables.radices
    if radices[0] == 8:
        first_by_8(first, tables, places, space)
    else:
        first_by_4(first, tables, places, space)
    # From here on its parts are transforms of their own: each is done while it is in the cache.
    part = len(tables.window) // 2 // radices[0]
    for start in range(0, len(tables.window) // 2, part):
        size = part
        for radix in radices[1:]:
            if radix == 8:
                next_by_8(size, start, start + part, tables, space.z)
            else:
                next_by_4(size, start, start + part, tables, space.z)
            size //= radix


@inlined
def frame_power(first, heard, tables, places, space):
    """Power of the frames ``first`` to ``first + LANES - 1``, [bin, lane], of a sound of which so many can be heard."""
    z, power, order = space.z, space.power, tables.order
    size = len(tables.window) // 2
    if first >= heard:
        for i in range(LANES * (size + 1)):
            power[i] = 0
        return
    transform(first, tables, places, space)
    for k in range(size // 2 + 1):
        low, high = 2 * LANES * order[k], 2 * LANES * order[size - k]
        a, b = load(z, low), load(z, low + LANES)
        c, d = load(z, high), load(z, high + LANES)
        # What the even samples give, and the odd ones, which come half a point later.
        even, even_i, odd, odd_i = a + c, b - d, b + d, c - a
        cosine, sine = each(tables.cosines, 2 * size + k), each(tables.sines, 2 * size + k)
        late, late_i = multiply_subtract(odd * cosine, odd_i, sine), multiply_add(odd * sine, odd_i, cosine)
        x, y = even + late, even_i + late_i
        store(power, LANES * k, multiply_add(x * x, y, y))
        x, y = even - late, even_i - late_i
        store(power, LANES * (size - k), multiply_add(x * x, y, y))
