"""The key ring: keys are kept, listed, found by a check, and taken away."""

import json
import stat

import pytest
import skimage.data
from PIL import Image

from extract_tool.cli import main
from extract_tool.key_ring import ring_folder
from synthmark import image
from synthmark.keys import key_id

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def ring(tmp_path, monkeypatch):
    monkeypatch.setenv("EXTRACT_KEY_RING", str(tmp_path / "ring"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "ring"


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "studio.key"
    file.write_text(f'name = "Studio"\nprovider = "Example"\nvalid_until = 2020-01-01\nkey = "{KEY.hex()}"\n')
    file.chmod(0o600)
    return file


def test_a_key_is_added_listed_and_removed(key_file, ring, capsys):
    assert main(["keys", "add", str(key_file), "--name", "Studio 2"]) == 0
    assert main(["keys", "list"]) == 0
    added, listed = capsys.readouterr().out.splitlines()
    assert added == listed == f"{key_id(KEY)}  Studio 2  Example  ... - 2020-01-01  embed"
    assert stat.S_IMODE((ring / f"{key_id(KEY)}.toml").stat().st_mode) == 0o600
    assert main(["keys", "remove", "none"]) == 2
    assert main(["keys", "remove", "Studio 2"]) == 0
    assert list(ring.iterdir()) == []


def test_a_check_finds_marks_of_the_ring_and_names_the_key(key_file, tmp_path, capsys):
    picture = tmp_path / "marked.png"
    Image.fromarray(image.embed(skimage.data.astronaut(), 7, KEY)).save(picture)
    assert main([str(picture), "--json"]) == 1
    main(["keys", "add", str(key_file)])
    capsys.readouterr()
    assert main([str(picture), "--json"]) == 0
    mark = json.loads(capsys.readouterr().out)["layers"][1]
    assert (mark["claims"]["key_name"], mark["claims"]["key_provider"]) == ("Studio", "Example")
    assert "watermark.key_expired" in [item["code"] for item in mark["messages"]]
    assert main([str(picture), "--lang", "en"]) == 0
    assert "Studio, of Example" in " ".join(capsys.readouterr().out.split())


def test_the_ring_is_in_the_folder_for_settings(tmp_path):
    assert (
        ring_folder({"XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path)}) == tmp_path / "synthmark" / "keys"
    )
    assert ring_folder({"EXTRACT_KEY_RING": str(tmp_path)}) == tmp_path
