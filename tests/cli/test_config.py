"""`synthmark config show`: every setting with its origin."""

import argparse
import json
from pathlib import Path

from synthmark.cli import build_parser, main
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


def options_of(*names: str) -> set[str]:
    """Return what the options of a command set."""
    parser = build_parser()
    for name in names:
        action = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        parser = action.choices[name]
    return {action.dest for action in parser._actions}


def test_every_setting_is_an_option_and_a_variable_too(monkeypatch, capsys):
    assert set(FIELDS) - options_of("config", "show") == set()
    assert set(FIELDS) - options_of("label") == {"language", "retention_months"}
    assert "language" in options_of("extract")
    assert "retention_months" in options_of("registry", "prune")
    monkeypatch.setenv("SYNTHMARK_RETENTION_MONTHS", "12")
    assert main(["config", "show", "--lang", "zh", "--requested-by", "customer 7", "--registry", "a.sqlite"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if "default" not in line]
    assert [" ".join(line.split()) for line in shown] == [
        'language = "zh" # flag',
        'registry = "a.sqlite" # flag',
        'requested_by = "customer 7" # flag',
        "retention_months = 12 # SYNTHMARK_RETENTION_MONTHS",
    ]


def test_the_password_of_the_registry_is_not_shown(monkeypatch, capsys):
    monkeypatch.setenv("SYNTHMARK_REGISTRY", "postgresql://me:secret@host/labels")
    assert main(["config", "show"]) == 0
    out = capsys.readouterr().out
    assert "secret" not in out
    assert "postgresql://me:***@host/labels" in out
