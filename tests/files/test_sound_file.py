"""Sound files of every kind: read piece by piece, refused when damaged, copied with other samples and old tags."""

import struct

import av
import numpy as np
import pytest
import soundfile
from sounds import encoded, synthetic_voice

from synthmark.containers import sound
from synthmark.errors import DamagedMediaError, MediaError, SynthmarkError, UnsupportedMediaError
from synthmark.files.kinds import AIFF, FLAC, WAV, kind_of_file
from synthmark.files.sound_copy import SoundCopy
from synthmark.files.sound_file import open_sound, write_sound
from synthmark.metadata import flac, wav

RATE = 16000
LOSSLESS = [
    (".wav", "WAV", "PCM_U8", "int16"),
    (".wav", "WAV", "PCM_16", "int16"),
    (".wav", "WAVEX", "PCM_24", "int32"),
    (".wav", "WAV", "FLOAT", "float32"),
    (".wav", "WAV", "DOUBLE", "float64"),
    (".wav", "RF64", "PCM_32", "int32"),
    (".flac", "FLAC", "PCM_16", "int16"),
    (".flac", "FLAC", "PCM_24", "int32"),
    (".aiff", "AIFF", "PCM_16", "int16"),
    (".aiff", "AIFF", "PCM_24", "int32"),
    (".aifc", "AIFF", "FLOAT", "float32"),
]


def saved(folder, data, name="a.wav"):
    path = folder / name
    path.write_bytes(data)
    return path


def read(path):
    with open_sound(path) as reader:
        return reader.form, np.concatenate(list(reader.blocks()))


def copied(path, samples, added=0):
    """Copy a file with other samples and return the copy."""
    target = path.with_name(f"copy{path.suffix}")
    with open_sound(path) as reader:
        form = reader.form
    blocks = np.array_split(samples.reshape(-1, form.channels).astype(form.dtype), 3)
    copy = SoundCopy(source=path, target=target, form=form, blocks=lambda: iter(blocks), added=added)
    return target, write_sound(kind_of_file(path), copy)


@pytest.mark.parametrize(("suffix", "form", "subtype", "dtype"), LOSSLESS)
def test_lossless_kinds_are_read_and_copied_to_the_bit(tmp_path, suffix, form, subtype, dtype):
    voice = np.stack([synthetic_voice(1.5), synthetic_voice(1.5, seed=2)], axis=1)
    path = saved(tmp_path, encoded(voice, form, subtype), f"a{suffix}")
    described, samples = read(path)
    assert (described.dtype, described.coding, described.frames) == (dtype, subtype, len(voice))
    np.testing.assert_array_equal(samples, soundfile.read(path, dtype=dtype)[0])
    other = samples[::-1][:-700]
    target, notes = copied(path, other)
    assert notes == ()
    np.testing.assert_array_equal(read(target)[1], other)
    before, after = soundfile.info(path), soundfile.info(target)
    for name in ("format", "subtype", "samplerate", "channels", "endian"):
        assert getattr(after, name) == getattr(before, name)
    assert after.frames == len(other)


def test_sound_is_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("synthmark.containers.sound_soundfile.BLOCK_FRAMES", 1000)
    path = saved(tmp_path, encoded(np.zeros(3500)))
    with open_sound(path) as reader:
        assert [len(block) for block in reader.blocks()] == [1000, 1000, 1000, 500]
        assert sum(len(block) for block in reader.blocks()) == 3500  # again from the start


def test_little_endian_aiff_stays_so(tmp_path):
    path = tmp_path / "a.aifc"
    soundfile.write(path, np.arange(100, dtype=np.int16), RATE, format="AIFF", subtype="PCM_16", endian="LITTLE")
    target, _ = copied(path, np.arange(50, dtype=np.int16))
    assert soundfile.info(target).endian == soundfile.info(path).endian
    assert b"sowt" in target.read_bytes()
    np.testing.assert_array_equal(soundfile.read(target, dtype="int16")[0], np.arange(50))


