"""`synthmark-extract`: what it says, what it returns, and that it cannot embed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import synthmark
from extract_tool.cli import main
from extract_tool.examination import examined

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _empty_working_folder(tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))


class InThisProcess:
    """Examines files without a sandbox: fast, and open to monkeypatch."""

    def __init__(self, limits):
        self.limits = limits

    def examine(self, request, progress=None):
        return json.loads(json.dumps(examined(request)))

    def interrupt(self):
        pass

    def close(self):
        pass


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    monkeypatch.setattr("extract_tool.checking.Sandbox", InThisProcess)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """Return a folder with a labelled, a plain, a contradictory and a broken picture."""
    folder = tmp_path_factory.mktemp("files")
    photo = Image.fromarray(skimage.data.astronaut()).resize((256, 256))
    photo.save(folder / "plain.png")
    config = synthmark.Config(producer="Example-Studio", visible=False)
    synthmark.label_file(folder / "plain.png", folder / "labelled.png", config)
    contradict(folder / "labelled.png", folder / "conflict.png")
    (folder / "broken.png").write_bytes((folder / "plain.png").read_bytes()[:5000])
    return folder


def contradict(labelled: Path, target: Path) -> None:
    """Give the pixels of a labelled picture a metadata label with another content id."""
    bare = target.with_name("bare.png")
    with Image.open(labelled) as picture:
        Image.fromarray(np.asarray(picture)).save(bare)
    config = synthmark.Config(producer="Example-Studio", visible=False, watermark=False)
    synthmark.label_file(bare, target, config)
    bare.unlink()


def run(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run the tool as a program of its own."""
    command = [sys.executable, "-m", "extract_tool", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["labelled.png"], 0),
        (["plain.png"], 1),
        (["conflict.png"], 3),
        (["broken.png"], 4),
        (["none.png"], 4),
        (["labelled.png", "plain.png"], 1),
        (["conflict.png", "plain.png", "labelled.png"], 3),
        (["broken.png", "conflict.png"], 4),
    ],
)
def test_exit_code_is_the_highest_with_and_without_json(files, names, code, capsys):
    paths = [str(files / name) for name in names]
    assert main(paths) == code
    assert main([*paths, "--json"]) == code
    assert main([*paths, "--exit-zero"]) == 0


@pytest.mark.parametrize("arguments", [[], ["--lang", "fr", "a.png"], ["--jobs", "x", "a.png"]])
def test_wrong_usage_is_2(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_wrong_key_file_is_2_even_with_exit_zero(files, capsys):
    assert main([str(files / "plain.png"), "--key-file", "none.key", "--exit-zero"]) == 2
    assert "none.key" in capsys.readouterr().err


def test_failure_of_the_tool_is_5(files, monkeypatch, capsys):
    def fails(*_args, **_options):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("synthmark.verification.verify_file", fails)
    assert main([str(files / "plain.png"), "--json"]) == 5
    out, err = capsys.readouterr()
    assert json.loads(out)["error"] == {
        "kind": "InternalError",
        "message": "internal error: ZeroDivisionError: by zero",
    }
    assert "plain.png: internal error: ZeroDivisionError" in err


def test_every_object_has_what_programs_rely_on(files, capsys):
    main([str(files), "--json"])
    items = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["file"]["name"] for item in items] == [
        "broken.png",
        "conflict.png",
        "labelled.png",
        "plain.png",
    ]
    assert [item["verdict"] for item in items] == ["not_checked", "conflict", "labelled", "not_labelled"]
    assert [item["exit_code"] for item in items] == [4, 3, 0, 1]
    for item in items:
        assert item["schema"] == "synthmark.report/1"
        assert item["file"].keys() == {"name", "size", "sha256", "media_type"}
        assert [layer["layer"] for layer in item["layers"]][:4] == [
            "metadata",
            "watermark",
            "credential",
            "visible",
        ]
        assert all({"outcome", "claims", "evidence"} <= layer.keys() for layer in item["layers"])
        assert item["tool"]["name"] == "synthmark-extract"
        assert item["tool"]["network"] is False


def test_unreadable_file_has_its_facts_and_the_error(files, capsys):
    main([str(files / "broken.png"), str(files / "none.png"), "--json"])
    broken, missing = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert broken["file"]["size"] == 5000
    assert len(broken["file"]["sha256"]) == 64
    assert broken["error"]["kind"] == "DamagedMediaError"
    assert missing["file"] == {"name": "none.png", "size": None, "sha256": None, "media_type": None}
    assert missing["error"]["kind"] == "MediaError"


