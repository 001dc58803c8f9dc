"""Kernels of the mark and of the audible label in sound; what is a matrix product or an FFT stays with NumPy.

`_plain` holds the same functions in vectorised NumPy; it is used where numba is missing and is what the tests compare
with.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmark._jit import kernel

__all__ = [
    "add_to_channel",
    "band_powers",
    "bin_powers",
    "fold_frames",
    "likeliest_states",
    "mix_down",
    "pilot_matches",
    "rhythm_likeness",
    "stand_out",
]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]


@kernel
def fold_frames(samples: Floats, hop: int, window: Floats, twist: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Return the overlapping windowed frames, folded to half their length for the complex lapped transform.

    Parameters
    ----------
    samples
        float32, (n,).
    window, twist
        float32, (frame,), and complex64, (frame / 2,).

    Returns
    -------
    complex64, (1 + (n - frame) // hop, frame / 2); no rows when n < frame.
    """
    half = len(twist)
    count = max(1 + (len(samples) - 2 * half) // hop, 0)
    folded = np.empty((count, half), np.complex64)
    for row in range(count):
        low, high = samples[row * hop : row * hop + half], samples[row * hop + half : row * hop + 2 * half]
        for i in range(half):
            real, imaginary = low[i] * window[i], -(high[i] * window[half + i])
            turn = twist[i]
            folded[row, i] = complex(
                real * turn.real - imaginary * turn.imag, real * turn.imag + imaginary * turn.real
            )
    return folded


@kernel
def band_powers(spectrum: NDArray[np.complex64], first: int, count: int) -> Floats:
    """Return the power of bands, each of an even and an odd entry of the lapped transform: float32, (rows, count).

    Parameters
    ----------
    spectrum
        complex64, (rows, half), as `lapped.analyse` gives it: band `first` consists of entries first and
        half - 1 - first.
    """
    half = spectrum.shape[1]
    powers = np.empty((len(spectrum), count), np.float32)
    for row in range(len(spectrum)):
        for band in range(count):
            low, high = spectrum[row, first + band], spectrum[row, half - 1 - first - band]
            powers[row, band] = (low.real * low.real + low.imag * low.imag) + (
                high.real * high.real + high.imag * high.imag
            )
    return powers


@kernel
def bin_powers(spectrum: NDArray[np.complex64], count: int) -> Floats:
    """Return the power of each entry of the lapped transform in the order of frequency: float32, (rows, count).

    Parameters
    ----------
    spectrum
        complex64, (rows, half), as `lapped.analyse` gives it.
    count
        Even, at most 2 * half.
    """
    half = spectrum.shape[1]
    powers = np.empty((len(spectrum), count), np.float32)
    for row in range(len(spectrum)):
        for entry in range(count // 2):
            low, high = spectrum[row, entry], spectrum[row, half - 1 - entry]
            powers[row, 2 * entry] = low.real * low.real + low.imag * low.imag
            powers[row, 2 * entry + 1] = high.real * high.real + high.imag * high.imag
    return powers


@kernel
def stand_out(loudness: Floats, step: int, band_reach: int, row_reach: int, clip: float) -> Floats:
    """Return loudness without the mean of the neighbouring bands, then of the neighbouring rows, clipped.

    Parameters
    ----------
    loudness
        float32, (frames, bands); changed in place.
    step
        Frames from row to row.
    band_reach, row_reach
        Neighbours on either side; fewer at the edges.
    clip
        Largest magnitude of the result.
    """
    frames, bands = loudness.shape
    sums = np.empty(bands + 1, np.float32)
    share = np.empty(bands, np.float32)
    for band in range(bands):
        share[band] = np.float32(1) / np.float32(min(band + band_reach + 1, bands) - max(band - band_reach, 0))
    for frame in range(frames):
        line = loudness[frame]
        sums[0] = np.float32(0)
        for band in range(bands):
            sums[band + 1] = sums[band] + line[band]
        for band in range(bands):
            near = sums[min(band + band_reach + 1, bands)] - sums[max(band - band_reach, 0)]
            line[band] -= near * share[band]
    out = np.empty((frames, bands), np.float32)
    limit = np.float32(clip)
    total = np.empty(bands, np.float32)
    for frame in range(frames):
        total[:] = np.float32(0)
        used = 0
        for shift in range(-row_reach, row_reach + 1):
            other = frame + shift * step
            if 0 <= other < frames:
                used += 1
                beside = loudness[other]
                for band in range(bands):
                    total[band] += beside[band]
        part = np.float32(1) / np.float32(used)
        line, into = loudness[frame], out[frame]
        for band in range(bands):
            into[band] = min(max(line[band] - total[band] * part, -limit), limit)
    return out


@kernel
def pilot_matches(
    cells: Floats, places: Indices, rows: Indices, bands: Indices, signs: Floats, tile_steps: int, row_steps: int
) -> tuple[Floats, Floats]:
    """Correlate each tile with the pilot at every cyclic offset.

    Parameters
    ----------
    cells
        float32, (steps, bands).
    places
        The step that stands at each step of the tiles; what the last tile lacks counts as zero.
    rows, bands, signs
        Row, band and sign of each pilot cell, (pilot cells,).
    tile_steps, row_steps
        Steps in a tile and in a row.

    Returns
    -------
    Correlations, (tiles, tile_steps), and energies of all cells at each step within a row, (tiles, row_steps).
    """
    tiles = (len(places) + tile_steps - 1) // tile_steps
    count = cells.shape[1]
    matches = np.zeros((tiles, tile_steps), np.float32)
    energies = np.zeros((tiles, row_steps), np.float32)
    turned = np.zeros((count, 2 * tile_steps), np.float32)  # twice in a row, so that no offset wraps around
    for tile in range(tiles):
        base = tile * tile_steps
        filled = min(len(places) - base, tile_steps)
        if filled < tile_steps:
            turned[:] = np.float32(0)
        for step in range(filled):
            line = cells[places[base + step]]
            energy = np.float32(0)
            for band in range(count):
                value = line[band]
                energy += value * value
                turned[band, step] = value
                turned[band, tile_steps + step] = value
            energies[tile, step % row_steps] += energy
        into = matches[tile]
        for cell in range(len(rows)):
            first = rows[cell] * row_steps
            beside = turned[bands[cell], first : first + tile_steps]
            sign = signs[cell]
            for offset in range(tile_steps):
                into[offset] += sign * beside[offset]
    return matches, energies


@kernel
def mix_down(samples: NDArray[Any], factor: float) -> tuple[Floats, Doubles]:
    """Return the mean of the channels, and the energy of each.

    Parameters
    ----------
    samples
        Any dtype, (n, channels).
    factor
        What the samples are multiplied by, so that full scale is 1.

    Returns
    -------
    float32, (n,), and float64, (channels,).
    """
    count, channels = samples.shape
    mean = np.empty(count, np.float32)
    energies = np.zeros(channels)
    scale, share = np.float32(factor), np.float32(1 / channels)
    for i in range(count):
        total = np.float32(0)
        for channel in range(channels):
            value = np.float32(samples[i, channel]) * scale
            total += value
            energies[channel] += value * value
        mean[i] = total * share
    return mean, energies


@kernel
def add_to_channel(
    samples: NDArray[Any],
    delta: Floats,
    first: int,
    silent_run: int,
    peak: float,
    rounds: bool,
    out: NDArray[Any],
) -> bool:
    """Write samples with a change into `out`, runs of zeros untouched; return whether a sum lies beyond full scale.

    Parameters
    ----------
    samples
        Any dtype, (n,): the samples to change, and what lies beside them so that runs of zeros are seen whole.
    delta
        float32, (m,), in units of full scale.
    first
        Where the samples to change begin.
    silent_run
        So many zero samples in a row stay as they are.
    peak
        Full scale, a power of two.
    rounds
        Whether the results are rounded to whole numbers, and held below full scale.
    out
        The dtype of the samples, (m,).
    """
    count = len(out)
    over = False
    unit = 1.0 / peak
    changed = samples[first : first + count]
    for i in range(count):
        total = np.float64(changed[i]) * unit + np.float64(delta[i])
        over |= bool(abs(total) > 1.0)
        out[i] = min(max(np.rint(total * peak), -peak), peak - 1.0) if rounds else total
    run = 0
    for i in range(len(samples) + 1):
        if i < len(samples) and samples[i] == 0:
            run += 1
            continue
        if run >= silent_run:
            for j in range(max(i - run - first, 0), min(i - first, count)):
                out[j] = changed[j]
        run = 0
    return over


@kernel
def likeliest_states(ratios: Doubles, cost: float) -> NDArray[np.bool_]:
    """Return the likeliest run of two states when every change costs something (Viterbi).

    Parameters
    ----------
    ratios
        float64, (n,): log-likelihood of the second state against the first.
    cost
        Of a change from one state to the other.
    """
    count = len(ratios)
    from_off = np.empty(count, np.bool_)
    from_on = np.empty(count, np.bool_)
    off, on = 0.0, 0.0
    for i in range(count):
        from_off[i], from_on[i] = off < on - cost, on >= off - cost
        off, on = max(off, on - cost), max(on, off - cost) + ratios[i]
    states = np.empty(count, np.bool_)
    state = on > off
    for i in range(count - 1, -1, -1):
        states[i] = state
        state = from_on[i] if state else from_off[i]
    return states


@kernel
def rhythm_likeness(sums: Doubles, squares: Doubles, edges: Indices, size: int) -> tuple[Doubles, Indices]:
    """Correlate the level of each band with a pattern of sound and silence, at every start.

    Parameters
    ----------
    sums, squares
        float64, (frames + 1, bands): running sums of the levels and of their squares, from 0 on.
    edges
        (sounds, 2): first and last frame + 1 of each sound of the pattern.
    size
        Frames of the pattern.

    Returns
    -------
    The highest normalised correlation of each start, float64, (starts,), and its band.
    """
    count, bands = max(len(sums) - size, 0), sums.shape[1]
    sounding = 0
    for sound in range(len(edges)):
        sounding += edges[sound, 1] - edges[sound, 0]
    share = sounding / size
    norm = np.sqrt(sounding * (1 - share))
    best = np.empty(count)
    where = np.empty(count, np.intp)
    match = np.empty(bands)
    for start in range(count):
        whole, none = sums[start + size], sums[start]
        for band in range(bands):
            match[band] = -share * (whole[band] - none[band])
        for sound in range(len(edges)):
            after, before = sums[start + edges[sound, 1]], sums[start + edges[sound, 0]]
            for band in range(bands):
                match[band] += after[band] - before[band]
        for band in range(bands):
            total = whole[band] - none[band]
            spread = squares[start + size, band] - squares[start, band] - total * total / size
            match[band] /= norm * np.sqrt(max(spread, 1e-9))
        top = 0
        for band in range(1, bands):
            if match[band] > match[top]:
                top = band
        best[start], where[start] = match[top], top
    return best, where
