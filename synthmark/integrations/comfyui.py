"""Nodes for ComfyUI: label pictures, save them with every layer, and read marks.

A file in ComfyUI's folder ``custom_nodes`` makes them known::

    from synthmark.integrations.comfyui import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

A picture of ComfyUI is a tensor (B, H, W, C) of float32 where 0 to 1 stands for black to white.
"""

from __future__ import annotations

import functools
import importlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from synthmark import image
from synthmark.errors import InputError
from synthmark.labeler import Labeler
from synthmark.payload import format_content_id
from synthmark.tensors import TensorPictures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from numpy.typing import NDArray

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "LabelPictures", "ReadPictures", "SavePictures"]

_LAYOUT = "BHWC"
_PICTURES = ("IMAGE", {"tooltip": "The pictures."})
_CONFIG = (
    "STRING",
    {"default": "", "tooltip": "The file synthmark.toml; empty: the one in the folder where ComfyUI was started."},
)


class LabelPictures:
    """Draws the visible label and embeds the watermark; the metadata label is for `SavePictures` to write."""

    CATEGORY: ClassVar[str] = "synthmark"
    FUNCTION: ClassVar[str] = "run"
    RETURN_TYPES: ClassVar[tuple[str, ...]] = ("IMAGE", "STRING")
    RETURN_NAMES: ClassVar[tuple[str, ...]] = ("images", "content_ids")
    DESCRIPTION: ClassVar[str] = "Labels pictures as AI-generated: visible label and invisible watermark."

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - ComfyUI's name
        """Return the inputs, as ComfyUI asks for them."""
        return {"required": {"images": _PICTURES}, "optional": {"config_file": _CONFIG}}

    def run(self, images: Any, config_file: str = "") -> tuple[Any, str]:  # noqa: ANN401 - no library is imported
        """Label pictures.

        Returns
        -------
        The pictures, and their content ids, one a line.

        Raises
        ------
        InputError, CapacityError, ConfigError, RegistryError
            See `synthmark.Labeler`.
        """
        result = _labeler(config_file).label_image(images.clamp(0.0, 1.0), layout=_LAYOUT)
        return result.content, "\n".join(record.content_id for record in result.records)


class SavePictures:
    """Writes PNG files with all layers, the metadata label too, into ComfyUI's output folder."""

    CATEGORY: ClassVar[str] = "synthmark"
    FUNCTION: ClassVar[str] = "run"
    OUTPUT_NODE: ClassVar[bool] = True
    RETURN_TYPES: ClassVar[tuple[str, ...]] = ("STRING",)
    RETURN_NAMES: ClassVar[tuple[str, ...]] = ("content_ids",)
    DESCRIPTION: ClassVar[str] = "Labels pictures as AI-generated in every layer, and saves them."

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - ComfyUI's name
        """Return the inputs, as ComfyUI asks for them."""
        prefix = ("STRING", {"default": "ComfyUI", "tooltip": "The beginning of the names of the files."})
        return {
            "required": {"images": _PICTURES, "filename_prefix": prefix},
            "optional": {"config_file": _CONFIG},
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        }

    def run(
        self,
        images: Any,  # noqa: ANN401 - no library is imported for its type
        filename_prefix: str = "ComfyUI",
        config_file: str = "",
        prompt: object = None,
        extra_pnginfo: Mapping[str, object] | None = None,
    ) -> dict[str, Any]:
        """Label and save pictures.

        Returns
        -------
        What ComfyUI shows, and the content ids, one a line.

        Raises
        ------
        InputError
            When a picture carries a mark already.
        MediaError, CapacityError, ConfigError, RegistryError
            See `synthmark.Labeler.label_file`.
        """
        labeler, key, paths = _labeler(config_file), _labeler(config_file).config.key(), _folder_paths()
        height, width = images.shape[1:3]
        place = paths.get_save_image_path(filename_prefix, paths.get_output_directory(), width, height)
        folder, name, counter, subfolder, _ = place
        info, shown, ids = _workflow(prompt, extra_pnginfo), [], []
        for number, picture in enumerate(_pictures(images), counter):
            _require_unmarked(picture, key)
            file = f"{name}_{number:05}_.png"
            ids.append(_save(labeler, picture, Path(folder) / file, info))
            shown.append({"filename": file, "subfolder": subfolder, "type": "output"})
        return {"ui": {"images": shown}, "result": ("\n".join(ids),)}