def test_other_chunks_of_a_wav_file_stay_and_places_move(tmp_path):
    point = struct.pack("<II4sIII", 1, 100, b"data", 0, 0, 100)
    loop = struct.pack("<6I", 7, 0, 10, 20, 0, 0)
    bext = bytearray(b"x" * 602)
    bext[338:346] = struct.pack("<Q", 48000)
    extra = [
        wav.Chunk(b"bext", bytes(bext)),
        wav.Chunk(b"cue ", struct.pack("<I", 1) + point),
        wav.Chunk(b"smpl", struct.pack("<9I", *range(7), 1, 0) + loop),
        wav.Chunk(b"LIST", b"INFOINAM\4\0\0\0song"),
        wav.Chunk(b"odd ", b"abc"),
    ]
    data = encoded(np.zeros(1000), subtype="FLOAT")
    path = saved(tmp_path, wav.joined(b"RIFF", [*wav.chunks_of(data), *extra]))
    target, notes = copied(path, np.zeros(1050), added=50)
    written = {chunk.type: chunk.payload for chunk in wav.chunks_of(target.read_bytes())}
    assert notes == ()
    assert struct.unpack("<Q", written[b"bext"][338:346]) == (47950,)
    assert written[b"bext"][:338] + written[b"bext"][346:] == b"x" * 594
    assert struct.unpack("<III4sIII", written[b"cue "])[2::4] == (150, 150)
    assert struct.unpack("<6I", written[b"smpl"][36:]) == (7, 0, 60, 70, 0, 0)
    assert struct.unpack("<I", written[b"fact"]) == (1050,)
    assert b"PEAK" not in written
    assert (written[b"LIST"], written[b"odd "]) == (extra[3].payload, b"abc")
    assert int.from_bytes(target.read_bytes()[4:8], "little") == target.stat().st_size - 8


def test_a_time_of_day_too_early_to_move_is_said(tmp_path):
    chunk = wav.Chunk(b"bext", bytes(602))
    path = saved(tmp_path, wav.joined(b"RIFF", [*wav.chunks_of(encoded(np.zeros(100))), chunk]))
    assert copied(path, np.zeros(150), added=50)[1] == ("note.times_unmoved",)


def test_sizes_of_a_long_form_are_set(tmp_path):
    path = saved(tmp_path, encoded(np.zeros(1000), "RF64"))
    target, _ = copied(path, np.zeros(2000))
    written = {chunk.type: chunk.payload for chunk in wav.chunks_of(target.read_bytes())}
    size, length, frames = struct.unpack("<QQQ", written[b"ds64"][:24])
    assert (size, length, frames) == (target.stat().st_size - 8, 4000, 2000)


def test_markers_of_an_aiff_file_move(tmp_path):
    data = bytearray(encoded(np.zeros(1000), "AIFF"))
    marker = struct.pack(">HHIB", 1, 7, 100, 3) + b"one"
    data += b"MARK" + struct.pack(">I", len(marker)) + marker
    data[4:8] = struct.pack(">I", len(data) - 8)
    target, _ = copied(saved(tmp_path, bytes(data), "a.aiff"), np.zeros(1040), added=40)
    assert struct.pack(">HHIB", 1, 7, 140, 3) + b"one" in target.read_bytes()
    assert soundfile.info(target).frames == 1040


