"""AIFF and AIFF-C."""

from __future__ import annotations

import io
import struct

import pytest
import soundfile
from metadata.streams import LABEL, RECORD, made

from synthmark.errors import DamagedMediaError
from synthmark.metadata import MetadataRecord, read_metadata, to_json, write_metadata


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    assert struct.unpack_from(">I", data, 4)[0] == len(data) - 8
    found, position = [], 12
    while position < len(data):
        kind, length = struct.unpack_from(">4sI", data, position)
        found.append((kind, data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    assert position == len(data)
    return found


def with_chunk(data: bytes, kind: bytes, payload: bytes) -> bytes:
    data += struct.pack(">4sI", kind, len(payload)) + payload + b"\0" * (len(payload) % 2)
    return data[:4] + struct.pack(">I", len(data) - 8) + data[8:]


@pytest.mark.parametrize("name", ["aiff", "aiff-id3"])
def test_label_and_packet_stand_in_their_chunks_and_the_others_stay(name):
    before, after = chunks(made(name)), chunks(write_metadata(made(name), RECORD))
    kept = [chunk for chunk in before if chunk[0] != b"ID3 "]
    assert [chunk for chunk in after if chunk[0] not in {b"ID3 ", b"APPL"}] == kept
    assert next(data for kind, data in after if kind == b"APPL").startswith(b"XMP <?xpacket")
    assert to_json(LABEL).encode() in next(data for kind, data in after if kind == b"ID3 ")


def test_aiff_c_is_the_same_sound():
    buffer = io.BytesIO()
    soundfile.write(buffer, [[n / 2000] for n in range(1001)], 8000, format="AIFF", subtype="FLOAT")
    data = buffer.getvalue()
    assert data[8:12] == b"AIFC"
    written = write_metadata(data, RECORD)
    assert list(soundfile.read(io.BytesIO(written))[0]) == list(soundfile.read(io.BytesIO(data))[0])


def test_a_label_in_an_annotation_is_replaced():
    data = with_chunk(made("aiff"), b"ANNO", to_json(LABEL, wrapped=True).encode())
    assert [found.place for found in read_metadata(data).labels] == ["AIFF ANNO"]
    written = write_metadata(with_chunk(data, b"ANNO", b"A note"), RECORD)
    assert [found.place for found in read_metadata(written).labels] == ["AIFF ID3 TXXX AIGC"]
    assert [chunk for chunk in chunks(written) if chunk[0] == b"ANNO"] == [(b"ANNO", b"A note")]


def test_a_manifest_is_seen():
    assert read_metadata(with_chunk(made("aiff"), b"C2PA", b"jumb")).has_credential


def test_truncated_files_are_not_written():
    with pytest.raises(DamagedMediaError, match="beyond the end"):
        write_metadata(made("aiff")[:-10], MetadataRecord(LABEL))
