from __future__ import annotations

import dataclasses
import json
import re

import pytest
from hypothesis import given
from metadata.samples import CODE, labels

from synthmark.errors import InputError
from synthmark.metadata import AigcLabel, check_label, new_label, propagated, to_json


def test_the_wrapped_text_has_the_shape_and_order_of_annex_e() -> None:
    label = AigcLabel("value1", "value2", "value3", "value4", "value5", "value6", "value7")
    text = to_json(dataclasses.replace(label, label="1"), wrapped=True)
    assert text == (
        '{"AIGC": {"Label":"1","ContentProducer":"value2","ProduceID":"value3","ReservedCode1":"value4",'
        '"ContentPropagator":"value5","PropagateID":"value6","ReservedCode2":"value7"}}'
    )
    assert to_json(dataclasses.replace(label, label="1")) == text[len('{"AIGC": ') : -1]


def test_at_the_first_write_the_propagator_is_the_producer() -> None:
    label = new_label(CODE, "n1", reserved_code1="abc")
    assert (label.content_propagator, label.propagate_id) == (CODE, "n1")
    assert label == AigcLabel("1", CODE, "n1", "abc", CODE, "n1", "")
    assert check_label(label) == ()


def test_propagation_changes_three_fields_alone() -> None:
    before = AigcLabel("2", "doubao", "n1", "r1", "doubao", "n1", "r2")
    after = propagated(before, "platform", "n2")
    assert after == AigcLabel("2", "doubao", "n1", "r1", "platform", "n2", "")


def test_propagation_keeps_production_fields_that_break_the_rules() -> None:
    after = propagated(AigcLabel("9", "豆包 ", "n 1"), "platform", "n2", "sig")
    assert after == AigcLabel("9", "豆包 ", "n 1", "", "platform", "n2", "sig")


@given(labels)
def test_every_valid_label_is_json_of_seven_strings_in_allowed_characters(label: AigcLabel) -> None:
    text = to_json(label)
    assert list(json.loads(text).values()) == list(dataclasses.astuple(label))
    for value in re.findall(r'(?:[{,])"\w+":"((?:[^"\\]|\\.)*)"', text):
        assert re.fullmatch(r'(?:[\x21\x23-\x5B\x5D-\x7E]|\\")*', value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "4"}, "Label '4' must be \"1\""),
        ({"label": ""}, "Label ''"),
        ({"content_producer": ""}, "ContentProducer '' must not be empty"),
        ({"content_producer": "示例"}, "ContentProducer '示例' may hold only printable ASCII"),
        ({"content_producer": CODE[:21] + "7" + CODE[22:]}, "ContentProducer .* does not check"),
        ({"produce_id": "a b"}, "ProduceID 'a b' may hold only"),
        ({"produce_id": "a\\b"}, "ProduceID"),
        ({"reserved_code1": "\x7f"}, "ReservedCode1"),
        ({"content_propagator": ""}, "ContentPropagator"),
        ({"propagate_id": ""}, "PropagateID"),
        ({"reserved_code2": "\n"}, "ReservedCode2"),
        ({"label": 1}, "Label must be a string, got int"),
    ],
)
def test_a_value_against_annex_e_is_not_written(change: dict[str, str], message: str) -> None:
    label = dataclasses.replace(new_label("maker", "n1"), **change)
    with pytest.raises(InputError, match=message):
        to_json(label)


def test_new_values_of_a_propagation_are_checked() -> None:
    with pytest.raises(InputError, match="ContentPropagator ''"):
        propagated(new_label("maker", "n1"), "", "n2")
    with pytest.raises(InputError, match="PropagateID"):
        propagated(new_label("maker", "n1"), "platform", "n 2")


def test_check_reports_every_point_with_its_clause() -> None:
    findings = check_label(AigcLabel("x", "", "a b", "\\", CODE[:-5] + "30000", "", "é"))
    assert [(finding.code, finding.field, finding.clause) for finding in findings] == [
        ("label.value", "Label", "E c"),
        ("field.empty", "ContentProducer", "E d"),
        ("field.characters", "ProduceID", "E j"),
        ("field.characters", "ReservedCode1", "E j"),
        ("producer.code", "ContentPropagator", "E g"),
        ("field.empty", "PropagateID", "E h"),
        ("field.characters", "ReservedCode2", "E j"),
    ]


def test_labels_are_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        new_label("maker", "n1").label = "2"