def test_tags_and_pictures_of_a_flac_file_stay_and_times_move(tmp_path):
    _, blocks, coded = flac.split(encoded(np.zeros(5000), "FLAC"))
    comments = [b"TITLE=a", b"CHAPTER001=00:59:59.500", b"CHAPTER001NAME=x", b"LYRICS=[00:01.00]la"]
    packed = b"".join(struct.pack("<I", len(text)) + text for text in comments)
    tags = flac.Block(flac.COMMENTS, struct.pack("<II", 0, len(comments)) + packed)
    picture = flac.Block(6, struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 1, 1, 24, 0, 5) + b"cover")
    track = struct.pack(">QB12s14xB", 588, 1, b"", 1) + struct.pack(">QB3x", 0, 1)
    lead_out = struct.pack(">QB12s14xB", 5000, 170, b"", 0)
    sheet = flac.Block(flac.CUE_SHEET, bytes(128) + struct.pack(">QB258xB", 88200, 0x80, 2) + track + lead_out)
    path = saved(tmp_path, flac.joined(b"", [blocks[0], tags, picture, sheet], coded), "a.flac")
    target, notes = copied(path, np.ones(5000 + RATE), added=RATE)
    written = {block.type: block.payload for block in flac.split(target.read_bytes())[1]}
    assert written[6] == picture.payload
    assert b"CHAPTER001=01:00:00.500" in written[flac.COMMENTS]
    assert b"TITLE=a" in written[flac.COMMENTS]
    assert notes == ("note.times_unmoved",)
    moved = written[flac.CUE_SHEET]
    assert moved[136] == 0
    assert struct.unpack(">QB", moved[396:405]) == (588 + RATE, 1)
    assert struct.unpack(">QB", moved[444:453]) == (5000 + RATE, 255)
    assert list(soundfile.read(target, dtype="int16")[0]) == [1] * (5000 + RATE)
    unmoved, notes = copied(path, np.ones(5000))
    assert flac.split(unmoved.read_bytes())[1][-3:] == [tags, picture, sheet]
    assert notes == ()


@pytest.mark.parametrize(("form", "name"), [("WAV", "a.wav"), ("FLAC", "a.flac"), ("AIFF", "a.aiff")])
def test_truncated_sound_is_refused(form, name, tmp_path):
    data = encoded(synthetic_voice(1), form)
    for size in (20, len(data) // 2, len(data) - 3):
        with pytest.raises(DamagedMediaError):
            read(saved(tmp_path, data[:size], name))


def test_headers_that_lie_are_refused(tmp_path):
    data = bytearray(encoded(np.zeros(100)))
    for rate, error in ((0, SynthmarkError), (7000, UnsupportedMediaError), (200000, UnsupportedMediaError)):
        data[24:28] = struct.pack("<I", rate)
        with pytest.raises(error):
            read(saved(tmp_path, bytes(data)))
    data = bytearray(encoded(np.zeros(100)))
    data[22:24] = bytes(2)  # no channels
    with pytest.raises(SynthmarkError):
        read(saved(tmp_path, bytes(data)))
    long = bytearray(encoded(np.zeros(100), "FLAC"))
    long[21:26] = bytes([long[21] | 15]) + b"\xff" * 4  # 2**36 - 1 samples
    with pytest.raises(DamagedMediaError, match="hours"):
        read(saved(tmp_path, bytes(long), "a.flac"))
    long[21:26] = bytes([long[21] & 0xF0]) + struct.pack(">I", 10 * 3600 * RATE)
    with pytest.raises(DamagedMediaError, match=r"cannot be decoded|holds 100"):
        read(saved(tmp_path, bytes(long), "a.flac"))


LIES = {  # form, what to look for, bytes after its start, what is written there
    "AIFF without channels": ("AIFF", b"COMM", 8, bytes(2)),
    "AIFF of rate 0": ("AIFF", b"COMM", 16, bytes(10)),
    "AIFF of an endless rate": ("AIFF", b"COMM", 16, b"\x7f\xff" + b"\xff" * 8),
    "RF64 of ten hours": ("RF64", b"ds64", 16, struct.pack("<Q", 10 * 3600 * RATE * 2)),
    "RF64 without channels": ("RF64", b"fmt ", 10, bytes(2)),
    "FLAC of rate 0": ("FLAC", b"fLaC", 18, bytes(2)),
    "Ogg without channels": ("OGG", b"\x01vorbis", 11, bytes(1)),
    "Ogg of rate 0": ("OGG", b"\x01vorbis", 12, bytes(4)),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_headers_of_other_containers_that_lie_are_refused(lie, tmp_path):
    form, mark, after, written = lie
    data = bytearray(encoded(synthetic_voice(1), form, "VORBIS" if form == "OGG" else "PCM_16"))
    place = data.index(mark) + after
    data[place : place + len(written)] = written
    with pytest.raises((DamagedMediaError, UnsupportedMediaError)):
        read(saved(tmp_path, bytes(data), "a.bin"))


def test_more_frames_in_an_aiff_header_than_in_the_file_do_no_harm(tmp_path):
    data = bytearray(encoded(synthetic_voice(1), "AIFF"))
    place = data.index(b"COMM") + 10
    data[place : place + 4] = struct.pack(">I", 10 * 3600 * RATE)
    assert len(read(saved(tmp_path, bytes(data), "a.aiff"))[1]) == RATE


def test_sound_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sound, "LONGEST_SECONDS", 1)
    data = bytearray(encoded(np.zeros(2 * RATE), "FLAC"))
    with pytest.raises(DamagedMediaError, match="at most"):
        read(saved(tmp_path, bytes(data), "a.flac"))
    data[21:26] = bytes([data[21] & 0xF0]) + bytes(4)  # states no length
    with pytest.raises(DamagedMediaError, match="more than"):
        read(saved(tmp_path, bytes(data), "a.flac"))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_flac_of_unstated_length_is_read_and_copied(tmp_path, subtype):
    data = bytearray(encoded(synthetic_voice(1), "FLAC", subtype))
    whole = read(saved(tmp_path, bytes(data), "whole.flac"))[1]
    data[21:26] = bytes([data[21] & 0xF0]) + bytes(4)
    path = saved(tmp_path, bytes(data), "a.flac")
    np.testing.assert_array_equal(read(path)[1], whole)
    target, _ = copied(path, whole)
    assert soundfile.info(target).frames == len(whole)
    np.testing.assert_array_equal(read(target)[1], whole)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["WAV", "AIFF"])
