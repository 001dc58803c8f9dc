from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata.samples import (
    BARE,
    CODE,
    KINDS,
    LABEL,
    RECORD,
    WRAPPED,
    app,
    assert_same_pictures,
    exif,
    exiftool,
    labels,
    packet,
    saved,
    with_chunk,
    with_segment,
)

from synthmark.errors import (
    CredentialError,
    DamagedMediaError,
    InputError,
    SynthmarkError,
    UnsupportedMediaError,
)
from synthmark.metadata import (
    AigcLabel,
    MetadataRecord,
    has_credential,
    propagate,
    propagated,
    read_metadata,
    to_json,
    write_metadata,
)

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EVERY_KIND = pytest.mark.parametrize("name", KINDS)


@EVERY_KIND
def test_what_is_written_reads_back(name: str) -> None:
    report = read_metadata(write_metadata(KINDS[name], RECORD))
    assert [(found.label, found.form, found.findings) for found in report.labels] == [(LABEL, "bare", ())]
    assert report.digital_source_type == RECORD.digital_source_type
    assert (report.ai_system, report.ai_system_version) == ("Picture Maker & Sons", "1.0 <beta>")
    assert report.findings == ()


@EVERY_KIND
def test_pictures_are_the_same_before_and_after(name: str) -> None:
    assert_same_pictures(KINDS[name], write_metadata(KINDS[name], RECORD))


@EVERY_KIND
def test_exiftool_reads_the_same(name: str) -> None:
    tags = exiftool(write_metadata(KINDS[name], RECORD), "-warning", "-all")
    assert tags["XMP-TC260:Aigc"] == to_json(LABEL)
    assert tags["XMP-iptcExt:DigitalSourceType"] == RECORD.digital_source_type
    assert tags["XMP-iptcExt:AISystemUsed"] == RECORD.ai_system
    assert str(tags["XMP-iptcExt:AISystemVersionUsed"]) == RECORD.ai_system_version
    assert "ExifTool:Warning" not in tags


@EVERY_KIND
def test_exiftool_reads_all_other_metadata_as_before(name: str) -> None:
    def others(data: bytes) -> dict[str, object]:
        volatile = ("System", "ExifTool", "XMP-TC260", "XMP-iptcExt", "File:FileSize", "SourceFile")
        # Places inside the file, and the flag that says XMP is there.
        moved = (
            "MediaDataOffset",
            "MediaDataSize",
            "FileType",
            "WebP_Flags",
            "ExifByteOrder",
            "GIFVersion",
            "XMPToolkit",
        )
        return {
            key: value
            for key, value in exiftool(data).items()
            if not key.startswith(volatile) and not key.endswith(moved)
        }

    before = others(KINDS[name])
    after = others(write_metadata(KINDS[name], RECORD))
    assert {key: after.get(key) for key in before} == before


@EVERY_KIND
def test_a_second_write_replaces_the_first(name: str) -> None:
    once = write_metadata(KINDS[name], RECORD)
    other = dataclasses.replace(RECORD, label=dataclasses.replace(LABEL, label="2"), ai_system="Other")
    twice = write_metadata(once, other)
    report = read_metadata(twice)
    assert [found.label for found in report.labels] == [other.label]
    assert (report.ai_system, report.ai_system_version) == ("Other", RECORD.ai_system_version)
    assert b"Picture Maker" not in twice
    assert_same_pictures(once, twice)


@EVERY_KIND
def test_propagation_changes_three_fields_of_the_file(name: str) -> None:
    once = write_metadata(KINDS[name], RECORD)
    result = propagate(once, "platform", "q9", "sig")
    report = read_metadata(result)
    assert [found.label for found in report.labels] == [propagated(LABEL, "platform", "q9", "sig")]
    assert (report.digital_source_type, report.ai_system) == (RECORD.digital_source_type, RECORD.ai_system)
    assert_same_pictures(once, result)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(KINDS)), labels)
def test_any_valid_label_survives_any_container(name: str, label: AigcLabel) -> None:
    result = write_metadata(KINDS[name], MetadataRecord(label))
    assert [found.label for found in read_metadata(result).labels] == [label]


def test_none_leaves_properties_as_they_are() -> None:
    once = write_metadata(KINDS["png"], RECORD)
    report = read_metadata(write_metadata(once, MetadataRecord(LABEL)))
    assert (report.digital_source_type, report.ai_system_version) == (
        RECORD.digital_source_type,
        RECORD.ai_system_version,
    )


def test_labels_in_many_places_become_one() -> None:
    data = with_segment(KINDS["jpeg"], 0xFE, WRAPPED.encode())
    data = with_segment(data, 0xE1, b"Exif\0\0" + exif(comment=b"ASCII\0\0\0" + WRAPPED.encode()))
    data = with_segment(data, 0xE1, XMP + packet(f"<TC260:AIGC>{BARE}</TC260:AIGC>"))
    data = with_segment(data, 0xE1, XMP + packet("", f"TC260:AIGC='{BARE}'"))
    assert len(read_metadata(data).labels) == 4
    assert "labels.several" in {finding.code for finding in read_metadata(data).findings}
    result = write_metadata(data, RECORD)
    assert [found.label for found in read_metadata(result).labels] == [LABEL]
    assert result.count(b"A title &amp; more") == 2
    assert exiftool(result)["XMP-dc:Title"] == "A title & more"


def test_propagation_keeps_what_the_producer_wrote() -> None:
    text = '{"AIGC":{"Label":"1","ContentProducer":"豆包 ","ProduceID":"p 1","Vendor":"x"}}'
    data = with_chunk(KINDS["png"], b"iTXt", b"AIGC\0\0\0\0\0" + text.encode())
    (found,) = read_metadata(propagate(data, CODE, "q9")).labels
    assert found.label == AigcLabel("1", "豆包 ", "p 1", "", CODE, "q9", "")
    assert json.loads(found.text)["Vendor"] == "x"


