"""What is in a picture that a label should not cover: faces, text, marks, detail and what draws the eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmark._opencv import opencv
from synthmark.visible.faces import large_faces, small_faces

if TYPE_CHECKING:
    import numpy.typing as npt

    from synthmark.visible.boxes import Box

    Map = npt.NDArray[np.float32]
    Grey = npt.NDArray[np.uint8]

__all__ = ["Analysis", "analyse"]

# Gradient in grey levels that counts as full detail.
FULL_DETAIL = 64.0
# Contrast of text in grey levels; thickness of its strokes and gaps between its letters, as parts of the
# short side.
TEXT_CONTRAST = 50
TEXT_STROKE, TEXT_GAP = 0.025, 0.018
# Text lower, higher or shorter than these parts of the short side is not taken for text.
TEXT_LOW, TEXT_HIGH, TEXT_SHORT = 0.012, 0.14, 0.04
# Text that lies within this part of the short side from an edge is a mark: a caption, a logo, a label.
MARK_BAND = 0.2
MOST_MARKS = 8
# Hair and chin around the box that a cascade reports.
FACE_MARGIN = 0.08
SALIENCY_SIZE = 64


@dataclass(slots=True)
class Analysis:
    """A small grey copy of a picture with what was found in it.

    Attributes
    ----------
    grey
        uint8 array (H, W), the copy.
    scale
        Size of the copy as factors of the picture's width and height.
    faces
        Boxes in pixels of the copy; grows as more places are looked at.
    """

    grey: Grey
    scale: tuple[float, float]
    faces: list[Box]
    _sums: dict[str, npt.NDArray[np.float64]]

    def covered(self, box: Box) -> float:
        """Return how much of a box (in pixels of the copy) lies on faces, 0..1."""
        return min(1.0, sum(box.shared_area(face) for face in self.faces) / box.area)

    def mean(self, name: str, box: Box) -> float:
        """Return the mean of the map "text", "marks", "detail" or "saliency" in a box, 0..1."""
        left, top, right, bottom = box.inside(self.grey.shape[1], self.grey.shape[0])
        sums = self._sums[name]
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return float(total) / ((right - left) * (bottom - top))

    def look_closer(self, around: Box | None = None) -> None:
        """Look for small faces around a box of the copy, or everywhere."""
        self.faces += _with_margin(small_faces(self.grey, around))


def analyse(grey: Grey, size: tuple[float, float], *, faces: bool = True) -> Analysis:
    """Look for what a label should not cover, in a small copy of a picture.

    Parameters
    ----------
    grey
        uint8 array (H, W) of the size that `reduction.copy_size` gives.
    size
        Width and height of the picture itself, in pixels.
    faces
        Whether to look for faces.
    """
    gradient = _gradient(grey)
    text, marks = _text(grey)
    maps = {
        "text": text,
        "marks": marks,
        "detail": np.minimum(gradient.astype(np.float32) / np.float32(FULL_DETAIL), 1),
        "saliency": _saliency(grey),
    }
    scale = (grey.shape[1] / size[0], grey.shape[0] / size[1])
    sums = {name: opencv().integral(values, sdepth=opencv().CV_64F) for name, values in maps.items()}
    return Analysis(grey, scale, _with_margin(large_faces(grey)) if faces else [], sums)


def _gradient(grey: Grey) -> Grey:
    """Return the morphological gradient: the range of grey levels among the neighbours of every pixel."""
    cv2 = opencv()
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)


def _text(grey: Grey) -> tuple[Map, Map]:
    """Return maps of text, and of that text which is close to an edge of the picture."""
    cv2 = opencv()
    thick = max(3, round(TEXT_STROKE * min(grey.shape)))
    around = np.ones((thick, thick), np.uint8)
    bright = _lines(cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, around))
    dark = _lines(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, around))
    return np.maximum(bright[0], dark[0]), np.maximum(bright[1], dark[1])


def _lines(strokes: Grey) -> tuple[Map, Map]:
    """Return maps of lines of text, and of those close to an edge, among strokes that stand out.

    Strokes are joined along the line; what then is as low, as long and as full as a line of text counts.
    """
    cv2 = opencv()
    short = min(strokes.shape)
    joint = np.ones((1, max(3, round(TEXT_GAP * short))), np.uint8)
    strong = np.asarray(strokes > TEXT_CONTRAST, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(strong, cv2.MORPH_CLOSE, joint))
    text, marks = np.zeros(count, np.float32), np.zeros(count, np.float32)
    lines = _like_text(stats, short)
    text[lines] = 1
    near_edge = lines & _near_edge(stats, strokes.shape)
    # More than a few are no captions or logos but a texture, or a page of text.
    marks[near_edge] = near_edge.sum() <= MOST_MARKS
    return text[labels], marks[labels]


def _like_text(stats: npt.NDArray[np.int32], short: int) -> npt.NDArray[np.bool_]:
    """Return which components (left, top, width, height, area) have the form of a line of text."""
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    likely = (height >= max(4, TEXT_LOW * short)) & (height <= TEXT_HIGH * short)
    likely &= (width >= TEXT_SHORT * short) & (width >= 1.6 * height) & (area >= 0.5 * width * height)
    likely[0] = False
    return likely


def _near_edge(stats: npt.NDArray[np.int32], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which components lie wholly in the bands along the edges."""
    band = MARK_BAND * min(shape)
    left, top, right, bottom = stats[:, 0], stats[:, 1], stats[:, 0] + stats[:, 2], stats[:, 1] + stats[:, 3]
    return np.asarray((bottom <= band) | (right <= band) | (top >= shape[0] - band) | (left >= shape[1] - band))


def _saliency(grey: Grey) -> Map:
    """Return how much every place draws the eye, 0..1: the spectral residual (Hou and Zhang, CVPR 2007)."""
    cv2 = opencv()
    small = cv2.resize(grey, (SALIENCY_SIZE, SALIENCY_SIZE), interpolation=cv2.INTER_AREA).astype(np.float64)
    spectrum = np.fft.fft2(small)
    amplitude = np.log(np.abs(spectrum) + 1e-6)
    residual = amplitude - cv2.blur(amplitude, (3, 3))
    energy = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    smooth = cv2.GaussianBlur(energy, (0, 0), 2.5)
    scaled = (smooth / max(float(smooth.max()), 1e-12)).astype(np.float32)
    return np.asarray(cv2.resize(scaled, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _with_margin(faces: list[Box]) -> list[Box]:
    return [face.grown(FACE_MARGIN * face.width) for face in faces]
