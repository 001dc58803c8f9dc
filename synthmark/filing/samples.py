"""What is labelled for the documents: the company's own files, or a picture, a sound and a video made here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MOST_FILES", "collected", "made", "modality"]

MOST_FILES = 24
"""More files of the company's own are refused: each is labelled, attacked and read several times."""
_RATE = 44_100
_SECONDS = 8
_SIDE = (640, 480)
_FRAMES, _FRAME_RATE = 75, 25
_VIDEO_SOUND_RATE = 48_000
_STEP = 2  # pixels that the video pans from frame to frame


def modality(media_type: str) -> str:
    """Return "image", "audio" or "video" for a media type."""
    return media_type.partition("/")[0]


def collected(source: Path, folder: Path) -> tuple[Path, ...]:
    """Copy the company's own files, in the order of their names.

    Raises
    ------
    InputError
        When there are no media, or more than `MOST_FILES`.
    """
    from synthmark.files.likely_media import is_media  # noqa: PLC0415 - as below
    from synthmark.selection import files_below  # noqa: PLC0415 - `synthmark --help` stays light

    found = sorted(file for file in files_below([source]) if file.is_file() and is_media(file))
    if not 0 < len(found) <= MOST_FILES:
        raise InputError(f"{source} holds {len(found)} media files; 1 to {MOST_FILES} are needed.")
    names = [f"{number:02d}-{_plain(file.name)}" for number, file in enumerate(found, 1)]
    return tuple(Path(shutil.copyfile(file, folder / name)) for file, name in zip(found, names, strict=True))


def _plain(name: str) -> str:
    """Return a name that needs no quotes in a shell."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)


def made(modalities: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Make samples of the modalities that are asked for: the same files on every run."""
    makers = {"image": (_photo_png, _photo_jpeg), "audio": (_sound,), "video": (_video,)}
    return tuple(make(folder) for name in modalities for make in makers[name])


def _photo_png(folder: Path) -> Path:
    return _saved(folder / "01-picture.png")


def _photo_jpeg(folder: Path) -> Path:
    return _saved(folder / "02-picture.jpg", quality=92)


def _saved(path: Path, **options: int) -> Path:
    from PIL import Image  # noqa: PLC0415 - heavy

    Image.fromarray(_scene(*_SIDE, seed=len(options))).save(path, **options)  # type: ignore[arg-type]
    return path


def _scene(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Return hills below a sky with some grain: (height, width, 3)."""
    import numpy as np  # noqa: PLC0415 - heavy

    random = np.random.default_rng(seed)
    rows, columns = np.indices((height, width)) / height
    sky = np.stack([0.45 + 0.3 * rows, 0.6 + 0.2 * rows, 0.85 - 0.1 * rows], axis=-1)
    for number in range(5):
        phase = random.uniform(0, 6, 3)
        ridge = 0.35 + 0.13 * number + 0.05 * np.sin(5 * columns + phase[0]) + 0.03 * np.sin(13 * columns + phase[1])
        grain = random.normal(0, 0.05, (height, width)) + 0.04 * np.sin(60 * rows + 40 * columns + phase[2])
        colour = np.array([0.2, 0.42, 0.22]) * (1.35 - 0.16 * number)
        sky = np.where((rows > ridge)[..., None], colour + grain[..., None], sky)
    return np.asarray(np.rint(255 * np.clip(sky, 0, 1)), dtype=np.uint8)


def _sound(folder: Path) -> Path:
    """Write notes."""
    import soundfile  # noqa: PLC0415 - heavy

    path = folder / "03-sound.wav"
    soundfile.write(path, _notes(_SECONDS, _RATE), _RATE, subtype="PCM_16")
    return path


def _notes(seconds: float, rate: int) -> NDArray[np.float64]:
    """Return plucked notes, decaying harmonics over a little noise: samples of one channel in [-1, 1]."""
    import numpy as np  # noqa: PLC0415 - heavy

    random = np.random.default_rng(3)
    time = np.arange(round(seconds * rate)) / rate
    sound = 0.002 * random.standard_normal(len(time))
    for start in np.arange(0, seconds, 0.25):
        since = np.clip(time - start, 0, None)
        pitch = 196 * 2 ** (random.integers(0, 13) / 12)
        tone = sum(np.sin(2 * np.pi * pitch * k * since) / k for k in range(1, 9))
        sound += np.where(time >= start, 0.12 * np.exp(-3 * since) * tone, 0)
    return np.asarray(sound / max(1.0, 1.1 * float(np.abs(sound).max())))


def _video(folder: Path) -> Path:
    """Pan over a wide scene, with the notes of the sound."""
    path = folder / "04-video.mp4"
    width, height = _SIDE
    scene = _scene(width + _STEP * _FRAMES, height, seed=2)
    _write_video(path, (scene[:, _STEP * n : _STEP * n + width] for n in range(_FRAMES)))
    return path


def _write_video(path: Path, pictures: Any) -> None:  # noqa: ANN401 - an iterable of arrays
    import av  # noqa: PLC0415 - heavy
    import numpy as np  # noqa: PLC0415 - as above

    with av.open(path, "w") as file:
        stream = file.add_stream("libx264", rate=_FRAME_RATE, options={"crf": "16", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *_SIDE, "yuv420p"
        stream.codec_context.thread_count = 1  # the same bytes on every run
        sound = file.add_stream("aac", rate=_VIDEO_SOUND_RATE, layout="mono", options={"b": "128k"})
        for picture in pictures:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")))
        file.mux(stream.encode(None))
        file.mux(sound.encode(_sound_of_video()))
        file.mux(sound.encode(None))


def _sound_of_video() -> Any:  # noqa: ANN401 - a frame of PyAV
    """Return notes as long as the video."""
    import av  # noqa: PLC0415 - heavy

    notes = _notes(_FRAMES / _FRAME_RATE, _VIDEO_SOUND_RATE)
    frame = av.AudioFrame.from_ndarray(notes[None].astype("float32"), "fltp", "mono")
    frame.sample_rate, frame.pts = _VIDEO_SOUND_RATE, 0
    return frame
