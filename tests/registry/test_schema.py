"""The tables of an earlier version become those of today, and nothing is lost."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import skimage.data
from sample_records import sample_record

from synthmark.registry import open_registry, store
from synthmark.registry import schema as schema_module
from synthmark.registry.measuring import fingerprint_pictures

VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.fixture
def old(tmp_path):
    """A registry that the program with tables of version 1 has written."""
    return Path(shutil.copy(VECTORS / "registry-v1.sqlite", tmp_path / "old.sqlite"))


def version_and_tables(file):
    connection = sqlite3.connect(file)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    (version,) = connection.execute("SELECT version FROM synthmark_schema").fetchone()
    connection.close()
    return version, tables


def test_the_old_file_is_old(old):
    version, tables = version_and_tables(old)
    assert (version, "synthmark_keys" in tables) == (1, False)


def test_an_old_registry_is_brought_up_to_date_by_opening_it(old):
    expected = json.loads((VECTORS / "registry-v1.json").read_text(encoding="utf-8"))
    with open_registry(old, create=False) as registry:
        assert registry.head().text() == expected["head"]
        assert [row.hash for row in registry.rows()] == expected["hashes"]
        assert registry.verify().intact
        assert registry.find_content_id(3)[0].record.requested_by == "customer 4711"
    version, tables = version_and_tables(old)
    assert (version, "synthmark_keys" in tables) == (schema_module.VERSION, True)


def test_old_records_are_found_by_content_afterwards(old):
    with open_registry(old) as registry:
        (match,) = registry.find_fingerprint(fingerprint_pictures([skimage.data.coffee()[::3, ::3]]))
        assert match.record.record.content_id == f"{2:016x}"


def test_the_old_chain_goes_on(old):
    with open_registry(old) as registry:
        assert registry.add(sample_record(9)).sequence == 9
        assert registry.verify().intact


def test_a_step_that_fails_changes_nothing(old, monkeypatch):
    def fails(connection):
        schema_module.keys.create(connection)
        raise RuntimeError("in the middle of the step")

    monkeypatch.setattr(schema_module, "_STEPS", (schema_module._create, fails))
    before = version_and_tables(old)
    with pytest.raises(RuntimeError):
        open_registry(old)
    assert version_and_tables(old) == before


def test_a_new_registry_has_the_same_tables_as_an_old_one(old, tmp_path):
    open_registry(old).close()
    open_registry(tmp_path / "new.sqlite").close()
    definitions = []
    for file in (old, tmp_path / "new.sqlite"):
        connection = sqlite3.connect(file)
        definitions.append(sorted(connection.execute("SELECT name, sql FROM sqlite_master")))
        connection.close()
    assert definitions[0] == definitions[1]


def test_the_version_is_the_number_of_steps():
    assert len(schema_module._STEPS) == schema_module.VERSION == store.VERSION
