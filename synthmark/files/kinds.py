"""The kinds of picture, sound and video file, told by content; the extension of a name only leads to a warning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from synthmark.errors import DamagedMediaError, UnsupportedMediaError
from synthmark.files.reading import opened
from synthmark.metadata.flac import is_flac
from synthmark.metadata.wav import LONG_FORMS

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "KINDS",
    "PICTURES",
    "SOUNDS",
    "VIDEOS",
    "Kind",
    "kind_of",
    "kind_of_file",
    "kind_of_suffix",
    "kinds_of_suffix",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    name
        As people write it: JPEG, PNG, WebP, GIF, TIFF, AVIF, WAV, FLAC, MP3, MP4, ...
    media_type
        As IANA registers it, or as is usual.
    suffixes
        Usual extensions in lower case, the commonest first.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]

    @property
    def family(self) -> str:
        """What people do with it: "image", "audio" or "video"."""
        return self.media_type.partition("/")[0]


JPEG = Kind("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"))
PNG = Kind("PNG", "image/png", (".png", ".apng"))
WEBP = Kind("WebP", "image/webp", (".webp",))
GIF = Kind("GIF", "image/gif", (".gif",))
TIFF = Kind("TIFF", "image/tiff", (".tif", ".tiff"))
AVIF = Kind("AVIF", "image/avif", (".avif", ".avifs"))
WAV = Kind("WAV", "audio/wav", (".wav", ".wave", ".rf64", ".bwf"))
FLAC = Kind("FLAC", "audio/flac", (".flac",))
AIFF = Kind("AIFF", "audio/aiff", (".aiff", ".aif", ".aifc"))
MP3 = Kind("MP3", "audio/mpeg", (".mp3",))
OGG = Kind("Ogg Vorbis", "audio/ogg", (".ogg", ".oga"))
OPUS = Kind("Opus", "audio/ogg", (".opus", ".ogg", ".oga"))
M4A = Kind("M4A", "audio/mp4", (".m4a", ".mp4", ".m4b"))
MP4 = Kind("MP4", "video/mp4", (".mp4", ".m4v"))
MOV = Kind("MOV", "video/quicktime", (".mov", ".qt"))
MATROSKA = Kind("Matroska", "video/x-matroska", (".mkv",))
WEBM = Kind("WebM", "video/webm", (".webm",))
AVI = Kind("AVI", "video/x-msvideo", (".avi",))
FLV = Kind("FLV", "video/x-flv", (".flv",))
PICTURES = (JPEG, PNG, WEBP, GIF, TIFF, AVIF)
SOUNDS = (WAV, FLAC, AIFF, MP3, OGG, OPUS, M4A)
VIDEOS = (MP4, MOV, MATROSKA, WEBM, AVI, FLV)
KINDS = (*PICTURES, *SOUNDS, *VIDEOS)

HEAD_BYTES = 4096
"""How much of a file its kind is told by, apart from an ID3 tag before the rest, and the tracks of MP4 files."""

_STARTS = {
    b"\xff\xd8\xff": JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"GIF87a": GIF,
    b"GIF89a": GIF,
    b"II*\0": TIFF,
    b"MM\0*": TIFF,
    b"II+\0": TIFF,
    b"MM\0+": TIFF,
    b"FLV\x01": FLV,
}
# By the first four bytes and those from the ninth on.
_FORMS = {
    (b"RIFF", b"WEBP"): WEBP,
    (b"RIFF", b"AVI "): AVI,
    (b"FORM", b"AIFF"): AIFF,
    (b"FORM", b"AIFC"): AIFF,
    **{(form, b"WAVE"): WAV for form in (b"RIFF", *LONG_FORMS)},
}
_OGG_CODECS = {b"\x01vorbis": OGG, b"OpusHead": OPUS}
_OTHER_OGG = {b"\x7fFLAC": "FLAC in Ogg", b"Speex": "Speex", b"\x80theora": "Ogg Theora", b"fishead": "Ogg Skeleton"}
_UNSUPPORTED = {
    b"BM": "BMP",
    b"%PDF": "PDF",
    b"\0\0\0\x0cjP": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"8BPS": "Photoshop",
    b"<svg": "SVG",
    b"\0\0\1\0": "icon",
    b"0&\xb2u": "Windows Media",
    b"#!AMR": "AMR",
    b"MThd": "MIDI",
}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ")
_QUICKTIME_STARTS = (b"moov", b"mdat", b"wide", b"pnot")  # QuickTime files from before there was `ftyp`
_EBML = b"\x1a\x45\xdf\xa3"


def kind_of(data: bytes) -> Kind:
    """Tell the kind of a file by its first bytes, or by all.

    Raises
    ------
    DamagedMediaError
        When there are no bytes.
    UnsupportedMediaError
        When the content is no picture, sound or video, or of a kind that cannot carry the marks.
    """
    if not data:
        raise DamagedMediaError("The file is empty (0 bytes).")
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    form = _FORMS.get((data[:4], data[8:12]))
    if form is not None:
        return form
    if data[:4] == b"OggS":
        return _ogg(data)
    if data[:4] == _EBML:
        return WEBM if b"webm" in data[:64] else MATROSKA
    if data[4:8] == b"ftyp" or data[4:8] in _QUICKTIME_STARTS:
        return _base_media(data)
    return _framed(data)


def kind_of_file(path: Path) -> Kind:
    """Tell the kind of a file, of which only the parts are read that tell it.

    Raises
    ------
    MediaError
        When it cannot be read, see `synthmark.files.reading.opened`.
    DamagedMediaError, UnsupportedMediaError
        See `kind_of`.
    """
    with opened(path) as file:
        head = file.read(HEAD_BYTES)
        if head[:3] == b"ID3":
            file.seek(_tag_size(head))
            return _framed(b"ID3" + bytes(7) + file.read(HEAD_BYTES))
        kind = kind_of(head)
        if kind is MP4 and not _has_pictures(file):
            return M4A
        return kind


def kind_of_suffix(path: PurePath | str) -> Kind | None:
    """Return the kind that the extension of a name stands for, or None."""
    return next(iter(kinds_of_suffix(path)), None)


def kinds_of_suffix(path: PurePath | str) -> tuple[Kind, ...]:
    """Return the kinds that files of a name's extension may have, the commonest first."""
    suffix = PurePath(path).suffix.lower()
    found = [kind for kind in KINDS if suffix in kind.suffixes]
    return tuple(sorted(found, key=lambda kind: kind.suffixes.index(suffix)))


