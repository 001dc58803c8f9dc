"""Sound for the tests: a synthetic voice, marked once per session."""

import pytest
from sounds import CONTENT_ID, synthetic_voice


@pytest.fixture(scope="session")
def voice():
    """Return eight seconds of synthetic voice at 16 kHz, read-only."""
    samples = synthetic_voice(8.0)
    samples.flags.writeable = False
    return samples


@pytest.fixture(scope="session")
def marked(voice):
    """Return the same with CONTENT_ID under the published key."""
    from synthmark import audio

    samples = audio.embed(voice, 16000, CONTENT_ID)
    samples.flags.writeable = False
    return samples
