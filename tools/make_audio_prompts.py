"""Makes the bundled spoken prompts with espeak-ng.

Run it as `python tools/make_audio_prompts.py`. The output is the same for the same version of espeak-ng (1.51 made
the bundled files). The Mandarin voice is the one that reads Chinese characters through pinyin.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from synthmark.audio.layout import RATE
from synthmark.audio.prompts import PROMPT_TEXTS, spoken
from synthmark.audio.resampling import resampler_between

TARGET = Path(__file__).parent.parent / "synthmark" / "audio" / "prompt_files"


def main() -> None:
    """Write one WAV file per language."""
    for language, text in PROMPT_TEXTS.items():
        samples, rate = spoken(text, language)
        # The working rate is enough for speech; above 4.5 kHz its converter only promises not to add anything.
        down = resampler_between(rate, RATE)
        low = down.convert(samples.astype(np.float32), 0, 0, int(len(samples) * down.ratio))
        scaled = np.rint(low / np.abs(low).max() * 30000).astype("<i2")
        with wave.open(str(TARGET / f"{language}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(scaled.tobytes())


if __name__ == "__main__":
    main()
