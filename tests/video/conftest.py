"""One marked scene, shared by the tests of the mark in video."""

import pytest
from scenes import RATE, pan

from synthmark.video.embedding import LumaEmbedder

CONTENT_ID = 0x0123456789ABCDEF


def marked(frames, content_id=CONTENT_ID, key=None, begin=0.0, **options):
    """Return marked copies of frames."""
    height, width = frames[0].shape
    embedder = LumaEmbedder(content_id, key, width=width, height=height, **options)
    copies = [frame.copy() for frame in frames]
    for number, copy in enumerate(copies):
        embedder.embed(copy, begin + number / RATE)
    return copies


@pytest.fixture(scope="session")
def scene():
    """Two seconds that move over a photograph."""
    return tuple(pan())


@pytest.fixture(scope="session")
def marked_scene(scene):
    """The same, marked with the published default key."""
    return tuple(marked(scene))
