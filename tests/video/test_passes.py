"""What a copy keeps, each property read back by FFmpeg's own reader and not by the code that wrote it."""

from fractions import Fraction

import av
import numpy as np
import pytest
from clips import CONTENT_ID, FRAMES, HEIGHT, TAGS, WIDTH, clip, frame, sound_of, times_of
from stand_in_video_watermark import install

from synthmark import video
from synthmark.errors import CapacityError, DamagedMediaError, InputError, MediaError, UnsupportedMediaError
from synthmark.video.marking import read_back
from synthmark.video.passes import Changes, Mark, run_pass

MATRIX_90 = (0, -65536, 0, 65536, 0, 0, 0, 0, 1 << 30)
FAST = {"preset": "ultrafast"}


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    install(monkeypatch)


def marked(source, **options):
    target = source.with_name(f"marked{source.suffix}")
    result = video.embed(source, target, CONTENT_ID, **options)
    return target, result


FORMS = {
    "h264.mp4": {},
    "h264-10.mp4": {"pixel_format": "yuv420p10le"},
    "h264-422.mov": {"pixel_format": "yuv422p"},
    "h264-444.mkv": {"pixel_format": "yuv444p"},
    "h264-full.mp4": {"pixel_format": "yuvj420p"},
    "h264-grey.mp4": {"pixel_format": "gray"},
    "h264.flv": {"options": {"bf": "0"}},
    "hevc.mp4": {"codec": "hevc"},
    "hevc-10.mkv": {"codec": "hevc", "pixel_format": "yuv422p10le"},
    "vp8.webm": {"codec": "vp8"},
    "vp9.webm": {"codec": "vp9"},
    "vp9.mkv": {"codec": "vp9"},
    "av1.webm": {"codec": "av1", "pixel_format": "yuv420p10le"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mjpeg.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "ffv1.mkv": {"codec": "ffv1"},
}


@pytest.mark.parametrize("name", FORMS)
def test_codec_format_size_and_times_are_kept(tmp_path, name):
    source = clip(tmp_path / name, **{"frames": 12, **FORMS[name]})
    target, result = marked(source)
    assert result.frames == 12
    assert result.notes == ()
    with av.open(str(source)) as before, av.open(str(target)) as after:
        film, copy = before.streams.video[0], after.streams.video[0]
        assert copy.codec.canonical_name == film.codec.canonical_name
        assert (copy.width, copy.height, copy.pix_fmt) == (film.width, film.height, film.pix_fmt)
        assert copy.color_range == film.color_range
        assert after.format.name == before.format.name
    assert times_of(target) == times_of(source)
    found = video.extract(target)
    assert found.content_id == CONTENT_ID
    assert not video.extract(source).found


def test_transparency_of_prores_is_kept(tmp_path):
    source = clip(tmp_path / "a.mov", "prores_ks", "yuva444p10le", frames=4, options={"profile": "4444"})
    target, result = marked(source)
    assert [note.code for note in result.notes] == ["note.pixel_format"]  # FFmpeg reads 12 bits and writes 10
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_tag == "ap4h"
        assert "yuva444" in container.streams.video[0].pix_fmt


def test_variable_frame_rate_is_kept_to_the_tick(tmp_path):
    times = [int(n) for n in np.cumsum(np.random.default_rng(3).integers(1800, 9000, 40))]
    source = clip(tmp_path / "a.mp4", times=times, base=Fraction(1, 90000), codec="hevc")
    target, result = marked(source)
    assert times_of(target) == times_of(source)
    assert np.allclose(result.times, [float(each) for each in times_of(source)], atol=1e-9)
    assert len(set(np.diff(times))) > 20


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_late_start_is_kept(tmp_path, name):
    source = clip(tmp_path / name, times=list(range(25, 60)), sounds=("aac",), sound_seconds=2.6)
    target, _ = marked(source)
    assert times_of(target)[0] == times_of(source)[0] == 1
    assert abs(sound_of(target)[0] - sound_of(source)[0]) < 0.001


def test_frames_before_the_edit_list_stay_hidden(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=60, options={"g": "60"})
    cut = tmp_path / "cut.mp4"
    with av.open(str(source)) as whole, av.open(str(cut), "w") as output:
        stream = output.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is not None:
                packet.pts, packet.dts = packet.pts - 10240, packet.dts - 10240  # 20 frames of 512 ticks
                packet.stream = stream
                output.mux(packet)
    shown = times_of(cut)
    target, result = marked(cut)
    assert times_of(target) == shown
    assert len(shown) < 60
    assert not [note for note in result.notes if note.code == "note.video_cut"]


def turned(output, stream):
    stream.set_display_matrix(MATRIX_90)
    stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
    stream.codec_context.color_primaries, stream.codec_context.color_trc, stream.codec_context.colorspace = 9, 16, 9
    stream.codec_context.color_range = 1


MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"


@pytest.mark.parametrize(
    ("codec", "parameters", "names"),
    [
        ("hevc", "x265-params", ("log-level=error:master-display", "max-cll")),
        ("h264", "x264-params", ("mastering-display", "cll")),
    ],
)
def test_rotation_shape_of_samples_colour_and_hdr_are_kept(tmp_path, codec, parameters, names):
    hdr = {parameters: f"{names[0]}={MASTERING}:{names[1]}=1000,400"}
    source = clip(
        tmp_path / "a.mp4", codec, "yuv420p10le", frames=16, prepare=turned, options={"preset": "ultrafast", **hdr}
    )
    target, _ = marked(source)
    facts = [_facts(file) for file in (source, target)]
    assert facts[0] == facts[1]
    assert {"DISPLAYMATRIX", "MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"} <= facts[1]["side"].keys()
    assert facts[1]["colour"] == (1, 9, 16, 9)
    assert facts[1]["aspect"] == Fraction(4, 3)


def _facts(file):
    with av.open(str(file)) as container:
        first = next(container.decode(video=0))
        side = {each.type.name: bytes(each) for each in first.side_data if "SEI" not in each.type.name}
        stream = container.streams.video[0]
        colour = (first.color_range, first.color_primaries, first.color_trc, first.colorspace)
        return {"side": side, "colour": colour, "aspect": stream.sample_aspect_ratio, "tag": stream.codec_tag}


def test_av1_states_mastering_display_and_light_again(tmp_path):
    hdr = {"svtav1-params": "mastering-display=G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000,0.0001)"
           ":content-light=1000,400"}  # fmt: skip
    source = clip(tmp_path / "a.mkv", "av1", "yuv420p10le", frames=12, options={"preset": "12", **hdr})
    target, _ = marked(source)
    assert _facts(target)["side"] == _facts(source)["side"] != {}


def test_interlaced_frames_stay_interlaced(tmp_path):
    def interlaced(output, stream):
        stream.codec_context.flags |= (1 << 18) | (1 << 29)

    source = clip(tmp_path / "a.mp4", frames=12, prepare=interlaced)
    target, _ = marked(source)
    for file in (source, target):
        with av.open(str(file)) as container:
            assert next(container.decode(video=0)).interlaced_frame


def rich(output, stream):
    """Add what a rich file has beside picture and sound."""
    stream.metadata["language"] = "fra"
    output.set_chapters(
        [
            {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}},
            {"id": 2, "start": 1000, "end": 2560, "time_base": Fraction(1, 1000), "metadata": {"title": "Two"}},
        ]
    )


