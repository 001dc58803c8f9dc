"""Frames of nothing but tiles and noise, for the tests of reading, aligning, searching and fitting."""

import numpy as np

from synthmark._opencv import opencv
from synthmark.image.carriers import TILE, carriers
from synthmark.image.pictures import as_picture
from synthmark.keys import DEFAULT_KEY

CARRIERS = carriers(DEFAULT_KEY)
OTHER = carriers(b"another key of 32 bytes, or more")
CONTENT_ID = 0x0123456789ABCDEF


def tiled(rows, columns, top=0, left=0, sigma=0.0, content_id=CONTENT_ID, seed=0):
    """Return float32 (rows, columns) of tiles under noise, whose first pixel is tile pixel (top, left)."""
    tile = CARRIERS.tile(content_id)
    y, x = (np.arange(top, top + rows) % TILE), (np.arange(left, left + columns) % TILE)
    noise = np.random.default_rng(seed).normal(0, 1, (rows, columns)) * sigma
    return (tile[np.ix_(y, x)] + noise).astype(np.float32)


def seen_through(linear, rows, columns, sigma=0.0, shift=(0.0, 0.0), seed=0):
    """Return a view whose pixel x (across, down) shows tile pixel `linear @ x + shift`, under noise."""
    cv2 = opencv()
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]]) @ np.asarray(linear).T + shift
    first = TILE * np.floor(corners.min(axis=0) / TILE - 1).astype(int)
    last = np.ceil(corners.max(axis=0) + TILE).astype(int)
    canvas = tiled(last[1] - first[1], last[0] - first[0])
    matrix = np.column_stack([linear, np.asarray(shift) - first])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(canvas, matrix, (columns, rows), flags=flags)
    return (view + np.random.default_rng(seed).normal(0, 1, view.shape) * sigma).astype(np.float32)


def turn(degrees, scale=1.0, aspect=1.0):
    """Return a linear map: rotation and scale, the first axis stretched by `aspect`."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return rotation @ np.diag([aspect, 1.0]) * scale


def grey_picture(pattern, amplitude=4.0):
    """Return a pattern as a float picture around middle grey; the amplitude is in units of 0..255."""
    return as_picture(np.clip(0.5 + pattern * (amplitude / 255), 0, 1).astype(np.float32))
