"""The 27-character code of a service provider (TC260 practice guide on provider codes, 2025)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from synthmark.errors import InputError

__all__ = ["ProducerCode", "parse_producer_code", "uscc_check_character"]

_SHAPE = re.compile(r"00[0-9A-Z]{25}")
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_ORGANISATION_BY_USCC = "11"


@dataclass(frozen=True, slots=True)
class ProducerCode:
    """A verified producer code, taken apart.

    Attributes
    ----------
    text
        The whole code, 27 characters.
    subject_type
        Character 3; "1" is an organisation.
    binding
        Character 4; "1" means that `subject` is a unified social credit code (GB 32100).
    subject
        Characters 5-22.
    service_type
        Character 23; "1" generation, "2" propagation, "0" when the extension is not used.
    extension
        Characters 24-27, chosen by the provider for a model or application.
    """

    text: str
    subject_type: str
    binding: str
    subject: str
    service_type: str
    extension: str


def uscc_check_character(body: str) -> str:
    """Compute the 18th character of a unified social credit code from the first 17 (GB 32100, mod 31).

    Raises
    ------
    InputError
        `body` is not 17 characters of the alphabet of GB 32100.
    """
    if len(body) != 17 or any(character not in _USCC_ALPHABET for character in body):
        raise InputError(f"a credit code starts with 17 digits or letters other than I, O, S, V, Z; got {body!r}")
    total = sum(_USCC_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return _USCC_ALPHABET[-total % 31]


def parse_producer_code(text: str) -> ProducerCode:
    """Take a producer code apart and verify it, including the check character of the credit code.

    Raises
    ------
    InputError
        The text is no producer code, or its check character or service type is wrong.
    """
    if not _SHAPE.fullmatch(text):
        raise InputError(
            f"a producer code has 27 digits or capital letters and starts with 00; got {text[:40]!r} "
            f"({len(text)} characters)"
        )
    code = ProducerCode(text, text[2], text[3], text[4:22], text[22], text[23:])
    _require_credit_code(code)
    _require_service(code)
    return code


def is_acceptable(value: str) -> bool:
    """Tell whether a provider value is a plain name, or a producer code that checks."""
    if not _SHAPE.fullmatch(value):
        return True
    try:
        parse_producer_code(value)
    except InputError:
        return False
    return True


def _require_credit_code(code: ProducerCode) -> None:
    # Only organisations bound by their credit code are documented; other kinds pass by shape alone.
    if code.subject_type + code.binding != _ORGANISATION_BY_USCC:
        return
    expected = uscc_check_character(code.subject[:17])
    if code.subject[17] != expected:
        raise InputError(
            f"the credit code {code.subject} in the producer code ends in {code.subject[17]}, "
            f"its check character must be {expected}; compare it with the business licence"
        )


def _require_service(code: ProducerCode) -> None:
    unused = code.service_type + code.extension == "00000"
    if code.service_type not in {"1", "2"} and not unused:
        raise InputError(
            f"character 23 of the producer code is {code.service_type}; it must be 1 (generation), "
            "2 (propagation), or the last five characters 00000"
        )
