"""The Fourier transform of eight neighbouring frames at once, each in a lane.

A real transform of size n falls into a real one of n / 2 for the even bins and a complex one of n / 4 for every other
odd bin, the rest being their mirror image; the complex ones go by fours, in place, decimated in frequency (Cooley &
Tukey 1965, Duhamel & Vetterli 1990).
"""

from __future__ import annotations

from raveforce.fourier.lanes import LANES, compiled, each, load, minus, plus, store, transpose


@compiled
def lay_out(sounds, row, n_fft, hop, width, padded, blocks):
    """Samples by place in the hop, then by hop [hop, width]: equal places of neighbouring frames are neighbours.

    On the way the sound is put between silences, half a window before it and the rest behind.
    """
    samples = sounds.shape[1]
    start = n_fft // 2
    for i in range(start):
        padded[i] = 0
    even = samples - samples % LANES
    for i in range(0, even, LANES):
        store(padded, start + i, load(sounds, row * samples + i))
    for i in range(even, samples):
        padded[start + i] = sounds[row, i]
    for i in range(start + samples, width * hop):
        padded[i] = 0
    whole = hop - hop % LANES
    for block in range(0, width, LANES):
        for place in range(0, whole, LANES):
            transpose(padded, block * hop + place, hop, blocks, place * width + block, width)
        for place in range(whole, hop):
            for i in range(block, block + LANES):
                blocks[place * width + i] = padded[i * hop + place]


@compiled
def frame_power(first, tables, places, space):
    """Power of the frames ``first`` to ``first + 7``, [bin, lane]."""
    window, cosines, sines, bins = tables
    _, blocks, real, z, power = space
    n_fft = len(window)
    quarter = n_fft // 4
    # The first step takes the samples from their places, windowed; the later ones what the step before left.
    for n in range(quarter):
        n1, n2, n3 = n + quarter, n + 2 * quarter, n + 3 * quarter
        a, b = load(blocks, places[n] + first) * each(window, n), load(blocks, places[n1] + first) * each(window, n1)
        c, d = load(blocks, places[n2] + first) * each(window, n2), load(blocks, places[n3] + first) * each(window, n3)
        split(a, b, c, d, n, quarter, n_fft, cosines, sines, real, z)
    size = n_fft // 2
    while size >= 4:
        quarter = size // 4
        for n in range(quarter):
            a, b = load(real, LANES * n), load(real, LANES * (n + quarter))
            c, d = load(real, LANES * (n + 2 * quarter)), load(real, LANES * (n + 3 * quarter))
            split(a, b, c, d, n, quarter, size, cosines, sines, real, z)
        size //= 2
    a, b = load(real, 0), load(real, LANES)
    lowest, highest = a + b, a - b
    store(power, 0, lowest * lowest)
    store(power, LANES * (n_fft // 2), highest * highest)
    count = n_fft // 4
    while count >= 1:
        size = count
        while size > 4:
            rotate(z, count, size, cosines, sines)
            size //= 4
        finish(z, count, size, bins, power)
        count //= 2


@compiled
def split(a, b, c, d, n, quarter, size, cosines, sines, real, z):
    """One step from a real transform to a real and a complex one; that lies in ``z`` from its size on."""
    store(real, LANES * n, a + c)
    store(real, LANES * (n + quarter), b + d)
    re, im = a - c, d - b
    cosine, sine = each(cosines, size + n), each(sines, size + n)
    at = 2 * LANES * (quarter + n)
    store(z, at, minus(re * cosine, im, sine))
    store(z, at + LANES, plus(re * sine, im, cosine))


@compiled
def rotate(z, count, size, cosines, sines):
    """One step of the complex transform in ``z[count : 2 * count]``, from parts of ``size`` to quarters of them."""
    step = 2 * LANES * (size // 4)
    for j in range(size // 4):
        c1, s1 = each(cosines, size + j), each(sines, size + j)
        c2, s2 = each(cosines, size + 2 * j), each(sines, size + 2 * j)
        c3, s3 = each(cosines, size + 3 * j), each(sines, size + 3 * j)
        for part in range(count // size):
            at = 2 * LANES * (count + part * size + j)
            at1, at2, at3 = at + step, at + 2 * step, at + 3 * step
            a, ai = load(z, at), load(z, at + LANES)
            b, bi = load(z, at1), load(z, at1 + LANES)
            c, ci = load(z, at2), load(z, at2 + LANES)
            d, di = load(z, at3), load(z, at3 + LANES)
            p, pi, q, qi = a + c, ai + ci, a - c, ai - ci
            r, ri, s, si = b + d, bi + di, b - d, bi - di
            store(z, at, p + r)
            store(z, at + LANES, pi + ri)
            e, ei = q + si, qi - s
            store(z, at1, minus(e * c1, ei, s1))
            store(z, at1 + LANES, plus(e * s1, ei, c1))
            e, ei = p - r, pi - ri
            store(z, at2, minus(e * c2, ei, s2))
            store(z, at2 + LANES, plus(e * s2, ei, c2))
            e, ei = q - si, qi + s
            store(z, at3, minus(e * c3, ei, s3))
            store(z, at3 + LANES, plus(e * s3, ei, c3))


@compiled
def finish(z, count, size, bins, power):
    """The last step, by four or two, which rotates nothing, and the power of what comes out."""
    if size == 1:
        a, ai = load(z, 2 * LANES), load(z, 3 * LANES)
        store(power, LANES * bins[1], plus(a * a, ai, ai))
    elif size == 2:
        for i in range(count, 2 * count, 2):
            at = 2 * LANES * i
            a, ai, b, bi = load(z, at), load(z, at + LANES), load(z, at + 2 * LANES), load(z, at + 3 * LANES)
            p, pi, q, qi = a + b, ai + bi, a - b, ai - bi
            store(power, LANES * bins[i], plus(p * p, pi, pi))
            store(power, LANES * bins[i + 1], plus(q * q, qi, qi))
    else:
        for i in range(count, 2 * count, 4):
            at = 2 * LANES * i
            a, ai, b, bi = load(z, at), load(z, at + LANES), load(z, at + 2 * LANES), load(z, at + 3 * LANES)
            at += 4 * LANES
            c, ci, d, di = load(z, at), load(z, at + LANES), load(z, at + 2 * LANES), load(z, at + 3 * LANES)
            p, pi, q, qi = a + c, ai + ci, a - c, ai - ci
            r, ri, s, si = b + d, bi + di, b - d, bi - di
            e, ei = p + r, pi + ri
            store(power, LANES * bins[i], plus(e * e, ei, ei))
            e, ei = q + si, qi - s
            store(power, LANES * bins[i + 1], plus(e * e, ei, ei))
            e, ei = p - r, pi - ri
            store(power, LANES * bins[i + 2], plus(e * e, ei, ei))
            e, ei = q - si, qi + s
            store(power, LANES * bins[i + 3], plus(e * e, ei, ei))
