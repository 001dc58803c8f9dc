"""Labels AI-generated images, audio and video: visible label, metadata label and invisible watermark.

Nothing heavy is imported here: every public name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from synthmark._version import __version__

if TYPE_CHECKING:
    from synthmark import audio, image, video
    from synthmark.config import Config, load_config
    from synthmark.detection import Detection
    from synthmark.errors import (
        AlreadyLabelledError,
        CapacityError,
        ConfigError,
        CredentialError,
        DamagedMediaError,
        DependencyError,
        InputError,
        LabelMissingError,
        MediaError,
        RegistryError,
        SynthmarkError,
        UnsupportedMediaError,
    )
    from synthmark.labeler import Labeler, assert_labelled
    from synthmark.labelling import label_file
    from synthmark.verification import verify_file

__all__ = [
    "AlreadyLabelledError",
    "CapacityError",
    "Config",
    "ConfigError",
    "CredentialError",
    "DamagedMediaError",
    "DependencyError",
    "Detection",
    "InputError",
    "LabelMissingError",
    "Labeler",
    "MediaError",
    "RegistryError",
    "SynthmarkError",
    "UnsupportedMediaError",
    "__version__",
    "assert_labelled",
    "audio",
    "image",
    "label_file",
    "load_config",
    "verify_file",
    "video",
]

_SUBPACKAGES = frozenset({"audio", "image", "video"})
_HOMES = {
    "Config": "config",
    "Detection": "detection",
    "Labeler": "labeler",
    "assert_labelled": "labeler",
    "label_file": "labelling",
    "load_config": "config",
    "verify_file": "verification",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'synthmark' has no attribute {name!r}")
    if name in _SUBPACKAGES:
        return importlib.import_module(f"synthmark.{name}")
    home = importlib.import_module(f"synthmark.{_HOMES.get(name, 'errors')}")
    value = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
