"""The one place that imports OpenCV, so that a missing system library is answered with what to install."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from synthmark.errors import DependencyError

__all__ = ["opencv"]


@functools.cache
def opencv() -> Any:  # noqa: ANN401 - the module itself: OpenCV's own annotations are incomplete
    """Return the module `cv2`.

    Raises
    ------
    DependencyError
        When opencv-python, or a system library that it needs, is missing.
    """
    try:
        return importlib.import_module("cv2")
    except ImportError as error:
        raise DependencyError(_advice(str(error))) from error


def _advice(found: str) -> str:
    """Return what to install, given the words of an import error.

    The wheels of opencv-python bundle all but OpenGL, X11 and GLib: desktops have them, small containers
    do not, and the loader then names the file (`libGL.so.1`, `libgthread-2.0.so.0`) that it cannot open.
    """
    if ".so" in found:
        return (
            f"OpenCV lacks a system library ({found}): install it with "
            "'apt-get install libgl1 libglib2.0-0' (Debian, Ubuntu) or 'dnf install mesa-libGL glib2' (Fedora)"
        )
    return f"OpenCV cannot be imported ({found}): install it with 'pip install \"opencv-python<5\"'"
