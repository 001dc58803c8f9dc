"""`synthmark embed` and `synthmark extract`: a mark goes in and comes out."""

import json
from pathlib import Path

import pytest

import extract_tool.cli
from synthmark.cli import main
from synthmark.keys import key_id, load_key

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


def test_embedding_prints_the_report_of_the_copy(photographs, capsys):
    command = ["embed", str(photographs / "photo.jpg"), "-o", "a.jpg", "--content-id", "7", "--json"]
    assert main(command) == 0
    item = json.loads(capsys.readouterr().out)
    assert (item["schema"], item["verdict"]) == ("synthmark.label/1", "labelled")
    assert item["file"]["name"] == "a.jpg"
    assert layers(json.dumps(item))["watermark"]["claims"]["content_id"] == "0000000000000007"


def test_another_mark_in_a_labelled_file_is_3(photographs, capsys):
    """The metadata label of the file goes on naming the content id that it had."""
    source = str(photographs / "photo.jpg")
    assert main(["label", source, "-o", "out", "--no-watermark", "--jobs", "1"]) == 0
    assert main(["embed", "out/photo.jpg", "-o", "again.jpg", "--content-id", "7"]) == 3
    out, err = capsys.readouterr()
    assert out.endswith("again.jpg: marked with 0000000000000007\n")
    assert "out/photo.jpg: The metadata label names id" in err


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


@pytest.fixture(scope="module")
def secret(photographs, tmp_path_factory) -> Path:
    """Return a folder with a configured secret key and a picture that is marked with it."""
    folder = tmp_path_factory.mktemp("secret")
    main(["init", str(folder), "--secret"])
    command = ["embed", str(photographs / "sub" / "astronaut.png"), "-o", str(folder / "a.png")]
    config = ["--config", str(folder / "synthmark.toml"), "--content-id", CONTENT_ID]
    assert main([*command, *config]) == 0
    return folder


def test_mark_of_a_secret_key_is_not_found_without_it(secret, capsys):
    assert main(["extract", str(secret / "a.png"), "--lang", "en"]) == 1
    assert "No label found by this tool." in capsys.readouterr().out


def test_key_of_the_configuration_is_tried_before_the_published_one(secret, marked, capsys):
    config = ["--config", str(secret / "synthmark.toml"), "--json"]
    own, published = key_id(load_key(secret / "synthmark.key")), key_id(None)
    for file, used in ((secret / "a.png", own), (marked, published)):
        assert main(["extract", str(file), *config]) == 0
        out = capsys.readouterr().out
        assert layers(out)["watermark"]["claims"]["key_id"] == used
        assert json.loads(out)["tool"]["key_ids"] == [own, published]


@pytest.mark.parametrize("program", [main, extract_tool.cli.main])
def test_all_keys_that_are_named_are_tried(secret, marked, program, capsys):
    def evidence(*arguments: str) -> dict:
        assert program([*arguments, "--json"]) == 0
        return layers(capsys.readouterr().out)["watermark"]["evidence"]

    command = ["extract"] if program is main else []
    main(["init", "others"])
    capsys.readouterr()
    keys = ["--key-file", "others/synthmark.key", "--key-file", str(secret / "synthmark.key")]
    three = evidence(*command, str(secret / "a.png"), *keys)
    one = evidence(*command, str(marked))
    assert (three["keys_tried"], one["keys_tried"]) == (3, 1)
    single = evidence(*command, str(secret / "a.png"), *keys[2:])["false_alarm_probability"] / 2
    assert three["false_alarm_probability"] == pytest.approx(3 * single)


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
    main(["label", str(photographs / "photo.jpg"), "-o", "out", "--producer", "Example-Studio", "--jobs", "1"])
    capsys.readouterr()
    assert main(["extract", "out/photo.jpg", "--json"]) == 0
    item = json.loads(capsys.readouterr().out)
    assert item["verdict"] == "labelled"
    assert item["agreement"] == {"content_id": ["metadata", "watermark"]}
    assert layers(json.dumps(item))["metadata"]["claims"]["producer"] == "Example-Studio"
