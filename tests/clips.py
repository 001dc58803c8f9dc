"""Small video files made for the tests."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from sounds import synthetic_voice

WIDTH, HEIGHT = 320, 180
FRAMES = 64
CONTENT_ID = 0x7F3A19C200000001
TAGS = {"title": "A clip", "comment": "a comment"}
_ENCODERS = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9", "vp8": "libvpx", "av1": "libsvtav1"}
_FAST = {
    "libx264": {"preset": "ultrafast", "crf": "12"},
    "libx265": {"preset": "ultrafast", "crf": "14", "x265-params": "log-level=error"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "b": "2000000"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "2000000"},
    "libsvtav1": {"preset": "12", "crf": "20"},
    "mpeg4": {"q": "2", "b": "3000000"},
    "mjpeg": {"b": "8000000"},
}
PEAKS = {"yuv420p": 255, "yuvj420p": 255}


def texture(number: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Return a moving texture with an edge: float, 0..1."""
    rows, columns = np.indices((height, width)) / 24.0
    shift = number / 5
    waves = np.sin(columns + shift) * np.cos(rows - shift) + 0.5 * np.sin(3 * rows + 2 * columns)
    noise = np.random.default_rng(number % 4).random((height, width)) - 0.5
    return np.clip(0.5 + 0.2 * waves + 0.06 * noise, 0.1, 0.9)


def frame(number: int, pixel_format: str = "yuv420p", width: int = WIDTH, height: int = HEIGHT) -> av.VideoFrame:
    """Return a frame whose planes are filled from the texture."""
    made = av.VideoFrame(width, height, pixel_format)
    for index, plane in enumerate(made.planes):
        deep = pixel_format.endswith(("10le", "12le"))
        peak = (1 << int(pixel_format[-4:-2])) - 1 if deep else 255
        kind = np.uint16 if deep else np.uint8
        rows = np.frombuffer(plane, kind).reshape(plane.height, -1)
        if index == 0 or pixel_format.startswith(("gbr", "rgb")):
            samples = texture(number, plane.height, rows.shape[1])
        else:
            samples = np.full(rows.shape, 0.45 + 0.1 * index)
        rows[:] = np.rint(samples * peak)
    return made


def clip(
    path: Path,
    codec: str = "h264",
    pixel_format: str = "yuv420p",
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    frames: int = FRAMES,
    times: list[int] | None = None,
    base: Fraction = Fraction(1, 25),
    sounds: tuple[str, ...] = (),
    languages: tuple[str, ...] = ("eng", "zho"),
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    prepare=None,
    sound_seconds: float | None = None,
    channels: str = "stereo",
    flat: bool = False,
) -> Path:
    """Write a clip: moving texture, and something like a voice in each sound track."""
    stamps = times or list(range(frames))
    with av.open(str(path), "w", container_options=container or {}) as output:
        output.metadata.update(TAGS)
        encoder = _ENCODERS.get(codec, codec)
        stream = output.add_stream(encoder, rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.time_base = base
        stream.codec_context.options = {**_FAST.get(encoder, {}), **(options or {})}
        if prepare is not None:
            prepare(output, stream)
        tracks = [_track(output, name, language, channels) for name, language in zip(sounds, languages, strict=False)]
        seconds = sound_seconds or float((stamps[-1] + 1) * base)
        for track in tracks:
            output.mux(_sound(track, seconds, channels))
        for number, stamp in enumerate(stamps):
            picture = frame(0 if flat else number, pixel_format, *size)
            if flat:
                for plane in picture.planes:
                    plane.update(bytes([90]) * plane.buffer_size)
            picture.pts, picture.time_base = stamp, base
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
        for track in tracks:
            output.mux(track.encode(None))
    return path


def _track(output, codec, language, channels):
    track = output.add_stream(codec, 48000)
    track.layout = channels
    track.metadata["language"] = language
    if codec not in {"flac", "alac"} and not codec.startswith("pcm"):
        track.bit_rate = 128000
    return track


def voice(seconds: float, channels: str = "stereo") -> np.ndarray:
    """Return the sound of the clips, (channels, n), float32."""
    count = av.AudioLayout(channels).nb_channels
    return np.repeat(synthetic_voice(seconds, 48000)[None].astype(np.float32) * 0.5, count, axis=0)


def _sound(track, seconds, channels):
    packed = np.ascontiguousarray(voice(seconds, channels).T).reshape(1, -1)
    sound = av.AudioFrame.from_ndarray(packed, "flt", channels)
    sound.sample_rate, sound.pts, sound.time_base = 48000, 0, Fraction(1, 48000)
    return track.encode(sound)


def times_of(path: Path) -> list[Fraction]:
    """Return when each frame is shown."""
    with av.open(str(path)) as container:
        return [each.pts * each.time_base for each in container.decode(video=0)]


def sound_of(path: Path, number: int = 0) -> tuple[float, np.ndarray]:
    """Return when a sound track starts, in seconds, and its samples mixed to one channel."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=number))
    first = frames[0]
    parts = [
        each.to_ndarray().reshape(each.layout.nb_channels, -1, order="C" if each.format.is_planar else "F")
        for each in frames
    ]
    return float(first.pts * first.time_base), np.concatenate(parts, axis=1).astype(np.float64).mean(axis=0)
