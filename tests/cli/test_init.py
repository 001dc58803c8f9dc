"""`synthmark init`: a configuration that explains itself, and a key that stays private."""

import json
import os
import stat
from pathlib import Path

import pytest

import extract_tool.cli
from synthmark.cli import main
from synthmark.config import FIELDS, load_settings
from synthmark.keys import key_id, load_key
from synthmark.registry import open_registry


def test_files_are_written_and_fit_together(capsys):
    assert main(["init", "--producer", "Example-Studio", "--secret"]) == 0
    config = load_settings(Path("synthmark.toml"), environ={}).config
    assert config.producer == "Example-Studio"
    assert len(config.key()) == 32
    assert capsys.readouterr().out == "wrote synthmark.toml\nwrote synthmark.key\nwrote synthmark.sqlite\n"


def test_the_registry_is_made_and_found():
    main(["init"])
    location = load_settings(Path("synthmark.toml"), environ={}).config.registry
    with open_registry(location, create=False) as registry:
        assert registry.count() == 0


def test_every_setting_is_explained():
    main(["init"])
    text = Path("synthmark.toml").read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"{name} = " not in text] == []


def test_what_is_commented_out_would_be_accepted(tmp_path):
    """Taking the comment off an example must give a valid file."""
    main(["init"])
    lines = Path("synthmark.toml").read_text(encoding="utf-8").splitlines()
    bare = [line.removeprefix("# ") for line in lines if line.removeprefix("# ").split(" = ")[0] in FIELDS]
    assert len(bare) == len(FIELDS)
    file = tmp_path / "all.toml"
    file.write_text("\n".join(bare), encoding="utf-8")
    origins = load_settings(file, environ={}).origins
    assert set(origins.values()) == {str(file)}


def test_without_a_producer_it_says_what_to_do(capsys):
    main(["init"])
    assert "set the producer" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_key_is_private():
    main(["init"])
    assert stat.S_IMODE(Path("synthmark.key").stat().st_mode) == 0o600


def test_keys_differ():
    main(["init", "one"])
    main(["init", "two"])
    assert Path("one/synthmark.key").read_bytes() != Path("two/synthmark.key").read_bytes()


@pytest.mark.parametrize("existing", ["synthmark.toml", "synthmark.key"])
def test_nothing_is_overwritten(existing, capsys):
    Path(existing).write_text("mine", encoding="utf-8")
    assert main(["init"]) == 2
    assert Path(existing).read_text(encoding="utf-8") == "mine"
    assert len(list(Path().iterdir())) == 1
    assert f"{existing} exists already" in capsys.readouterr().err


def test_marks_are_public_unless_asked_otherwise():
    main(["init"])
    assert load_settings(Path("synthmark.toml"), environ={}).config.key() is None
    assert len(load_key(Path("synthmark.key"))) == 32


@pytest.mark.parametrize("option", [[], ["--secret"]])
def test_what_is_labelled_after_it_is_found(photographs, option, capsys):
    """The first three commands of a new user, whichever key they choose."""
    assert main(["init", "--producer", "Example-Studio", *option]) == 0
    assert main(["label", str(photographs / "photo.jpg"), "-o", "out", "--jobs", "1"]) == 0
    capsys.readouterr()
    assert extract_tool.cli.main(["out", "--json"]) == 0
    item = json.loads(capsys.readouterr().out)
    watermark = next(layer for layer in item["layers"] if layer["layer"] == "watermark")
    used = key_id(load_key(Path("synthmark.key")) if option else None)
    assert (watermark["outcome"], watermark["claims"]["key_id"]) == ("detected", used)
    assert item["tool"]["key_ids"][-1] == key_id(None)


def test_wrong_producer_writes_nothing(capsys):
    assert main(["init", "--producer", "two words"]) == 2
    assert list(Path().iterdir()) == []


def test_folder_that_cannot_be_written_is_told(capsys):
    Path("file").touch()
    assert main(["init", "file/below"]) == 2
    assert "synthmark: " in capsys.readouterr().err
