"""Where the mark lives: DCT coefficients of the DWT sub-bands of one tile, and the pilot lines beside them.

A tile is 128 x 128 canonical pixels and repeats over the whole picture. The message sits on coefficients
of a DCT over each detail sub-band of a 5-level DWT (sym4, periodic), those whose energy lies at 7 to 30 cycles
per tile. The pilot is a sum of 64 cosines at 9 to 26 cycles per tile, in mirrored pairs, so that a mirrored
picture shows its lines at the same places. The message is zero on the frequencies of the pilot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pywt
from numpy.typing import NDArray

from synthmark.codes import PolarCode
from synthmark.keys import key_words, permutation, signs
from synthmark.payload import FORMAT_VERSION, FRAME_BITS, frame_bits

__all__ = ["CODE_LENGTH", "HIGHEST", "LOWEST", "TILE", "Carriers", "carriers", "radial_frequency"]

TILE = 128
CODE_LENGTH = 1024
LOWEST, HIGHEST = 7.0, 30.0
_WAVELET, _LEVELS = "sym4", 5
_PURITY = 0.8  # share of a carrier's energy that lies in the band
_PILOT_LOWEST, _PILOT_HIGHEST, _PILOT_PAIRS = 9.0, 26.0, 32
_PILOT_SHARE = 0.25  # of the mark's energy: less costs synchronisation, more costs the message
_TILT = 0.35  # amplitude falls as frequency**-0.35: low rings survive blur and cost less SSIM

Real = NDArray[np.float64]


@cache
def radial_frequency() -> Real:
    """Return the frequency of each DFT bin of a tile in cycles per tile, shape (128, 128)."""
    index = np.fft.fftfreq(TILE, 1 / TILE)
    return np.asarray(np.sqrt(index[:, None] ** 2 + index[None, :] ** 2))  # exact at the edges of the band


def _dct_matrix(size: int) -> Real:
    """Return the orthonormal DCT-II as a matrix (size, size)."""
    row, column = np.arange(size)[:, None], np.arange(size)[None, :]
    matrix = np.cos(np.pi * row * (column + 0.5) / size) * np.sqrt(2 / size)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix)


@dataclass(frozen=True, slots=True)
class _SubBand:
    """One detail sub-band: coefficients = rows @ tile @ columns.T, of which `chosen` carry the message."""

    rows: Real
    columns: Real
    chosen: NDArray[np.bool_]
    frequency: Real


def _sub_band(rows: Real, columns: Real) -> _SubBand:
    """Choose the coefficients whose energy lies in the band and note their mean frequency."""
    radius = radial_frequency()
    inside = ((radius >= LOWEST) & (radius <= HIGHEST)).astype(float)
    row_energy = np.abs(np.fft.fft(rows, axis=1)) ** 2 / TILE
    column_energy = np.abs(np.fft.fft(columns, axis=1)) ** 2 / TILE
    chosen = row_energy @ inside @ column_energy.T >= _PURITY
    return _SubBand(rows, columns, chosen, (row_energy @ radius @ column_energy.T)[chosen])


@cache
def _sub_bands() -> tuple[_SubBand, ...]:
    """Return the detail sub-bands that carry anything, coarse levels last."""
    low, bands = np.eye(TILE), []
    for _ in range(_LEVELS):
        low, high = pywt.dwt(low, _WAVELET, mode="periodization", axis=0)
        dct = _dct_matrix(len(low))
        for rows, columns in ((high, low), (low, high), (high, high)):
            band = _sub_band(dct @ rows, dct @ columns)
            if band.chosen.any():
                bands.append(band)
    return tuple(bands)


def _pilot_lines(key: bytes) -> NDArray[np.int64]:
    """Draw the keyed pilot frequencies: (64, 2) pairs (across, down) in cycles per tile, each with its mirror."""
    span = range(1, int(_PILOT_HIGHEST) + 1)
    places = [(u, v) for u in span for v in span if _PILOT_LOWEST**2 <= u * u + v * v <= _PILOT_HIGHEST**2]
    drawn = np.array(places)[permutation(key, f"{FORMAT_VERSION}/image/pilot lines", len(places))[:_PILOT_PAIRS]]
    return np.concatenate([drawn, drawn * (-1, 1)])


def _pilot_spectrum(key: bytes, lines: NDArray[np.int64]) -> NDArray[np.complex128]:
    """Return the DFT of the pilot: unit lines with keyed phases."""
    words = key_words(key, f"{FORMAT_VERSION}/image/pilot phases", len(lines))
    phasor = np.exp(2j * np.pi * (words >> np.uint64(11)) / 2.0**53)
    spectrum = np.zeros((TILE, TILE), np.complex128)
    spectrum[lines[:, 1], lines[:, 0]] = phasor
    spectrum[-lines[:, 1], -lines[:, 0]] = phasor.conj()
    return spectrum


@dataclass(frozen=True, slots=True, eq=False)
class Carriers:
    """Carriers and pilot of one key.

    Attributes
    ----------
    lines
        (64, 2): pilot frequencies (across, down) in cycles per tile, one of each conjugate pair.
    pilot
        DFT of the pilot (128, 128), magnitude one on its lines and zero elsewhere.
    frequency
        Mean frequency of each message carrier in cycles per tile.
    bit_of
        Which code bit each carrier holds.
    sign
        Keyed sign of each carrier.
    """

    lines: NDArray[np.int64]
    pilot: NDArray[np.complex128]
    frequency: Real
    bit_of: NDArray[np.intp]
    sign: Real
    code: PolarCode

    def tile(self, content_id: int) -> NDArray[np.float32]:
        """Return one tile of the mark of a content id: float32 (128, 128), standard deviation 1."""
        message = np.fft.fft2(synthesise(self.sign * self.coded_signs(content_id)[self.bit_of]))
        message[np.abs(self.pilot) > 0] = 0
        message *= np.sqrt((1 - _PILOT_SHARE) / np.sum(np.abs(message) ** 2))
        pilot = self.pilot * np.sqrt(_PILOT_SHARE / np.sum(np.abs(self.pilot) ** 2))
        spectrum = (message + pilot) * np.maximum(radial_frequency(), 1) ** -_TILT
        tile = np.fft.ifft2(spectrum).real
        return np.asarray(tile / tile.std(), np.float32)

    def coded_signs(self, content_id: int) -> Real:
        """Return the code of a content id as signs: +1.0 for bit 0, -1.0 for bit 1."""
        return np.where(self.code.encode(frame_bits(content_id)), -1.0, 1.0)

    def code_bits(self, spectrum: NDArray[np.complex128], weight: Real) -> Real:
        """Return the soft bits of the code from the DFT of a folded tile, pilot lines ignored.

        Parameters
        ----------
        spectrum
            (128, 128), aligned with the tile.
        weight
            One weight for each carrier.
        """
        message = np.where(np.abs(self.pilot) > 0, 0, spectrum)
        values = analyse(np.fft.ifft2(message).real) * weight * self.sign
        return np.bincount(self.bit_of, values, minlength=CODE_LENGTH).astype(np.float64)


def synthesise(values: Real) -> Real:
    """Return the tile (128, 128) whose message coefficients are `values`, all others zero."""
    tile, first = np.zeros((TILE, TILE)), 0
    for band in _sub_bands():
        count = int(band.chosen.sum())
        coefficients = np.zeros(band.chosen.shape)
        coefficients[band.chosen] = values[first : first + count]
        tile += band.rows.T @ coefficients @ band.columns
        first += count
    return tile


def analyse(tile: Real) -> Real:
    """Return the message coefficients of a tile (128, 128), in the order of `synthesise`."""
    return np.concatenate([(band.rows @ tile @ band.columns.T)[band.chosen] for band in _sub_bands()])


@lru_cache(maxsize=8)
def carriers(key: bytes) -> Carriers:
    """Return the carriers of a key; the last eight keys are kept."""
    frequency = np.concatenate([band.frequency for band in _sub_bands()])
    count = len(frequency)
    bit_of = np.empty(count, np.intp)
    bit_of[permutation(key, f"{FORMAT_VERSION}/image/carriers", count)] = np.arange(count) % CODE_LENGTH
    lines = _pilot_lines(key)
    sign = signs(key, f"{FORMAT_VERSION}/image/signs", count)
    code = PolarCode(CODE_LENGTH, FRAME_BITS)
    return Carriers(lines, _pilot_spectrum(key, lines), frequency, bit_of, sign, code)
