"""What happens to files on their way: the labelled samples are changed so, and the marks read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["ATTACKS", "Attack"]


@dataclass(frozen=True, slots=True)
class Attack:
    """A change of a file; it keeps no metadata.

    Attributes
    ----------
    name
        For file names and tables.
    suffix
        Of the changed file.
    apply
        Reads the one path and writes the other.
    """

    name: str
    suffix: str
    apply: Callable[[Path, Path], None]


def _picture(path: Path) -> Any:  # noqa: ANN401 - a PIL image
    from PIL import Image, ImageOps  # noqa: PLC0415 - heavy

    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def _jpeg(quality: int) -> Callable[[Path, Path], None]:
    return lambda source, target: _picture(source).save(target, "JPEG", quality=quality)


def _halved(source: Path, target: Path) -> None:
    image = _picture(source)
    image.resize((max(1, image.width // 2), max(1, image.height // 2))).save(target, "JPEG", quality=85)


def _cropped(source: Path, target: Path) -> None:
    """Keep the upper left 80 % of each side, away from where the visible label usually stands."""
    image = _picture(source)
    image.crop((0, 0, image.width * 4 // 5, image.height * 4 // 5)).save(target, "JPEG", quality=90)


def _mp3(source: Path, target: Path) -> None:
    import av  # noqa: PLC0415 - heavy

    with av.open(str(source)) as original, av.open(str(target), "w", format="mp3") as copy:
        sound = original.streams.audio[0]
        rate = sound.rate if sound.rate in {32_000, 44_100, 48_000} else 44_100
        stream = copy.add_stream("libmp3lame", rate=rate, layout="stereo")
        stream.bit_rate = 96_000
        resampler = av.AudioResampler("s16p", "stereo", rate, 1152)
        for frame in (*original.decode(sound), None):
            for piece in resampler.resample(frame):
                copy.mux(stream.encode(piece))
        copy.mux(stream.encode(None))


def _h264(crf: int) -> Callable[[Path, Path], None]:
    def convert(source: Path, target: Path) -> None:
        import av  # noqa: PLC0415 - heavy

        with av.open(str(source)) as original, av.open(str(target), "w", format="mp4") as copy:
            pictures = original.streams.video[0]
            rate = pictures.average_rate or 25
            stream = copy.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
            stream.width, stream.height = pictures.width // 2 * 2, pictures.height // 2 * 2
            stream.pix_fmt = "yuv420p"
            stream.codec_context.thread_count = 1  # the same bytes on every run
            for frame in original.decode(pictures):
                picture = frame.reformat(stream.width, stream.height, "yuv420p")
                picture.pict_type = 0  # the encoder chooses its own key frames
                copy.mux(stream.encode(picture))
            copy.mux(stream.encode(None))

    return convert


ATTACKS: dict[str, tuple[Attack, ...]] = {
    "image": (
        Attack("jpeg75", ".jpg", _jpeg(75)),
        Attack("jpeg50", ".jpg", _jpeg(50)),
        Attack("half", ".jpg", _halved),
        Attack("crop80", ".jpg", _cropped),
    ),
    "audio": (Attack("mp3-96", ".mp3", _mp3),),
    "video": (Attack("h264-crf23", ".mp4", _h264(23)), Attack("h264-crf30", ".mp4", _h264(30))),
}
