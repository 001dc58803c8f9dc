"""One view of every kind of picture: colour, alpha, and the way back to the same kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from synthmark.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

__all__ = ["Array", "Picture", "as_picture"]

PEAKS = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0, "float64": 1.0}
# Resampling filters overshoot a little; more than this means that the caller uses another range.
FLOAT_SLACK = 0.01

if TYPE_CHECKING:
    Array = npt.NDArray[Any]
    Rebuild = Callable[[Array, Array | None], object]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture of any kind as arrays, with the way back to the kind it came as.

    Where ``alpha`` is zero nothing shows: whoever hides a mark leaves the colour there as it is, so that a
    transparent area keeps its bytes; whoever draws something visible there passes a new alpha to `rebuilt`.

    Attributes
    ----------
    colour
        Array (H, W) or (H, W, 3), RGB; uint8, uint16, or float32/float64 with 0..1. It may share memory with
        the caller's picture: read it, do not write to it.
    alpha
        Array (H, W) of the same dtype, zero where transparent, or None.
    peak
        Value of white: 255, 65535 or 1.
    exact
        Whether `rebuilt` holds the colour without loss. False for palette, 1-bit and for colour spaces that
        are converted (CMYK, YCbCr, Lab, HSV): read such a picture back after `rebuilt`.
    """

    colour: Array
    alpha: Array | None
    peak: float
    exact: bool = True
    _rebuild: Rebuild = field(default=lambda colour, _alpha: colour, repr=False)

    @property
    def height(self) -> int:
        """Rows in pixels."""
        return int(self.colour.shape[0])

    @property
    def width(self) -> int:
        """Columns in pixels."""
        return int(self.colour.shape[1])

    @property
    def grey(self) -> bool:
        """Whether there is one channel of colour."""
        return self.colour.ndim == 2

    def rebuilt(self, colour: Array, alpha: Array | None = None) -> object:
        """Return a picture of the kind this one came as: same mode or shape and dtype, same size and info.

        Parameters
        ----------
        colour
            Array of the shape and dtype of ``self.colour``.
        alpha
            Array of the shape and dtype of ``self.alpha`` to replace it; None keeps it untouched.

        Raises
        ------
        InputError
            When shape or dtype differ, or when alpha is given for a picture without alpha.
        """
        _require_like("colour", colour, self.colour)
        if alpha is None:
            return self._rebuild(colour, self.alpha)
        if self.alpha is None:
            raise InputError("This picture has no alpha channel, so none can be replaced: pass alpha=None.")
        _require_like("alpha", alpha, self.alpha)
        return self._rebuild(colour, alpha)


def as_picture(picture: object) -> Picture:
    """View a picture of any supported kind as colour, alpha and peak.

    Parameters
    ----------
    picture
        ndarray (H, W), (H, W, 1), (H, W, 2) grey + alpha, (H, W, 3) RGB or (H, W, 4) RGBA, dtype uint8,
        uint16, or float32/float64 with 0..1; or a PIL image of mode 1, L, LA, La, P, PA, RGB, RGBA,
        RGBa, RGBX, CMYK, YCbCr, LAB, HSV, I;16 (any byte order), I with 0..65535, or F. Of an
        animated PIL image the current frame counts.

    Raises
    ------
    InputError
        For anything else: empty, other dtype or shape, values that are not finite or out of range.
    DamagedMediaError
        When a PIL image cannot be decoded.
    """
    if isinstance(picture, np.ndarray):
        return _from_array(np.asarray(picture))
    if hasattr(picture, "getbands") and hasattr(picture, "mode"):
        from synthmark.image.pillow_modes import from_pillow  # noqa: PLC0415 - arrays need no Pillow

        return from_pillow(picture)
    raise InputError(
        f"A picture is a NumPy array or a PIL image; this is {type(picture).__name__}. "
        "Convert it first, for example with numpy.asarray(...)."
    )


def _from_array(array: Array) -> Picture:
    """Split an array into colour and alpha."""
    _require_usable(array)
    dtype = array.dtype
    native = array.astype(dtype.newbyteorder("="), copy=False)
    peak = PEAKS[native.dtype.name]
    if native.ndim == 2:
        return Picture(native, None, peak, True, lambda colour, _alpha: colour.astype(dtype, copy=False))
    channels = native.shape[2]
    colour = native[..., 0] if channels <= 2 else native[..., :3]
    alpha = native[..., -1] if channels in (2, 4) else None

    def rebuild(new_colour: Array, new_alpha: Array | None) -> object:
        return _joined(new_colour, new_alpha, array.shape, dtype)

    return Picture(colour, alpha, peak, True, rebuild)


def _joined(colour: Array, alpha: Array | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Put colour and alpha back into one array of the given shape and dtype."""
    if alpha is None:
        return colour.reshape(shape).astype(dtype, copy=False)
    joined = np.empty(shape, dtype)
    colours = shape[2] - 1
    joined[..., :colours] = colour.reshape(*shape[:2], colours)
    joined[..., -1] = alpha
    return joined


def _require_usable(array: Array) -> None:
    """Refuse arrays whose dtype, shape or values mean no picture."""
    if array.dtype.name not in PEAKS:
        raise InputError(
            f"A picture has dtype uint8, uint16, float32 or float64; this has {array.dtype}. "
            "Convert it with .astype(...)."
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4)):
        raise InputError(
            f"A picture has shape (height, width) or (height, width, 1 to 4); this has {array.shape}. "
            "Channels come last."
        )
    if array.size == 0:
        raise InputError(f"The picture is empty: its shape is {array.shape}.")
    if array.dtype.kind == "f":
        require_unit_range(array)


def require_unit_range(array: Array) -> None:
    """Refuse floats that are not finite or not within 0..1."""
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("The picture holds values that are not finite (NaN or infinity): replace them first.")
    if low < -FLOAT_SLACK or high > 1 + FLOAT_SLACK:
        raise InputError(
            f"A float picture holds values from 0 to 1; this holds {low:g} to {high:g}. "
            "Divide it by its white value, for example 255."
        )


def _require_like(name: str, array: Array, pattern: Array) -> None:
    """Refuse an array of another shape or dtype."""
    if not isinstance(cast("object", array), np.ndarray) or array.shape != pattern.shape:
        raise InputError(f"New {name} needs shape {pattern.shape}; this is {np.shape(array)}.")
    if array.dtype != pattern.dtype:
        raise InputError(f"New {name} needs dtype {pattern.dtype}; this is {array.dtype}.")
