"""What reports say in words: IPTC properties, credentials, speeds, several marks, and files that were not checked."""

import numpy as np
import pytest
from PIL import Image

from extract_tool.details import sections
from extract_tool.evidence import evidence
from extract_tool.facts import error_sentences, fact_lines
from synthmark.report_text import result_sentences

NAMES = ("metadata", "watermark", "credential", "visible")


def report(**layers):
    """A report with some layers filled in."""
    empty = {"outcome": "not_detected", "integrity": "unknown", "trust": "unsigned"}
    listed = [
        {"layer": name, **empty, "claims": {}, "evidence": {}, "messages": []} | layers.get(name, {})
        for name in dict.fromkeys((*NAMES, *layers))
    ]
    detected = any(layer["outcome"] == "detected" for layer in listed)
    return {
        "verdict": "labelled" if detected else "not_labelled",
        "file": {"name": "a.png", "size": 9, "sha256": "0" * 64, "media_type": "image/png"},
        "layers": listed,
        "agreement": {},
        "tool": {"name": "synthmark-extract", "version": "1", "key_ids": []},
        "checked_at": "2026-01-01T00:00:00Z",
    }


def rows(content, language="en"):
    return {row.name: row.value for section in sections(content, language) for row in section.rows}


def found(**claims):
    return {"outcome": "detected", "claims": claims}


@pytest.mark.parametrize(
    ("source", "english", "chinese"),
    [
        ("http://cv.iptc.org/x/trainedAlgorithmicMedia", "made by AI (trainedAlgorithmicMedia)", "由人工智能生成"),
        ("http://cv.iptc.org/x/somethingNew", "somethingNew", "其他：somethingNew"),
    ],
)
def test_source_types_are_said_in_words(source, english, chinese):
    content = report(metadata=found(digital_source_type=source, system="Painter"))
    assert rows(content)["Source type"] == english
    assert rows(content, "zh")["来源类型"].startswith(chinese)
    assert rows(content)["AI system"] == "Painter"


def test_what_a_credential_claims_is_said_in_words():
    claims = {"signer": "Studio", "actions": "c2pa.created, c2pa.watermarked.bound, com.example.own"}
    content = report(credential=found(**claims))
    assert rows(content)["Actions"] == "created, watermarked, com.example.own"


def test_speed_carriers_and_further_marks_are_told():
    marks = [{"content_id": "a" * 16, "spans": [[0, 9]]}, {"content_id": "b" * 16, "spans": [[9, 12], [15, 20]]}]
    proof = {"speed": 1.02, "tempo": 1.0, "in_pictures": True, "in_sound": True, "marks": marks, "spans": [[0, 9]]}
    claims = {"content_id": "a" * 16, "key_id": "00000000", "format": 1}
    told = rows(report(watermark={"outcome": "detected", "claims": claims, "evidence": proof}))
    assert told["Speed"] == "1.02 times that of the original, tempo 1.0 times"
    assert told["Carried by"] == "pictures and sound"
    assert told["Further id"] == f"{'b' * 16}, in 9.0 to 12.0 s, 15.0 to 20.0 s"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"credential": found(signer="Studio")}, 'The credential, signed by "Studio", says that AI made'),
        ({"foreign": found(system="SDXL")}, "This carries the public mark of SDXL"),
        ({"visible": found(text="AI生成")}, 'This shows the label "AI生成".'),
        ({"visible": found()}, "A label of AI-generated content can be heard."),
    ],
)
def test_the_result_names_who_or_what_says_it(layers, said):
    assert result_sentences(report(**layers), "en")[1].startswith(said)


@pytest.mark.parametrize("kind", ["DamagedMediaError", "SandboxError", "SomethingElse"])
def test_why_a_file_was_not_checked_is_said_in_both_languages(kind):
    content = report() | {"error": {"kind": kind, "message": "the reason"}}
    english, chinese = (error_sentences(content, language) for language in ("en", "zh"))
    assert english[0].startswith("Not checked: ")
    assert chinese[0].startswith("未检查：")
    assert english[1] == chinese[1] == "the reason"


def test_limits_and_trust_list_are_told_where_they_are_known():
    content = report()
    assert len(fact_lines(content, "en")) == 4
    content["tool"] |= {"limits": ["time"], "trust_list": "1" * 64}
    assert fact_lines(content, "en")[4:] == [
        "Limits while checking: time, no network. This system does not limit memory.",
        f"Trust list used: SHA-256 {'1' * 64}",
    ]


def test_a_frame_is_drawn_around_the_visible_label():
    class File:
        picture, presence, seconds = Image.new("RGB", (1920, 1080), (90, 120, 90)), None, None

    plain, framed = evidence(File()), evidence(File(), [1600, 960, 1800, 1040])
    assert plain.keys() == framed.keys() == {"picture"}
    shown = [np.asarray(opened(data["picture"]), int) for data in (plain, framed)]
    changed = np.abs(shown[1] - shown[0]).max(axis=2) > 60
    down, across = np.nonzero(changed)
    assert (across.min(), across.max()) == (pytest.approx(796, abs=2), pytest.approx(904, abs=2))
    assert (down.min(), down.max()) == (pytest.approx(476, abs=2), pytest.approx(524, abs=2))


def opened(data):
    import base64
    import io

    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.mark.parametrize(
    ("provider", "said"), [("Example", "2026-A, of Example (0a)"), (None, "2026-A, of the key ring (0a)")]
)
def test_a_key_without_provider_names_none(provider, said):
    claims = {"content_id": "0" * 16, "format": 1, "key_id": "0a", "key_name": "2026-A", "key_provider": provider}
    assert rows(report(watermark=found(**claims)))["Key"] == said
