"""The EXIF thumbnail goes; everything else in the blob stays where it is."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media import photograph, saved
from metadata.samples import exiftool
from PIL import Image

from synthmark.metadata.thumbnail import without_photoshop_thumbnail, without_thumbnail


def thumbnail() -> bytes:
    return saved(photograph().resize((96, 80)), "JPEG", quality=60)


def exif_with_thumbnail() -> bytes:
    """Return EXIF with three directories: the first, that of EXIF tags, and that of the thumbnail."""
    exif = Image.Exif()
    exif[0x010E] = "a description that takes more than four bytes"
    exif.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    return _joined(exif.tobytes(), thumbnail())


def _joined(blob: bytes, picture: bytes) -> bytes:
    """Append a second directory with a thumbnail to a blob of one directory."""
    order = "little" if blob[6:8] == b"II" else "big"
    body = bytearray(blob[6:])
    first = int.from_bytes(body[4:8], order)
    end = first + 2 + 12 * int.from_bytes(body[first : first + 2], order)
    body += b"\0" * (len(body) % 2)
    start = len(body)
    body[end : end + 4] = start.to_bytes(4, order)
    entries = [(0x0103, 3, 6), (0x0201, 4, start + 2 + 3 * 12 + 4), (0x0202, 4, len(picture))]
    body += len(entries).to_bytes(2, order)
    for tag, kind, value in entries:
        number = value.to_bytes(2, order) + b"\0\0" if kind == 3 else value.to_bytes(4, order)
        body += tag.to_bytes(2, order) + kind.to_bytes(2, order) + (1).to_bytes(4, order) + number
    return blob[:6] + bytes(body) + bytes(4) + picture


def test_exiftool_finds_the_thumbnail_before_and_not_after():
    blob = exif_with_thumbnail()
    before = exiftool(saved(photograph(), "JPEG", exif=blob), "-all", "-warning")
    after = exiftool(saved(photograph(), "JPEG", exif=without_thumbnail(blob)), "-all", "-warning")
    assert "IFD1:ThumbnailImage" in before
    assert not [name for name in after if name.startswith("IFD1") or name.endswith("Warning")]
    kept = [name for name in before if name.startswith(("IFD0", "ExifIFD"))]
    assert len(kept) == 2
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_the_picture_itself_is_gone_and_nothing_else():
    blob = exif_with_thumbnail()
    clean = without_thumbnail(blob)
    assert len(clean) == len(blob)
    assert thumbnail() in blob
    assert thumbnail()[:64] not in clean
    assert clean.rstrip(b"\0") == clean[: len(blob) - len(thumbnail())].rstrip(b"\0")
    changed = [place for place in range(len(blob) - len(thumbnail())) if blob[place] != clean[place]]
    assert 0 < len(changed) <= 4


def test_a_blob_without_thumbnail_stays_as_it_is():
    exif = Image.Exif()
    exif[0x010E] = "a description"
    assert without_thumbnail(exif.tobytes()) == exif.tobytes()
    assert without_thumbnail(b"") == b""


def test_a_false_offset_takes_nothing_from_the_first_directory():
    blob = exif_with_thumbnail()
    place = blob.index(thumbnail())
    order = "little" if blob[6:8] == b"II" else "big"
    false = blob.replace((place - 6).to_bytes(4, order), (8).to_bytes(4, order))
    assert false != blob
    clean = without_thumbnail(false)
    with Image.open(io.BytesIO(saved(photograph(), "JPEG", exif=clean))) as image:
        assert image.getexif()[0x010E] == "a description that takes more than four bytes"
        assert image.getexif().get_ifd(1) == {}


@given(st.data())
def test_no_blob_raises_or_changes_its_length(data):
    blob = bytearray(exif_with_thumbnail()[:200])
    for _ in range(data.draw(st.integers(0, 6))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(blob[: data.draw(st.integers(0, len(blob)))])
    assert len(without_thumbnail(cut)) == len(cut)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_labelled_file_shows_no_unlabelled_thumbnail(kind, tmp_path):
    from synthmark.config import Config
    from synthmark.labelling import label_file

    blob = exif_with_thumbnail()
    options = {"exif": blob if kind != "PNG" else blob[6:]}
    suffix = {"JPEG": ".jpg"}.get(kind, "." + kind.lower())
    source, target = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    source.write_bytes(saved(photograph(), kind, **options))
    assert thumbnail() in source.read_bytes()
    label_file(source, target, Config(producer="studio", watermark=False))
    assert thumbnail()[:64] not in target.read_bytes()
    with Image.open(target) as image:
        assert image.getexif()[0x010E] == "a description that takes more than four bytes"
        assert image.getexif().get_ifd(1) == {}


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    named = bytes([len(name)]) + name
    padded = named + b"\0" * (len(named) % 2)
    size = len(data).to_bytes(4, "big")
    return b"8BIM" + number.to_bytes(2, "big") + padded + size + data + b"\0" * (len(data) % 2)


CAPTION = resource(0x0404, b"\x1c\x02\x78\x00\x09a caption")
RESOLUTION = resource(0x03ED, bytes(16), b"abc")


@pytest.mark.parametrize("number", [0x0409, 0x040C])
@pytest.mark.parametrize("name", [b"", b"a", b"ab"])
def test_only_the_thumbnail_leaves_photoshop_data(number, name):
    start = b"Photoshop 3.0\0"
    picture = resource(number, bytes(28) + thumbnail()[:501], name)
    assert without_photoshop_thumbnail(start + CAPTION + picture + RESOLUTION) == start + CAPTION + RESOLUTION


@pytest.mark.parametrize("payload", [b"", b"Adobe", b"Photoshop 3.0\0junk", b"Photoshop 3.0\0" + CAPTION[:-3]])
def test_other_data_stays_as_it_is(payload):
    assert without_photoshop_thumbnail(payload) == payload


@given(st.binary(max_size=60))
def test_broken_resources_stay_as_they_are(tail):
    blob = b"Photoshop 3.0\0" + resource(0x040C, thumbnail()) + b"8BIN" + tail
    assert without_photoshop_thumbnail(blob) == blob


def test_exiftool_reads_photoshop_data_of_a_labelled_jpeg(tmp_path):
    from synthmark.config import Config
    from synthmark.labelling import label_file

    payload = b"Photoshop 3.0\0" + CAPTION + resource(0x040C, bytes(28) + thumbnail())
    source, target = tmp_path / "a.jpg", tmp_path / "b.jpg"
    plain = saved(photograph(), "JPEG")
    source.write_bytes(plain[:2] + b"\xff\xed" + (len(payload) + 2).to_bytes(2, "big") + payload + plain[2:])
    label_file(source, target, Config(producer="studio", watermark=False))
    before, after = (exiftool(file.read_bytes(), "-all", "-warning") for file in (source, target))
    assert "Photoshop:PhotoshopThumbnail" in before
    assert "Photoshop:PhotoshopThumbnail" not in after
    assert after["IPTC:Caption-Abstract"] == before["IPTC:Caption-Abstract"] == "a caption"
    assert not [name for name in after if name.endswith("Warning")]
