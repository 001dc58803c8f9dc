"""The registry as JSON Lines and as CSV."""

import csv
import hashlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_records import sample_record

from synthmark.errors import InputError
from synthmark.registry.export import _cell, write_csv, write_json_lines, writer_for


def test_json_lines_hold_the_chain(registry):
    registry.add_many([sample_record(number, source=f"/图 \u2028{number}\n.png") for number in range(3)])
    file = io.StringIO()
    assert write_json_lines(registry.rows(), file) == 3
    previous = "0" * 64
    for line in file.getvalue().removesuffix("\n").split("\n"):
        parsed = json.loads(line)
        assert parsed["entry"]["previous"] == previous
        entry = line.removeprefix('{"entry":').removesuffix(f',"hash":"{parsed["hash"]}"}}')
        previous = hashlib.sha256(entry.encode()).hexdigest()
        assert parsed["hash"] == previous


def test_csv_is_read_back_as_it_was(registry):
    stored = registry.add_many([sample_record(1, source='/a "b", c\n.png'), sample_record(2, system=None)])
    file = io.StringIO(newline="")
    assert write_csv(registry.rows(), file) == 2
    file.seek(0)
    first, second = csv.DictReader(file)
    assert first["source"] == '/a "b", c\n.png'
    assert (first["sequence"], first["hash"]) == ("1", stored[0].hash)
    assert (first["layers"], first["explicit_label"], first["mark_format"]) == (
        "visible watermark metadata",
        "true",
        "1",
    )
    assert second["system"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_formulas_are_defused(registry, text):
    registry.add(sample_record(1, producer=text))
    file = io.StringIO(newline="")
    write_csv(registry.rows(), file)
    file.seek(0)
    (row,) = csv.DictReader(file)
    assert row["producer"] == "'" + text


@given(st.text())
def test_no_cell_starts_like_a_formula(text):
    assert not str(_cell(text)).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_stay_numbers():
    assert _cell(-5) == -5


def test_an_empty_registry_gives_no_records(registry):
    lines, table = io.StringIO(), io.StringIO()
    assert write_json_lines(registry.rows(), lines) == write_csv(registry.rows(), table) == 0
    assert lines.getvalue() == ""
    assert table.getvalue().startswith("sequence,recorded_at,hash,content_id,")


def test_other_formats_are_refused():
    with pytest.raises(InputError, match="one of jsonl, csv"):
        writer_for("xlsx")
