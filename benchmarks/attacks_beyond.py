"""Attacks beyond the tables of robustness: where the mark ends, in pictures, sound and video.

The groups "painted anew" and "spoken anew" stand in for generators that make the content again, as diffusion models,
neural codecs and vocoders do: classical methods that throw the fine detail or the waveform away and make it up from
what is left. They are weaker than a generator, so what they break a generator breaks, and not the other way round.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attack_functions_image as functions
import attack_functions_video as video
import cv2
import numpy as np
import scipy.signal
from attack_functions_image import chain, saved
from attacks_audio import codec, filtered, noisy, played_faster, scaled
from attacks_video import Attack as VideoAttack
from PIL import Image
from skimage.restoration import denoise_tv_chambolle

if TYPE_CHECKING:
    from pathlib import Path

    from attack_functions_image import Function as PictureFunction
    from attack_functions_image import Pixels
    from attacks_audio import Function as SoundFunction
    from attacks_audio import Heard, Samples
    from media_video import Shape

__all__ = ["PICTURES", "SOUND", "VIDEO"]


def on_pixels(change: Any, **options: Any) -> PictureFunction:  # noqa: ANN401 - any function of OpenCV on a picture
    """Return an attack that hands the pixels to a function."""
    return lambda picture, _rng: np.ascontiguousarray(change(np.ascontiguousarray(picture), **options))


def reduced(short_side: int) -> PictureFunction:
    """Return an attack that makes a picture so small and as large as before again."""

    def attack(picture: Pixels, _rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        scale = short_side / min(height, width)
        small = Image.fromarray(picture).resize((round(width * scale), round(height * scale)), Image.Resampling.BOX)
        return np.asarray(small.resize((width, height), Image.Resampling.LANCZOS))

    return attack


def smoothed(weight: float) -> PictureFunction:
    """Return an attack that keeps edges and evens out what lies between (total variation)."""

    def attack(picture: Pixels, _rng: np.random.Generator) -> Pixels:
        return functions.rounded(
            255 * denoise_tv_chambolle(picture / 255, weight=weight, max_num_iter=30, channel_axis=-1)
        )

    return attack


def repeated(function: PictureFunction, times: int) -> PictureFunction:
    return chain(*[function] * times)


def few_colours(count: int) -> PictureFunction:
    return lambda picture, _rng: np.asarray(Image.fromarray(picture).quantize(count).convert("RGB"))


def bent(share: float) -> PictureFunction:
    """Return an attack that moves every pixel along smooth waves, by up to a share of the short side."""

    def attack(picture: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = picture.shape[:2]
        reach = share * min(height, width)
        coarse = rng.uniform(-1, 1, (2, 5, 5)).astype(np.float32)
        moves = [reach * cv2.resize(move, (width, height), interpolation=cv2.INTER_CUBIC) for move in coarse]
        down, across = np.mgrid[:height, :width].astype(np.float32)
        return cv2.remap(picture, across + moves[0], down + moves[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    return attack


def patches_shuffled(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """Cut into squares of 32 pixels and move each by up to four pixels on its own."""
    padded = np.pad(picture, ((4, 4), (4, 4), (0, 0)), mode="reflect")
    result = picture.copy()
    for top in range(0, picture.shape[0], 32):
        for left in range(0, picture.shape[1], 32):
            down, across = rng.integers(0, 9, 2)
            block = result[top : top + 32, left : left + 32]
            block[:] = padded[top + down :, left + across :][: block.shape[0], : block.shape[1]]
    return result


_bilateral = on_pixels(cv2.bilateralFilter, d=9, sigmaColor=75, sigmaSpace=75)
_crop_and_turn = chain(functions.cropped(0.25, 1.15), functions.rotated(10, "cut"), saved("JPEG", quality=30))

PICTURES: dict[str, tuple[str, PictureFunction]] = {
    "JPEG 10": ("extreme coding", saved("JPEG", quality=10)),
    "JPEG 5": ("extreme coding", saved("JPEG", quality=5)),
    "WebP 5": ("extreme coding", saved("WEBP", quality=5)),
    "AVIF 20": ("extreme coding", saved("AVIF", quality=20)),
    "16 colours": ("extreme coding", few_colours(16)),
    "noise sigma 40": ("noise and blur", functions.noisy(40)),
    "noise sigma 60": ("noise and blur", functions.noisy(60)),
    "blur sigma 4": ("noise and blur", functions.blurred(4)),
    "median 9": ("noise and blur", functions.median(9)),
    "crop 5 %": ("strong cuts", functions.cropped(0.05, 1.15)),
    "crop 2 %": ("strong cuts", functions.cropped(0.02, 1.15)),
    "crop 1 %": ("strong cuts", functions.cropped(0.01, 1.15)),
    "crop 25 % + rotation 10 + JPEG 30": ("strong cuts", _crop_and_turn),
    "reduced to 192 px and enlarged": ("made small", reduced(192)),
    "reduced to 128 px and enlarged": ("made small", reduced(128)),
    "reduced to 96 px and enlarged": ("made small", reduced(96)),
    "bent by 1 %": ("bent", bent(0.01)),
    "bent by 3 %": ("bent", bent(0.03)),
    "squares of 32 px moved by up to 4 px": ("bent", patches_shuffled),
    "bilateral filter": ("painted anew", _bilateral),
    "bilateral filter, 3 times": ("painted anew", repeated(_bilateral, 3)),
    "non-local means, h 10": ("painted anew", on_pixels(cv2.fastNlMeansDenoisingColored, h=10, hColor=10)),
    "non-local means, h 20": ("painted anew", on_pixels(cv2.fastNlMeansDenoisingColored, h=20, hColor=20)),
    "total variation, weight 0.1": ("painted anew", smoothed(0.1)),
    "total variation, weight 0.3": ("painted anew", smoothed(0.3)),
    "mean shift (flat regions)": ("painted anew", on_pixels(cv2.pyrMeanShiftFiltering, sp=10, sr=25)),
    "water colour": ("painted anew", on_pixels(cv2.stylization, sigma_s=30, sigma_r=0.3)),
}


def spoken_anew(samples: Samples, rate: int, rounds: int = 32) -> Heard:
    """Keep 80 mel bands every 12.5 ms of the sound at 22.05 kHz, and make a waveform of them (Griffin and Lim, 1984).

    It is what a vocoder of speech synthesis gets: no phases, and frequencies as wide as the bands.
    """
    low = scipy.signal.resample_poly(samples.mean(axis=1), 22050, rate)
    transform = scipy.signal.ShortTimeFFT(scipy.signal.windows.hann(1024), 276, 22050)
    bands = mel_bands(80, 513, 22050)
    kept = bands @ np.abs(transform.stft(low))
    magnitude = np.maximum(np.linalg.pinv(bands) @ kept, 1e-7)
    phase = np.exp(2j * np.pi * np.random.default_rng(1).random(magnitude.shape))
    for _ in range(rounds):
        heard = transform.istft(magnitude * phase, k1=len(low))
        phase = np.exp(1j * np.angle(transform.stft(heard)))
    heard = transform.istft(magnitude * phase, k1=len(low))
    return scaled(heard[:, None], 22050, 1.0)


def mel_bands(count: int, bins: int, rate: int) -> np.ndarray:
    """Return triangles over the bins of a spectrum, evenly spaced in mel (O'Shaughnessy, 1987)."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, count + 2) / 2595) - 1) / (rate / 2) * (bins - 1)
    place = np.arange(bins)
    rising = (place - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - place) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(np.minimum(rising, falling), 0)


def quick_and_high(samples: Samples, rate: int) -> Heard:
    """Play faster by a tenth, and slow the tempo down by a twentieth: two different factors."""
    heard, heard_rate = played_faster(samples, rate, 1.1)
    return filtered("atempo=0.95")(heard, heard_rate)


SOUND: dict[str, tuple[str, SoundFunction]] = {
    "Opus 12": ("extreme coding", codec("libopus -ac 1 -b:a 12k", "opus")),
    "Opus 8": ("extreme coding", codec("libopus -ac 1 -b:a 8k", "opus")),
    "Opus 6": ("extreme coding", codec("libopus -ac 1 -b:a 6k -application voip", "opus")),
    "MP3 16 mono": ("extreme coding", codec("libmp3lame -ac 1 -ar 16000 -b:a 16k", "mp3")),
    "MP3 8 mono": ("extreme coding", codec("libmp3lame -ac 1 -ar 8000 -b:a 8k", "mp3")),
    "GSM 13": ("extreme coding", codec("libgsm_ms -ac 1 -ar 8000", "wav")),
    "noise 5 dB": ("noise and filters", partial(noisy, decibels=5)),
    "noise 0 dB": ("noise and filters", partial(noisy, decibels=0)),
    "low-pass 2 kHz": ("noise and filters", filtered("lowpass=f=2000,lowpass=f=2000")),
    "low-pass 1 kHz": ("noise and filters", filtered("lowpass=f=1000,lowpass=f=1000")),
    "high-pass 2 kHz": ("noise and filters", filtered("highpass=f=2000,highpass=f=2000")),
    "noise reduction 20 dB": ("noise and filters", filtered("afftdn=nr=20")),
    "noise reduction 40 dB": ("noise and filters", filtered("afftdn=nr=40:nf=-30")),
    "speed 0.85": ("speed", partial(played_faster, factor=0.85)),
    "speed 1.25": ("speed", partial(played_faster, factor=1.25)),
    "speed 1.1 and tempo 0.95": ("speed", quick_and_high),
    "80 mel bands and Griffin-Lim": ("spoken anew", spoken_anew),
}


def _video() -> dict[str, tuple[str, VideoAttack]]:
    x264, x265 = "libx264 -preset medium", "libx265 -preset veryfast -x265-params log-level=error"
    rows = {
        "H.264 CRF 45": ("extreme coding", video.recoded(f"{x264} -crf 45")),
        "H.264 CRF 51": ("extreme coding", video.recoded(f"{x264} -crf 51")),
        "H.265 CRF 40": ("extreme coding", video.recoded(f"{x265} -crf 40")),
        "240 lines, CRF 26": ("made small", video.filtered(video.lines(240))),
        "144 lines, CRF 26": ("made small", video.filtered(video.lines(144))),
        "crop to 20 % of the area, CRF 26": ("strong cuts", video.filtered(video.cropped(0.2))),
        "crop to 10 % of the area, CRF 26": ("strong cuts", video.filtered(video.cropped(0.1))),
        "2 s from the middle, CRF 28": ("strong cuts", from_the_middle(28)),
        "2 s from the middle, CRF 33": ("strong cuts", from_the_middle(33)),
        "2 s from the middle, CRF 38": ("strong cuts", from_the_middle(38)),
        "1 s cut out": ("strong cuts", video.trimmed(1)),
        "half a second cut out": ("strong cuts", video.trimmed(0.5)),
        "rotation 5 degrees, crop to 40 %, CRF 35": ("strong cuts", turned_and_cropped),
        "noise sigma 20, CRF 26": ("noise and blur", video.filtered(video.noisy(20))),
        "blur sigma 4, CRF 26": ("noise and blur", video.filtered("gblur=sigma=4")),
        "non-local means": ("painted anew", video.filtered("nlmeans=s=6:p=7:r=9")),
        "frames mixed with their neighbours": ("painted anew", video.filtered("tmix=frames=5")),
        "motion compensated to 60 frames a second": ("painted anew", video.filtered("minterpolate=fps=60:me=epzs")),
    }
    return {name: (group, VideoAttack(name, 0, group, function)) for name, (group, function) in rows.items()}


def from_the_middle(crf: int) -> video.Function:
    """Return an attack that keeps two seconds from within a scene, whose key frames hold less of the mark."""
    return video.filtered("trim=start=2.4:duration=2,setpts=PTS-STARTPTS", crf=crf)


def turned_and_cropped(source: Path, target: Path, shape: Shape, rng: np.random.Generator) -> None:
    chain = f"{video.rotated(5)(shape, rng)},{video.cropped(0.4)(shape, rng)}"
    video.filtered(chain, crf=35)(source, target, shape, rng)


VIDEO: dict[str, tuple[str, VideoAttack]] = _video()