def test_tracks_languages_chapters_and_metadata_are_kept(tmp_path):
    source = clip(tmp_path / "a.mkv", prepare=rich, sounds=("aac", "flac"))
    with_subtitles = tmp_path / "b.mkv"
    _add_subtitles_and_attachment(source, with_subtitles)
    target, result = marked(with_subtitles)
    assert result.notes == ()
    before, after = _inventory(with_subtitles), _inventory(target)
    assert after == before
    assert [kind for kind, *_ in after["streams"]] == ["video", "audio", "audio", "subtitle", "attachment"]
    assert after["tags"]["title"] == TAGS["title"]


def _add_subtitles_and_attachment(source, target):
    with av.open(str(source)) as whole, av.open(str(target), "w") as output:
        output.metadata.update(whole.metadata)
        output.set_chapters(whole.chapters())
        copies = {}
        for stream in whole.streams:
            copies[stream.index] = output.add_stream_from_template(stream, opaque=True)
            copies[stream.index].metadata.update(stream.metadata)
            copies[stream.index].disposition = stream.disposition
        copies[2].disposition = 0
        copies[2].metadata["title"] = "commentary"
        words = output.add_mux_stream("subrip")
        words.time_base = Fraction(1, 1000)
        words.metadata["language"] = "deu"
        output.add_attachment("font.ttf", "font/ttf", b"no real font" * 50)
        for packet in whole.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
        for start in (100, 900):
            line = av.Packet(b"a line")
            line.stream, line.pts, line.dts, line.duration = words, start, start, 500
            line.time_base = Fraction(1, 1000)
            output.mux(line)