def test_propagation_needs_one_label() -> None:
    with pytest.raises(InputError, match="no AIGC label"):
        propagate(KINDS["jpeg"], "platform", "q9")
    data = with_segment(write_metadata(KINDS["jpeg"], RECORD), 0xFE, WRAPPED.encode())
    with pytest.raises(UnsupportedMediaError, match="differ from each other: JPEG APP1 XMP, JPEG comment"):
        propagate(data, "platform", "q9")


def test_a_signed_file_is_refused_unless_forced() -> None:
    data = with_chunk(KINDS["png"], b"caBX", b"\0\0\0\1jumb")
    assert has_credential(data)
    with pytest.raises(CredentialError, match=r"C2PA manifest \(PNG caBX\)"):
        write_metadata(data, RECORD)
    with pytest.raises(CredentialError):
        propagate(with_chunk(data, b"tEXt", b"AIGC\0" + WRAPPED.encode()), "platform", "q9")
    assert read_metadata(write_metadata(data, RECORD, force=True)).label == LABEL


def test_a_manifest_kept_outside_is_a_credential() -> None:
    inner = "<t:provenance xmlns:t='http://purl.org/dc/terms/'>https://example.org/m.c2pa</t:provenance>"
    data = with_segment(KINDS["jpeg"], 0xE1, XMP + packet(inner))
    with pytest.raises(CredentialError, match="provenance"):
        write_metadata(data, RECORD)


def test_a_label_that_shares_its_text_is_not_replaced() -> None:
    text = json.dumps({"AIGC": json.loads(BARE), "app": {"session": 1}})
    data = with_segment(KINDS["jpeg"], 0xE1, b"Exif\0\0" + exif(comment=b"ASCII\0\0\0" + text.encode()))
    with pytest.raises(UnsupportedMediaError, match="UserComment shares its text"):
        write_metadata(data, RECORD)


def test_a_packet_that_cannot_be_read_is_not_overwritten() -> None:
    data = with_segment(KINDS["jpeg"], 0xE1, XMP + b"<x:xmpmeta><broken")
    with pytest.raises(DamagedMediaError, match="not well-formed"):
        write_metadata(data, RECORD)
    assert [finding.code for finding in read_metadata(data).findings] == ["xmp.unreadable"]


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"RIFF\0\0\0\0ACON", b"%PDF-1.7", b"<svg/>"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedMediaError, match="JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIF, WAV, FLAC"):
        write_metadata(data, RECORD)
    with pytest.raises(UnsupportedMediaError):
        read_metadata(data)


def test_a_value_against_the_standard_is_refused_before_the_file_is_read() -> None:
    with pytest.raises(InputError, match="ProduceID"):
        write_metadata(b"", MetadataRecord(dataclasses.replace(LABEL, produce_id="")))
    with pytest.raises(InputError, match="AISystemUsed"):
        write_metadata(KINDS["png"], MetadataRecord(LABEL, ai_system="a\0b"))


RICH = {
    **KINDS,
    "jpeg-many": with_segment(
        with_segment(write_metadata(KINDS["jpeg-exif-xmp"], RECORD), 0xFE, WRAPPED.encode()),
        0xE2,
        b"MPF\0II\x2a\0",
    ),
    "png-many": with_chunk(write_metadata(KINDS["png-exif"], RECORD), b"tEXt", b"AIGC\0" + WRAPPED.encode()),
    "jpeg-pictures": saved("MPO", frames=2),
    "jpeg-app": KINDS["jpeg"][:2] + app(0xEB, b"JP\0\1") + app(0xE9, b"AIGC" + BARE.encode()) + KINDS["jpeg"][2:],
}
values = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)


@settings(max_examples=400, deadline=3000)
@given(st.data())
def test_mutated_files_raise_nothing_but_our_errors(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(RICH)))
    file = bytearray(RICH[name])
    # Most structure stands at both ends; pixels in between are of no interest.
    places = st.integers(0, min(800, len(file) - 1)) | st.integers(max(0, len(file) - 800), len(file) - 1)
    for _ in range(data.draw(st.integers(0, 6))):
        file[data.draw(places)] = data.draw(values)
    if data.draw(st.booleans()):
        cut = data.draw(places)
        del file[cut : cut + data.draw(st.integers(1, 60))]
    if data.draw(st.booleans()):
        del file[data.draw(places) :]
    attempt(bytes(file))


@settings(max_examples=100, deadline=3000)
@given(st.sampled_from([data[:16] for data in KINDS.values()]), st.binary(max_size=300))
def test_noise_behind_a_known_start_raises_nothing_but_our_errors(start: bytes, noise: bytes) -> None:
    attempt(start + noise)


def attempt(file: bytes) -> None:
    """Read and write; what is written must hold exactly the new label."""
    for action in (read_metadata, has_credential):
        with contextlib.suppress(UnsupportedMediaError):
            action(file)
    try:
        result = write_metadata(file, RECORD, force=True)
    except SynthmarkError:
        return
    assert [found.label for found in read_metadata(result).labels] == [LABEL]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, synthmark.metadata as m; assert 'synthmark.metadata.writing' not in sys.modules; "
        "m.write_metadata; heavy = {'numpy', 'numba', 'cv2', 'PIL'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_loads() -> None:
    import synthmark.metadata

    for name in synthmark.metadata.__all__:
        assert getattr(synthmark.metadata, name) is not None
    with pytest.raises(AttributeError):
        synthmark.metadata.nothing  # noqa: B018
