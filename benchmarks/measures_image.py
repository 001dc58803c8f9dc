"""How much a mark changes a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

__all__ = ["SSIM_DEFINITION", "luma_ssim", "rgb_psnr"]

Pixels = NDArray[np.uint8]

SSIM_DEFINITION = (
    "scikit-image structural_similarity of the BT.601 luma (float, not rounded), gaussian_weights=True, "
    "sigma=1.5, use_sample_covariance=False, data_range=255"
)


def rgb_psnr(original: Pixels, marked: Pixels) -> float:
    """Return the peak signal-to-noise ratio in dB over all samples of the three channels."""
    error = float(np.mean((original.astype(np.float32) - marked) ** 2, dtype=np.float64))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def luma_ssim(original: Pixels, marked: Pixels) -> float:
    """Return the mean structural similarity of the luma, as defined by `SSIM_DEFINITION`."""
    first, second = (cv2.cvtColor(each.astype(np.float32), cv2.COLOR_RGB2GRAY) for each in (original, marked))
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            first, second, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
        )
    )
