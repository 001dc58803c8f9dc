"""Sound in codecs that PyAV cannot write: coded by the program ffmpeg, or copied where there is none."""

import subprocess

import av
import numpy as np
import pytest
from clips import CONTENT_ID, clip, sound_of, times_of
from stand_in_video_watermark import install

from synthmark import video
from synthmark.containers import ffmpeg_program, program_sound
from synthmark.errors import MediaError
from synthmark.video.sound_tracks import sound_plan


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    install(monkeypatch)


def with_sound(folder, name, *options, film="h264"):
    """Write a clip whose sound is coded by the program ffmpeg."""
    plain = clip(folder / "plain.mkv", film, frames=80, size=(128, 96), sounds=("flac",))
    target = folder / name
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(plain), "-map", "0", "-c:v", "copy", *options]
    subprocess.run([*command, "-strict", "experimental", str(target)], check=True)
    return target


VORBIS = ("-c:a", "libvorbis", "-b:a", "160k")
CODED = {
    "vorbis.webm": (*VORBIS, "-ar", "44100"),
    "dts.mkv": ("-c:a", "dca", "-b:a", "768k"),
    "truehd.mkv": ("-c:a", "truehd"),
}


def marked(source):
    target = source.with_name(f"marked{source.suffix}")
    return target, video.embed(source, target, CONTENT_ID)


@pytest.mark.parametrize("name", CODED)
def test_the_program_codes_what_pyav_cannot(tmp_path, name):
    source = with_sound(tmp_path, name, *CODED[name], film="vp8" if name.endswith("webm") else "h264")
    target, result = marked(source)
    assert result.sound_marked
    (note,) = [each for each in result.notes if each.code != "note.stronger"]
    assert note.code == "note.sound_system_program"
    assert dict(note.params)["version"][0].isdigit()
    found = video.extract(target)
    assert found.sound.content_id == CONTENT_ID
    assert abs(delay(source, target)) < 0.001
    assert form(target) == form(source)
    assert times_of(target) == times_of(source)
    assert not list(tmp_path.glob(".synthmark-*"))


def form(path):
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        context = track.codec_context
        language = track.metadata.get("language")
        return context.codec.canonical_name, context.sample_rate, context.layout.nb_channels, language


def delay(source, target):
    """Return by how much the sound comes later on the clock of the file, in seconds."""
    (start, before), (copy_start, after) = sound_of(source), sound_of(target)
    with av.open(str(source)) as container:
        rate = container.streams.audio[0].codec_context.sample_rate
    first, reach = rate // 5, rate // 10
    piece = before[first : first + rate]
    score = np.correlate(after[first - reach : first + rate + reach], piece, "valid")
    return copy_start - start + (int(np.argmax(score)) - reach) / rate


def packets(path):
    with av.open(str(path)) as container:
        return [(each.pts, bytes(each)) for each in container.demux(audio=0) if each.size]


def test_without_a_program_the_track_is_copied_and_it_is_said(tmp_path, monkeypatch):
    source = with_sound(tmp_path, "a.mkv", *VORBIS)
    monkeypatch.setattr(ffmpeg_program, "_system_path", lambda: None)
    monkeypatch.setattr(ffmpeg_program, "_package_path", lambda: None)
    target, result = marked(source)
    assert [note.code for note in result.notes] == ["note.sound_no_program"]
    assert not result.sound_marked
    assert packets(target) == packets(source)


BROKEN = {
    "cannot start": "#!/no/such/interpreter\n",
    "ends at once": "#!/bin/sh\nexit 3\n",
    "writes nothing": "#!/bin/sh\ncat >/dev/null\n",
    "fails at the end": "#!/bin/sh\ncat >/dev/null\necho no room >&2\nexit 1\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_program_that_fails_leaves_the_track_as_it_was(tmp_path, monkeypatch, text):
    source = with_sound(tmp_path, "a.mkv", *VORBIS)
    broken = tmp_path / "broken"
    broken.write_text(text)
    broken.chmod(0o755)
    program = ffmpeg_program.Program(str(broken), "1", of_system=True, encoders=frozenset({"libvorbis"}))
    monkeypatch.setattr(program_sound, "program_with", lambda encoder: program)
    target, result = marked(source)
    assert [note.code for note in result.notes] == ["note.sound_no_program"]
    assert packets(target) == packets(source)
    assert not list(tmp_path.glob(".synthmark-*"))


def test_a_program_that_changes_the_channels_is_refused(tmp_path):
    with_sound(tmp_path, "mono.mkv", *VORBIS, "-ac", "1")
    with av.open(str(tmp_path / "plain.mkv")) as container, pytest.raises(MediaError, match="channels"):
        program_sound.CodedSound(tmp_path / "mono.mkv", "matroska", 0, container.streams.audio[0])


def test_a_bit_rate_that_is_not_stated_is_measured(tmp_path):
    source = with_sound(tmp_path, "a.mkv", "-c:a", "aac", "-b:a", "256k")
    with av.open(str(source)) as container:
        assert not container.streams.audio[0].bit_rate
    (plan,) = sound_plan(source).values()
    sizes = sum(len(data) for _, data in packets(source))
    assert plan.bit_rate == pytest.approx(8 * sizes / 3.2, rel=0.05)
    target, _ = marked(source)
    assert sum(len(data) for _, data in packets(target)) > 0.9 * sizes
