"""The payload of every mark: a 64-bit content id, protected by a 32-bit CRC that also covers the version.

Frame of format version 1, 96 bits, most significant bit first::

    content id (64) | CRC-32 (32)

The CRC is CRC-32/ISO-HDLC (the one of zlib and PNG) over the bytes ``b"synthmark" | version | id``. The version
itself is not sent: it selects carriers and code, and a frame read under another version fails the CRC.

The default layout of a content id is a 20-bit provider tag (the top bits of SHA-256 over the producer code)
followed by a 44-bit content number drawn from the operating system's generator. Any other 64 bits are accepted.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from typing import TYPE_CHECKING

from synthmark.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CRC_BITS",
    "FORMAT_VERSION",
    "FRAME_BITS",
    "check_content_id",
    "format_content_id",
    "frame_bits",
    "new_content_id",
    "parse_content_id",
    "provider_tag",
    "read_frame",
    "seeded_content_id",
]

FORMAT_VERSION = 1
ID_BITS = 64
CRC_BITS = 32
FRAME_BITS = ID_BITS + CRC_BITS
_NUMBER_BITS = 44


def provider_tag(producer: str) -> int:
    """Return the 20-bit tag of a producer code or name."""
    digest = hashlib.sha256(b"synthmark provider\0" + producer.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> _NUMBER_BITS


def new_content_id(producer: str) -> int:
    """Draw a new content id for a producer: its 20-bit tag and 44 random bits."""
    return provider_tag(producer) << _NUMBER_BITS | secrets.randbits(_NUMBER_BITS)


def seeded_content_id(producer: str, seed: str) -> int:
    """Return the content id that follows from a text: the producer's tag and 44 bits of its SHA-256."""
    digest = hashlib.sha256(b"synthmark content\0" + seed.encode("utf-8", "surrogateescape")).digest()
    return provider_tag(producer) << _NUMBER_BITS | int.from_bytes(digest[:8], "big") >> (ID_BITS - _NUMBER_BITS)


def check_content_id(content_id: int) -> int:
    """Return the content id as an int.

    Raises
    ------
    InputError
        When it is no integer in [0, 2**64).
    """
    try:
        value = content_id.__index__()
    except AttributeError:
        raise InputError(f"The content id is {content_id!r}; an integer in [0, 2**64) is needed.") from None
    if not 0 <= value < 1 << ID_BITS:
        raise InputError(f"The content id is {value}; an integer in [0, 2**64) is needed.")
    return value


def format_content_id(content_id: int) -> str:
    """Return the content id as 16 lower-case hex digits."""
    return f"{check_content_id(content_id):016x}"


def parse_content_id(text: str) -> int:
    """Return the content id written as 1 to 16 hex digits, hyphens and a leading 0x allowed.

    Raises
    ------
    InputError
        When the text is anything else.
    """
    digits = text.strip().lower().removeprefix("0x").replace("-", "")
    if not 0 < len(digits) <= 16 or any(digit not in "0123456789abcdef" for digit in digits):
        raise InputError(f"The content id is {text!r}; up to 16 hex digits are needed, such as 7f3a19c200000001.")
    return int(digits, 16)


def _crc(content_id: int, version: int) -> int:
    return zlib.crc32(b"synthmark" + bytes([version]) + content_id.to_bytes(8, "big"))


def frame_bits(content_id: int, version: int = FORMAT_VERSION) -> NDArray[np.uint8]:
    """Return the frame of a content id: uint8 array of 96 bits, each 0 or 1."""
    import numpy as np  # noqa: PLC0415 - `import synthmark` stays light

    frame = check_content_id(content_id) << CRC_BITS | _crc(content_id, version)
    return np.unpackbits(np.frombuffer(frame.to_bytes(FRAME_BITS // 8, "big"), np.uint8))


def read_frame(bits: NDArray[np.uint8], version: int = FORMAT_VERSION) -> int | None:
    """Return the content id of a frame of 96 bits, or None when its CRC does not hold."""
    import numpy as np  # noqa: PLC0415 - see above

    frame = int.from_bytes(np.packbits(bits).tobytes(), "big")
    content_id = frame >> CRC_BITS
    return content_id if _crc(content_id, version) == frame & (1 << CRC_BITS) - 1 else None
