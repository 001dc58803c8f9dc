"""The tool by itself: its wheel has all that it needs, and runs without numba and the rest of synthmark."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image
from sounds import encoded, synthetic_voice

import synthmark
from synthmark import audio

ROOT = Path(__file__).parents[2]
BUILD = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
RUN = """
import sys
sys.modules["numba"] = sys.modules["rich"] = None
from extract_tool.cli import main
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """Return a folder with what the wheel holds."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-c", BUILD, str(folder)]
    done = subprocess.run(command, cwd=ROOT / "extract_tool", capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "unpacked")
    return folder / "unpacked"


def run(unpacked: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    script = unpacked / "run.py"
    script.write_text(RUN, encoding="utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ}
    command = [sys.executable, "-P", str(script), *map(str, arguments)]
    environment = kept | {"PYTHONPATH": str(unpacked), "PYTHONUTF8": "1", "HOME": str(unpacked)}
    return subprocess.run(
        command, env=environment, cwd=unpacked, capture_output=True, check=False, timeout=300, encoding="utf-8"
    )


def test_the_wheel_has_the_readers_and_no_commands_that_label(unpacked):
    names = {file.relative_to(unpacked).as_posix() for file in unpacked.rglob("*") if file.is_file()}
    assert {"extract_tool/cli.py", "extract_tool/schema/report-v1.json", "extract_tool/pages/page.js"} <= names
    assert {"synthmark/verification.py", "synthmark/messages/zh.toml", "extract_tool/fonts/OFL.txt"} <= names
    assert [
        name for name in names if name.startswith(("synthmark/cli", "synthmark/labelling", "synthmark/batch"))
    ] == []
    assert [name for name in names if "__pycache__" in name and name.startswith("synthmark")] == []


def test_it_checks_pictures_and_sound(unpacked, tmp_path):
    Image.fromarray(skimage.data.astronaut()).resize((256, 256)).save(tmp_path / "plain.png")
    synthmark.label_file(tmp_path / "plain.png", tmp_path / "a.png", synthmark.Config(producer="Example-Studio"))
    voice = audio.embed(synthetic_voice(12.0, seed=3).astype(np.float32), 16000, 7)
    (tmp_path / "a.wav").write_bytes(encoded(voice))
    done = run(unpacked, tmp_path / "a.png", tmp_path / "a.wav", "--lang", "en", "--report", tmp_path / "reports")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("AI-generated label found, and intact.") == 2
    assert {"a.png.pdf", "a.wav.html", "SHA256SUMS"} <= {file.name for file in (tmp_path / "reports").iterdir()}
