"""Spectra of whole sounds, and distances between them, without more memory than a few frames need."""

from __future__ import annotations

from raveforce._subnormals import flush_subnormals, put_back
from raveforce.fourier.memory import each, load, load_some, put, store, store_some, transpose
from raveforce.fourier.simd import LANES, absolute, compiled, inlined, log, maximum, minimum, multiply_add, sqrt
from raveforce.fourier.transform import arrange_by_hop, frame_power

TOGETHER = 8
"""Bins whose ratios are multiplied before a logarithm is taken: products between ``LEAST_FLOOR`` and 6e4 to this power
are neither zero nor infinite."""


@compiled
def powers(sounds, hop, width, tables, places, space, result):
    """Power spectra [rows, frames, bins]."""
    before = flush_subnormals()
    rows, frames, bins = result.shape
    for row in range(rows):
        heard = arrange_by_hop(sounds, row, len(tables.window), hop, width, frames, space.lines, space.blocks)
        for first in range(0, frames, LANES):
            frame_power(first, heard, tables, places, space)
            write_transposed(space.power, result, (row * frames + first) * bins, bins, min(LANES, frames - first))
    put_back(before)


@compiled
def log_mels(sounds, hop, width, tables, places, space, starts, ends, weights, floor, mel, result):
    """Log-mel spectrograms [rows, frames, bands].

    A band's filter reaches the bins from ``starts[0]`` to ``ends``; a bin's weight is at its number plus ``starts[1]``.
    """
    before = flush_subnormals()
    rows, frames, bands = result.shape
    lowest = each(floor, 0)
    for row in range(rows):
        heard = arrange_by_hop(sounds, row, len(tables.window), hop, width, frames, space.lines, space.blocks)
        for first in range(0, frames, LANES):
            if first < heard:
                frame_power(first, heard, tables, places, space)
                for band in range(bands):
                    power = band_power(space.power, starts[0, band], ends[band], weights, starts[1, band], floor)
                    store(mel, LANES * band, log(maximum(power, lowest)))
            elif first - LANES < heard:
                for band in range(bands):
                    store(mel, LANES * band, log(lowest))
            write_transposed(mel, result, (row * frames + first) * bands, bands, min(LANES, frames - first))
    put_back(before)


@inlined
def band_power(power, start, end, weights, shift, numbers):
    """The weighted power from one bin to another; the second of the numbers is 0."""
    # Two sums, so that one can go on while the other waits for its last addition.
    total = rest = each(numbers, 1)
    for k in range(start, end - 1, 2):
        total = multiply_add(total, load(power, LANES * k), each(weights, shift + k))
        rest = multiply_add(rest, load(power, LANES * (k + 1)), each(weights, shift + k + 1))
    if (end - start) % 2:
        total = multiply_add(total, load(power, LANES * (end - 1)), each(weights, shift + end - 1))
    return total + rest


@inlined
def write_transposed(lines, result, at, count, frames):
    """Write [count, lane] from the number ``at`` of the result on, as [frames, count]."""
    whole = count - count % LANES if frames == LANES else 0
    for k in range(0, whole, LANES):
        transpose(lines, LANES * k, LANES, result, at + k, count)
    for k in range(whole, count):
        for frame in range(frames):
            put(result, at + frame * count + k, lines[LANES * k + frame])


@compiled
def magnitudes(sounds, hop, width, tables, places, space, frames, result):
    """Magnitudes [rows, frames * bins], in the order in which ``magnitude_differences`` reads them."""
    before = flush_subnormals()
    bins = len(tables.window) // 2 + 1
    for row in range(len(sounds)):
        heard = arrange_by_hop(sounds, row, len(tables.window), hop, width, frames, space.lines, space.blocks)
        for first in range(0, frames, LANES):
            frame_power(first, heard, tables, places, space)
            count = min(LANES, frames - first)
            at = (row * frames + first) * bins
            for k in range(bins):
                store_some(result, at + count * k, count, sqrt(load(space.power, LANES * k)))
    put_back(before)


@compiled
def magnitude_differences(sounds, hop, width, tables, places, space, frames, numbers, others, sums, result):
    """Squared difference of magnitudes and absolute one of their logarithms, summed, of each row: [2, rows]."""
    before = flush_subnormals()
    bins = len(tables.window) // 2 + 1
    for row in range(len(sounds)):
        heard = arrange_by_hop(sounds, row, len(tables.window), hop, width, frames, space.lines, space.blocks)
        wanted = row * frames if len(others) > 1 else 0
        squares, logarithms = 0.0, 0.0
        for first in range(0, frames, LANES):
            if first < heard:
                frame_power(first, heard, tables, places, space)
            count = min(LANES, frames - first)
            at = (wanted + first) * bins
            if count == LANES:  # which the compiler makes use of
                sum_differences(first < heard, space.power, bins, others, at, LANES, numbers, sums)
            else:
                sum_differences(first < heard, space.power, bins, others, at, count, numbers, sums)
            for i in range(count):
                squares += sums[i]
                logarithms += sums[LANES + i]
        result[0, row], result[1, row] = squares, logarithms
    put_back(before)


@inlined
def sum_differences(audible, power, bins, others, at, count, numbers, sums):
    """What ``magnitude_differences`` sums, of a few frames, [2, lane].

    ``numbers`` are the logarithm's floor, 1 and 0. The sum of |ln a - ln b| over some bins is the logarithm of the
    product of the greater ones minus that of the lesser.
    """
    floor, one, zero = each(numbers, 0), each(numbers, 1), each(numbers, 2)
    square = ratio = zero
    whole = bins - bins % TOGETHER
    for start in range(0, whole, TOGETHER):
        high = low = one
        for k in range(TOGETHER):
            a = sqrt(load(power, LANES * (start + k))) if audible else zero
            b = load_some(others, at + count * (start + k), count)
            square = multiply_add(square, a - b, a - b)
            a, b = maximum(a, floor), maximum(b, floor)
            high, low = high * maximum(a, b), low * minimum(a, b)
        ratio = ratio + (log(high) - log(low))
    for k in range(whole, bins):
        a = sqrt(load(power, LANES * k)) if audible else zero
        b = load_some(others, at + count * k, count)
        square = multiply_add(square, a - b, a - b)
        ratio = ratio + absolute(log(maximum(a, floor)) - log(maximum(b, floor)))
    store(sums, 0, square)
    store(sums, LANES, ratio)
