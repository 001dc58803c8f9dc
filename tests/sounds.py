"""Sound made for the tests: something like a voice."""

import numpy as np

CONTENT_ID = 0x7F3A19C200000001


def synthetic_voice(seconds: float, rate: int = 16000, seed: int = 1) -> np.ndarray:
    """Return something like speech: syllables of changing pitch and vowel, pauses, a little breath; float64."""
    rng = np.random.default_rng(seed)
    count = round(seconds * rate)
    time = np.arange(count) / rate
    knots = np.arange(0, seconds + 0.5, 0.12)
    pitch = np.interp(time, knots, rng.uniform(95, 180, len(knots)))
    loud = np.interp(time, knots, rng.choice([0.02, 0.4, 0.8, 1.0], len(knots)))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    formants = [np.interp(time, knots, rng.uniform(low, high, len(knots))) for low, high in _FORMANTS]
    voice = sum(_harmonic(k, phase, pitch, formants, rate) for k in range(1, 38))
    breath = rng.standard_normal(count) * 0.02
    sound = loud * (voice + breath)
    return 0.5 * sound / np.abs(sound).max()


_FORMANTS = ((300, 900), (900, 2300), (2300, 3300))


def _harmonic(number, phase, pitch, formants, rate):
    frequency = number * pitch
    level = sum(np.exp(-(((frequency - f) / 250) ** 2)) for f in formants) + 0.03
    return np.where(frequency < 0.45 * rate, level * np.sin(number * phase), 0.0)


def encoded(samples, form="WAV", subtype="PCM_16", rate=16000) -> bytes:
    """Return a file as libsndfile writes it."""
    import io

    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=form, subtype=subtype)
    return buffer.getvalue()
