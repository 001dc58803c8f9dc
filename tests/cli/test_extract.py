"""`synthmark embed` and `synthmark extract`: a mark goes in and comes out."""

import json
from pathlib import Path

import pytest

from synthmark.cli import main

CONTENT_ID = "5a3a19c2000000a1"


@pytest.fixture(scope="module")
def marked(photographs, tmp_path_factory) -> Path:
    """Return a picture with nothing but the watermark of the published key."""
    target = tmp_path_factory.mktemp("marked") / "marked.png"
    source = photographs / "sub" / "astronaut.png"
    assert main(["embed", str(source), "-o", str(target), "--content-id", CONTENT_ID]) == 0
    return target


def layers(text: str) -> dict[str, dict]:
    (item,) = [json.loads(line) for line in text.splitlines()]
    return {layer["layer"]: layer for layer in item["layers"]}


def test_content_id_comes_back(marked, capsys):
    assert main(["extract", str(marked), "--json"]) == 0
    found = layers(capsys.readouterr().out)
    assert found["watermark"]["outcome"] == "detected"
    assert found["watermark"]["claims"]["content_id"] == CONTENT_ID
    assert found["watermark"]["evidence"]["false_alarm_probability"] <= 1e-9
    assert found["metadata"]["outcome"] == "not_detected"


def test_report_for_people_names_the_id(marked, capsys):
    assert main(["extract", str(marked), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{marked}\n\nRESULT   AI-generated label found, and intact.\n")
    assert "id 5a3a-19c2-0000-00a1" in out


def test_another_key_finds_nothing(marked, capsys):
    main(["init", "keys"])
    assert main(["extract", str(marked), "--key-file", "keys/synthmark.key", "--lang", "en"]) == 1
    assert "No label found by this tool." in capsys.readouterr().out


def test_key_of_the_configuration_is_used(photographs, capsys):
    main(["init"])
    source = str(photographs / "sub" / "astronaut.png")
    assert main(["embed", source, "-o", "a.png", "--content-id", CONTENT_ID]) == 0
    assert main(["extract", "a.png"]) == 0
    Path("synthmark.toml").unlink()
    assert main(["extract", "a.png"]) == 1


def test_copy_is_not_replaced_unless_asked(marked, photographs, capsys):
    before = marked.read_bytes()
    command = ["embed", str(photographs / "photo.jpg"), "-o", str(marked), "--content-id", "1"]
    assert main(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert marked.read_bytes() == before


def test_input_is_never_the_output(photographs, capsys):
    source = photographs / "photo.jpg"
    before = source.read_bytes()
    command = ["embed", str(source), "-o", str(source), "--content-id", "1", "--overwrite"]
    assert main(command) == 2
    assert source.read_bytes() == before
    assert "never overwritten" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "xyz", "12345678901234567"])
def test_wrong_content_id_is_2(photographs, text, capsys):
    assert main(["embed", str(photographs / "photo.jpg"), "-o", "a.jpg", "--content-id", text]) == 2
    assert "hex digits are needed" in capsys.readouterr().err
    assert not Path("a.jpg").exists()


def test_all_layers_of_a_labelled_file_agree(photographs, capsys):
    main(
        ["label", str(photographs / "photo.jpg"), "-o", "out", "--producer", "Example-Studio", "--jobs", "1"]
    )
    capsys.readouterr()
    assert main(["extract", "out/photo.jpg", "--json"]) == 0
    item = json.loads(capsys.readouterr().out)
    assert item["verdict"] == "labelled"
    assert item["agreement"] == {"content_id": ["metadata", "watermark"]}
    assert layers(json.dumps(item))["metadata"]["claims"]["producer"] == "Example-Studio"
