"""The table of attacks on sound: what each row does and which share of the marks has to come back.

Codecs run through the program `ffmpeg`; everything else is NumPy. Every attack takes (samples, rate) with samples
float64 of shape (n, channels) and gives the same, perhaps at another rate.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Samples = NDArray[np.float64]
Heard = tuple[Samples, int]
Function = Callable[[Samples, int], Heard]

__all__ = ["ATTACKS", "Attack", "through_ffmpeg"]


@dataclass(frozen=True, slots=True)
class Attack:
    """One row: required percentages for whole clips of 8 s and more, for pieces of 5 s and of 3 s."""

    name: str
    group: str
    apply: Function
    whole: float
    five: float | None = None
    three: float | None = None


def through_ffmpeg(samples: Samples, rate: int, options: list[str], suffix: str = "wav") -> Heard:
    """Write 16-bit WAV, convert it with ffmpeg and read the result; ffmpeg decodes what libsndfile cannot."""
    with tempfile.TemporaryDirectory() as folder:
        before, middle, after = (Path(folder) / name for name in ("before.wav", f"middle.{suffix}", "after.wav"))
        soundfile.write(before, samples, rate, subtype="PCM_16")
        quiet = ["ffmpeg", "-v", "error", "-y", "-i"]
        subprocess.run([*quiet, str(before), *options, str(middle)], check=True)
        if suffix == "m4a":
            subprocess.run([*quiet, str(middle), "-c:a", "pcm_s16le", str(after)], check=True)
        heard, heard_rate = soundfile.read(after if suffix == "m4a" else middle, always_2d=True)
    return heard, heard_rate


def codec(options: str, suffix: str) -> Function:
    return partial(through_ffmpeg, options=["-c:a", *options.split()], suffix=suffix)


def filtered(chain: str) -> Function:
    return partial(through_ffmpeg, options=["-af", chain])


def scaled(samples: Samples, rate: int, factor: float) -> Heard:
    """Change the volume and save as 16 bit, clipped where it overloads."""
    return np.round(np.clip(samples * factor, -1, 1) * 32767) / 32767, rate


def trimmed(samples: Samples, rate: int) -> Heard:
    return samples[1237:], rate


def mono(samples: Samples, rate: int) -> Heard:
    return samples.mean(axis=1, keepdims=True), rate


def noisy(samples: Samples, rate: int, decibels: float) -> Heard:
    noise = np.random.default_rng(1).standard_normal(samples.shape)
    return np.clip(samples + noise * np.sqrt((samples**2).mean()) * 10 ** (-decibels / 20), -1, 1), rate


def eight_bit(samples: Samples, rate: int) -> Heard:
    return np.round(samples * 127) / 127, rate


def echo(samples: Samples, rate: int) -> Heard:
    delay = round(0.1 * rate)
    heard = samples.copy()
    heard[delay:] += 0.3 * samples[:-delay]
    return heard * 0.75, rate


def small_room(samples: Samples, rate: int) -> Heard:
    """Convolve with exponentially decaying noise: reverberation time 0.35 s, direct sound 3 dB above the rest."""
    count = round(0.35 * rate)
    response = np.random.default_rng(5).standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    response[: round(0.002 * rate)] = 0
    response *= 10 ** (-3 / 20) / np.sqrt((response**2).sum())
    response[0] = 1
    size = len(samples) + count
    spectrum = np.fft.rfft(samples, size, axis=0) * np.fft.rfft(response, size)[:, None]
    return np.fft.irfft(spectrum, size, axis=0)[: len(samples)] * 0.7, rate


def played_faster(samples: Samples, rate: int, factor: float) -> Heard:
    return through_ffmpeg(samples, rate, ["-af", f"asetrate={round(rate * factor)},aresample={rate}"])


def pitched(samples: Samples, rate: int, semitones: float) -> Heard:
    factor = 2 ** (semitones / 12)
    chain = f"asetrate={round(rate * factor)},aresample={rate},atempo={1 / factor:.6f}"
    return through_ffmpeg(samples, rate, ["-af", chain])


def phone(samples: Samples, rate: int) -> Heard:
    return through_ffmpeg(samples, rate, ["-ac", "1", "-ar", "8000", "-c:a", "pcm_mulaw"])


def resampled(samples: Samples, rate: int) -> Heard:
    return through_ffmpeg(samples, rate, ["-ar", "44100" if rate == 48000 else "48000"])


def _rows() -> list[Attack]:
    plain = {"whole": 100.0, "five": 98.0, "three": 80.0}
    coded = {"whole": 100.0, "five": 95.0, "three": 75.0}
    hard = {"whole": 97.0, "five": 90.0}
    return [
        Attack("none", "plain", lambda s, r: (s, r), **plain),
        Attack("gain 0.1", "plain", partial(scaled, factor=0.1), **plain),
        Attack("gain 2", "plain", partial(scaled, factor=2.0), **plain),
        Attack("polarity inverted", "plain", partial(scaled, factor=-1.0), **plain),
        Attack("1237 samples cut", "plain", trimmed, **plain),
        Attack("mono", "plain", mono, **plain),
        Attack("resampled to 48 kHz", "plain", resampled, **plain),
        Attack("MP3 128", "codec", codec("libmp3lame -b:a 128k", "mp3"), **coded),
        Attack("MP3 64", "codec", codec("libmp3lame -b:a 64k", "mp3"), **coded),
        Attack("AAC 96", "codec", codec("aac -b:a 96k", "m4a"), **coded),
        Attack("AAC 64", "codec", codec("aac -b:a 64k", "m4a"), **coded),
        Attack("Vorbis q1", "codec", codec("libvorbis -q:a 1", "ogg"), **coded),
        Attack("Opus 48", "codec", codec("libopus -b:a 48k", "opus"), **coded),
        Attack("MP3 32 mono", "hard", codec("libmp3lame -ac 1 -b:a 32k", "mp3"), **hard),
        Attack("Opus 24", "hard", codec("libopus -b:a 24k", "opus"), **hard),
        Attack("Opus 16", "hard", codec("libopus -b:a 16k", "opus"), **hard),
        Attack("telephone", "hard", phone, **hard),
        Attack("low-pass 4 kHz", "hard", filtered("lowpass=f=4000"), **hard),
        Attack("high-pass 300 Hz", "hard", filtered("highpass=f=300"), **hard),
        Attack("bass +6 dB treble -6 dB", "hard", filtered("bass=g=6,treble=g=-6,volume=0.7"), **hard),
        Attack("bass -6 dB treble +6 dB", "hard", filtered("bass=g=-6,treble=g=6,volume=0.7"), **hard),
        Attack("noise 30 dB", "noise", partial(noisy, decibels=30), 98.0),
        Attack("noise 20 dB", "noise", partial(noisy, decibels=20), 90.0),
        Attack("noise 10 dB", "noise", partial(noisy, decibels=10), 60.0),
        Attack("8 bit", "noise", eight_bit, 95.0),
        Attack("echo 100 ms", "noise", echo, 95.0),
        Attack("small room", "noise", small_room, 80.0),
        *(Attack(f"speed {f}", "speed", partial(played_faster, factor=f), 95.0) for f in (0.9, 0.95, 1.05, 1.1)),
        *(Attack(f"tempo {f}", "speed", filtered(f"atempo={f}"), 95.0) for f in (0.9, 1.1)),
        *(Attack(f"pitch {s:+d} semitone", "speed", partial(pitched, semitones=s), 95.0) for s in (-1, 1)),
    ]


ATTACKS = {attack.name: attack for attack in _rows()}
