"""The chain: whatever is changed behind the registry's back is found, and an untouched one is whole."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_records import sample_record

from synthmark.errors import InputError
from synthmark.registry.chain import GENESIS, Anchor, Checker, Head, Row, canonical, entry_hash
from synthmark.registry.schema import columns_of

ENTRIES = 12


@pytest.fixture
def filled(registry):
    registry.add_many([sample_record(number) for number in range(1, ENTRIES + 1)])
    return registry


def codes(result):
    return [(problem.code, problem.first, problem.last) for problem in result.problems]


def test_an_untouched_chain_is_whole(filled):
    result = filled.verify([filled.head()])
    assert (result.intact, result.entries, result.head) == (True, ENTRIES, filled.head())


def test_an_empty_registry_is_whole(registry):
    result = registry.verify([registry.head()])
    assert (result.intact, result.entries, result.head) == (True, 0, Anchor(0, GENESIS))


def test_hashes_can_be_checked_with_sha256_alone(filled):
    previous = "0" * 64
    for row in filled.rows():
        entry = json.loads(row.content)
        assert entry["previous"] == previous
        previous = hashlib.sha256(row.content.encode()).hexdigest()
        assert previous == row.hash
    assert filled.head().hash == previous


CONTENT = "UPDATE synthmark_entries SET content = replace(content, 'tester', 'nobody') WHERE sequence = "
TAMPERING = {
    "content": ([CONTENT + "5"], [("altered", 5, 5)]),
    "first": ([CONTENT + "1"], [("altered", 1, 1)]),
    "last": ([CONTENT + "12"], [("altered", 12, 12)]),
    "several": ([CONTENT + "3", CONTENT + "9"], [("altered", 3, 3), ("altered", 9, 9)]),
    "spaces": (
        ["UPDATE synthmark_entries SET content = replace(content, ',', ', ') WHERE sequence = 4"],
        [("altered", 4, 4)],
    ),
    "hash": (
        [f"UPDATE synthmark_entries SET hash = '{'a' * 64}' WHERE sequence = 7"],
        [("altered", 7, 7), ("order", 8, 8)],
    ),
    "id column": (
        [f"UPDATE synthmark_entries SET content_id = '{'f' * 16}' WHERE sequence = 6"],
        [("columns", 6, 6)],
    ),
    "time column": (
        ["UPDATE synthmark_entries SET recorded_at = '2020-01-01T00:00:00.000Z' WHERE sequence = 6"],
        [("columns", 6, 6)],
    ),
    "no JSON": (
        ["UPDATE synthmark_entries SET content = '[' WHERE sequence = 5"],
        [("altered", 5, 5), ("order", 5, 5)],
    ),
    "removed": (["DELETE FROM synthmark_entries WHERE sequence IN (4, 5)"], [("removed", 4, 5)]),
    "first removed": (["DELETE FROM synthmark_entries WHERE sequence < 3"], [("start", 3, 3)]),
    "last removed": (["DELETE FROM synthmark_entries WHERE sequence > 10"], [("end", 11, 12)]),
    "all removed": (["DELETE FROM synthmark_entries"], [("end", 1, 12)]),
    "closed gap": (
        [
            "DELETE FROM synthmark_entries WHERE sequence = 12",
            "UPDATE synthmark_entries SET sequence = 12 WHERE sequence = 5",
            "UPDATE synthmark_entries SET sequence = 5 WHERE sequence = 11",
        ],
        [("order", 5, 5), ("order", 5, 5), ("order", 6, 6), ("removed", 11, 11), ("end", 12, 12), ("order", 12, 12)],
    ),
    "swapped": (
        [
            "UPDATE synthmark_entries SET sequence = 99 WHERE sequence = 5",
            "UPDATE synthmark_entries SET sequence = 5 WHERE sequence = 6",
            "UPDATE synthmark_entries SET sequence = 6 WHERE sequence = 99",
        ],
        [("order", 5, 5), ("order", 5, 5), ("order", 6, 6), ("order", 6, 6), ("order", 7, 7)],
    ),
    "inserted at the end": (
        [
            (
                "INSERT INTO synthmark_entries SELECT 13, kind, recorded_at, content_id, produce_id, sha256_before, "
                "sha256_after, content, hash FROM synthmark_entries WHERE sequence = 12"
            )
        ],
        [("end", 13, 13), ("order", 13, 13), ("order", 13, 13)],
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found_and_named(filled, tamper, name):
    statements, expected = TAMPERING[name]
    tamper(*statements)
    result = filled.verify()
    assert not result.intact
    assert sorted(codes(result)) == sorted(expected)


def test_removing_the_end_with_its_note_shows_against_an_anchor(filled, tamper):
    """Who also resets the stored end leaves a chain that is whole: only an anchor kept elsewhere tells."""
    anchor = filled.head()
    tamper(
        "DELETE FROM synthmark_entries WHERE sequence > 10",
        "UPDATE synthmark_head SET sequence = 10, hash = (SELECT hash FROM synthmark_entries WHERE sequence = 10)",
    )
    assert filled.verify().intact
    assert codes(filled.verify([anchor])) == [("anchor", ENTRIES, ENTRIES)]


def test_an_earlier_anchor_holds_while_the_chain_grows(filled):
    anchor = filled.head()
    filled.add(sample_record(99))
    assert filled.verify([anchor, filled.head()]).intact
    assert codes(filled.verify([Anchor(3, "a" * 64)])) == [("anchor", 3, 3)]


def chain_of(count):
    rows, previous = [], GENESIS
    for sequence in range(1, count + 1):
        entry = {
            "sequence": sequence,
            "previous": previous,
            "recorded_at": f"2026-01-01T00:00:{sequence:02}.000Z",
            "kind": "label",
            "record": sample_record(sequence).as_json(),
        }
        content = canonical(entry)
        previous = entry_hash(content)
        rows.append(Row(sequence, content, previous, columns_of(entry)))
    return rows


def verified(rows, head):
    checker = Checker(columns_of)
    for row in rows:
        checker.add(row)
    return checker.finish(head)


@given(st.integers(1, 9), st.data())
def test_every_changed_byte_is_found(count, data):
    rows = chain_of(count)
    place = data.draw(st.integers(0, count - 1))
    content = rows[place].content
    at = data.draw(st.integers(0, len(content) - 1))
    letter = data.draw(st.characters(exclude_categories=["Cs"], exclude_characters=[content[at]]))
    changed = content[:at] + letter + content[at + 1 :]
    head = Head(count, rows[-1].hash, "")
    assert verified(rows, head).intact
    rows[place] = Row(place + 1, changed, rows[place].hash, rows[place].columns)
    assert not verified(rows, head).intact


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_every_other_order_and_every_gap_is_found(order, removed):
    rows = chain_of(6)
    head = Head(6, rows[-1].hash, "")
    left = [rows[place] for place in order if place not in removed]
    placed = [Row(place + 1, row.content, row.hash, row.columns) for place, row in enumerate(left)]
    assert verified(placed, head).intact == (left == rows)


def test_time_running_back_is_found():
    rows = chain_of(3)
    entry = json.loads(rows[2].content) | {"recorded_at": "2025-01-01T00:00:00.000Z"}
    content = canonical(entry)
    rows[2] = Row(3, content, entry_hash(content), columns_of(entry))
    assert codes(verified(rows, Head(3, rows[2].hash, ""))) == [("time", 3, 3)]


@pytest.mark.parametrize("text", ["", "synthmark-registry-1:1:abc", "synthmark-registry-2:1:" + "a" * 64, "1:2:3"])
def test_other_texts_are_no_anchors(text):
    with pytest.raises(InputError, match="is no anchor"):
        Anchor.parse(text)


@given(st.integers(0, 10**17), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_anchors_are_read_as_written(sequence, digest):
    assert Anchor.parse(Anchor(sequence, digest).text()) == Anchor(sequence, digest)
