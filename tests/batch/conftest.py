"""Folders of small pictures and a sound, and batches over them."""

import signal
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import soundfile
from PIL import Image

from synthmark.batch import Batch, Order, Outcome
from synthmark.batch.journal import STATE_FOLDER
from synthmark.config import Config

# The watermark has tests of its own; without it a batch takes a tenth of the time.
CONFIG = Config(producer="Example-Studio", watermark=False)


@pytest.fixture(scope="session", autouse=True)
def _interrupts_reach_children():
    """What a shell runs in the background ignores interrupts, and so would all processes started there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def _media(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    Image.fromarray(skimage.data.astronaut()).resize((128, 128)).save(folder / "picture.png")
    Image.fromarray(skimage.data.coffee()).resize((144, 96)).save(folder / "picture.jpg")
    rate = 16000
    noise = np.random.default_rng(1).normal(0, 0.05, rate * 2)
    soundfile.write(folder / "sound.wav", noise, rate, subtype="PCM_16")
    return folder


@pytest.fixture
def fill(_media, tmp_path):
    """Return a function that makes a folder with media of the given names; others are text."""

    def filled(*names: str) -> Path:
        folder = tmp_path / "in"
        for name in names:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            source = {".png": "picture.png", ".jpg": "picture.jpg", ".wav": "sound.wav"}.get(file.suffix)
            file.write_bytes((_media / source).read_bytes() if source else b"text")
        return folder

    return filled


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a batch over `in` into `out`, without processes unless jobs are given."""
    pool = Batch.pool

    def outcomes(*, dry_run: bool = False, **options) -> list[Outcome]:
        monkeypatch.setattr(Batch, "pool", lambda self, alone=False: pool(self, alone="jobs" not in options))
        order = Order(**{"paths": (tmp_path / "in",), "output": tmp_path / "out", "config": CONFIG} | options)
        with Batch(order, dry_run=dry_run) as batch, batch.selection() as selection:
            return list(batch.outcomes(selection, lambda outcome: None))

    return outcomes


@pytest.fixture
def copies(tmp_path):
    """Return a function that gives the copies by their names, without what is hidden."""

    def found(*, hidden: bool = False) -> dict[str, bytes]:
        out = tmp_path / "out"
        files = [file for file in out.rglob("*") if file.is_file() and file.relative_to(out).parts[0] != STATE_FOLDER]
        return {
            file.relative_to(out).as_posix(): file.read_bytes()
            for file in files
            if hidden or not file.name.startswith(".")
        }

    return found
