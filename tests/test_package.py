"""The wheel: what it holds, and that it runs away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (file,) = folder.glob("*.whl")
    return file


def test_everything_of_the_packages_is_in_it(wheel):
    packages = [ROOT / "synthmark", ROOT / "extract_tool"]
    ours = {file for package in packages for file in package.rglob("*") if file.is_file()}
    wanted = {file.relative_to(ROOT).as_posix() for file in ours if "__pycache__" not in file.parts}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted
    assert {"synthmark/py.typed", "extract_tool/py.typed", "synthmark/messages/zh.toml"} <= held
    assert any(name.endswith(".otf") for name in held)


def test_licences_are_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        licences = [name.split("/licenses/")[1] for name in archive.namelist() if "/licenses/" in name]
    fonts = ("synthmark/filing/fonts/OFL.txt", "synthmark/visible/fonts/OFL.txt")
    assert sorted(licences) == ["LICENSE", *fonts]


@pytest.mark.parametrize(("program", "word"), [("synthmark", "label"), ("extract_tool", "synthmark-extract")])
def test_it_runs_away_from_the_checkout(wheel, tmp_path, program, word):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-P", "-m", program, "--help"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    assert word in done.stdout