def test_samples_that_are_no_numbers_are_refused(value, name, tmp_path):
    with pytest.raises(DamagedMediaError, match="finite"):
        read(saved(tmp_path, encoded(np.full(100, value, np.float32), name, "FLOAT")))


def test_other_codings_and_empty_sound_are_refused(tmp_path):
    with pytest.raises(UnsupportedMediaError, match="IMA_ADPCM"):
        read(saved(tmp_path, encoded(np.zeros(1000), subtype="IMA_ADPCM")))
    for name in ("WAV", "AIFF"):
        with pytest.raises(DamagedMediaError, match="holds 0"):
            read(saved(tmp_path, encoded(np.zeros(0), name)))


def test_a_copy_beyond_what_the_form_allows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("synthmark.files.sound_chunks._ELSEWHERE", 1000)
    with pytest.raises(MediaError, match="RF64"):
        copied(saved(tmp_path, encoded(np.zeros(100))), np.zeros(1000))


def test_kinds_are_told_by_content(tmp_path):
    assert kind_of_file(saved(tmp_path, encoded(np.zeros(100)), "x.mp3")) is WAV
    assert kind_of_file(saved(tmp_path, encoded(np.zeros(100), "AIFF"), "x.wav")) is AIFF
    assert kind_of_file(saved(tmp_path, encoded(np.zeros(100), "FLAC"), "x.wav")) is FLAC


def test_sound_of_a_coding_that_nobody_knows_is_refused(tmp_path):
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w") as file:
        track = file.add_stream("aac", rate=RATE, layout="mono")
        for _ in range(4):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.rate = RATE
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"mp4a", b"zz4a", 1).replace(b"\x40\x15", b"\xfe\x15", 1))
    with pytest.raises(UnsupportedMediaError, match="cannot be decoded"):
        read(path)