def _ogg(data: bytes) -> Kind:
    """Tell the codec by the first page, which holds nothing but the codec's header (RFC 3533, section 4)."""
    packet = data[27 + (data[26] if len(data) > 26 else 0) :]
    for start, kind in _OGG_CODECS.items():
        if packet.startswith(start):
            if b"\x80theora" in data:
                break
            return kind
    named = next((name for start, name in _OTHER_OGG.items() if packet.startswith(start)), "Ogg")
    raise UnsupportedMediaError(f"This is a {named} file, which cannot carry the marks. {_supported()}")


def _framed(data: bytes) -> Kind:
    """Tell MP3 and FLAC, which may have an ID3 tag before them, or refuse."""
    if is_flac(data):
        return FLAC
    if _is_mpeg_audio(data[_tag_size(data) :]):
        return MP3
    raise UnsupportedMediaError(_refusal(data))


def _tag_size(data: bytes) -> int:
    """Return the length of the ID3v2 tag at the start: a header of ten bytes and 28 bits of length."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    length = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return 10 + length + (10 if data[5] & 0x10 else 0)


def _is_mpeg_audio(data: bytes) -> bool:
    """Return whether a frame of MPEG layer III comes first, perhaps after zeros that fill up the tag."""
    frame = data.lstrip(b"\0")[:4]
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
        return False
    return frame[1] >> 3 & 3 != 1 and frame[2] >> 4 not in (0, 15) and frame[2] >> 2 & 3 != 3


def _base_media(data: bytes) -> Kind:
    """Tell the files of the ISO base media family by their brands."""
    if data[4:8] != b"ftyp":
        return MOV
    length = min(int.from_bytes(data[:4], "big"), HEAD_BYTES)
    brands = [data[8:12], *(data[i : i + 4] for i in range(16, length, 4))]
    if b"avif" in brands or b"avis" in brands:
        return AVIF
    if any(brand in _HEIF_BRANDS for brand in brands):
        raise UnsupportedMediaError(
            "This is a HEIC picture; its pixels cannot be read here. Convert it to JPEG, PNG or AVIF first."
        )
    if brands[0] in _SOUND_BRANDS:
        return M4A
    return MOV if brands[0] == b"qt  " else MP4


def _has_pictures(file: BinaryIO) -> bool:
    """Return whether a base media file has a video track; True when that cannot be told."""
    movie = _movie_box(file)
    return movie is None or b"vide" in movie or b"soun" not in movie


def _movie_box(file: BinaryIO) -> bytes | None:
    """Return the start of the box `moov`, which holds the handlers of the tracks."""
    place = 0
    for _ in range(1000):
        file.seek(place)
        header = file.read(16)
        if len(header) < 8:
            return None
        size = int.from_bytes(header[:4], "big")
        size = int.from_bytes(header[8:16], "big") if size == 1 else size
        if header[4:8] == b"moov":
            return file.read(min(max(size, 0), 1 << 24))
        if size < 8:
            return None
        place += size
    return None


def _supported() -> str:
    return f"Supported are {', '.join(kind.name for kind in KINDS)}."


def _refusal(data: bytes) -> str:
    named = next((name for start, name in _UNSUPPORTED.items() if data.startswith(start)), None)
    if named:
        return f"This is a {named} file, which cannot carry the marks. {_supported()}"
    return f"The content is no picture, sound or video of a known kind. {_supported()}"
