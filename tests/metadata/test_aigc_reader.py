from __future__ import annotations

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata.samples import BARE, CODE, WRAPPED, labels

from synthmark.metadata import AigcLabel, parse_label, to_json
from synthmark.metadata.aigc_reader import ParsedLabel, propagated_text, read_label

DOUBAO = AigcLabel("1", "doubao", "p1", "", "doubao", "p1", "")


def codes(text: str, *, keyed: bool = True) -> list[tuple[str, str]]:
    return [(finding.code, finding.field) for finding in parse_label(text, keyed=keyed)[1]]


@given(labels, st.booleans())
def test_what_is_written_reads_back_without_findings(label: AigcLabel, wrapped: bool) -> None:
    assert parse_label(to_json(label, wrapped=wrapped)) == (label, ())


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        (WRAPPED, []),
        (BARE, []),
        (f"\ufeff  {BARE}\n\0\0", []),
        (f"AIGC{BARE}", [("text.prefixed", "")]),
        (f"AIGC={WRAPPED}", [("text.prefixed", "")]),
        (f"aigc: {BARE}", [("text.prefixed", "")]),
        (html.escape(BARE), [("text.escaped", "")]),
        (html.escape(html.escape(WRAPPED)), [("text.escaped", "")]),
        (BARE.replace('"', '\\"'), [("text.escaped", "")]),
        (json.dumps(BARE), [("text.escaped", "")]),
        (json.dumps({"AIGC": BARE}), [("text.escaped", "")]),
        (json.dumps({"aigc": json.loads(BARE)}), []),
        (json.dumps({"AIGC": json.loads(BARE), "app": "x"}), [("wrapper.siblings", "")]),
    ],
)
def test_forms_of_the_same_label(text: str, findings: list[tuple[str, str]]) -> None:
    assert parse_label(text)[0] == DOUBAO
    assert codes(text) == findings


def test_lower_camel_case() -> None:
    text = (
        '{"label":"1","contentProducer":"doubao","produceId":"p1","reservedCode1":"",'
        '"contentPropagator":"doubao","propagateId":"p1","reservedCode2":""}'
    )
    assert parse_label(text)[0] == DOUBAO
    assert codes(text)[0] == ("field.letter_case", "Label")
    assert len(codes(text)) == 7


def test_missing_propagator_fields() -> None:
    text = '{"Label":"1","ContentProducer":"kling","ProduceID":"KLingMuse_1"}'
    assert parse_label(text)[0] == AigcLabel("1", "kling", "KLingMuse_1")
    missing = ["ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"]
    assert codes(text) == [("field.missing", name) for name in missing]


def test_names_of_drafts() -> None:
    text = (
        '{"AIGC":{"Label":"1","ContentProducer":"1565201000000016BDWXYY0400000000","ProduceID":"v03",'
        '"ReserveCode1":"e862","Propagator":"1561101000000057WMWB030000000000","PropatorID":"qdn","ReserveCode2":"d8"}}'
    )
    assert parse_label(text)[0] == AigcLabel(
        "1",
        "1565201000000016BDWXYY0400000000",
        "v03",
        "e862",
        "1561101000000057WMWB030000000000",
        "qdn",
        "d8",
    )
    assert {code for code, _ in codes(text)} == {"field.draft_name"}


def test_the_scheme_with_service_provider() -> None:
    text = '{"AIGC":{"Label":"1","ServiceProvider":"T","ServiceUser":"u","Time":"2025","ContentId":"c9"}}'
    label, findings = parse_label(text, keyed=False)
    assert label is not None
    assert (label.content_producer, label.produce_id) == ("T", "c9")
    assert ("field.other_scheme", "ContentProducer") in [(finding.code, finding.field) for finding in findings]


def test_values_that_are_no_strings() -> None:
    text = '{"Label":1,"ContentProducer":null,"ProduceID":12.5,"ReservedCode1":{"a":[1]}}'
    label = parse_label(text)[0]
    assert label == AigcLabel("1", "", "12.5", '{"a":[1]}')
    assert codes(text)[:4] == [
        ("field.type", name) for name in ("Label", "ContentProducer", "ProduceID", "ReservedCode1")
    ]


def test_repeated_and_unknown_names() -> None:
    text = '{"Label":"1","Label":"2","ContentProducer":"a","contentproducer":"b","Vendor":"x"}'
    label = parse_label(text)[0]
    assert label is not None
    assert label.content_producer == "a"
    assert ("field.repeated", "Label") in codes(text)
    assert ("field.unknown", "Vendor") in codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text.not_json"),
        ("AIGC", "text.not_json"),
        ("made with AIGC tools", "text.not_json"),
        ("[1, 2]", "text.not_json"),
        ("{}", "text.no_known_field"),
        ('{"AIGC": {}}', "text.no_known_field"),
        ('{"AIGC": true}', "text.no_known_field"),
        ('{"AIGC": {"model": "x"}}', "text.no_known_field"),
        ("[" * 100_000, "text.not_json"),
        ('{"a":' * 50_000, "text.not_json"),
        ('{"Label":' + "[" * 200 + "]" * 200 + "}", "text.not_json"),
        ('{"Label":"' + "x" * (1 << 20) + '"}', "text.too_large"),
        ('{"Label":' + "9" * 5000 + "}", "text.not_json"),
        ("&amp;" * 1000, "text.not_json"),
    ],
)
def test_texts_that_are_no_label(text: str, code: str) -> None:
    label, findings = parse_label(text)
    assert label is None
    assert [finding.code for finding in findings] == [code]


def test_a_common_word_makes_no_label_where_no_key_says_so() -> None:
    text = '{"label":"cat","time":"noon"}'
    assert parse_label(text, keyed=False)[0] is None
    assert parse_label(text, keyed=True)[0] is not None
    assert parse_label('{"AIGC":{"Label":"1"}}', keyed=False)[0] is not None


@given(st.text() | st.text(alphabet='{}[]":,\\AIGCLabel&quot;1 ').map(lambda text: '{"Label":' + text))
def test_no_text_raises(text: str) -> None:
    label, findings = parse_label(text)
    assert label is not None or len(findings) == 1


def test_half_a_surrogate_pair_becomes_a_writable_character() -> None:
    label = parse_label('{"Label":"\\ud800","\\udfff":"x"}')[0]
    assert label is not None
    assert label.label == "\ufffd"


def test_propagation_of_a_text_keeps_members_outside_the_standard() -> None:
    parsed = read_label('{"AIGC":{"label":"1","ContentProducer":"豆包","ProduceID":"p","Vendor":{"a":[1,{"b":2}]}}}')
    assert isinstance(parsed, ParsedLabel)
    assert json.loads(propagated_text(parsed, CODE, "n2", "s")) == {
        "Label": "1",
        "ContentProducer": "豆包",
        "ProduceID": "p",
        "ReservedCode1": "",
        "ContentPropagator": CODE,
        "PropagateID": "n2",
        "ReservedCode2": "s",
        "Vendor": {"a": [1, {"b": 2}]},
    }
