"""The kinds of picture and sound file, told by content; the extension of a name only gives rise to a warning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.metadata.flac import is_flac
from synthmark.metadata.wav import LONG_FORMS

__all__ = ["KINDS", "PICTURES", "SOUNDS", "Kind", "kind_of", "kind_of_suffix"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    name
        As people write it: JPEG, PNG, WebP, GIF, TIFF, AVIF, WAV, FLAC.
    media_type
        As IANA registers it.
    suffixes
        Usual extensions in lower case, the commonest first.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]


JPEG = Kind("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"))
PNG = Kind("PNG", "image/png", (".png", ".apng"))
WEBP = Kind("WebP", "image/webp", (".webp",))
GIF = Kind("GIF", "image/gif", (".gif",))
TIFF = Kind("TIFF", "image/tiff", (".tif", ".tiff"))
AVIF = Kind("AVIF", "image/avif", (".avif", ".avifs"))
WAV = Kind("WAV", "audio/wav", (".wav", ".wave", ".rf64", ".bwf"))
FLAC = Kind("FLAC", "audio/flac", (".flac",))
PICTURES = (JPEG, PNG, WEBP, GIF, TIFF, AVIF)
SOUNDS = (WAV, FLAC)
KINDS = (*PICTURES, *SOUNDS)

_STARTS = {
    b"\xff\xd8\xff": JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"GIF87a": GIF,
    b"GIF89a": GIF,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"II+\0": TIFF,
    b"MM\0+": TIFF,
}
_WAV_FORMS = (b"RIFF", *LONG_FORMS)
_UNSUPPORTED = {
    b"BM": "BMP",
    b"%PDF": "PDF",
    b"\0\0\0\x0cjP": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"8BPS": "Photoshop",
    b"<svg": "SVG",
    b"\0\0\1\0": "icon",
}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_SCAN = 4096


def kind_of(data: bytes) -> Kind:
    """Tell the kind of a file by its first bytes.

    Raises
    ------
    DamagedMediaError
        When there are no bytes.
    UnsupportedMediaError
        When the content is no picture or sound, or of a kind that cannot carry the marks.
    """
    if not data:
        raise DamagedMediaError("The file is empty (0 bytes).")
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[:4] in _WAV_FORMS and data[8:12] == b"WAVE":
        return WAV
    if is_flac(data):
        return FLAC
    if data[4:8] == b"ftyp":
        return _base_media(data)
    raise UnsupportedMediaError(_refusal(data))


def kind_of_suffix(path: PurePath | str) -> Kind | None:
    """Return the kind that the extension of a name stands for, or None."""
    suffix = PurePath(path).suffix.lower()
    return next((kind for kind in KINDS if suffix in kind.suffixes), None)


def _base_media(data: bytes) -> Kind:
    """Tell AVIF from the other files of the ISO base media family by its brands."""
    length = min(int.from_bytes(data[:4], "big"), _SCAN)
    brands = [data[8:12], *(data[i : i + 4] for i in range(16, length, 4))]
    if b"avif" in brands or b"avis" in brands:
        return AVIF
    if any(brand in _HEIF_BRANDS for brand in brands):
        raise UnsupportedMediaError(
            "This is a HEIC picture; its pixels cannot be read here. Convert it to JPEG, PNG or AVIF first."
        )
    raise UnsupportedMediaError("This is a video or audio file of the MP4 family, not a picture.")


def _refusal(data: bytes) -> str:
    supported = ", ".join(kind.name for kind in KINDS)
    named = next((name for start, name in _UNSUPPORTED.items() if data.startswith(start)), None)
    if named:
        return f"This is a {named} file, which cannot carry the marks. Supported are {supported}."
    return f"The content is no picture or sound of a known kind. Supported are {supported}."
