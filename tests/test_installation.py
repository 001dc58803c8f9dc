"""Odd places to run from: no home, no place for a cache, a zip archive, a tree that cannot be written to."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

ROOT = Path(__file__).parents[1]
LABEL_AND_CHECK = """
import sys
import synthmark
config = synthmark.Config(producer="Example-Studio")
record = synthmark.label_file(sys.argv[1], sys.argv[2], config)
report = synthmark.verify_file(sys.argv[2], config)
assert report.verdict == "labelled", report
print(synthmark.__file__)
"""


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(skimage.data.astronaut()).resize((256, 256)).save(file)
    return file


def run(photo: Path, target: Path, **environ: str) -> str:
    """Label and check a picture in an environment without HOME; return where the package was."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", LABEL_AND_CHECK, str(photo), str(target)],
        env=kept | {"PYTHONPATH": str(ROOT)} | environ,
        cwd=target.parent,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_home_and_cache(photo, tmp_path):
    """A cache folder below a file cannot be made, not even by root."""
    (tmp_path / "file").touch()
    run(photo, tmp_path / "copy.png", NUMBA_CACHE_DIR=str(tmp_path / "file" / "cache"))


def test_in_a_zip_archive(photo, tmp_path):
    """As in a frozen bundle, no file of the package lies on the disk and there is no place for a cache."""
    archive = tmp_path / "bundle.pyz"
    with zipfile.ZipFile(archive, "w") as bundle:
        for file in sorted((ROOT / "synthmark").rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                bundle.write(file, file.relative_to(ROOT))
    place = run(photo, tmp_path / "copy.png", PYTHONPATH=str(archive))
    assert place.startswith(str(archive))
