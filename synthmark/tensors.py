"""Pictures of tensor libraries: seen as arrays, and given back as tensors of the same kind, device and dtype.

Nothing is imported: a tensor is told by the methods of PyTorch's, so that programs without PyTorch need none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthmark.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LAYOUTS", "TensorPictures", "is_tensor"]

LAYOUTS = ("CHW", "HWC", "BCHW", "BHWC")
_CHANNELS = (1, 3, 4)


def is_tensor(value: object) -> bool:
    """Return whether a value is a tensor of PyTorch, or behaves like one."""
    return all(hasattr(value, name) for name in ("detach", "cpu", "device", "dtype", "to"))


@dataclass(frozen=True, slots=True, eq=False)
class TensorPictures:
    """The pictures of a tensor.

    Attributes
    ----------
    pictures
        Arrays (H, W) or (H, W, C): uint8, or float32 with 0..1.
    """

    pictures: tuple[NDArray[Any], ...]
    _tensor: Any
    _layout: str
    _range: tuple[float, float]

    @classmethod
    def of(
        cls,
        tensor: Any,  # noqa: ANN401 - no library is imported for its type
        layout: str | None = None,
        value_range: tuple[float, float] = (0.0, 1.0),
    ) -> TensorPictures:
        """Take a tensor apart.

        Parameters
        ----------
        tensor
            uint8, or floating point.
        layout
            One of `LAYOUTS`; None where the number of channels (1, 3 or 4) tells it.
        value_range
            What stands for black and white in floating point: (0, 1), or (-1, 1) as in some models.

        Raises
        ------
        InputError
            When the shape fits no layout, or more than one.
        """
        low, high = value_range
        if not low < high:
            raise InputError(f"The value range is {value_range}; black has to be less than white.")
        known = _layout(tuple(tensor.shape), layout)
        array = _array(tensor)
        if array.dtype != np.uint8:
            array = (array.astype(np.float32) - low) / (high - low)
        last = np.moveaxis(array, known.index("C"), -1)
        batch = last if known.startswith("B") else last[None]
        return cls(tuple(_squeezed(picture) for picture in batch), tensor, known, (low, high))

    def rebuilt(self, pictures: Sequence[NDArray[Any]]) -> Any:  # noqa: ANN401 - a tensor like the given one
        """Return a tensor of the same kind, shape, device and dtype with other pictures."""
        low, high = self._range
        batch = np.stack([picture[..., None] if picture.ndim == 2 else picture for picture in pictures])
        if batch.dtype != np.uint8:
            batch = (batch * (high - low) + low).astype(np.float32)
        whole = batch if self._layout.startswith("B") else batch[0]
        array = np.ascontiguousarray(np.moveaxis(whole, -1, self._layout.index("C")))
        return self._tensor.new_tensor(array).to(device=self._tensor.device, dtype=self._tensor.dtype)


def _array(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - see TensorPictures.of
    """Return the values of a tensor; NumPy knows no bfloat16, and float32 holds every half precision."""
    plain = tensor.detach().cpu()
    if plain.dtype.is_floating_point:
        plain = plain.float()
    array = np.asarray(plain.numpy())
    if array.dtype not in (np.uint8, np.float32):
        raise InputError(f"The tensor has values of type {tensor.dtype}; uint8 or floating point is needed.")
    return array


def _layout(shape: tuple[int, ...], layout: str | None) -> str:
    """Return the layout of a shape: the given one if it fits, or the only one that does."""
    fitting = [name for name in LAYOUTS if len(name) == len(shape) and shape[name.index("C")] in _CHANNELS]
    if layout is not None:
        if layout not in fitting:
            raise InputError(f"The tensor has the shape {shape}, which is not {layout}; layouts are {LAYOUTS}.")
        return layout
    if len(fitting) != 1:
        what = "fits no layout" if not fitting else f"may be {' or '.join(fitting)}: say which"
        raise InputError(f"The tensor has the shape {shape}, which {what}; layouts are {LAYOUTS}.")
    return fitting[0]


def _squeezed(picture: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
