"""What the README and the manual of the commands say is true: every command and every example runs."""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import skimage.data
from clips import clip
from PIL import Image

import extract_tool.cli
import synthmark
import synthmark.cli
import synthmark.errors

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "README.zh.md",
    "docs/commands.md",
    "docs/commands.zh.md",
    "docs/quick-start.md",
    "docs/quick-start.zh.md",
    "docs/labelling-folders.md",
    "docs/labelling-folders.zh.md",
    "docs/operations.md",
    "docs/video.md",
)
EXTRACT_TOOL = "docs/extract-tool.md"
MANUALS = ("docs/commands.md", "docs/commands.zh.md")
GUIDES = (
    "docs/python.md",
    "docs/visible-label.md",
    "docs/metadata-label.md",
    "docs/video.md",
    "docs/pipelines.md",
    "docs/pipelines.zh.md",
    "docs/registry.md",
    "docs/quick-start.md",
    "docs/quick-start.zh.md",
    "docs/format.md",
)
ONE_PROGRAM = ("docs/format.md",)
"""Documents whose examples go on where the one before ended."""
PROGRAMS = {"synthmark": synthmark.cli.main, "synthmark-extract": extract_tool.cli.main}


def blocks(document: str, language: str) -> list[str]:
    """Return the fenced blocks of a document that are in one language."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(document: str) -> list[list[str]]:
    lines = [line for block in blocks(document, "sh") for line in block.splitlines()]
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


def set_up(document: str) -> list[list[str]]:
    return [words for words in commands(document) if words[0] == "sh"]


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return clip(tmp_path_factory.mktemp("film") / "clip.mp4", frames=75, sounds=("aac",))


@pytest.fixture
def folder(tmp_path, monkeypatch, film) -> Path:
    """Return the working folder that the documents have in mind."""
    (tmp_path / "pictures").mkdir()
    photo = Image.fromarray(skimage.data.coffee()).resize((384, 256))
    photo.save(tmp_path / "pictures" / "photo.jpg", quality=92)
    photo.save(tmp_path / "photo.png")
    shutil.copy(film, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if ".zh." not in name])  # which have the same ones
@pytest.mark.usefixtures("folder")
def test_commands_run_one_after_another(document, capsys):
    todo = [words for words in commands(document) if words[0] != "sh"]
    assert len(todo) >= 2
    for program, *arguments in todo:
        assert PROGRAMS[program](arguments) == 0, (program, arguments, capsys.readouterr().err)


def examples(document: str) -> list[str]:
    """Return the programs of a document."""
    found = blocks(document, "python")
    return ["\n".join(found)] if document in ONE_PROGRAM else found


def test_commands_of_the_extract_tool_run(folder, capsys):
    synthmark.label_file("pictures/photo.jpg", "photo.jpg")
    (folder / "evidence").mkdir()
    shutil.copy("photo.jpg", "evidence")
    todo = [words for words in commands(EXTRACT_TOOL) if words[0] == "synthmark-extract"]
    made = next(words for words in todo if words[1] == "signing-key")  # it signs before the page comes to making it
    assert extract_tool.cli.main(made[1:]) == 0
    public_key = re.findall(r"\b[0-9a-f]{64}\b", capsys.readouterr().out)[0]
    rest = [words[1:] for words in todo if words != made and words[1] != "serve"]
    assert len(rest) >= 3
    for arguments in rest:
        given = [public_key if word.endswith("...") else word for word in arguments]
        assert extract_tool.cli.main(given) == 0, (given, capsys.readouterr().err)


EXAMPLES = [
    pytest.param(example, id=f"{document} {number}")
    for document in ("README.md", *GUIDES)
    if ".zh." not in document  # which have the same ones
    for number, example in enumerate(examples(document), 1)
]


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.usefixtures("folder")
def test_examples_in_python_run(example):
    exec(compile(example, "example", "exec"), {"__name__": "example"})


def test_every_document_with_examples_is_run():
    counts = {document: len(blocks(document, "python")) for document in ("README.md", *GUIDES)}
    assert min(counts.values()) >= 1
    others = [file for file in ROOT.glob("docs/*.md") if f"docs/{file.name}" not in (*GUIDES, *DOCUMENTS)]
    assert [file.name for file in others if "```python" in file.read_text(encoding="utf-8")] == []


def test_examples_need_nothing_but_the_package(folder):
    """One example in a process of its own, with an environment that is all but empty."""
    done = subprocess.run(
        [sys.executable, "-c", blocks("README.md", "python")[1]],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "one" / "photo.jpg").is_file()


def test_the_picture_of_the_readme_is_what_it_says():
    report = synthmark.verify_file(ROOT / "docs" / "labelled.jpg")
    assert report.verdict == "labelled"
    assert report.agreement == {"content_id": ("metadata", "watermark")}
    content_id = report.layer("watermark").claims["content_id"]
    shown = "-".join(content_id[place : place + 4] for place in (0, 4, 8, 12))
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")


def test_error_table_names_every_error():
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert [name for name in synthmark.errors.__all__ if f"`{name}`" not in text] == []


def test_continuous_integration_runs_the_set_up_commands():
    told = {" ".join(words) for words in set_up("README.md")}
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert told == {"sh scripts/demo", "sh scripts/test"}
    assert told <= set(script)


def test_scripts_are_valid_shell():
    for script in ("scripts/demo", "scripts/test", "scripts/environment.sh", ".ci/run"):
        subprocess.run(["sh", "-n", str(ROOT / script)], check=True, timeout=10)


def test_programs_are_the_installed_ones():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entries = {name: f"{main.__module__}:{main.__name__}" for name, main in PROGRAMS.items()}
    assert project["scripts"] == entries


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command by the words that call it."""
    found = {"synthmark-extract": extract_tool.cli.build_parser()}
    todo = {"synthmark": synthmark.cli.build_parser()}
    while todo:
        name, parser = todo.popitem()
        below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        todo |= {f"{name} {word}": child for action in below for word, child in action.choices.items()}
        found |= {} if below else {name: parser}
    return found


@pytest.mark.parametrize("document", MANUALS)
def test_manual_knows_every_command_and_names_no_option_that_is_not_there(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    options = {option for parser in parsers().values() for option in parser._option_string_actions}
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert told - options == set()
    assert [name for name in parsers() if name not in text] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, *GUIDES])
def test_links_lead_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert targets or document in GUIDES
    assert [link for link in targets if not ((ROOT / document).parent / link).exists()] == []


CHINESE = [
    document
    for document in (*DOCUMENTS, *GUIDES, EXTRACT_TOOL)
    if (ROOT / document.replace(".md", ".zh.md")).is_file()
]


@pytest.mark.parametrize("document", dict.fromkeys(CHINESE))
def test_both_languages_have_the_same_commands_and_examples(document):
    chinese = document.replace(".md", ".zh.md")
    assert commands(document) == commands(chinese)
    assert not blocks(chinese, "python") or blocks(document, "python") == blocks(chinese, "python")


def test_the_licence_of_every_library_is_told():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [re.split(r"[\[<>=~!]", name)[0] for name in project["dependencies"]]
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Licence")[2]
    assert [name for name in needed if f"| {name}" not in table and f", {name} |" not in table] == []
