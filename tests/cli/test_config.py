"""`synthmark config show`: every setting with its origin."""

import json
from pathlib import Path

from synthmark.cli import main
from synthmark.config import FIELDS


def test_values_and_origins(monkeypatch, capsys):
    Path("synthmark.toml").write_text('system = "Painter"\n', encoding="utf-8")
    monkeypatch.setenv("SYNTHMARK_PRODUCER", "Example-Studio")
    assert main(["config", "show", "--position", "top-left"]) == 0
    lines = dict(line.split(" = ", 1) for line in capsys.readouterr().out.splitlines())
    rows = {name.strip(): [part.strip() for part in value.split("#")] for name, value in lines.items()}
    assert list(rows) == FIELDS
    assert rows["producer"] == ['"Example-Studio"', "SYNTHMARK_PRODUCER"]
    assert rows["system"] == ['"Painter"', "synthmark.toml"]
    assert rows["position"] == ['"top-left"', "flag"]
    assert rows["visible"] == ["true", "default"]
    assert rows["font"] == ["(not set)", "default"]


def test_json(capsys):
    assert main(["config", "show", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == FIELDS
    assert rows[0] == {
        "schema": "synthmark.setting/1",
        "name": "producer",
        "value": "unnamed",
        "origin": "default",
    }


def test_wrong_file_is_2(capsys):
    Path("synthmark.toml").write_text("colour = 1\n", encoding="utf-8")
    assert main(["config", "show"]) == 2
    assert "'colour' is unknown" in capsys.readouterr().err
