"""The kernels of the image mark written the obvious way: loops, dense matrices, one pixel at a time."""

import numpy as np


def matrix(indices, weights, size):
    """Return taps and weights as a dense matrix (result, size)."""
    dense = np.zeros((len(indices), size))
    for row, (places, shares) in enumerate(zip(indices, weights, strict=True)):
        for place, share in zip(places, shares, strict=True):
            dense[row, place] += share
    return dense


def resample(pixels, rows, row_weights, columns, column_weights, scale):
    down = matrix(rows, row_weights, pixels.shape[0])
    across = matrix(columns, column_weights, pixels.shape[1])
    channels = [down @ pixels[..., k].astype(float) @ across.T * scale for k in range(pixels.shape[2])]
    if len(channels) == 1:
        return np.stack(channels)
    red, green, blue = channels
    return np.stack([0.299 * red + 0.587 * green + 0.114 * blue, blue - green, red - green])


def box_mean(plane, reach):
    """Return the mean over a square of 2 reach + 1 pixels, the border repeated outwards."""
    height, width = plane.shape
    mean = np.empty(plane.shape)
    for y in range(height):
        for x in range(width):
            rows = np.clip(np.arange(y - reach, y + reach + 1), 0, height - 1)
            columns = np.clip(np.arange(x - reach, x + reach + 1), 0, width - 1)
            mean[y, x] = plane[np.ix_(rows, columns)].mean()
    return mean


def whiten(planes, weighted):
    high = [plane - box_mean(plane, 3) for plane in planes.astype(float)]
    activity = np.sqrt(box_mean(high[0] ** 2, 4))
    residual = high[0]
    if len(high) == 3:
        residual = high[0] - _predicted(*high)
    out = residual / (np.sqrt(box_mean(residual**2, 3)) + 0.25)
    out = np.clip(out, -2, 2)
    if weighted:
        limited = np.minimum(activity, 20)
        out = out * (1 + 0.15 * limited) / (limited + 2)
    return out, activity


def _predicted(luma, first, second):
    """Return the least-squares prediction of the luma from two planes over 9 x 9 pixels, a ridge of 2 each."""
    mean = {
        (p, q): box_mean(a * b, 4)
        for p, a in enumerate((luma, first, second))
        for q, b in enumerate((luma, first, second))
    }
    out = np.empty(luma.shape)
    for y, x in np.ndindex(*luma.shape):
        square = [[mean[p, q][y, x] + 2.0 * (p == q) for q in (1, 2)] for p in (1, 2)]
        a, b = np.linalg.solve(square, [mean[0, 1][y, x], mean[0, 2][y, x]])
        out[y, x] = a * first[y, x] + b * second[y, x]
    return out


def fold(plane, tile):
    out = np.zeros((tile, tile))
    for y, x in np.ndindex(*plane.shape):
        out[y % tile, x % tile] += plane[y, x]
    return out


def add_mark(pixels, delta, rows, row_weights, columns, column_weights, peak, rounding):
    """Return the marked pixels."""
    down, across = matrix(rows, row_weights, delta.shape[0]), matrix(columns, column_weights, delta.shape[1])
    spread = (down @ delta @ across.T)[..., None]
    return (np.clip(pixels + spread, 0, peak) + rounding).astype(pixels.dtype)


def sample_spectrum(power, across, down):
    """Return the bilinear value at each frequency of a half-plane spectrum; the other half mirrors it."""
    from scipy.ndimage import map_coordinates

    half = power.shape[0] // 2
    turn = np.where(across < 0, -1, 1)
    across, down = across * turn, down * turn + half
    inside = (across < power.shape[1] - 1) & (down >= 0) & (down < power.shape[0] - 1)
    values = map_coordinates(power.astype(float), [down.ravel(), across.ravel()], order=1, mode="nearest")
    return np.where(inside, values.reshape(across.shape), 0)


def sum_lines(grid, row_shift, column_shift, rows, columns):
    total = np.zeros((rows, columns))
    for down, across in zip(row_shift, column_shift, strict=True):
        total += np.roll(grid, (-down, -across), axis=(0, 1))[:rows, :columns]
    return total


def line_power(power, matrices, lines, weights):
    scores = []
    half, last = power.shape[0] // 2, power.shape[1] - 1
    for candidate in matrices:
        places = lines @ candidate.T
        values = sample_spectrum(power, places[:, 0], places[:, 1])
        folded = places * np.where(places[:, :1] < 0, -1, 1)
        seen = (folded[:, 0] < last) & (folded[:, 1] >= -half) & (folded[:, 1] < half - 1)
        scores.append((weights * values).sum() / np.sqrt((weights[seen] ** 2).sum() + 1e-9))
    return np.array(scores)
