"""Moving pictures made for the tests of the mark in video: luma planes cut out of scikit-image's photographs."""

import numpy as np
import skimage

RATE = 12.0


def photograph(name: str = "astronaut") -> np.ndarray:
    """Return the luma of a bundled photograph, uint8."""
    colour = getattr(skimage.data, name)().astype(np.float32)
    luma = colour @ np.array([0.299, 0.587, 0.114], np.float32) if colour.ndim == 3 else colour
    return np.rint(luma).astype(np.uint8)


def pan(
    name: str = "astronaut", frames: int = 24, size: tuple[int, int] = (270, 400), step: int = 2
) -> list[np.ndarray]:
    """Return frames that move over a photograph."""
    luma, (rows, columns) = photograph(name), size
    starts = [number * step % (luma.shape[1] - columns + 1) for number in range(frames)]
    top = (luma.shape[0] - rows) // 2
    return [luma[top : top + rows, left : left + columns].copy() for left in starts]


def psnr(first: np.ndarray, second: np.ndarray, peak: float = 255.0) -> float:
    """Return the PSNR between two planes in dB."""
    change = np.mean((first.astype(np.float64) - second) ** 2)
    return float(10 * np.log10(peak**2 / max(change, 1e-12)))
