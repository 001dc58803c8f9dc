"""Real pictures in small files for the tests of the commands."""

from pathlib import Path

import pytest
import skimage.data
from PIL import Image


@pytest.fixture(scope="session")
def photographs(tmp_path_factory) -> Path:
    """Two photographs of 256 px height: `photo.jpg`, and `sub/astronaut.png`."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "sub").mkdir()
    Image.fromarray(skimage.data.coffee()).resize((384, 256)).save(folder / "photo.jpg", quality=92)
    Image.fromarray(skimage.data.astronaut()).resize((256, 256)).save(folder / "sub" / "astronaut.png")
    return folder


@pytest.fixture(autouse=True)
def _empty_working_folder(tmp_path, monkeypatch):
    """Run every test in an empty folder, away from any configuration."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for variable in ("CONFIG", "PRODUCER", "KEY_FILE"):
        monkeypatch.delenv(f"SYNTHMARK_{variable}", raising=False)
