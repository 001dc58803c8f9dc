from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmark.errors import InputError
from synthmark.metadata import ProducerCode, parse_producer_code, uscc_check_character
from synthmark.metadata.producer import is_acceptable

# Codes that providers publish in their files.
PUBLISHED = [
    "001191110102MACQD9K64010000",
    "001191440300708461136T1XGW3",
    "001191310104MACE0YX63918020",
    "001191330106MA2CFLDG4R10001",
    "001191110102MAD55U9H0F10002",
    "001191350100M000100Y4300000",
]


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_codes_check(text: str) -> None:
    code = parse_producer_code(text)
    assert code.text == text
    assert "00" + code.subject_type + code.binding + code.subject + code.service_type + code.extension == text
    assert is_acceptable(text)


def test_the_parts_of_a_code() -> None:
    assert parse_producer_code(PUBLISHED[1]) == ProducerCode(
        PUBLISHED[1], "1", "1", "91440300708461136T", "1", "XGW3"
    )


@given(st.sampled_from(PUBLISHED), st.integers(4, 21), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_of_the_credit_code_is_found(text: str, place: int, other: str) -> None:
    changed = text[:place] + other + text[place + 1 :]
    assert is_acceptable(changed) == (changed == text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PUBLISHED[0][:-1], r"27 digits or capital letters .* \(26 characters\)"),
        (PUBLISHED[0].lower(), "27 digits or capital letters"),
        ("10" + PUBLISHED[0][2:], "starts with 00"),
        (PUBLISHED[0] + "\n", "27 digits"),
        (PUBLISHED[0][:21] + "7" + PUBLISHED[0][22:], "check character must be 0"),
        (PUBLISHED[0][:10] + "I" + PUBLISHED[0][11:], "I, O, S, V, Z"),
        (PUBLISHED[0][:22] + "30000", "character 23 of the producer code is 3"),
        (PUBLISHED[0][:22] + "00001", "character 23 of the producer code is 0"),
    ],
)
def test_what_is_wrong_with_a_code_is_said(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_producer_code(text)


def test_other_kinds_of_subject_pass_by_shape() -> None:
    assert parse_producer_code("0021" + "A" * 18 + "10000").subject_type == "2"


def test_the_check_character_of_the_national_standard() -> None:
    assert uscc_check_character("91350100M000100Y4") == "3"


@pytest.mark.parametrize("name", ["doubao", "MiniMax", "", "示例", "00"])
def test_names_are_no_codes(name: str) -> None:
    assert is_acceptable(name)
