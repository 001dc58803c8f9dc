"""Reading a file of whatever supported kind it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmark.files.kinds import SOUNDS, kind_of

if TYPE_CHECKING:
    from synthmark.files.picture_file import PictureFile
    from synthmark.files.sound_file import SoundFile

    MediaFile = PictureFile | SoundFile

__all__ = ["read_media"]


def read_media(data: bytes) -> MediaFile:
    """Take a picture or sound file apart; only what its kind needs is imported.

    Raises
    ------
    MediaError
        When it is of no supported kind or damaged.
    """
    if kind_of(data) in SOUNDS:
        from synthmark.files.sound_file import read_sound  # noqa: PLC0415 - see above

        return read_sound(data)
    from synthmark.files.picture_file import read_picture  # noqa: PLC0415

    return read_picture(data)
