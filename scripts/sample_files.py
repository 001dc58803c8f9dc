"""Make a folder of files to try synthmark on: photographs that come with scikit-image, a melody, a short video."""  # noqa: INP001 - a script, no package

import importlib.util
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

NAMES = (
    "astronaut.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "motorcycle_left.png",
    "rocket.jpg",
)
RATE = 44100
NOTES = (220.0, 329.6, 440.0, 554.4, 659.3, 554.4, 440.0, 329.6, 246.9, 370.0, 493.9, 587.3)  # Hz
WIDTH, HEIGHT, FRAMES_PER_SECOND, SECONDS = 480, 270, 25, 5


def main(folder: Path) -> None:
    """Make the files."""
    folder.mkdir(parents=True, exist_ok=True)
    photographs = bundled_photographs()
    for name in NAMES:
        shutil.copyfile(photographs / name, folder / name)
    sound = melody()
    soundfile.write(folder / "melody.mp3", sound, RATE)
    write_video(folder / "pan.mp4", Image.open(photographs / "coffee.png"), sound)


def bundled_photographs() -> Path:
    """Return the folder of scikit-image's photographs."""
    package = importlib.util.find_spec("skimage")
    if package is None or package.origin is None:
        sys.exit("scikit-image is needed: pip install scikit-image")
    return Path(package.origin).parent / "data"


def melody() -> np.ndarray:
    """Return six seconds of a plucked string: a note every half second, each with its overtones; float32."""
    rng = np.random.default_rng(1)
    sound = np.zeros(round(RATE * (len(NOTES) / 2 + 1)))
    time = np.arange(RATE) / RATE
    for number, pitch in enumerate(NOTES):
        overtones = ((k, rng.uniform(0.5, 1.0) / k) for k in range(1, 24))
        note = sum(loud * np.exp(-(2 + k) * time) * np.sin(2 * np.pi * k * pitch * time) for k, loud in overtones)
        start = number * RATE // 2
        sound[start : start + RATE] += note * np.minimum(time / 0.003, 1)
    sound = sound[: -RATE // 2] + rng.normal(0, 0.002, len(sound) - RATE // 2)
    return (0.4 * sound / np.abs(sound).max()).astype(np.float32)


def write_video(path: Path, photograph: Image.Image, sound: np.ndarray) -> None:
    """Write a video that moves across a photograph, with sound."""
    with av.open(str(path), "w") as output:
        pictures = output.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "18", "preset": "veryfast"})
        pictures.width, pictures.height, pictures.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        track = output.add_stream("aac", rate=RATE, layout="mono")
        for number in range(FRAMES_PER_SECOND * SECONDS):
            frame = av.VideoFrame.from_image(window(photograph, number))
            output.mux(pictures.encode(frame))
        output.mux(pictures.encode())
        output.mux(track.encode(audio_frame(sound[: RATE * SECONDS])))
        output.mux(track.encode())


def window(photograph: Image.Image, number: int) -> Image.Image:
    """Return what a frame shows: from left above to right below."""
    left, top = number * (photograph.width - WIDTH) // 125, number * (photograph.height - HEIGHT) // 125
    return photograph.crop((left, top, left + WIDTH, top + HEIGHT))


def audio_frame(samples: np.ndarray) -> av.AudioFrame:
    """Return samples as the encoder takes them."""
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    return frame


if __name__ == "__main__":
    main(Path(sys.argv[1]))