def _inventory(file):
    with av.open(str(file)) as container:
        packets = {}
        for packet in container.demux(*[s for s in container.streams if s.type == "subtitle"]):
            if packet.size:
                packets.setdefault(packet.stream.index, []).append((packet.pts, packet.duration, bytes(packet)))
        stale = {"encoder", "duration"}
        streams = [
            (
                each.type,
                each.name,
                int(each.disposition),
                {name: text for name, text in each.metadata.items() if name.lower() not in stale},
                each.data if each.type == "attachment" else packets.get(each.index),
            )
            for each in container.streams
        ]
        tags = {name: text for name, text in container.metadata.items() if name.lower() not in stale}
        return {"streams": streams, "tags": tags, "chapters": container.chapters()}


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "aac"),
        ("a.mkv", "aac"),
        ("a.webm", "libopus"),
        ("a.avi", "libmp3lame"),
        ("a.flv", "aac"),
        ("a.mov", "pcm_s16le"),
        ("a.mkv", "flac"),
        ("a.mp4", "ac3"),
    ],
)
def test_sound_is_marked_and_stays_in_time_with_the_picture(tmp_path, name, codec):
    film = {".webm": "vp8", ".avi": "mpeg4"}.get(name[1:], "h264")
    source = clip(tmp_path / name, film, frames=100, size=(160, 120), sounds=(codec,))
    target, result = marked(source)
    assert result.sound_marked
    found = video.extract(target)
    assert found.sound.content_id == CONTENT_ID
    assert found.agrees
    assert abs(_delay(source, target)) < 0.001
    with av.open(str(source)) as before, av.open(str(target)) as after:
        assert after.streams.audio[0].codec.canonical_name == before.streams.audio[0].codec.canonical_name
        assert after.streams.audio[0].layout.name == before.streams.audio[0].layout.name


def _delay(source, target):
    """Return by how much the sound of the target comes later on the clock of the file, in seconds."""
    (start, before), (copy_start, after) = sound_of(source), sound_of(target)
    skip = 9600
    piece = before[skip : skip + 48000]
    reach = 4800
    score = np.correlate(after[skip - reach : skip + 48000 + reach], piece, "valid")
    return copy_start - start + (int(np.argmax(score)) - reach) / 48000


def test_a_gap_in_the_sound_is_filled_so_that_the_rest_stays_in_time(tmp_path):
    source = clip(tmp_path / "whole.mkv", frames=150, size=(128, 96), sounds=("flac",))
    gapped = tmp_path / "gapped.mkv"
    with av.open(str(source)) as whole, av.open(str(gapped), "w") as output:
        copies = [output.add_stream_from_template(stream, opaque=True) for stream in whole.streams]
        for packet in whole.demux():
            late = packet.stream.type == "audio" and packet.dts is not None and 2000 <= packet.pts < 3000
            if packet.dts is not None and not late:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    target, result = marked(gapped)
    assert result.sound_marked
    before, after = sound_of(source)[1], sound_of(target)[1]
    assert np.abs(after[106_000:138_000]).max() < 1e-3
    piece = before[192_000:230_400]
    score = np.correlate(after[190_000:232_400], piece, "valid")
    assert abs(int(np.argmax(score)) - 2000) < 48


def test_what_cannot_be_marked_in_sound_is_copied_and_said(tmp_path):
    short = clip(tmp_path / "short.mp4", frames=30, sounds=("aac",))
    target, result = marked(short)
    assert [note.code for note in result.notes] == ["note.sound_short"]
    assert not result.sound_marked
    packets = [_packets(file) for file in (short, target)]
    assert packets[0] == packets[1]


