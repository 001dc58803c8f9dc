"""Labelling whatever a generating pipeline returns: pictures in lists, arrays, tensors, tuples and records.

It fails closed: what is neither a picture nor plainly harmless is refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from numbers import Number
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from synthmark.errors import InputError
from synthmark.tensors import is_tensor

if TYPE_CHECKING:
    from synthmark.labeler import ContentRecord, Labeler

__all__ = ["OutputLabeler"]

_FILMS = frozenset({"frames", "video", "videos"})
_SOUNDS = frozenset({"audio", "audios", "sound"})


class OutputLabeler:
    """Labels the pictures of one output, and collects their records.

    Parameters
    ----------
    labeler
        What labels.
    """

    def __init__(self, labeler: Labeler) -> None:
        self._labeler = labeler
        self.records: list[ContentRecord] = []

    def labelled(self, output: Any) -> Any:  # noqa: ANN401 - whatever a pipeline returns
        """Return an output with every picture labelled, in the same form.

        Parameters
        ----------
        output
            A picture (PIL image, array (H, W, C), tensor (C, H, W)), a batch of them (a fourth dimension in front),
            or pictures in lists, tuples, mappings and dataclasses; floating point stands for 0 to 1. Numbers, text
            and None stay as they are.

        Raises
        ------
        InputError
            When there is anything else: video, sound, latents, embeddings.
        CapacityError
            When a picture cannot carry the labels.
        RegistryError
            When the registry cannot take a record.
        """
        if _is_harmless(output):
            return output
        if isinstance(output, Mapping) or (dataclasses.is_dataclass(output) and not isinstance(output, type)):
            return self._record(output)
        if isinstance(output, list | tuple):
            return self._several(output)
        if is_tensor(output):
            return self._tensor(output)
        if isinstance(output, np.ndarray) and output.ndim == 4:
            return np.stack([self._picture(picture) for picture in output])
        return self._picture(output)

    def _record(self, output: Any) -> Any:  # noqa: ANN401 - mapping or dataclass
        """Label the fields of an output; those of diffusers are mapping and dataclass at once."""
        if isinstance(output, Mapping):
            done = {name: self._field(str(name), value) for name, value in output.items()}
        else:
            fields = dataclasses.fields(output)
            done = {item.name: self._field(item.name, getattr(output, item.name)) for item in fields}
        if not dataclasses.is_dataclass(output):
            return type(output)(done)
        return dataclasses.replace(cast("Any", output), **done)  # mypy takes it for a class

    def _field(self, name: str, value: Any) -> Any:  # noqa: ANN401 - as above
        if value is not None and name in _FILMS:
            raise InputError(
                f"The output holds video ({name}): write it to a file (diffusers.utils.export_to_video) and pass "
                "that through Labeler.label_video."
            )
        if value is not None and name in _SOUNDS:
            raise InputError(f"The output holds sound ({name}): pass it through Labeler.label_audio.")
        return self.labelled(value)

    def _several(self, output: list[Any] | tuple[Any, ...]) -> Any:  # noqa: ANN401 - as given
        done = [self.labelled(item) for item in output]
        if isinstance(output, list):
            return done
        return type(output)(*done) if hasattr(output, "_fields") else tuple(done)

    def _tensor(self, output: Any) -> Any:  # noqa: ANN401 - no library is imported for its type
        layouts = {3: "CHW", 4: "BCHW"}
        dimensions = len(output.shape)
        if dimensions not in layouts:
            raise InputError(
                f"The output holds a tensor of shape {tuple(output.shape)}, which is no picture (C, H, W) and no "
                "batch of them."
            )
        result = self._labeler.label_image(output, layout=layouts[dimensions])
        self.records += result.records
        return result.content

    def _picture(self, picture: Any) -> Any:  # noqa: ANN401 - any kind
        result = self._labeler.label_image(picture)
        self.records += result.records
        return result.content


def _is_harmless(output: object) -> bool:
    """Tell whether an output is a number, a text or nothing; a list of flags may be an array."""
    flags = isinstance(output, np.ndarray) and output.dtype == np.bool_
    return flags or output is None or isinstance(output, str | Number | np.generic)