class ReadPictures:
    """Reads the invisible watermark."""

    CATEGORY: ClassVar[str] = "synthmark"
    FUNCTION: ClassVar[str] = "run"
    OUTPUT_NODE: ClassVar[bool] = True
    RETURN_TYPES: ClassVar[tuple[str, ...]] = ("BOOLEAN", "STRING")
    RETURN_NAMES: ClassVar[tuple[str, ...]] = ("all_marked", "content_ids")
    DESCRIPTION: ClassVar[str] = "Reads the invisible watermark of pictures."

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - ComfyUI's name
        """Return the inputs, as ComfyUI asks for them."""
        return {"required": {"images": _PICTURES}, "optional": {"config_file": _CONFIG}}

    def run(self, images: Any, config_file: str = "") -> dict[str, Any]:  # noqa: ANN401 - no library is imported
        """Look for the mark in every picture.

        Returns
        -------
        What ComfyUI shows; whether every picture carries a mark; and the content ids, one a line, empty where there
        is no mark.
        """
        key = _labeler(config_file).config.key()
        found = [image.extract(picture, key) for picture in _pictures(images)]
        ids = "\n".join("" if mark.content_id is None else format_content_id(mark.content_id) for mark in found)
        return {"ui": {"text": [ids]}, "result": (all(found), ids)}


NODE_CLASS_MAPPINGS = {
    "SynthmarkLabel": LabelPictures,
    "SynthmarkSave": SavePictures,
    "SynthmarkRead": ReadPictures,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "SynthmarkLabel": "Label as AI-generated",
    "SynthmarkSave": "Label as AI-generated and save",
    "SynthmarkRead": "Read watermark",
}


@functools.lru_cache(maxsize=8)
def _labeler(config_file: str) -> Labeler:
    return Labeler.from_config(config_file or None)


def _pictures(images: Any) -> Iterator[NDArray[np.uint8]]:  # noqa: ANN401 - no library is imported for its type
    """Yield each picture with the 8 bits that ComfyUI writes into files."""
    for picture in TensorPictures.of(images.clamp(0.0, 1.0), _LAYOUT).pictures:
        yield np.rint(picture * 255).astype(np.uint8)


def _require_unmarked(picture: NDArray[np.uint8], key: bytes | None) -> None:
    if image.extract(picture, key, search="fast"):
        raise InputError(
            "The pictures are marked already: connect this node to what comes before the node that labels."
        )


def _save(labeler: Labeler, picture: NDArray[np.uint8], target: Path, info: PngInfo) -> str:
    """Write one labelled file and return its content id."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / target.name
        Image.fromarray(picture).save(source, pnginfo=info)
        return str(labeler.label_file(source, target).content_id)


def _workflow(prompt: object, extra: Mapping[str, object] | None) -> PngInfo:
    """Return what ComfyUI stores in its files, so that they can be loaded as workflows, unless told not to."""
    info = PngInfo()
    if _without_workflow():
        return info
    for name, value in {**({} if prompt is None else {"prompt": prompt}), **(extra or {})}.items():
        info.add_text(name, json.dumps(value))
    return info


def _without_workflow() -> bool:
    """Tell whether ComfyUI was started with --disable-metadata."""
    try:
        options = importlib.import_module("comfy.cli_args").args
    except ImportError:
        return False
    return bool(getattr(options, "disable_metadata", False))


def _folder_paths() -> ModuleType:
    """Return the module of ComfyUI that knows its folders."""
    try:
        return importlib.import_module("folder_paths")
    except ImportError as error:
        raise InputError("This node saves into the output folder of ComfyUI and runs only there.") from error