def test_a_silent_track_is_copied_and_said(tmp_path, monkeypatch):
    import clips

    monkeypatch.setattr(
        clips, "voice", lambda seconds, channels="stereo": np.zeros((2, round(seconds * 48000)), "f4")
    )
    source = clip(tmp_path / "a.mp4", sounds=("aac",))
    _, result = marked(source)
    assert [note.code for note in result.notes] == ["note.sound_silent"]


def _packets(file):
    with av.open(str(file)) as container:
        return [(each.pts, bytes(each)) for each in container.demux(audio=0) if each.size]


@pytest.mark.parametrize("codec", ["flac", "aac"])
def test_eight_channels_stay(tmp_path, codec):
    source = clip(tmp_path / "a.mkv", frames=100, size=(128, 96), sounds=(codec,), channels="7.1")
    target, result = marked(source)
    assert result.sound_marked
    assert video.extract(target).sound.content_id == CONTENT_ID
    with av.open(str(target)) as container:
        assert container.streams.audio[0].layout.name == "7.1"


def test_a_second_video_is_copied_and_said_and_a_cover_picture_is_copied(tmp_path):
    def further(output, stream):
        for attached in (False, True):
            more = output.add_stream("mjpeg", rate=25)
            more.width, more.height, more.pix_fmt = 64, 48, "yuvj420p"
            more.codec_context.time_base = Fraction(1, 25)
            more.disposition = 1 << 10 if attached else 0
            picture = frame(7, "yuvj420p", 64, 48)
            picture.pts, picture.time_base = 0, Fraction(1, 25)
            waiting.extend(more.encode(picture))
        output.mux(waiting)

    waiting = []
    source = clip(tmp_path / "a.mp4", frames=12, prepare=further)
    target, result = marked(source)
    assert [(note.code, note.params) for note in result.notes] == [("note.pictures_copied", (("number", 1),))]
    copies = []
    for file in (source, target):
        with av.open(str(file)) as container:
            others = container.streams.video[1:]
            packets = [bytes(each) for each in container.demux(*others) if each.size]
            copies.append(([int(each.disposition) for each in others], packets))
    assert copies[0] == copies[1]
    assert len(copies[0][1]) == 2


def test_a_fast_start_stays(tmp_path):
    source = clip(tmp_path / "a.mp4", container={"movflags": "+faststart"})
    target, _ = marked(source)
    data = target.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_fragmented_file_is_read_whole(tmp_path):
    source = clip(tmp_path / "a.mp4", container={"movflags": "+frag_keyframe+empty_moov"}, options={"g": "16"})
    target, result = marked(source)
    assert result.frames == FRAMES
    assert times_of(target) == times_of(source)


def test_red_green_blue_becomes_brightness_and_colour_and_is_said(tmp_path):
    source = clip(tmp_path / "a.mov", "png", "rgb24", frames=12)
    target, result = marked(source)
    assert [note.code for note in result.notes] == ["note.codec_changed", "note.pixel_format"]
    with av.open(str(source)) as before, av.open(str(target)) as after:
        pairs = zip(before.decode(video=0), after.decode(video=0), strict=True)
        for old, new in list(pairs)[:3]:
            difference = old.to_ndarray(format="rgb24").astype(float) - new.to_ndarray(format="rgb24")
            assert abs(difference.mean()) < 1.5  # the stand-in moves brightness by a few levels, colour must not turn
            assert np.abs(difference.mean(axis=(0, 1)) - difference.mean()).max() < 1.5


def test_a_chosen_codec_quality_and_speed_are_used(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=20)
    fine, result = marked(source, codec="hevc", crf=12, preset="ultrafast")
    assert result.coding.codec == "hevc"
    small = fine.stat().st_size
    coarse, _ = marked(source, codec="hevc", crf=24, preset="ultrafast")
    assert coarse.stat().st_size < small / 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"codec": "vp8"}, "vp8"),
        ({"crf": 60}, "from 0 to 51"),
        ({"preset": "warp"}, "medium"),
        ({"strength": 9}, "0.25"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path, options, word):
    source = clip(tmp_path / "a.mp4", frames=4)
    with pytest.raises(InputError, match=word):
        marked(source, **options)
    assert not (tmp_path / "marked.mp4").exists()


