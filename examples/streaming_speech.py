"""Labels speech while it is synthesised: what is heard first is the audible label, and every second is marked.

Run it with ``python streaming_speech.py out.wav`` in a folder with ``synthmark.toml``. Put your synthesiser in the
place of `synthesised`, and what sends samples to the listener in the place of the file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import soundfile

import synthmark

RATE = 24000


def synthesised() -> Iterator[np.ndarray]:
    """Yield a fiftieth of a second at a time; a stand-in for a synthesiser."""
    rng = np.random.default_rng(1)
    for _ in range(400):
        yield rng.normal(0, 0.1, RATE // 50).astype(np.float32)


def main(target: str) -> str:
    """Send one labelled utterance, and return its content id."""
    labeler = synthmark.Labeler.from_config()
    with soundfile.SoundFile(target, "w", RATE, 1, "PCM_16") as listener, labeler.stream(RATE) as stream:
        for chunk in synthesised():
            listener.write(stream.push(chunk))
        listener.write(stream.finish())
    return stream.record.content_id


if __name__ == "__main__":
    print(main(sys.argv[1]))
