"""Whole runs on one small picture: the pack is complete, its scripts repeat it, and equal orders give equal bytes."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from synthmark.cli import main
from synthmark.config import Config
from synthmark.errors import InputError
from synthmark.filing.company import Company
from synthmark.filing.pack import MARKER, Order, make_pack

pytest.importorskip("docx")
CODE = "001191110102MACQD9K64010000"
CONFIG = """\
producer = "{code}"
key_file = "secret.key"
registry = "records.sqlite"

[filing]
date = 2026-01-31
name = "示例科技（北京）有限公司"
modalities = ["image"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    (folder / "synthmark.toml").write_text(CONFIG.format(code=CODE), encoding="utf-8")
    (folder / "secret.key").write_text("5a" * 32 + "\n")
    (folder / "secret.key").chmod(0o600)
    (folder / "samples").mkdir()
    Image.fromarray(skimage.data.astronaut()).resize((320, 256)).save(folder / "samples" / "an output.png")
    return folder


def run(folder: Path, name: str, *options: str) -> int:
    arguments = ["filing", "-o", str(folder / name), "--config", str(folder / "synthmark.toml")]
    return main([*arguments, "--samples", str(folder / "samples"), "--no-browser", *options])


@pytest.fixture(scope="module")
def pack(folder) -> Path:
    assert run(folder, "pack") == 0
    return folder / "pack"


def contents(pack: Path) -> dict[str, str]:
    files = (file for file in pack.rglob("*") if file.is_file())
    return {file.relative_to(pack).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_pack_is_complete(pack):
    titles = ("生成合成内容标识技术说明", "隐式标识提取工具与流程说明", "日志留存与溯源说明", "备案文本与逐条核对表")
    for number, title in enumerate(titles, 1):
        for suffix in ("pdf", "docx", "md"):
            file = pack / f"{number}-{title}.{suffix}"
            assert 1000 < file.stat().st_size < 20 << 20
    names = {file.name for file in (pack / "figures").iterdir()}
    diagrams = {f"{name}.zh.svg" for name in ("labelling", "extraction", "architecture", "keys", "lookup")}
    assert names == diagrams | {"console.png", "label-01-an_output-png.png"}
    assert {file.name for file in (pack / "samples").iterdir()} == {
        "original", "labelled", "attacked", "extraction", "on-request", "SHA256SUMS"
    }  # fmt: skip
    assert len(list((pack / "samples" / "attacked").iterdir())) == 4
    assert len(list((pack / "samples" / "extraction").iterdir())) == 6


def test_nothing_of_this_machine_or_of_the_key_is_in_the_pack(pack, folder):
    for file in pack.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert str(folder).encode() not in data, file
            assert b"5a" * 32 not in data
            assert bytes.fromhex("5a" * 32) not in data


def test_documents_hold_what_was_read(pack):
    text = (pack / "1-生成合成内容标识技术说明.md").read_text(encoding="utf-8")
    label = (pack / "samples" / "extraction" / "labelled-01-an_output.png.json").read_text(encoding="utf-8")
    claims = next(layer for layer in json.loads(label)["layers"] if layer["layer"] == "watermark")["claims"]
    assert claims["content_id"] in text
    assert f"synthmark-{claims['content_id']}" in text
    assert "checked_at" not in label
    assert "13 px | 5.0" in text  # of 256


def test_what_is_open_is_said(pack):
    content = json.loads((pack / MARKER).read_text(encoding="utf-8"))
    assert any("统一社会信用代码" in point for point in content["open"])
    assert not any("主体名称" in point for point in content["open"])
    assert content["points"]["met"] > 20
    assert content["date"] == "2026-01-31"


def test_sums_hold(pack):
    for place in (pack, pack / "samples"):
        lines = (place / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        assert len(lines) == sum(file.is_file() for file in place.rglob("*")) - 1
        for line in lines:
            digest, _, name = line.partition("  ")
            assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest


def repeat(pack: Path, *options: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"EXTRACT_TOOL": f"{sys.executable} -m extract_tool"}
    command = ["sh", str(pack / "verify.sh"), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_the_script_repeats_the_extraction_and_notices_a_change(pack, folder, tmp_path):
    copy = shutil.copytree(pack, tmp_path / "pack")
    key = ("--key-file", str(folder / "secret.key"))
    done = repeat(copy, *key)
    assert (done.returncode, done.stdout.count("OK")) == (0, 6), done.stdout + done.stderr
    labelled = copy / "samples" / "labelled" / "01-an_output.png"
    labelled.write_bytes((copy / "samples" / "original" / "01-an_output.png").read_bytes())
    changed = repeat(copy, *key)
    assert (changed.returncode, changed.stdout.count("FAIL")) == (1, 1)
    assert "FAIL  samples/labelled/01-an_output.png" in changed.stdout


def test_both_scripts_ask_for_the_same(pack):
    shell = [line.split()[1:] for line in (pack / "verify.sh").read_text().splitlines() if line.startswith("check ")]
    text = (pack / "verify.bat").read_bytes().decode()
    windows = [line.split()[2:] for line in text.split("\r\n") if line.startswith("call :check ")]
    assert shell == windows
    assert len(shell) == 6


def test_the_tool_is_listed_file_by_file(pack):
    root = Path(sys.modules["synthmark"].__file__).parents[1]
    lines = (pack / "tool-files.sha256").read_text().splitlines()
    assert len(lines) > 200
    digest, _, name = next(line for line in lines if line.endswith("extract_tool/cli.py")).partition("  ")
    assert hashlib.sha256((root / name).read_bytes()).hexdigest() == digest


def test_equal_orders_give_equal_bytes(pack, folder):
    assert run(folder, "again") == 0
    assert contents(folder / "again") == contents(pack)


def test_a_folder_with_other_files_is_left_alone(pack, folder, tmp_path, capsys):
    assert run(folder, "pack") == 2
    assert "--overwrite" in capsys.readouterr().err
    (tmp_path / "note.txt").write_text("mine")
    order = Order(target=tmp_path, config=Config(), company=Company(), date="2026-01-31", overwrite=True)
    with pytest.raises(InputError, match="holds files already; name a new folder"):
        make_pack(order)
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_wrong_orders_are_refused(folder, tmp_path, capsys):
    assert run(folder, "new", "--date", "tomorrow") == 2
    assert run(folder, "new", "--tool", str(tmp_path / "missing.whl")) == 2
    (tmp_path / "empty").mkdir()
    code = main(["filing", "-o", str(tmp_path / "new"), "--samples", str(tmp_path / "empty"), "--no-input"])
    assert code == 2
    said = capsys.readouterr().err
    for problem in ("needed is a date", "--tool names the file", "holds 0 media files"):
        assert problem in said
    assert not (folder / "new").exists()
    assert list(tmp_path.glob(".new*")) == []
