"""Taking files apart and putting them together: what comes back, what is kept, what is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from media import LOSSLESS, TIMES, files, photograph, saved
from PIL import Image

from synthmark.errors import DamagedMediaError, InputError, UnsupportedMediaError
from synthmark.files.orientation import as_stored, upright
from synthmark.files.picture_file import read_picture
from synthmark.files.webp import quality_of
from synthmark.files.writing import encode_pictures


def round_trip(name):
    file = read_picture(files()[name])
    return file, read_picture(encode_pictures(file, file.frames))


def shown(frame):
    """Return the pixels of a frame that show, the others as zero."""
    pixels = np.asarray(frame).astype(float)
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4) and getattr(frame, "mode", "RGBA") != "CMYK"
    return pixels * (pixels[..., -1:] > 0) if has_alpha else pixels


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_containers_give_the_same_pixels(name):
    file, again = round_trip(name)
    for before, after in zip(file.frames, again.frames, strict=True):
        assert np.array_equal(shown(before), shown(after))
        assert np.asarray(before).dtype == np.asarray(after).dtype


# Another generation of coding adds little error: mean absolute difference in levels of 255.
@pytest.mark.parametrize("name", [name for name in files() if name not in LOSSLESS])
def test_lossy_containers_give_nearly_the_same_pixels(name):
    file, again = round_trip(name)
    for before, after in zip(file.frames, again.frames, strict=True):
        limit = 0.2 if name.startswith("jpeg") else 2.5
        assert np.abs(shown(before) - shown(after))[..., :3].mean() < limit


@pytest.mark.parametrize("name", files())
def test_kind_timing_loops_orientation_and_size_are_kept(name):
    file, again = round_trip(name)
    for field in ("kind", "durations", "loop", "orientations"):
        assert getattr(again, field) == getattr(file, field)
    assert abs(len(again.data) - len(file.data)) < 0.9 * len(file.data)


@pytest.mark.parametrize("name", [name for name in files() if "animated" in name and "still" not in name])
def test_the_timing_of_animations_is_read(name):
    assert read_picture(files()[name]).durations == tuple(TIMES)


@pytest.mark.parametrize("name", [name for name in files() if "1-bit" in name])
def test_black_and_white_is_noted_as_becoming_grey(name):
    file = read_picture(files()[name])
    assert file.frames[0].mode == "L"
    assert file.notes == ("note.depth_raised",)


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("jpeg")])
def test_jpeg_keeps_tables_sampling_and_progression(name):
    file, again = round_trip(name)
    with opened(file.data) as before, opened(again.data) as after:
        assert after.quantization == before.quantization
        assert [layer[1:] for layer in after.layer] == [layer[1:] for layer in before.layer]
        assert (after.mode, after.size) == (before.mode, before.size)
        for key in ("progressive", "adobe_transform", "jfif_density", "exif", "comment", "dpi"):
            assert after.info.get(key) == before.info.get(key)


def test_jpeg_with_odd_sampling_becomes_full_colour():
    from synthmark.files import jpeg

    # 4:1:1, which Pillow reads and does not write; only the header is looked at here
    data = bytearray(files()["jpeg"])
    start = data.index(b"\xff\xc0")
    data[start + 11] = 0x41
    with opened(jpeg.encode(bytes(data), photograph())) as image:
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3


def test_jpeg_quality_can_be_chosen():
    file = read_picture(files()["jpeg"])
    small = encode_pictures(file, file.frames, quality=20)
    assert len(small) < len(file.data) / 2


def test_cmyk_jpeg_is_inverted_as_others_write_it():
    _, again = round_trip("jpeg-cmyk")
    with opened(again.data) as image:
        assert (image.mode, image.info["adobe_transform"]) == ("CMYK", 0)
        difference = np.asarray(image.convert("RGB")).astype(int) - np.asarray(photograph())
        assert np.abs(difference).mean() < 6


def test_jpeg_metadata_segments_are_kept_byte_by_byte():
    icc = bytes(range(256)) * 300  # two segments
    data = saved(photograph(), "JPEG", icc_profile=icc, xmp=b"<x:xmpmeta>any</x:xmpmeta>", comment=b"said")
    iptc = b"\xff\xed\0\x14Photoshop 3.0\0rest"
    data = data[:2] + iptc + data[2:]
    file = read_picture(data)
    encoded = encode_pictures(file, file.frames)
    assert iptc in encoded
    with opened(encoded) as image:
        assert image.info["icc_profile"] == icc
        assert image.info["xmp"] == b"<x:xmpmeta>any</x:xmpmeta>"
        assert image.info["comment"] == b"said"


def test_a_multi_picture_jpeg_keeps_its_first_picture_and_says_so():
    data = saved(photograph(), "MPO", save_all=True, append_images=[photograph().rotate(90, expand=True)])
    file = read_picture(data)
    assert file.notes == ("note.more_pictures",)
    encoded = encode_pictures(file, file.frames)
    assert len(encoded) < len(data) * 0.7
    with opened(encoded) as image:
        assert image.format == "JPEG"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_png_chunks_are_kept_in_their_places():
    before = [
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"sRGB", b"\0"),
        chunk(b"pHYs", struct.pack(">IIB", 3000, 3000, 1)),
        chunk(b"tEXt", b"Author\0somebody"),
        chunk(b"prVt", b"private"),
    ]
    after = [chunk(b"iTXt", b"Title\0\0\0\0\0t\xc3\xb6"), chunk(b"tIME", bytes(7))]
    plain = saved(photograph(), "PNG")
    data = plain[:33] + b"".join(before) + plain[33:-12] + b"".join(after) + plain[-12:]
    file = read_picture(data)
    encoded = encode_pictures(file, file.frames)
    assert encoded[33:].startswith(b"".join(before))
    assert encoded[:-12].endswith(b"".join(after))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_png_colour_keys_become_alpha(mode):
    image = photograph().convert(mode)
    key = image.getpixel((5, 5))
    file = read_picture(saved(image, "PNG", transparency=key))
    assert file.frames[0].mode == {"L": "LA", "RGB": "RGBA"}[mode]
    again = read_picture(encode_pictures(file, file.frames))
    assert again.frames[0].tobytes() == file.frames[0].tobytes()


def test_png_palette_stays_a_palette_and_can_be_given_up():
    file = read_picture(files()["png-palette"])
    assert file.frames[0].mode == "RGB"
    with opened(encode_pictures(file, file.frames)) as kept:
        assert kept.mode == "P"
    with opened(encode_pictures(file, file.frames, palette=False)) as given_up:
        assert given_up.mode == "RGB"


def test_an_interlaced_png_gives_the_same_pixels(tmp_path):
    interlaced = bytes.fromhex(  # 2 x 2 grey, Adam7, made by hand: passes 1, 6 and 7
        "89504e470d0a1a0a"
    ) + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 1))
    interlaced += chunk(b"IDAT", zlib.compress(b"\0\x0a\0\x14\0\x1e\x28")) + chunk(b"IEND", b"")
    file = read_picture(interlaced)
    again = read_picture(encode_pictures(file, file.frames))
    assert list(again.frames[0].tobytes()) == [10, 20, 30, 40]


@pytest.mark.parametrize("quality", [1, 10, 30, 50, 65, 75, 80, 90, 95, 100])
@pytest.mark.parametrize("colour", ["RGB", "RGBA"])
def test_webp_quality_is_read_from_the_quantiser(quality, colour):
    guess = quality_of(saved(photograph().convert(colour), "WEBP", quality=quality))
    assert abs(guess - quality) <= 2


def test_webp_lossless_stays_lossless():
    assert quality_of(files()["webp-lossless"]) is None
    assert quality_of(round_trip("webp-lossless")[1].data) is None


@pytest.mark.parametrize("name", ["webp", "avif", "webp-lossless", "webp-animated"])
def test_webp_and_avif_keep_profile_exif_and_xmp(name):
    exif = Image.Exif()
    exif[0x010E] = "described"
    kind = name.partition("-")[0].upper()
    options = {"exif": exif, "icc_profile": b"profile", "xmp": b"<x:xmpmeta>any</x:xmpmeta>"}
    if "animated" in name:
        options |= {"save_all": True, "append_images": [photograph().rotate(9)], "duration": 50}
    file = read_picture(saved(photograph(), kind, lossless="lossless" in name, **options))
    with opened(encode_pictures(file, file.frames)) as image:
        assert image.getexif()[0x010E] == "described"
        assert image.info["icc_profile"] == b"profile"
        assert image.info["xmp"] == b"<x:xmpmeta>any</x:xmpmeta>"


def test_gif_keeps_comments_and_application_blocks():
    data = files()["gif"]
    block = b"\x21\xff\x0bICCRGBG1012\x03abc\0"
    start = 13 + (3 << ((data[10] & 7) + 1))
    file = read_picture(data[:start] + block + data[start:])
    encoded = encode_pictures(file, file.frames)
    assert block in encoded
    assert b"\x09a comment\0" in encoded


def test_gif_stores_only_what_moves():
    still = photograph().quantize(200).convert("RGB")
    frames = [still.copy() for _ in range(6)]
    for number, frame in enumerate(frames):
        frame.paste("red", (10 * number, 10, 10 * number + 9, 19))
    file = read_picture(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50))
    encoded = encode_pictures(file, file.frames)
    assert len(encoded) < 1.2 * len(saved(still, "GIF"))


def test_tiff_tags_are_kept_with_their_values():
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2()
    tags[0x010E] = "described"
    tags[0x9C9B] = b"t\0i\0t\0l\0e\0\0\0"
    tags[0x8769] = {0x9003: "2026:01:02 03:04:05", 0x829D: 2.8}
    tags[0x8825] = {1: "N", 2: (31.0, 14.0, 2.5)}
    file = read_picture(saved(photograph(), "TIFF", tiffinfo=tags, icc_profile=b"profile", dpi=(250, 250)))
    with opened(encode_pictures(file, file.frames)) as image:
        kept = image.getexif()
        assert kept[0x010E] == "described"
        assert kept[0x9C9B] == tags[0x9C9B]
        assert kept.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
        assert float(kept.get_ifd(0x8769)[0x829D]) == 2.8
        assert kept.get_ifd(0x8825)[2] == (31.0, 14.0, 2.5)
        assert image.info["icc_profile"] == b"profile"
        assert image.info["dpi"] == (250, 250)


def test_a_big_endian_tiff_keeps_its_tags():
    pixels = np.asarray(photograph(8, 6).convert("L"))
    tags = [
        (256, 4, 1, struct.pack(">I", 8)),
        (257, 4, 1, struct.pack(">I", 6)),
        (258, 3, 1, struct.pack(">HH", 8, 0)),
        (259, 3, 1, struct.pack(">HH", 1, 0)),
        (262, 3, 1, struct.pack(">HH", 1, 0)),
        (270, 2, 4, b"abc\0"),
        (273, 4, 1, struct.pack(">I", 8)),
        (278, 4, 1, struct.pack(">I", 6)),
        (279, 4, 1, struct.pack(">I", 48)),
        (282, 5, 1, struct.pack(">I", 206)),
        (33550, 12, 1, struct.pack(">I", 214)),
    ]
    directory = struct.pack(">H", len(tags)) + b"".join(struct.pack(">HHI", *tag[:3]) + tag[3] for tag in tags)
    values = struct.pack(">II", 300, 7) + struct.pack(">d", 1.5)
    data = b"MM\0*" + struct.pack(">I", 56) + pixels.tobytes() + directory + bytes(4)
    data = data.ljust(206, b"\0") + values
    file = read_picture(data)
    again = encode_pictures(file, file.frames)
    with opened(again) as image:
        assert np.array_equal(np.asarray(image), pixels)
        assert image.tag_v2[270] == "abc"
        assert image.tag_v2[282] == 300 / 7
        assert image.tag_v2[33550] == 1.5


@pytest.mark.parametrize("name", ["tiff-lzw", "tiff-alpha-packbits", "tiff-jpeg"])
def test_tiff_compression_is_kept(name):
    file, again = round_trip(name)
    with opened(file.data) as before, opened(again.data) as after:
        assert after.info["compression"] == before.info["compression"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_are_undone_exactly_for_images_and_arrays(orientation):
    image = photograph(7, 5)
    turned = upright(image, orientation)
    assert as_stored(turned, orientation).tobytes() == image.tobytes()
    assert np.array_equal(upright(np.asarray(image), orientation), np.asarray(turned))
    assert np.array_equal(as_stored(np.asarray(turned), orientation), np.asarray(image))


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_orientation_counts_as_upright(value):
    exif = Image.Exif()
    exif[0x0112] = value
    assert read_picture(saved(photograph(), "JPEG", exif=exif)).orientations == (1,)


def test_pages_of_a_tiff_can_have_several_sizes_and_modes():
    file, again = round_trip("tiff-pages")
    assert [(page.mode, page.size) for page in again.frames] == [(page.mode, page.size) for page in file.frames]
    assert not file.animated


def bomb(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(0, 5), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_pictures_of_impossible_size_are_refused_before_decoding(size):
    with pytest.raises(DamagedMediaError):
        read_picture(bomb(*size))


def test_an_animation_over_the_limit_is_refused_before_decoding(monkeypatch):
    monkeypatch.setattr("synthmark.files.picture_file.MAX_ANIMATION_PIXELS", 200_000)
    with pytest.raises(DamagedMediaError, match="5 frames of 240 x 200"):
        read_picture(files()["gif-animated"])


def test_a_deep_tiff_over_the_limit_is_refused_before_decoding(monkeypatch):
    monkeypatch.setattr("synthmark.files.deep.MAX_PIXELS", 1000)
    with pytest.raises(DamagedMediaError, match="48000 pixels"):
        read_picture(files()["tiff-rgb-16"])


def test_high_dynamic_range_is_refused():
    from media import _deep

    with pytest.raises(UnsupportedMediaError, match="dynamic range"):
        read_picture(_deep(".tiff", np.full((20, 20, 3), 3.0, np.float32)))


def test_the_number_of_pictures_must_fit():
    file = read_picture(files()["png"])
    with pytest.raises(InputError, match="1 frames; 2"):
        encode_pictures(file, [*file.frames, *file.frames])
