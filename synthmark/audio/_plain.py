"""The kernels of sound without numba, in vectorised NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]
    Indices = NDArray[np.intp]

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


def fold_frames(samples: Floats, hop: int, window: Floats, twist: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Return the overlapping windowed frames, folded to half their length, as the kernel of the same name."""
    half = len(twist)
    if len(samples) < 2 * half:
        return np.zeros((0, half), np.complex64)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 2 * half)[::hop]
    folded = np.empty((len(frames), half), np.complex64)
    np.multiply(frames[:, :half], window[:half], out=folded.real)
    np.multiply(frames[:, half:], -window[half:], out=folded.imag)
    folded *= twist
    return folded


def band_powers(spectrum: NDArray[np.complex64], first: int, count: int) -> Floats:
    """Return the power of bands, as the kernel of the same name."""
    last = spectrum.shape[1] - first
    low, high = spectrum[:, first : first + count], spectrum[:, last - count : last][:, ::-1]
    powers: Floats = low.real**2 + low.imag**2 + (high.real**2 + high.imag**2)
    return powers


def bin_powers(spectrum: NDArray[np.complex64], count: int) -> Floats:
    """Return the power of each entry in the order of frequency, as the kernel of the same name."""
    powers = np.empty((len(spectrum), count), np.float32)
    low, high = spectrum[:, : count // 2], spectrum[:, : -count // 2 - 1 : -1]
    powers[:, 0::2] = low.real**2 + low.imag**2
    powers[:, 1::2] = high.real**2 + high.imag**2
    return powers


def stand_out(loudness: Floats, step: int, band_reach: int, row_reach: int, clip: float) -> Floats:
    """Return loudness without the mean of its neighbours, clipped, as the kernel of the same name."""
    loudness -= _mean_over_bands(loudness, band_reach)
    loudness -= _mean_over_rows(loudness, step, row_reach)
    return np.clip(loudness, -clip, clip, out=loudness)


def _mean_over_bands(loudness: Floats, reach: int) -> Floats:
    bands = loudness.shape[1]
    sums = np.zeros((len(loudness), bands + 1), np.float32)
    np.cumsum(loudness, axis=1, out=sums[:, 1:])
    first = np.maximum(np.arange(bands) - reach, 0)
    last = np.minimum(np.arange(bands) + reach + 1, bands)
    return np.asarray((sums[:, last] - sums[:, first]) / (last - first), np.float32)


def _mean_over_rows(loudness: Floats, step: int, reach: int) -> Floats:
    total = loudness.copy()
    count = np.ones(len(loudness), np.float32)
    for shift in range(step, reach * step + 1, step):
        total[shift:] += loudness[:-shift]
        total[:-shift] += loudness[shift:]
        count[shift:] += 1
        count[:-shift] += 1
    total /= count[:, None]
    return total


def pilot_matches(  # noqa: PLR0913, PLR0917 - as the kernel
    cells: Floats, places: Indices, rows: Indices, bands: Indices, signs: Floats, tile_steps: int, row_steps: int
) -> tuple[Floats, Floats]:
    """Correlate each tile with the pilot at every cyclic offset, as the kernel of the same name."""
    tiles = -(-len(places) // tile_steps)
    filled = np.zeros((tiles * tile_steps, cells.shape[1]), np.float32)
    filled[: len(places)] = cells[places]
    shaped = filled.reshape(tiles, tile_steps, -1)
    pilot = np.zeros(shaped.shape[1:], np.float32)
    pilot[rows * row_steps, bands] = signs
    reference = np.fft.rfft(pilot, axis=0).conj().astype(np.complex64)
    product = np.einsum("tsb,sb->ts", np.fft.rfft(shaped, axis=1), reference)
    matches = np.fft.irfft(product, tile_steps, axis=1).astype(np.float32)
    energies = (shaped**2).reshape(tiles, tile_steps // row_steps, row_steps, -1).sum(axis=(1, 3))
    return matches, energies


def mix_down(samples: NDArray[Any], factor: float) -> tuple[Floats, Doubles]:
    """Return the mean of the channels, and the energy of each, as the kernel of the same name."""
    scaled = samples.astype(np.float32) * np.float32(factor)
    energies = np.einsum("ij,ij->j", scaled, scaled, dtype=np.float64)
    return scaled @ np.full(scaled.shape[1], 1 / scaled.shape[1], np.float32), energies


def add_to_channel(  # noqa: PLR0913, PLR0917 - as the kernel
    samples: NDArray[Any],
    delta: Floats,
    first: int,
    silent_run: int,
    peak: float,
    rounds: bool,
    out: NDArray[Any],
) -> bool:
    """Write samples with a change into `out`, runs of zeros untouched, as the kernel of the same name."""
    changed = samples[first : first + len(out)]
    total = changed.astype(np.float64) / peak + delta
    out[:] = np.clip(np.rint(total * peak), -peak, peak - 1) if rounds else total
    silent = _silent(samples, silent_run)[first : first + len(out)]
    out[silent] = changed[silent]
    return bool((np.abs(total) > 1).any())


def _silent(samples: NDArray[Any], run: int) -> NDArray[np.bool_]:
    """Return which samples stand in a run of at least so many zeros."""
    zero = samples == 0
    if np.count_nonzero(zero) < run:
        return np.zeros(len(samples), np.bool_)
    changes = np.flatnonzero(np.diff(zero, prepend=False, append=False))
    silent = np.zeros(len(samples), np.bool_)
    for first, last in changes.reshape(-1, 2):
        silent[first:last] = last - first >= run
    return silent


def likeliest_states(ratios: Doubles, cost: float) -> NDArray[np.bool_]:
    """Return the likeliest run of two states, as the kernel of the same name."""
    off, on = 0.0, 0.0
    came: list[tuple[bool, bool]] = []
    for ratio in ratios.tolist():
        came.append((off < on - cost, on >= off - cost))
        off, on = max(off, on - cost), max(on, off - cost) + ratio
    state = on > off
    states = []
    for from_off, from_on in reversed(came):
        states.append(state)
        state = from_on if state else from_off
    return np.array(states[::-1], np.bool_)


def rhythm_likeness(sums: Doubles, squares: Doubles, edges: Indices, size: int) -> tuple[Doubles, Indices]:
    """Correlate the level of each band with a pattern, at every start, as the kernel of the same name."""
    count = max(len(sums) - size, 0)
    sounding = int((edges[:, 1] - edges[:, 0]).sum())
    share = sounding / size
    total = sums[size:] - sums[: len(sums) - size] if count else sums[:0]
    match = -share * total
    for first, last in edges:
        match += sums[last : last + count] - sums[first : first + count]
    spread = squares[size : size + count] - squares[:count] - total * total / size
    match /= np.sqrt(sounding * (1 - share)) * np.sqrt(np.maximum(spread, 1e-9))
    where = match.argmax(axis=1)
    return match[np.arange(count), where], where