def test_both_languages(files, capsys):
    main([str(files / "plain.png"), "--lang", "both"])
    out = capsys.readouterr().out
    assert out.index("本工具未检测到标识。") < out.index("No label found by this tool.")
    assert out.count(str(files / "plain.png")) == 1


def test_language_of_the_locale(files):
    done = run(files / "plain.png", LC_ALL="zh_CN.UTF-8", PYTHONUTF8="1")
    assert "本工具未检测到标识。" in done.stdout.decode()


def test_workers_give_the_same_output(files, capsys):
    def reports(*options: str) -> list[dict]:
        main([str(files), "--json", *options])
        items = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        varying = {"checked_at", "seconds"}
        return [{name: value for name, value in item.items() if name not in varying} for item in items]

    assert reports("--jobs", "2") == reports()


def test_console_in_gbk(files):
    done = run(files / "labelled.png", "--lang", "both", PYTHONIOENCODING="gbk")
    assert done.returncode == 0, done.stderr
    assert "检测到“人工智能生成合成”标识" in done.stdout.decode("gbk")


def test_console_in_ascii(files):
    done = run(files / "labelled.png", "--lang", "zh", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_closed_pipe_is_quiet(files):
    command = f'"{sys.executable}" -m extract_tool "{files}" --json | true'
    done = subprocess.run(["sh", "-c", command], capture_output=True, cwd=ROOT, timeout=120, check=False)
    assert done.stderr.decode().count("Traceback") == 0


def test_output_has_no_colour_codes(files):
    assert b"\x1b" not in run(files / "labelled.png", FORCE_COLOR="1").stdout


SPY = """
import sys
from pathlib import Path
from extract_tool.examination import examined
from extract_tool.sandbox import Request
from synthmark.config import Config
{before}
print(examined(Request(Path(sys.argv[1]), Config(), (), "synthmark-extract", pictures=True)))
print("LOADED", *sorted(sys.modules))
"""


def spied(before: str, file: Path) -> tuple[str, set[str]]:
    """Examine a file in a fresh interpreter, as the sandbox does, and return what was found and loaded."""
    command = [sys.executable, "-c", SPY.format(before=before), str(file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=300, check=False, encoding="utf-8")
    out, _, loaded = done.stdout.rpartition("LOADED")
    return out + done.stderr, set(loaded.split())


def test_it_cannot_embed(files):
    """Nothing that embeds or labels is even loaded, and the command has no option for it."""
    _, loaded = spied("", files / "labelled.png")
    assert "synthmark.verification" in loaded
    assert loaded & {"synthmark.labelling", "synthmark.image.embedding", "synthmark.audio.embedding"} == set()


def test_nothing_of_the_network_is_loaded(files):
    _, loaded = spied("", files / "labelled.png")
    assert loaded & {"urllib.request", "http.client", "ssl", "asyncio"} == set()


REFUSE_NETWORK = """
def refuse(event, _arguments):
    if event.startswith("socket."):
        raise RuntimeError("network: " + event)
sys.addaudithook(refuse)
"""


def test_it_uses_no_network(files):
    out, _ = spied(REFUSE_NETWORK, files / "labelled.png")
    assert "'verdict': 'labelled'" in out


def test_the_measure_sees_the_network(files):
    out, _ = spied(f"{REFUSE_NETWORK}\nimport socket\nsocket.socket()", files / "labelled.png")
    assert "network: socket.__new__" in out


def test_the_command_uses_no_network(files):
    """The parent process talks with the sandbox over pipes: no socket is opened there either."""
    program = f"import sys\n{REFUSE_NETWORK}\nfrom extract_tool.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, str(files / "labelled.png")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_it_works_without_numba(files):
    """The kernels then run as plain Python: slower, with the same result."""
    out, loaded = spied("sys.modules['numba'] = None", files / "labelled.png")
    assert "'verdict': 'labelled'" in out
    assert "llvmlite" not in loaded


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path, capsys):
    picture = tmp_path / "a\x1b[2J\u202e.png"
    info = PngInfo()
    label = {"AIGC": {"Label": "1", "ContentProducer": "\x1b]0;gone\x07\nRESULT forged", "ProduceID": "1"}}
    info.add_text("AIGC", json.dumps(label))
    Image.fromarray(skimage.data.astronaut()[:64, :64]).save(picture, pnginfo=info)
    main([str(picture), "--lang", "both"])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b]0;gone" in out
    assert not [line for line in out.splitlines() if line.startswith("RESULT forged")]