def test_the_copy_does_not_grow_beyond_a_third(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=150, size=(160, 96), options={"preset": "medium", "crf": "26"})
    target = tmp_path / "copy.mp4"
    run_pass(source, target, Changes())
    assert target.stat().st_size < 1.34 * source.stat().st_size


def test_decoded_pictures_are_not_spoilt_by_writing_into_them(tmp_path):
    """Writing into a frame that the decoder still refers to would spoil the frames after it."""
    source = clip(tmp_path / "a.mkv", "h264", options={"preset": "medium", "crf": "20", "g": "64"})
    target = tmp_path / "copy.mkv"

    class Label:
        def draw(self, planes, seconds):
            planes[0][:20, :20] = 235

    from synthmark.video.passes import Settings

    run_pass(source, target, Changes(label=Label(), coding=Settings(codec="ffv1")))
    with av.open(str(source)) as before, av.open(str(target)) as after:
        for old, new in zip(before.decode(video=0), after.decode(video=0), strict=True):
            wanted = old.to_ndarray()[:HEIGHT].copy()
            wanted[:20, :20] = 235
            assert np.array_equal(new.to_ndarray()[:HEIGHT], wanted)


def test_frames_of_another_size_are_brought_to_the_first(tmp_path):
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as output:
        stream = output.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        other = av.CodecContext.create("mjpeg", "w")
        other.width, other.height, other.pix_fmt, other.time_base = 160, 96, "yuvj420p", Fraction(1, 25)
        for number in range(20):
            small = number >= 10
            picture = frame(number, "yuvj420p", *((160, 96) if small else (WIDTH, HEIGHT)))
            picture.pts, picture.time_base = number, Fraction(1, 25)
            for packet in (other if small else stream).encode(picture):
                packet.stream = stream
                output.mux(packet)
    _, result = marked(source)
    assert result.frames == 20
    assert ("note.frames_resized", (("count", 10),)) in [(note.code, note.params) for note in result.notes]


def test_damaged_packets_are_counted_and_passed_over(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=40, options={"g": "4"})
    with av.open(str(source)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(source.read_bytes())
    for place, size in packets[10:13]:
        data[place : place + size] = b"\xff" * size
    source.write_bytes(data)
    target, result = marked(source)
    damage = {note.code: dict(note.params) for note in result.notes}
    assert damage["note.packets_damaged"]["count"] >= 3
    assert 30 <= result.frames <= 37
    assert len(times_of(target)) == result.frames


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_a_truncated_file_is_marked_as_far_as_it_goes(tmp_path, name):
    options = {"movflags": "+faststart"} if name == "a.mp4" else None
    source = clip(tmp_path / name, "mpeg4" if name == "a.avi" else "h264", frames=100, container=options)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    target, result = marked(source)
    assert 30 < result.frames < 100
    assert "note.video_cut" in [note.code for note in result.notes]
    assert len(times_of(target)) == result.frames


def test_files_without_pictures_are_refused(tmp_path):
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as output:
        track = output.add_stream("aac", 48000)
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 4800), "f4"), "fltp", "stereo")
        silence.sample_rate = 48000
        output.mux(track.encode(silence))
        output.mux(track.encode(None))
    (tmp_path / "list.mp4").write_text("#EXTM3U\nhttp://example.invalid/a.ts\n")
    (tmp_path / "concat.mp4").write_text("ffconcat version 1.0\nfile '/etc/passwd'\n")
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "head.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")
    for name in ("sound", "list", "concat", "empty", "head", "missing"):
        with pytest.raises(MediaError):
            marked(tmp_path / f"{name}.mp4")
        with pytest.raises(MediaError):
            video.extract(tmp_path / f"{name}.mp4")
    assert not (tmp_path / "marked.mp4").exists()


def test_a_file_whose_frames_cannot_be_decoded_is_refused(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=20)
    data = bytearray(source.read_bytes())
    start = data.index(b"mdat") + 4
    data[start : start + 200_000] = bytes(min(200_000, len(data) - start))
    source.write_bytes(data)
    with pytest.raises(DamagedMediaError):
        marked(source)


