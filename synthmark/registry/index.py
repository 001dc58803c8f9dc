"""Finding records by fingerprint: keys of 128 bits, packed into blocks that are compared with the searched ones.

New keys lie in rows of their own; whenever the chain passes a multiple of `SEALED` entries, those before are packed
into one block per kind of media. So a search reads a few large values instead of a million rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import sqlalchemy as sa

from synthmark.errors import InputError
from synthmark.registry.fingerprint import MEDIA, Fingerprint, Media, kept_keys
from synthmark.registry.schema import blocks, keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Places = NDArray[np.int64]

__all__ = ["SEALED", "add_keys", "drop_keys", "keys_of", "nearest", "seal"]

SEALED: Final = 1024
_NEAR: Final[Mapping[str, int]] = {"image": 40, "video": 40, "audio": 44}  # of 128 bits; see benchmarks/registry.py
_KEY_BYTES = 16


def keys_of(text: str | None) -> list[dict[str, Any]]:
    """Return the rows of the search keys of a fingerprint, which still need the place of their entry."""
    if text is None:
        return []
    try:
        fingerprint = Fingerprint.parse(text)
    except InputError:
        return []  # of a later version: found by id all the same
    packed = kept_keys(fingerprint).astype(">u8").tobytes()
    parts = [packed[start : start + _KEY_BYTES] for start in range(0, len(packed), _KEY_BYTES)]
    return [
        {"number": number, "media": MEDIA.index(fingerprint.media), "key": part} for number, part in enumerate(parts)
    ]


def add_keys(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Store the keys of new entries."""
    if rows:
        connection.execute(sa.insert(keys), rows)


def seal(connection: sa.Connection, before: int, after: int) -> None:
    """Pack loose keys once the chain has grown past a multiple of `SEALED`.

    Parameters
    ----------
    before, after
        The last place of the chain before and after it grew.
    """
    full = after // SEALED * SEALED
    if full == before // SEALED * SEALED:
        return
    query = sa.select(keys).where(keys.c.sequence <= full).order_by(keys.c.sequence, keys.c.number)
    loose = connection.execute(query).all()
    for media in sorted({row.media for row in loose}):
        chosen = [row for row in loose if row.media == media]
        places = np.array([row.sequence for row in chosen], ">i8").tobytes()
        packed = b"".join(bytes(row.key) for row in chosen)
        connection.execute(
            sa.insert(blocks).values(last_sequence=full, media=media, sequences=places, packed_keys=packed)
        )
    connection.execute(sa.delete(keys).where(keys.c.sequence <= full))


def drop_keys(connection: sa.Connection, last: int) -> None:
    """Drop the keys of entries up to a place; blocks that reach beyond it keep theirs, which lead nowhere."""
    connection.execute(sa.delete(keys).where(keys.c.sequence <= last))
    connection.execute(sa.delete(blocks).where(blocks.c.last_sequence <= last))


def nearest(connection: sa.Connection, media: Media, wanted: Words, count: int) -> list[int]:
    """Return the places of the entries with the nearest keys, the nearest first.

    Parameters
    ----------
    connection
        To read from.
    media
        Which keys to search.
    wanted
        uint64 (n, 2).
    count
        How many places at most.
    """
    places, stored = _all_keys(connection, MEDIA.index(media))
    if not len(places) or not len(wanted):
        return []
    distances = _distances(stored, wanted, _NEAR[media])
    near = np.flatnonzero(distances <= _NEAR[media])
    order = near[np.argsort(distances[near], kind="stable")]
    return list(dict.fromkeys(int(place) for place in places[order]))[:count]


def _all_keys(connection: sa.Connection, media: int) -> tuple[Places, Words]:
    """Return the places, int64 (n,), and the keys, uint64 (n, 2), of all entries of a kind of media."""
    sealed = connection.execute(sa.select(blocks.c.sequences, blocks.c.packed_keys).where(blocks.c.media == media))
    packed = [(bytes(row.sequences), bytes(row.packed_keys)) for row in sealed]
    loose = connection.execute(sa.select(keys.c.sequence, keys.c.key).where(keys.c.media == media)).all()
    packed.append((np.array([row.sequence for row in loose], ">i8").tobytes(), _joined(row.key for row in loose)))
    places = np.frombuffer(b"".join(part[0] for part in packed), ">i8").astype(np.int64)
    words = np.frombuffer(b"".join(part[1] for part in packed), ">u8").astype(np.uint64).reshape(-1, 2)
    return places, words


def _joined(parts: Iterable[bytes]) -> bytes:
    return b"".join(bytes(part) for part in parts)


def _distances(stored: Words, wanted: Words, bound: int) -> NDArray[np.uint8]:
    """Return the least number of bits, uint8 (n,), in which each stored key differs from a wanted one.

    Where the first words alone differ in more bits than the bound, the rest is not compared, and 255 stands.
    """
    first, second = np.ascontiguousarray(stored[:, 0]), np.ascontiguousarray(stored[:, 1])
    least = np.full(len(stored), 255, np.uint8)
    for high, low in wanted:
        bits = _bit_counts(first ^ high)
        near = np.flatnonzero(bits <= bound // 2 + _UNEVEN)
        total = bits[near] + _bit_counts(second[near] ^ low)
        least[near] = np.minimum(least[near], total)
    return least


_UNEVEN = 6  # bits that the first half may exceed its share by


def _bit_counts(words: Words) -> NDArray[np.uint8]:
    """Return how many bits of each word are set."""
    if hasattr(np, "bitwise_count"):  # from NumPy 2 on
        return np.asarray(np.bitwise_count(words), np.uint8)
    return np.asarray(np.unpackbits(words.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1), np.uint8)
