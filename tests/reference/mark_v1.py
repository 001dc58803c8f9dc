"""Format version 1 written a second time from `docs/image-watermark.md`, without any of the package's code."""

import hashlib
import zlib

import numpy as np
import pywt
from scipy.fft import dctn, idct, idctn

TILE = 128


def words(key, label, count):
    stream = hashlib.shake_256(b"synthmark\0" + label.encode() + b"\0" + key).digest(8 * count)
    return [int.from_bytes(stream[8 * k : 8 * k + 8], "little") for k in range(count)]


def permutation(key, label, count):
    return sorted(range(count), key=words(key, label, count).__getitem__)


def codeword(content_id):
    message = content_id.to_bytes(8, "big")
    crc = zlib.crc32(b"synthmark\x01" + message)
    frame = [int(bit) for bit in f"{content_id:064b}{crc:032b}"]
    weight = [sum(2 ** (j / 4) for j in range(10) if i >> j & 1) for i in range(1024)]
    channels = sorted(sorted(range(1024), key=weight.__getitem__)[-96:])
    matrix = np.ones((1, 1), int)
    for _ in range(10):
        matrix = np.kron([[1, 0], [1, 1]], matrix)
    return np.array(frame) @ matrix[channels] % 2


def radius():
    index = np.arange(TILE)
    index = np.where(index < 64, index, index - TILE)
    return np.sqrt(index[:, None] ** 2 + index[None, :] ** 2)


def empty():
    return pywt.wavedec2(np.zeros((TILE, TILE)), "sym4", mode="periodization", level=5)


def pattern(level, band, coefficients):
    """Return the tile of the DCT coefficients of one sub-band; level 1 is the finest."""
    parts = empty()
    details = list(parts[-level])
    details[band] = idctn(coefficients, norm="ortho")
    parts[-level] = tuple(details)
    return pywt.waverec2(parts, "sym4", mode="periodization")


def side(level, high, number):
    """Return one DCT coefficient of a one-dimensional sub-band as 128 samples."""
    parts = pywt.wavedec(np.zeros(TILE), "sym4", mode="periodization", level=level)
    unit = idct(np.eye(1, TILE >> level, number)[0], norm="ortho")
    parts[1 if high else 0] = unit
    return pywt.waverec(parts, "sym4", mode="periodization")


def chosen(level, band):
    """Return which coefficients of a sub-band are carriers."""
    size = TILE >> level
    inside = (radius() >= 7) & (radius() <= 30)
    down, across = (
        [np.abs(np.fft.fft(side(level, high, k))) ** 2 for k in range(size)]
        for high in ((True, False), (False, True), (True, True))[band]
    )
    mask = np.zeros((size, size), bool)
    for y, x in np.ndindex(size, size):
        energy = np.outer(down[y], across[x])
        mask[y, x] = energy[inside].sum() >= 0.8 * energy.sum()
    return mask


def pilot(key):
    places = [(u, v) for u in range(1, 27) for v in range(1, 27) if 81 <= u * u + v * v <= 676]
    drawn = [places[k] for k in permutation(key, "1/image/pilot lines", len(places))[:32]]
    lines = drawn + [(-u, v) for u, v in drawn]
    spectrum = np.zeros((TILE, TILE), complex)
    for (u, v), word in zip(lines, words(key, "1/image/pilot phases", 64), strict=True):
        phase = 2 * np.pi * (word >> 11) / 2**53
        spectrum[v % TILE, u % TILE] = np.exp(1j * phase)
        spectrum[-v % TILE, -u % TILE] = np.exp(-1j * phase)
    return spectrum


def tile(content_id, key, masks):
    """Return the tile; `masks` are the carriers of the nine sub-bands of levels 2 to 4."""
    count = sum(int(mask.sum()) for mask in masks)
    minus = [word >> 63 for word in words(key, "1/image/signs", count)]
    coded, values = codeword(content_id), np.zeros(count)
    for i, carrier in enumerate(permutation(key, "1/image/carriers", count)):
        values[carrier] = (-1.0) ** (minus[carrier] + int(coded[i % 1024]))
    message, first = np.zeros((TILE, TILE)), 0
    for number, mask in enumerate(masks):
        spread = np.zeros(mask.shape)
        spread[mask] = values[first : first + int(mask.sum())]
        first += int(mask.sum())
        message += pattern(2 + number // 3, number % 3, spread)
    lines = pilot(key)
    spectrum = np.fft.fft2(message)
    spectrum[lines != 0] = 0
    spectrum *= np.sqrt(3 / np.sum(np.abs(spectrum) ** 2))
    spectrum += lines / np.sqrt(np.sum(np.abs(lines) ** 2))
    drawn = np.fft.ifft2(spectrum * np.maximum(radius(), 1) ** -0.35).real
    return drawn / drawn.std()


def analysed(picture, masks):
    """Return the coefficients of all carriers of a tile."""
    parts = pywt.wavedec2(picture, "sym4", mode="periodization", level=5)
    bands = [dctn(parts[-level][band], norm="ortho") for level in (2, 3, 4) for band in range(3)]
    return np.concatenate([band[mask] for band, mask in zip(bands, masks, strict=True)])
