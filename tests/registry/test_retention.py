"""Pruning: nothing younger than six months goes, and the chain stays whole."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_records import sample_record

from synthmark.errors import InputError, RegistryError
from synthmark.registry import Anchor, appending
from synthmark.registry.chain import parsed_entry
from synthmark.registry.retention import latest_cutoff, may_be_pruned, parse_moment, pruning_cutoff


def moment(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        ("2026-07-02 10:00", "2025-12-31"),
        ("2026-08-31 10:00", "2026-02-27"),
        ("2028-08-31 10:00", "2028-02-28"),
        ("2026-01-01 00:00", "2025-06-29"),
        ("2026-03-01 23:59", "2025-08-31"),
    ],
)
def test_six_calendar_months_that_are_over_everywhere(now, latest):
    assert latest_cutoff(moment(now)) == moment(latest)


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1)), st.integers(6, 40))
def test_what_may_go_is_older_than_the_months_everywhere_on_earth(now, months):
    """The last day of the period, counted by the calendar of a place, is over there."""
    now = now.replace(tzinfo=dt.UTC)
    newest = latest_cutoff(now, months) - dt.timedelta(milliseconds=1)
    for hours in (-12, 0, 8, 14):
        zone = dt.timezone(dt.timedelta(hours=hours))
        started, today = newest.astimezone(zone).date(), now.astimezone(zone).date()
        passed = (today.year - started.year) * 12 + today.month - started.month - (today.day <= started.day)
        assert passed >= months


def test_younger_records_are_refused(registry):
    for days in (0, 100, 180):
        with pytest.raises(InputError, match="younger than 6 months and stay"):
            registry.prune(dt.datetime.now(dt.UTC) - dt.timedelta(days=days))
    with pytest.raises(InputError, match="younger than 12 months"):
        registry.prune(dt.datetime.now(dt.UTC) - dt.timedelta(days=300), months=12)


def test_the_months_only_grow():
    with pytest.raises(InputError, match="stay for 6 months at least"):
        pruning_cutoff(moment("2020-01-01"), moment("2026-01-01"), 5)


def test_a_moment_without_a_zone_is_refused(registry):
    with pytest.raises(InputError, match="no time zone"):
        registry.prune(dt.datetime(2020, 1, 1))


@pytest.fixture
def aged(registry, monkeypatch):
    """Ten records of ten months of 2024, and one of now."""
    for month in range(1, 11):
        monkeypatch.setattr(appending, "now_text", lambda month=month: f"2024-{month:02}-15T00:00:00.000Z")
        registry.add(sample_record(month))
    monkeypatch.undo()
    registry.add(sample_record(11))
    return registry


def test_old_records_go_and_the_chain_stays_whole(aged):
    before = aged.head()
    assert aged.prune(moment("2024-05-01"), operator="keeper") == 4
    result = aged.verify([before, aged.head()])
    assert (result.intact, result.entries) == (True, 8)
    assert aged.find_content_id(4) == []
    assert len(aged.find_content_id(5)) == 1
    *_, note = aged.rows()
    pruned = parsed_entry(note.content)["pruned"]
    assert (pruned["last_sequence"], pruned["entries"], pruned["operator"]) == (4, 4, "keeper")


def test_pruning_again_and_again_keeps_the_chain_whole(aged):
    for month, gone in ((3, 2), (3, 0), (6, 3), (11, 5)):
        assert aged.prune(moment(f"2024-{month:02}-01")) == gone
        assert aged.verify().intact
    assert aged.count() == 1
    aged.add(sample_record(12))
    assert aged.verify().intact


def test_an_anchor_of_what_is_gone_does_not_hold(aged):
    anchor = next(Anchor(row.sequence, row.hash) for row in aged.rows() if row.sequence == 2)
    edge = next(Anchor(row.sequence, row.hash) for row in aged.rows() if row.sequence == 4)
    aged.prune(moment("2024-05-01"))
    assert [problem.code for problem in aged.verify([anchor]).problems] == ["anchor"]
    assert aged.verify([edge]).intact


def test_removing_more_than_was_pruned_is_found(aged, tamper):
    aged.prune(moment("2024-05-01"))
    tamper("DELETE FROM synthmark_entries WHERE sequence = 5")
    assert [problem.code for problem in aged.verify().problems] == ["start"]


def test_a_chain_that_was_tampered_with_is_not_pruned(aged, tamper):
    """Pruning would take the traces away."""
    tamper("UPDATE synthmark_entries SET content = replace(content, 'tester', 'nobody') WHERE sequence = 2")
    with pytest.raises(RegistryError, match="not as it was written"):
        aged.prune(moment("2024-05-01"))
    assert aged.count() == 11


def test_a_note_on_pruning_what_was_too_young_does_not_count(registry, tamper):
    """A forged note that drops records of this month leaves a chain without a lawful start."""
    registry.add_many([sample_record(number) for number in range(4)])
    second = list(registry.rows())[1]
    note = {"last_sequence": 2, "last_hash": second.hash, "last_recorded_at": second.columns["recorded_at"]}
    with registry._database.writing() as connection:
        appending.append(connection, [appending.Prepared({"kind": "prune", "pruned": note})])
    tamper("DELETE FROM synthmark_entries WHERE sequence < 3")
    assert [problem.code for problem in registry.verify().problems] == ["start"]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "01.02.2026"])
def test_other_texts_are_no_days(text):
    with pytest.raises(InputError, match="no day or time"):
        parse_moment(text)


def test_days_and_moments_are_read():
    assert parse_moment("2026-01-31") == moment("2026-01-31")
    assert parse_moment("2026-01-31T08:00:00+08:00") == moment("2026-01-31")


def test_nonsense_in_notes_prunes_nothing():
    assert not may_be_pruned("None", "None")
    assert not may_be_pruned("0001-01-01T00:00:00Z", "0001-02-01T00:00:00Z")
