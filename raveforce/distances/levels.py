"""A distance that does not hear which noise it is, only how loud, how long and of what colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raveforce import spectra
from raveforce._options import check_sizes
from raveforce.distances.base import DISTANCES, Array, Features, NamedDistance

__all__ = ["BandLevels"]


@DISTANCES.register("band_levels")
@dataclass(frozen=True)
class BandLevels(NamedDistance):
    """Difference of levels in mel bands, cross-validated between neighbouring frames: near 0 for the same noise.

    Two bursts of one noise differ at random in every frame and band, and other distances add these differences up.
    Here D, the difference of the natural logarithms of power, is taken in pairs of neighbouring frames. A true
    difference is in both, chance in one of them, so ``D_even · D_odd`` is 0 on average where only chance differs
    (the idea of the cross-validated distances of Walther et al. 2016). A cell counts ``√(D_even · D_odd)``, with the
    sign of the product: ``|D|`` where both frames agree. The average over all cells, at least 0, is the distance, in
    nepers of power (1 is 4.3 dB). Cells are single bands and pairs of frames, then squares of 2, 4 and 8 of them
    averaged before the product, where smaller differences rise above chance. Frames overlap by half, since Hann
    windows are then all but independent (Welch 1967).

    Hears gain, decay, colour, pitch and shifts longer than its short frames. Blind to phase, polarity and the seed of
    a noise: sounds that differ in these alone may be at 0.

    Parameters
    ----------
    sample_rate : Hz
    resolutions : window length (samples) and number of mel bands of each; a long one for pitch, a short one for time
    cells : sides of the squares, in pairs of frames and in bands
    floor : power that quieter bands are taken as, 1 is a full-scale sine (the default is -60 dB); at least 4e-10

    Raises
    ------
    ValueError
        Cells that do not divide the bands, or a floor that is too low.

    References
    ----------
    Walther, Nili, Ejaz, Alink, Kriegeskorte & Diedrichsen (2016). Reliability of dissimilarity measures for
    multi-voxel pattern analysis. NeuroImage.
    """

    sample_rate: int = 44100
    resolutions: tuple[tuple[int, int], ...] = ((4096, 128), (512, 32))
    cells: tuple[int, ...] = (1, 2, 4, 8)
    floor: float = 1e-6

    def __post_init__(self) -> None:
        object.__setattr__(self, "resolutions", tuple((int(n_fft), int(bands)) for n_fft, bands in self.resolutions))
        object.__setattr__(self, "cells", tuple(int(side) for side in self.cells))
        for n_fft, bands in self.resolutions:
            check_sizes({"n_fft": n_fft, "n_mels": bands})
        if not self.resolutions or not self.cells or min(self.cells) < 1:
            raise ValueError("band levels need at least one resolution and cells of at least 1 band")
        if any(bands % side for _, bands in self.resolutions for side in self.cells):
            raise ValueError(f"the bands of {self.resolutions} cannot be divided into cells of {self.cells}")
        if not self.floor >= spectra.LEAST_FLOOR:
            raise ValueError(f"the floor of power must be at least {spectra.LEAST_FLOOR:g}, got {self.floor!r}")

    def features(self, audio: Array) -> Features:
        """Log-mel spectrograms, [rows, frames, bands] of each resolution."""
        return tuple(
            spectra.log_mel(
                audio,
                sample_rate=self.sample_rate,
                n_fft=n_fft,
                hop_length=n_fft // 2,
                n_mels=bands,
                floor=self.floor,
            )
            for n_fft, bands in self.resolutions
        )

    def between(self, features: Features, target: Features) -> NDArray[np.float64]:
        """Average over cells, their sizes and the resolutions."""
        total: NDArray[np.float64] = np.zeros(len(features[0]))
        for ours, other in zip(features, target, strict=True):
            pairs = _in_pairs(ours - other)
            for side in self.cells:
                total += _agreement(pairs, side)
        return np.maximum(total / (len(self.cells) * len(self.resolutions)), 0)


def _in_pairs(difference: Array) -> Array:
    """Even and odd frames apart, [rows, 2, pairs, bands]; a last frame alone gets itself as its neighbour."""
    rows, frames, bands = difference.shape
    if frames % 2:
        difference = np.concatenate([difference, difference[:, -1:]], axis=1)
    return difference.reshape(rows, -1, 2, bands).swapaxes(1, 2)


def _agreement(pairs: Array, side: int) -> NDArray[np.float64]:
    """Signed root of the product of even and odd frames, averaged over cells; each counts by the frames it holds."""
    rows, _, count, bands = pairs.shape
    starts = np.arange(0, count, side)
    held = np.minimum(side, count - starts)
    means = np.add.reduceat(pairs, starts, axis=2) / held[:, None].astype(np.float32) if side > 1 else pairs
    means = means.reshape(rows, 2, len(starts), bands // side, side).mean(axis=-1)
    product = means[:, 0] * means[:, 1]
    roots = np.copysign(np.sqrt(np.abs(product)), product).mean(axis=-1, dtype=np.float64)
    return (roots * held).sum(axis=-1) / count
