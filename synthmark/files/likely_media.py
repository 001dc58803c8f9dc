"""Which files seem to be media: what is passed over in silence must not be a picture that needs a label."""

from __future__ import annotations

import functools
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.errors import SynthmarkError
from synthmark.files.kinds import HEAD_BYTES, kind_of, kind_of_file, kind_of_suffix

if TYPE_CHECKING:
    from synthmark.remote import Place

__all__ = ["is_media"]


def is_media(path: Place) -> bool:
    """Return whether a file seems to be a picture, sound or video, by its name or else by its content.

    Media of kinds that cannot be labelled count: a problem that is told is better than a picture that stays without a
    label unnoticed.
    """
    guess = _media_types().guess_type(path.name)[0] or ""
    return (
        kind_of_suffix(path.name) is not None
        or guess.startswith(("image/", "audio/", "video/"))
        or _starts_like_media(path)
    )


@functools.cache
def _media_types() -> mimetypes.MimeTypes:
    """Return the built-in table, the same on every machine."""
    return mimetypes.MimeTypes()


def _starts_like_media(path: Place) -> bool:
    try:
        kind_of_file(path) if isinstance(path, Path) else kind_of(path.head(HEAD_BYTES))
    except SynthmarkError:
        return False
    return True
