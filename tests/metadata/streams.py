"""Sound and video files that the metadata tests share, made by FFmpeg's libraries; what players read in them."""

from __future__ import annotations

import functools
import hashlib
import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from synthmark.metadata import TRAINED_ALGORITHMIC_MEDIA, MetadataRecord, new_label

LABEL = new_label("ACME", "synthmark-0123456789abcdef")
RECORD = MetadataRecord(LABEL, TRAINED_ALGORITHMIC_MEDIA, "Film Maker & Sons", "1.0 <beta>")
TAGS = {"title": "A title", "artist": "Somebody"}


@dataclass(frozen=True)
class Recipe:
    """How FFmpeg makes a file: container, codecs of sound and pictures, options, tags."""

    form: str
    sound: str | None = None
    pictures: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=lambda: dict(TAGS))
    seekable: bool = True
    seconds: float = 1.0


FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
RECIPES = {
    "mp3": Recipe("mp3", "libmp3lame", options={"id3v2_version": "4"}),
    "mp3-v23": Recipe("mp3", "libmp3lame", options={"id3v2_version": "3"}),
    "mp3-v1": Recipe("mp3", "libmp3lame", options={"id3v2_version": "0", "write_id3v1": "1"}),
    "mp3-bare": Recipe("mp3", "libmp3lame", options={"id3v2_version": "0", "write_xing": "0"}),
    "opus": Recipe("ogg", "libopus"),
    "vorbis": Recipe("ogg", "vorbis"),
    "flac": Recipe("flac", "flac"),
    "wav": Recipe("wav", "pcm_s16le"),
    "wav-rf64": Recipe("wav", "pcm_s16le", options={"rf64": "always"}),
    "aiff": Recipe("aiff", "pcm_s16be"),
    "aiff-id3": Recipe("aiff", "pcm_s16be", options={"write_id3v2": "1"}),
    "m4a": Recipe("ipod", "aac"),
    "m4a-first": Recipe("ipod", "aac", options={"movflags": "faststart"}),
    "mp4-sound": Recipe("mp4", "aac"),
    "mp4": Recipe("mp4", "aac", "mpeg4"),
    "mp4-first": Recipe("mp4", "aac", "mpeg4", {"movflags": "faststart"}),
    "mp4-room": Recipe("mp4", "aac", "mpeg4", {"moov_size": "20000"}),
    "mp4-keys": Recipe("mp4", "aac", "mpeg4", {"movflags": "use_metadata_tags+faststart"}),
    "mp4-fragments": Recipe("mp4", "aac", "mpeg4", FRAGMENTED),
    "mp4-base-offsets": Recipe("mp4", "aac", "mpeg4", {"movflags": "frag_keyframe+empty_moov"}),
    "mp4-index": Recipe(
        "mp4", "aac", "mpeg4", {"movflags": "frag_keyframe+empty_moov+default_base_moof+global_sidx"}
    ),
    "mov": Recipe("mov", "pcm_s16le", "mpeg4"),
    "mov-bare": Recipe("mov", "pcm_s16le", "mpeg4", {"fflags": "+bitexact"}, tags={}),
    "mov-first": Recipe("mov", "aac", "mpeg4", {"movflags": "faststart"}),
    "mkv": Recipe("matroska", "libopus", "mpeg4"),
    "mkv-front": Recipe("matroska", "libopus", "mpeg4", {"cues_to_front": "1"}),
    "mkv-room": Recipe("matroska", "libopus", "mpeg4", {"reserve_index_space": "20000"}),
    "mkv-live": Recipe("matroska", "libopus", "mpeg4", {"live": "1"}, seekable=False),
    "mkv-plain": Recipe("matroska", "libopus", "mpeg4", {"write_crc32": "0"}),
    "webm": Recipe("webm", "libopus", "libvpx"),
    "webm-pipe": Recipe("webm", "libopus", "libvpx", seekable=False),
    "avi": Recipe("avi", "libmp3lame", "mpeg4"),
    "avi-full": Recipe("avi", "libmp3lame", "mpeg4", {"metadata_header_padding": "-1"}),
    "avi-tight": Recipe("avi", "libmp3lame", "mpeg4", {"metadata_header_padding": "0"}, tags={}),
    "flv": Recipe("flv", "libmp3lame", "flv"),
    "flv-index": Recipe("flv", "libmp3lame", "flv", {"flvflags": "add_keyframe_index"}),
    "flv-bare": Recipe("flv", "libmp3lame", "flv", {"flvflags": "no_metadata"}),
}


class _Pipe(io.RawIOBase):
    """A target that cannot be sought in, as a recording goes out to."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.data += bytes(data)
        return len(data)


@functools.cache
def made(name: str) -> bytes:
    """Make the file of a recipe."""
    return _made(RECIPES[name])


def _made(recipe: Recipe) -> bytes:
    if not recipe.seekable:
        pipe = _Pipe()
        _make(recipe, pipe)
        return bytes(pipe.data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"  # some layouts need a file that can be opened again
        _make(recipe, str(path))
        return path.read_bytes()


def _make(recipe: Recipe, target: object) -> None:
    with av.open(target, "w", format=recipe.form, options=recipe.options) as container:
        container.metadata.update(recipe.tags)
        streams = []
        if recipe.pictures:
            options = {"deadline": "realtime", "cpu-used": "8"} if recipe.pictures == "libvpx" else {}
            streams.append((container.add_stream(recipe.pictures, rate=25, options=options), _pictures(recipe)))
            streams[-1][0].width, streams[-1][0].height, streams[-1][0].pix_fmt = 96, 64, "yuv420p"
            streams[-1][0].gop_size = 5
        if recipe.sound:
            rate = 48000 if "opus" in recipe.sound else 44100
            options = {"strict": "experimental"} if recipe.sound == "vorbis" else {}
            stream = container.add_stream(recipe.sound, rate=rate, options=options)
            stream.layout = "stereo"
            streams.append((stream, _sound(stream, recipe, rate)))
        for stream, frames in streams:
            for frame in frames:
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))


def _pictures(recipe: Recipe):
    rng = np.random.default_rng(1)
    for _ in range(int(recipe.seconds * 25)):
        frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (64, 96, 3), dtype=np.uint8), format="rgb24")
        yield frame.reformat(format="yuv420p")


def _sound(stream, recipe: Recipe, rate: int):
    count = stream.codec_context.frame_size or 1024
    resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=rate, frame_size=count)
    rng = np.random.default_rng(2)
    samples = (rng.normal(size=(1, 2 * int(recipe.seconds * rate))) * 3000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
    frame.sample_rate = rate
    yield from resampler.resample(frame)


def packets(data: bytes) -> list[tuple[object, ...]]:
    """Return the packets of all streams: stream, times, and a hash of the coded bytes."""
    with av.open(io.BytesIO(data)) as container:
        return [
            (packet.stream_index, packet.pts, packet.dts, packet.duration, hashlib.sha256(bytes(packet)).hexdigest())
            for packet in container.demux()
            if packet.size
        ]


def frames(data: bytes) -> int:
    """Decode the whole file and count the frames of all streams."""
    with av.open(io.BytesIO(data)) as container:
        return sum(len(packet.decode()) for packet in container.demux())


def tags(data: bytes) -> dict[str, str]:
    """Return the tags of the file, and of its first stream, where Ogg has them; lower-case names."""
    with av.open(io.BytesIO(data)) as container:
        found = {**container.streams[0].metadata, **container.metadata}
        return {name.lower(): value for name, value in found.items()}
