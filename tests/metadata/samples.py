"""Pictures and labels that the metadata tests share; everything is made here."""

from __future__ import annotations

import io
import json
import re
import shutil
import struct
import subprocess
import zlib

import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from synthmark.metadata import TRAINED_ALGORITHMIC_MEDIA, AigcLabel, MetadataRecord, new_label

CODE = "001191110102MACQD9K64010000"
LABEL = new_label(CODE, "7f3a19c200000001", reserved_code1='{"SecurityData":{"Version":1}}')
RECORD = MetadataRecord(LABEL, TRAINED_ALGORITHMIC_MEDIA, "Picture Maker & Sons", "1.0 <beta>")
WRAPPED = (
    '{"AIGC": {"Label":"1","ContentProducer":"doubao","ProduceID":"p1","ReservedCode1":"",'
    '"ContentPropagator":"doubao","PropagateID":"p1","ReservedCode2":""}}'
)
BARE = WRAPPED[len('{"AIGC": ') : -1]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"

allowed = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\"), max_size=40)
required = allowed.filter(lambda text: text and not re.fullmatch("00[0-9A-Z]{25}", text))
labels = st.builds(AigcLabel, st.sampled_from("123"), required, required, allowed, required, required, allowed)


def packet(inner: str = "", attributes: str = "") -> bytes:
    """Make an XMP packet with one description."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f'<rdf:RDF xmlns:rdf="{RDF}">\n<rdf:Description rdf:about="uuid:1" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
        f' xmlns:TC260="{TC260}" {attributes}>\n'
        '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A title &amp; more</rdf:li></rdf:Alt></dc:title>\n'
        f'{inner}</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n{" " * 80}\n<?xpacket end="w"?>'
    ).encode()


def exif(**texts: bytes) -> bytes:
    """Make an EXIF blob with Software, a camera name, and the given extra texts."""
    blob = Image.Exif()
    blob[0x0110] = "Camera 9"
    blob[0x0131] = "Some Editor 2"
    if "description" in texts:
        blob[0x010E] = texts["description"].decode()
    if "comment" in texts:
        blob.get_ifd(0x8769)[0x9286] = texts["comment"]
    blob.get_ifd(0x8769)[0xA002] = 60
    return blob.tobytes().removeprefix(b"Exif\0\0")


def _picture(seed: int, mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (40, 60, 4), dtype=np.uint8)
    return Image.fromarray(noise, "RGBA").convert(mode) if mode != "RGBA" else Image.fromarray(noise)


def saved(kind: str, mode: str = "RGB", frames: int = 1, **options: object) -> bytes:
    """Encode noise with Pillow."""
    pictures = [_picture(seed, mode) for seed in range(frames)]
    buffer = io.BytesIO()
    if frames > 1:
        options |= {"save_all": True, "append_images": pictures[1:], "duration": 100}
    pictures[0].save(buffer, kind, **options)
    return buffer.getvalue()


def all_kinds() -> dict[str, bytes]:
    """Encode one file per container and variant of it."""
    blob, xmp = exif(), packet()
    return {
        "jpeg": saved("JPEG"),
        "jpeg-exif-xmp": saved("JPEG", exif=b"Exif\0\0" + blob, xmp=xmp, comment=b"a comment"),
        "jpeg-progressive-grey": saved("JPEG", "L", progressive=True),
        "png": saved("PNG"),
        "png-exif": saved("PNG", "RGBA", exif=blob),
        "png-palette": saved("PNG", "P"),
        "apng": saved("PNG", frames=3),
        "webp-lossy": saved("WEBP"),
        "webp-lossless-alpha": saved("WEBP", "RGBA", lossless=True),
        "webp-lossy-alpha": saved("WEBP", "RGBA"),
        "webp-exif-xmp": saved("WEBP", exif=blob, xmp=xmp),
        "webp-animated": saved("WEBP", frames=3),
        "gif": saved("GIF", "P"),
        "gif-animated": saved("GIF", frames=3, loop=0),
        "tiff": saved("TIFF"),
        "tiff-exif": saved("TIFF", exif=blob),
        "tiff-pages": saved("TIFF", frames=3),
        "tiff-big": saved("TIFF", big_tiff=True),
        "avif": saved("AVIF"),
        "avif-exif-xmp": saved("AVIF", "RGBA", exif=blob, xmp=xmp),
        "avif-sequence": saved("AVIF", frames=3),
    }


KINDS = all_kinds()


def decoded(data: bytes) -> list[np.ndarray]:
    """Decode all frames."""
    with Image.open(io.BytesIO(data)) as picture:
        return [np.array(frame.convert("RGBA")) for frame in ImageSequence.Iterator(picture)]


def assert_same_pictures(before: bytes, after: bytes) -> None:
    """Compare all frames."""
    for first, second in zip(decoded(before), decoded(after), strict=True):
        np.testing.assert_array_equal(first, second)


def segments(data: bytes) -> list[tuple[int, bytes]]:
    """Split a JPEG file into marker segments; the last entry is the scan and what follows."""
    found, position = [], 2
    while data[position + 1] != 0xDA:
        length = struct.unpack_from(">H", data, position + 2)[0]
        found.append((data[position + 1], data[position + 4 : position + 2 + length]))
        position += 2 + length
    return [*found, (0xDA, data[position:])]


def app(marker: int, payload: bytes) -> bytes:
    """Make a JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def with_segment(data: bytes, marker: int, payload: bytes) -> bytes:
    """Insert a JPEG segment behind the start of the image."""
    return data[:2] + app(marker, payload) + data[2:]


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Split a PNG file into chunks, checking every checksum."""
    found, position = [], 8
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        payload = data[position + 8 : position + 8 + length]
        assert struct.unpack_from(">I", data, position + 8 + length)[0] == zlib.crc32(kind + payload)
        found.append((kind, payload))
        position += 12 + length
    return found


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Make a PNG chunk."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def with_chunk(data: bytes, kind: bytes, payload: bytes, *, last: bool = False) -> bytes:
    """Insert a PNG chunk behind IHDR, or before IEND."""
    place = len(data) - 12 if last else 33
    return data[:place] + chunk(kind, payload) + data[place:]


def riff_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Split a WebP file into chunks, checking the total size."""
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    found, position = [], 12
    while position < len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        found.append((kind, data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    assert position == len(data)
    return found


def riff(*parts: tuple[bytes, bytes]) -> bytes:
    """Make a WebP file of chunks."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2) for kind, payload in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, *parts: bytes) -> bytes:
    """Make an ISOBMFF box."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def exiftool(data: bytes, *options: str) -> dict[str, object]:
    """Read a file with exiftool; the keys are group and tag name."""
    program = shutil.which("exiftool")
    if program is None:
        pytest.fail("exiftool is missing; install it: apt-get install libimage-exiftool-perl")
    run = subprocess.run(
        [program, "-json", "-G1", "-struct", *options, "-"], input=data, capture_output=True, check=False
    )
    return json.loads(run.stdout)[0]
