"""Adding up what several spells of a video show of one tile, each as much as it is worth.

Codecs keep most of a mark in their key frames, and what lies in its way is often the same throughout a scene. So the
spectra are weighed by what the pilot says of the strength of the mark in each, over the covariance of what they show:
the weights of least variance (J. Capon, "High-resolution frequency-wavenumber spectrum analysis", Proc. IEEE 57(8),
1969). The pilot that decides whether a reading is worth a decoding is that of the plain sum; it owes nothing to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthmark.image.carriers import HIGHEST, LOWEST, radial_frequency
from synthmark.image.readout import ring_levelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthmark.image.carriers import Carriers

    Spectrum = NDArray[np.complex128]

__all__ = ["combined", "combining_weights"]

_LOADING = 0.3  # of the mean power, added to each one's own: keeps the weights from making much of small differences
_RADIUS = radial_frequency()
_BAND = (_RADIUS >= LOWEST) & (_RADIUS <= HIGHEST)


def combined(spectra: Sequence[Spectrum], carriers: Carriers) -> Spectrum:
    """Return the weighted sum of the spectra (128, 128) of aligned tiles, rings levelled."""
    weights = combining_weights(spectra, carriers)
    return ring_levelled(np.asarray(sum(weight * each for weight, each in zip(weights, spectra, strict=True))))


def combining_weights(spectra: Sequence[Spectrum], carriers: Carriers) -> NDArray[np.float64]:
    """Return one weight for each spectrum.

    Parameters
    ----------
    spectra
        complex128 (128, 128) each, aligned with the tile.
    carriers
        Of the key.
    """
    across, down = carriers.lines[:, 0], carriers.lines[:, 1]
    pilot = carriers.pilot[down, across].conj()
    strengths = np.array([float((each[down, across] * pilot).real.sum()) for each in spectra])
    seen = np.array([each[_BAND] for each in spectra])
    covariance = (seen @ seen.conj().T).real
    loading = _LOADING * np.trace(covariance) / len(spectra) + 1e-12
    return np.asarray(np.linalg.solve(covariance + loading * np.eye(len(spectra)), strengths))
