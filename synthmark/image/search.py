"""The geometry search: where the lines of the pilot stand in the spectrum of the whitened picture.

The mark repeats every tile, so its power spectrum is a set of lines on the tile's lattice; rotation, scale and
aspect move them by one linear map. Two exhaustive searches are made on logarithmic grids, where those maps are
shifts: angle x scale on a log-polar grid, and width x height on a log-log grid. The best places are scored
again with all lattice lines, message included, and climbed to their maximum.

References: J. J. K. O'Ruanaidh, T. Pun, "Rotation, scale and translation invariant spread spectrum digital
image watermarking", Signal Processing 66(3), 1998; S. Pereira, T. Pun, IEEE TIP 9(6), 2000.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from synthmark._opencv import opencv
from synthmark.image.carriers import HIGHEST, LOWEST, TILE, Carriers
from synthmark.image.engine import engine

__all__ = ["VIEWS", "View", "candidate_maps", "line_spectrum"]

_STEP = 0.005  # logarithmic step of scale
_ANGLES = 720  # over 180 degrees
_ASPECT_STEPS = int(np.log(1.4) / _STEP)  # width against height, either way
_PILOT_WEIGHT = 6.0  # power of a pilot line over that of a message line
_KEPT, _CLIMBED = 64, 8
_POLAR_LOWEST, _STRETCH_LOWEST, _HIGHEST_LINE = 8.5, 4.0, 27.0

Floats = NDArray[np.float32]
Maps = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class View:
    """One size at which a picture is searched.

    Attributes
    ----------
    short_side
        Pixels of the short side of the picture in this view.
    smallest_tile, largest_tile
        Range of the apparent size of a tile that is searched, in pixels of the view.
    fft_size
        Size of the padded transform; segments have half of it.
    candidates
        How many maps are worth a closer look.
    """

    short_side: int
    smallest_tile: float
    largest_tile: float
    fft_size: int
    candidates: int

    @property
    def scales(self) -> int:
        """Number of steps of scale."""
        return int(np.log(self.largest_tile / self.smallest_tile) / _STEP) + 1


VIEWS = (
    View(short_side=512, smallest_tile=62, largest_tile=240, fft_size=1024, candidates=4),
    View(short_side=208, smallest_tile=78, largest_tile=300, fft_size=512, candidates=3),
    View(short_side=1024, smallest_tile=72, largest_tile=128, fft_size=1024, candidates=2),
)
"""The usual size; a small one for parts of a picture; a large one for pictures on a much larger canvas."""


def line_spectrum(whitened: Floats, fft_size: int) -> Floats:
    """Return the power spectrum over its local mean, minus one, clipped.

    Parameters
    ----------
    whitened
        float32 (h, w).
    fft_size
        Size of the padded transform.

    Returns
    -------
    float32 (fft_size, fft_size // 2 + 1), rows centred.
    """
    cv2 = opencv()
    power = np.zeros((fft_size, fft_size // 2 + 1), np.float32)
    for segment in _segments(whitened, fft_size // 2):
        # Row by row, so that the empty half of the padded segment costs nothing.
        spectrum = np.fft.fft(np.fft.rfft(segment, fft_size, axis=1), fft_size, axis=0)
        power += spectrum.real**2 + spectrum.imag**2
    power = np.fft.fftshift(power, axes=0)
    local = cv2.blur(power, (33, 33), borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(np.minimum(power / (local + 1e-6 * local.mean() + 1e-12), 8.0) - 1.0, np.float32)


def _segments(whitened: Floats, size: int) -> list[Floats]:
    """Return up to three overlapping squares from the middle of the picture."""
    rows, columns = (_starts(length, size, 3) for length in whitened.shape)
    if len(rows) > 1 and len(columns) > 1:
        rows, columns = [rows[0], rows[-1]], [columns[0], columns[-1]]
        return [whitened[y : y + size, x : x + size] for y, x in zip(rows, columns, strict=True)]
    return [whitened[y : y + size, x : x + size] for y in rows for x in columns]


def _starts(length: int, size: int, most: int) -> list[int]:
    """Return where at most `most` segments begin along one side."""
    if length <= size:
        return [0]
    count = min(most, -(-length // size))
    room = min(length, count * size) - size
    first = (length - size - room) // 2
    return [first + round(k * room / (count - 1)) for k in range(count)]


def _log_radii(view: View, lowest: float) -> NDArray[np.float64]:
    """Return radii in bins on the logarithmic grid, from the lowest line of the largest tile upwards."""
    first = lowest * view.fft_size / view.largest_tile
    count = int(np.log(_HIGHEST_LINE / lowest) / _STEP) + view.scales + 2
    return np.asarray(first * np.exp(_STEP * np.arange(count)))


@cache
def _polar_grid(view: View) -> tuple[Floats, Floats]:
    """Return the frequencies (across, down) of the log-polar grid (angles, radii)."""
    angle = np.pi * np.arange(_ANGLES) / _ANGLES
    radius = _log_radii(view, _POLAR_LOWEST)
    return (
        np.outer(np.cos(angle), radius).astype(np.float32),
        np.outer(np.sin(angle), radius).astype(np.float32),
    )


@cache
def _log_grid(view: View) -> tuple[Floats, Floats]:
    """Return the frequencies (across, down) of the log-log grid of one quadrant."""
    radius = _log_radii(view, _STRETCH_LOWEST).astype(np.float32)
    across, down = np.meshgrid(radius, radius)
    return across, down


def _places(scores: Floats, count: int) -> NDArray[np.intp]:
    """Return (row, column) of the `count` best local maxima."""
    peak = scores >= opencv().dilate(scores, np.ones((3, 3), np.uint8))
    flat = np.flatnonzero(peak)
    best = flat[np.argsort(scores.ravel()[flat])[::-1][:count]]
    return np.stack(np.unravel_index(best, scores.shape), axis=1)


def _bins(view: View, step: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return bins per cycle-per-tile at a step of scale."""
    return np.asarray(view.fft_size / view.largest_tile * np.exp(_STEP * step))


def _rotations(spectrum: Floats, lines: NDArray[np.int64], view: View) -> Maps:
    """Return the best rotation x scale maps (n, 2, 2)."""
    grid = engine().sample_spectrum(spectrum, *_polar_grid(view))
    angle = np.arctan2(lines[:, 1], lines[:, 0]) % np.pi
    rows = np.rint(angle * _ANGLES / np.pi).astype(np.int32) % _ANGLES
    columns = np.rint(np.log(np.hypot(*lines.T) / _POLAR_LOWEST) / _STEP).astype(np.int32)
    places = _places(engine().sum_lines(grid, rows, columns, _ANGLES, view.scales), _KEPT)
    turn, scale = np.pi * places[:, 0] / _ANGLES, _bins(view, places[:, 1])
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    return np.stack([np.stack([cosine, -sine], 1), np.stack([sine, cosine], 1)], 1)


def _stretches(spectrum: Floats, lines: NDArray[np.int64], view: View) -> Maps:
    """Return the best width x height maps without rotation (n, 2, 2)."""
    across, down = _log_grid(view)
    grid = engine().sample_spectrum(spectrum, across, down) + engine().sample_spectrum(spectrum, -across, down)
    pairs = lines[(lines[:, 0] >= _STRETCH_LOWEST) & (lines[:, 1] >= _STRETCH_LOWEST)]
    shift = np.rint(np.log(pairs / _STRETCH_LOWEST) / _STEP).astype(np.int32)
    scores = engine().sum_lines(grid, shift[:, 1].copy(), shift[:, 0].copy(), view.scales, view.scales)
    step = np.arange(view.scales)
    near = np.abs(step[:, None] - step[None, :]) <= _ASPECT_STEPS
    places = _places(np.where(near, scores, np.float32(-1e9)), _KEPT)
    maps = np.zeros((len(places), 2, 2))
    maps[:, 0, 0], maps[:, 1, 1] = _bins(view, places[:, 1]), _bins(view, places[:, 0])
    return maps


@lru_cache(maxsize=8)
def _lattice(carriers: Carriers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lines of the pilot and half of the message's lattice (m, 2), and their weights (m,)."""
    span = np.arange(-int(HIGHEST), int(HIGHEST) + 1)
    across, down = (axis.ravel() for axis in np.meshgrid(span, span))
    radius = np.hypot(across, down)
    upper = (radius >= LOWEST) & (radius <= HIGHEST) & ((down > 0) | ((down == 0) & (across > 0)))
    pilot = np.abs(carriers.pilot[down % TILE, across % TILE]) > 0
    taken = upper & (pilot | ((across + down) % 2 == 0))
    lines = np.stack([across[taken], down[taken]], 1).astype(np.float64)
    return lines, np.where(pilot[taken], _PILOT_WEIGHT, 1.0)


def _moves() -> Maps:
    """Return the directions of a climb: no move, each matrix entry, rotation and scale, either way."""
    entries = list(np.eye(4).reshape(4, 2, 2))
    directions = [*entries, np.array([[0.0, -1.0], [1.0, 0.0]]), np.eye(2)]
    return np.array([np.zeros((2, 2))] + [sign * direction for direction in directions for sign in (-1, 1)])


def _climb(spectrum: Floats, start: NDArray[np.float64], carriers: Carriers) -> tuple[float, NDArray[np.float64]]:
    """Improve one map by small steps; return its score and the map."""
    lines, weight = _lattice(carriers)
    moves, best, score, step = _moves(), start, -np.inf, 0.003
    for _ in range(14):
        trials = (np.eye(2) + step * moves) @ best
        scores = engine().line_power(spectrum, trials, lines, weight)
        top = int(np.argmax(scores))
        step = step / 2 if top == 0 else step
        best, score = trials[top], float(scores[top])
        if step < 0.0005:
            break
    return score, best


def _distinct(maps: Maps, tolerance: float, count: int) -> Maps:
    """Return the first maps that differ from one another; a map and its negative are the same."""
    chosen = maps[:0]
    for candidate in maps:
        apart = np.minimum(np.abs(chosen - candidate).max((1, 2)), np.abs(chosen + candidate).max((1, 2)))
        if np.all(apart > tolerance * np.abs(candidate).max()):
            chosen = np.concatenate([chosen, candidate[None]])
            if len(chosen) == count:
                break
    return chosen


def candidate_maps(spectrum: Floats, carriers: Carriers, view: View) -> list[NDArray[np.float64]]:
    """Return the most likely linear maps from pixels of the view to canonical pixels, best first.

    Parameters
    ----------
    spectrum
        As `line_spectrum` returns it for this view.
    carriers
        Of the key that is tried.
    view
        The size at which the picture is searched.

    Returns
    -------
    float64 arrays (2, 2), acting on (across, down), known up to a half turn and mirroring.
    """
    lines = carriers.lines
    maps = np.concatenate([_rotations(spectrum, lines, view), _stretches(spectrum, lines, view)])
    scores = engine().line_power(spectrum, maps, *_lattice(carriers))
    starts = _distinct(maps[np.argsort(scores)[::-1]], 0.006, _CLIMBED)
    climbed = sorted((_climb(spectrum, start, carriers) for start in starts), key=lambda pair: -pair[0])
    best = _distinct(np.array([candidate for _, candidate in climbed]), 0.004, view.candidates)
    return [candidate.T * (TILE / view.fft_size) for candidate in best]