@pytest.mark.parametrize("size", [(321, 181), (65, 67)])
def test_odd_sizes(tmp_path, size):
    source = clip(tmp_path / "a.mp4", pixel_format="yuv444p", size=size, frames=16)
    target, _ = marked(source)
    with av.open(str(target)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == size


def test_a_single_pixel_is_a_matter_of_capacity(tmp_path):
    source = clip(tmp_path / "a.mkv", "ffv1", "yuv444p", size=(1, 1), frames=4)
    with pytest.raises(CapacityError):
        marked(source)
    assert not (tmp_path / "marked.mkv").exists()


def test_flat_pictures_are_a_matter_of_capacity(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=20, flat=True)
    with pytest.raises(CapacityError, match="does not read back"):
        marked(source)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.mp4"]


def test_a_mark_that_does_not_survive_is_tried_once_more(tmp_path, monkeypatch):
    from synthmark.video import marking

    source, strengths = clip(tmp_path / "a.mp4", frames=10), []

    def weak(path, result, mark, report=None):
        strengths.append(mark.strength)
        if len(strengths) == 1:
            raise CapacityError("weak")
        return read_back(path, result, mark, report)

    monkeypatch.setattr(marking, "read_back", weak)
    _, result = marked(source)
    assert strengths == [1.0, pytest.approx(1.6)]
    assert result.notes[-1].code == "note.stronger"


def test_an_interruption_leaves_nothing(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=40)

    def stop(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        marked(source, progress=stop)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.mp4"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    source = clip(tmp_path / "a.mkv", "ffv1", frames=40)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(MediaError):
            marked(source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.mkv"]


def test_source_and_target_may_not_be_one(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=4)
    with pytest.raises(InputError, match="one file"):
        video.embed(source, source, CONTENT_ID)


def test_progress_counts_frames(tmp_path, monkeypatch):
    from synthmark.video import progress

    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0.0)
    seen = []
    marked(clip(tmp_path / "a.mp4", frames=20), progress=seen.append)
    steps = [each for each in seen if each.step == "marking"]
    assert [each.frames for each in steps] == [*range(1, 21), 20]
    assert steps[9].total == 20
    assert steps[9].speed > 0
    assert steps[9].remaining > 0


def test_times_given_to_the_engine_start_at_zero(tmp_path, monkeypatch):
    import sys

    engine = sys.modules["synthmark.video.embedding"].LumaEmbedder
    made = []
    monkeypatch.setattr(
        sys.modules["synthmark.video.embedding"],
        "LumaEmbedder",
        lambda *a, **k: made.append(engine(*a, **k)) or made[-1],
    )
    source = clip(tmp_path / "a.mkv", times=list(range(10, 30)))
    marked(source)
    assert made[0].times[:3] == pytest.approx([0, 0.04, 0.08])


def test_frames_that_are_missing_in_the_copy_are_noticed(tmp_path):
    source = clip(tmp_path / "a.mp4", frames=20)
    target = tmp_path / "b.mp4"
    mark = Mark(content_id=CONTENT_ID)
    result = run_pass(source, target, Changes(mark=mark))
    other = clip(tmp_path / "c.mp4", frames=19)
    with pytest.raises(MediaError, match="19 of 20"):
        read_back(other, result, mark)


@pytest.mark.parametrize(("head", "counsel"), [(b"GIF89a", "label_file"), (b"#EXTM3U", "AVI and FLV.$")])
def test_no_video_file_is_refused(tmp_path, head, counsel):
    (tmp_path / "a.mp4").write_bytes(head + bytes(100))
    with pytest.raises(UnsupportedMediaError, match=counsel):
        video.extract(tmp_path / "a.mp4")


def test_transparency_that_would_be_lost_is_refused(tmp_path):
    source = clip(tmp_path / "a.webm", "vp9", "yuva420p", frames=4)
    with pytest.raises(UnsupportedMediaError, match="transparent"):
        marked(source)


def test_stretches_without_a_place_for_the_mark_are_said(tmp_path, monkeypatch):
    import clips

    monkeypatch.setattr(clips, "texture", _dark_from(clips.texture, 20))
    source = clip(tmp_path / "a.mp4", frames=50)
    _, result = marked(source)
    assert [(note.code, note.params) for note in result.notes] == [("note.spans_unmarked", (("seconds", "1.2"),))]


def _dark_from(texture, first):
    def darkened(number, height=HEIGHT, width=WIDTH):
        return texture(number, height, width) if number < first else np.full((height, width), 0.0627)

    return darkened
