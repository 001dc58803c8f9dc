"""The label as weights: what stays of every sample below it, and what comes on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark._opencv import opencv
from synthmark.video.visible.levels import code_of, neutral
from synthmark.visible.plate import rounded

if TYPE_CHECKING:
    import numpy.typing as npt

    from synthmark.video.visible.frame_form import FrameForm
    from synthmark.visible.boxes import Box

    Map = npt.NDArray[np.float32]

__all__ = ["Layer", "Weights", "layers", "weights"]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A label in its box, displayed upright: arrays (h, w), each 0..1.

    Attributes
    ----------
    kept
        How much of the frame still shows.
    white
        How much white is added; the rest is black.
    """

    kept: Map
    white: Map


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What drawing does to one plane: `kept` times its samples plus `added`, in one box.

    Attributes
    ----------
    rows, columns
        The box.
    kept, added
        float32 arrays of its shape, or (h, w, 1) for interleaved chroma; `added` in code values.
    """

    rows: slice
    columns: slice
    kept: Map
    added: Map

    def draw(self, plane: npt.NDArray[Any]) -> None:
        """Draw on a plane, in place; samples that are kept whole stay exactly as they are."""
        area = plane[self.rows, self.columns]
        np.copyto(area, np.rint(area * self.kept + self.added), casting="unsafe")


def weights(size: tuple[int, int], mask: npt.NDArray[np.uint8], *, white_text: bool, opacity: float) -> Weights:
    """Return a plate with its text in the middle.

    Parameters
    ----------
    size
        Width and height of the plate.
    mask
        Coverage of the text, smaller than the plate.
    opacity
        Of the plate, 0..1.
    """
    width, height = size
    text = np.zeros((height, width), np.float32)
    top, left = (height - mask.shape[0]) // 2, (width - mask.shape[1]) // 2
    text[top : top + mask.shape[0], left : left + mask.shape[1]] = mask / np.float32(255)
    shape = rounded(height, width)
    kept = 1 - shape + shape * np.float32(1 - opacity) * (1 - text)
    white = shape * text if white_text else shape * np.float32(opacity) * (1 - text)
    return Weights(kept, white)


def layers(label: Weights, box: Box, form: FrameForm, *, white: float) -> tuple[Layer, Layer]:
    """Return what a label does to luma and to each plane of chroma.

    Parameters
    ----------
    box
        Where the label lies in the stored frame, in samples.
    white
        Signal of its white, 0..1.
    """
    across, down = form.subsampling
    aligned = _aligned(box, across, down)
    kept, lit = (_in_stored_frame(values, box, form) for values in (label.kept, label.white))
    black = code_of(0, form)
    luma = Layer(*_slices(box), kept, (1 - kept) * black + lit * np.float32(code_of(white, form) - black))
    kept_chroma = _cell_means(_padded(kept, box, aligned), across, down)
    cells = aligned.scaled(1 / across, 1 / down)
    return luma, Layer(*_slices(cells), kept_chroma, (1 - kept_chroma) * np.float32(neutral(form)))


def interleaved(layer: Layer) -> Layer:
    """Return a layer for U and V in one plane of shape (rows, columns, 2)."""
    return Layer(layer.rows, layer.columns, layer.kept[..., None], layer.added[..., None])


def _in_stored_frame(values: Map, box: Box, form: FrameForm) -> Map:
    """Turn and stretch a map that is displayed upright into the samples of the stored frame."""
    turned = np.ascontiguousarray(form.stored(values))
    size = (int(box.width), int(box.height))
    if size == turned.shape[::-1]:
        return turned
    cv2 = opencv()
    return np.asarray(cv2.resize(turned, size, interpolation=cv2.INTER_AREA), np.float32)


def _aligned(box: Box, across: int, down: int) -> Box:
    """Return the least box of whole chroma cells around a box."""
    left, top, right, bottom = (int(edge) for edge in box)
    return type(box)(
        left // across * across, top // down * down, -(-right // across) * across, -(-bottom // down) * down
    )


def _padded(kept: Map, box: Box, aligned: Box) -> Map:
    """Return the map in a larger box; everything around it is kept."""
    around = (
        (int(box.top - aligned.top), int(aligned.bottom - box.bottom)),
        (int(box.left - aligned.left), int(aligned.right - box.right)),
    )
    return np.pad(kept, around, constant_values=1)


def _cell_means(values: Map, across: int, down: int) -> Map:
    """Return the mean of every cell of down x across values."""
    rows, columns = values.shape
    cells = values.reshape(rows // down, down, columns // across, across)
    return np.asarray(cells.mean(axis=(1, 3)), np.float32)


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(round(box.top), round(box.bottom)), slice(round(box.left), round(box.right))
