from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metadata.samples import BARE, RDF, TC260, packet

from synthmark.errors import DamagedMediaError, InputError, SynthmarkError
from synthmark.metadata.xmp import (
    AI_SYSTEM,
    AIGC,
    DIGITAL_SOURCE_TYPE,
    TRAINED_ALGORITHMIC_MEDIA,
    new_packet,
    read_packet,
    update_packet,
)

ESCAPED = BARE.replace('"', "&quot;")
VALUES = {AIGC: BARE, DIGITAL_SOURCE_TYPE: TRAINED_ALGORITHMIC_MEDIA}
ELEMENT = f"<TC260:AIGC>{ESCAPED}</TC260:AIGC>\n"
ATTRIBUTE = f'TC260:AIGC="{ESCAPED}"'


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1))
def test_a_new_packet_gives_its_values_back(text: str) -> None:
    content = read_packet(new_packet({AIGC: text, AI_SYSTEM: text}))
    assert content.labels == ((text.strip(), True),)
    assert (content.ai_system or "") == text.strip()


@pytest.mark.parametrize(
    "old",
    [
        packet(),
        packet(ELEMENT),
        packet("", ATTRIBUTE),
        packet(ELEMENT, ATTRIBUTE),
        packet(f"<TC260:AIGC><![CDATA[{BARE}]]></TC260:AIGC>"),
        packet('<Q:aigc xmlns:Q="urn:other">x</Q:aigc>'),
        packet("<TC260:AIGC/>"),
        packet(ELEMENT).replace(b'begin="\xef\xbb\xbf"', b"begin=''"),
        packet(ELEMENT).decode().encode("utf-16"),
        packet(ELEMENT) + b"\0\0\0",
    ],
)
def test_an_update_leaves_one_label_and_all_other_properties(old: bytes) -> None:
    new = update_packet(old, VALUES)
    content = read_packet(new)
    assert content.labels == ((BARE, True),)
    assert content.digital_source_type == TRAINED_ALGORITHMIC_MEDIA
    assert b"A title &amp; more" in new
    assert b'<?xpacket end="w"?>' in new
    assert new.count(b"uuid:1") == 2
    assert update_packet(new, VALUES) == new


def test_only_the_inserted_description_differs() -> None:
    old = packet()
    new = update_packet(old, VALUES)
    start = new.index(b"<rdf:Description", new.index(b"<rdf:Description") + 1)
    end = new.index(b"</rdf:RDF>")
    assert new[:start] + new[end:] == old


def test_taking_a_property_away_restores_the_packet() -> None:
    old = packet()
    new = update_packet(update_packet(old, VALUES), dict.fromkeys(VALUES))
    assert new.replace(b"\n", b"") == old.replace(b"\n", b"")


def test_the_same_name_inside_a_structure_is_another_property() -> None:
    inner = (
        '<Q:Part xmlns:Q="urn:q" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'rdf:parseType="Resource"><Iptc4xmpExt:DigitalSourceType>inner</Iptc4xmpExt:DigitalSourceType></Q:Part>'
    )
    new = update_packet(packet(inner), VALUES)
    assert inner.encode() in new
    assert read_packet(new).digital_source_type == TRAINED_ALGORITHMIC_MEDIA


def test_a_resource_attribute_counts_as_text() -> None:
    inner = (
        '<e:DigitalSourceType xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'rdf:resource="{TRAINED_ALGORITHMIC_MEDIA}"/>'
    )
    assert read_packet(packet(inner)).digital_source_type == TRAINED_ALGORITHMIC_MEDIA
    assert update_packet(packet(inner), VALUES).count(b"DigitalSourceType rdf:resource") == 0


@pytest.mark.parametrize("name", ["r", ""])
def test_other_prefixes_for_rdf(name: str) -> None:
    colon, declaration = (f"{name}:", f"xmlns:{name}") if name else ("", "xmlns")
    old = f'<{colon}RDF {declaration}="{RDF}"><{colon}Description {declaration}="{RDF}"/></{colon}RDF>'.encode()
    assert read_packet(update_packet(old, VALUES)).labels == ((BARE, True),)
    empty = f'<{colon}RDF {declaration}="{RDF}" />'.encode()
    assert read_packet(update_packet(empty, VALUES)).labels == ((BARE, True),)


def test_an_undeclared_prefix_still_shows_its_label() -> None:
    old = packet(ELEMENT).replace(f'xmlns:TC260="{TC260}"'.encode(), b"")
    assert read_packet(old).labels == ((BARE, False),)
    assert read_packet(update_packet(old, VALUES)).labels == ((BARE, True),)


@pytest.mark.parametrize("blank", [b"", b"\0\0", b" \n", b"\xef\xbb\xbf"])
def test_a_blank_packet_holds_nothing_and_is_replaced(blank: bytes) -> None:
    assert read_packet(blank).labels == ()
    assert update_packet(blank, VALUES) == new_packet(VALUES)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (packet()[:-150], "not well-formed"),
        (packet().replace(b"</dc:title>", b""), "not well-formed"),
        (b"\xff\xfe" + b"<\0a\0>", "UTF-16"),
        (packet().replace(b"A title", b"A \xff title"), "not well-formed"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "document type"),
        (b"<a>" * 300 + b"</a>" * 300, "nests more than 200"),
        (b"<a>" + b"<b/>" * 400_000 + b"</a>", "more than 300000"),
        (b"<a " + b" ".join(b'xmlns:a%d="u"' % place for place in range(300)) + b"/>", "256 namespaces"),
        (b" " * (17 << 20) + b"<a/>", "at most 16777216"),
        (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", "no rdf:RDF"),
    ],
)
def test_a_packet_that_cannot_be_read_is_an_error_and_never_replaced(broken: bytes, message: str) -> None:
    with pytest.raises(DamagedMediaError, match=message):
        update_packet(broken, VALUES)


def test_entities_are_not_expanded() -> None:
    names = [f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12)]
    bomb = f"<!DOCTYPE x [<!ENTITY e0 'ha'>{''.join(names)}]><x>&e11;</x>".encode()
    with pytest.raises(DamagedMediaError, match="document type"):
        read_packet(bomb)


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "\ud800", "\uffff"])
def test_text_that_xml_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="control character"):
        new_packet({AI_SYSTEM: text})


@settings(max_examples=200)
@given(st.data())
def test_a_mutated_packet_is_read_updated_or_refused(data: st.DataObject) -> None:
    old = bytearray(packet(ELEMENT, 'xmp:CreatorTool="x"'))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(old) - 1))
        old[place : place + data.draw(st.integers(0, 5))] = data.draw(
            st.sampled_from(
                [b"<", b">", b"/>", b'"', b"'", b"&", b"rdf:RDF", b"TC260:AIGC", b"\0", b"]]>", b"<!--", b""]
            )
        )
    try:
        new = update_packet(bytes(old), VALUES)
    except SynthmarkError:
        return
    assert [text for text, _ in read_packet(new).labels] == [BARE]


def test_all_combinations_of_two_forms_are_replaced() -> None:
    forms = [ELEMENT, '<z:Aigc xmlns:z="urn:z">y</z:Aigc>', "<dc:x><TC260:AIGC>deep</TC260:AIGC></dc:x>"]
    for first, second in itertools.product(forms, repeat=2):
        new = update_packet(packet(first + second), VALUES)
        assert read_packet(new).labels == ((BARE, True),)
