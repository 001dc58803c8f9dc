"""Times in the comments of FLAC and Ogg files, which move when a label is put before the content."""

from __future__ import annotations

import re

from synthmark.errors import DamagedMediaError

__all__ = ["moved_comments"]

_CHAPTER = re.compile(rb"(CHAPTER\d{3}=)(\d+):(\d\d):(\d\d(?:\.\d+)?)", re.IGNORECASE)
_TIMED = re.compile(rb"(?:SYNCED)?LYRICS=.*\[\d+:\d\d|CUESHEET=", re.IGNORECASE | re.DOTALL)


def moved_comments(payload: bytes, seconds: float, notes: list[str]) -> bytes:
    """Return a Vorbis comment header whose chapters (CHAPTER001=00:00:00.000) begin later.

    Parameters
    ----------
    payload
        Vendor and comments, each behind its length in four bytes, and their number between them.
    notes
        Gets "note.times_unmoved" where there are other times: lyrics, or a cue sheet as text.

    Raises
    ------
    DamagedMediaError
        When the header ends before its comments.
    """
    vendor, comments, rest = _split(payload)
    if any(_TIMED.match(comment) for comment in comments):
        notes.append("note.times_unmoved")
    moved = [_CHAPTER.sub(lambda found: _later(found, seconds), comment) for comment in comments]
    parts = [_packed(vendor), len(moved).to_bytes(4, "little"), *map(_packed, moved), rest]
    return b"".join(parts)


def _split(payload: bytes) -> tuple[bytes, list[bytes], bytes]:
    vendor, place = _taken(payload, 0)
    count = int.from_bytes(payload[place : place + 4], "little")
    place += 4
    comments = []
    for _ in range(count):
        comment, place = _taken(payload, place)
        comments.append(comment)
    return vendor, comments, payload[place:]


def _taken(payload: bytes, place: int) -> tuple[bytes, int]:
    length = int.from_bytes(payload[place : place + 4], "little")
    end = place + 4 + length
    if end > len(payload):
        raise DamagedMediaError("The comment header ends before its comments.")
    return payload[place + 4 : end], end


def _packed(text: bytes) -> bytes:
    return len(text).to_bytes(4, "little") + text


def _later(found: re.Match[bytes], seconds: float) -> bytes:
    hours, minutes, rest = (float(found[number]) for number in (2, 3, 4))
    total = round((hours * 3600 + minutes * 60 + rest + seconds) * 1000)
    whole, thousandths = divmod(total, 1000)
    text = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"
    return found[1] + text.encode()
