"""The standalone folder: built as documented, then run without Python packages and without a network.

Building takes minutes and fetches libraries, so that it is asked for: TEST_EXTRACT_BUNDLE=1.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from clips import clip
from PIL import Image
from sounds import encoded, synthetic_voice

import synthmark
from synthmark import audio, image

pytestmark = pytest.mark.skipif(not os.environ.get("TEST_EXTRACT_BUNDLE"), reason="TEST_EXTRACT_BUNDLE is not set")

BUILD = Path(__file__).parents[2] / "scripts" / "build_extract_tool.py"
CONFIG = synthmark.Config(producer="Example-Studio", preset="ultrafast")
MOST_BYTES = 250_000_000


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, str(BUILD), "-o", str(folder)], capture_output=True, check=False, timeout=1500
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-4000:]
    return folder


@pytest.fixture(scope="module")
def marked(tmp_path_factory) -> Path:
    """Return a folder with a labelled picture, sound and video, and a picture of which half is marked."""
    folder = tmp_path_factory.mktemp("marked")
    plain = tmp_path_factory.mktemp("plain")
    picture = skimage.data.astronaut()
    Image.fromarray(picture).save(plain / "a.png")
    voice = audio.embed(synthetic_voice(12.0, seed=3).astype(np.float32), 16000, 7)
    (plain / "b.wav").write_bytes(encoded(voice))
    clip(plain / "c.mp4", frames=75, sounds=("aac",))
    for file in sorted(plain.iterdir()):
        synthmark.label_file(file, folder / file.name, CONFIG)
    spliced = np.concatenate(
        [image.embed(picture, 5)[:, :256], skimage.data.coffee()[:400][:, :256].repeat(2, 0)[:512]], 1
    )
    Image.fromarray(spliced).save(folder / "d.png")
    return folder


def run(built: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the tool with an empty environment, and without a network where that can be had."""
    program = [str(built / "synthmark-extract" / "synthmark-extract"), *map(str, arguments)]
    alone = ["unshare", "--net", "--map-root-user"] if shutil.which("unshare") else []
    can = alone and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0
    command = [*alone, *program] if can else program
    environment = {"HOME": str(built), "PATH": "/nonexistent", "LANG": "C.UTF-8"}
    return subprocess.run(
        [shutil.which(command[0]) or command[0], *command[1:]],
        env=environment,
        cwd="/",
        capture_output=True,
        check=False,
        timeout=600,
        encoding="utf-8",
    )


def test_the_folder_is_small_enough(built):
    files = [file for file in (built / "synthmark-extract").rglob("*") if file.is_file() and not file.is_symlink()]
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES


def test_it_checks_pictures_sound_and_video_by_itself(built, marked, tmp_path):
    done = run(built, marked, "--json", "--report", tmp_path / "reports")
    reports = {report["file"]["name"]: report for report in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, (done.stderr, reports)
    for name in ("a.png", "b.wav", "c.mp4"):
        assert reports[name]["verdict"] == "labelled"
        outcomes = {layer["layer"]: layer["outcome"] for layer in reports[name]["layers"]}
        assert {outcomes[layer] for layer in ("metadata", "watermark", "visible")} == {"detected"}
    here = synthmark.verify_file(marked / "a.png").layer("watermark")
    there = next(layer for layer in reports["a.png"]["layers"] if layer["layer"] == "watermark")
    assert there["claims"]["content_id"] == here.claims["content_id"]
    assert (
        next(layer for layer in reports["d.png"]["layers"] if layer["layer"] == "watermark")["integrity"] == "unknown"
    )
    assert {"a.png.pdf", "c.mp4.html", "SHA256SUMS"} <= {file.name for file in (tmp_path / "reports").iterdir()}


def test_it_signs_and_checks_reports(built, marked, tmp_path):
    public = run(built, "signing-key", tmp_path / "key.pem").stdout.strip()
    run(built, marked / "a.png", "--report", tmp_path / "reports", "--sign", tmp_path / "key.pem")
    assert run(built, "check-report", tmp_path / "reports", "--public-key", public).returncode == 0


def test_the_list_of_parts_names_libraries_licences_and_files(built):
    parts = json.loads((built / "sbom.json").read_text(encoding="utf-8"))["components"]
    libraries = {part["name"]: part for part in parts if part["type"] == "library" and part["scope"] == "required"}
    assert {"numpy", "av", "opencv-python-headless", "pillow", "cryptography"} <= libraries.keys()
    assert "pyinstaller" not in libraries
    assert [name for name, part in libraries.items() if not part["licenses"]] == []
    native = [part for part in parts if ".libs/" in part["name"] and part["type"] == "file"]
    assert native
    assert [part["name"] for part in native if "licenses" not in part] == []
    assert all(len(part["hashes"][0]["content"]) == 64 for part in parts)
