"""Reports on files: verdicts, layers, agreement, and the object that `--json` prints."""

import dataclasses
import json
import pickle
from pathlib import Path

import pytest
import stand_in_watermark
from media import files

from synthmark.catalogue import message
from synthmark.config import Config
from synthmark.errors import DamagedMediaError, MediaError, UnsupportedMediaError
from synthmark.files.picture_file import read_picture
from synthmark.files.writing import encode_pictures
from synthmark.keys import DEFAULT_KEY, key_id
from synthmark.labelling import embed_file, label_file
from synthmark.metadata import MetadataRecord, new_label, write_metadata
from synthmark.report import LAYERS, LayerReport, Message, overall_verdict
from synthmark.verification import verify_file

CONTENT_ID = 0x5A23456789ABCDEF
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    stand_in_watermark.install(monkeypatch)
    monkeypatch.setattr("synthmark.verification._now", lambda: "2026-01-02T03:04:05Z")
    monkeypatch.setattr("synthmark.verification.__version__", "0.0")


def written(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    return path


def png_labelled(label):
    """Return a PNG file with a label whose text is written as it is, compliant or not."""
    import struct
    import zlib

    text = b"AIGC\0" + json.dumps({"AIGC": label}).encode()
    data = files()["png"]
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text + struct.pack(">I", zlib.crc32(b"tEXt" + text))
    return data[:33] + chunk + data[33:]


def label_object(number="1", value="1", producer="other"):
    return {
        "Label": value,
        "ContentProducer": producer,
        "ProduceID": number,
        "ReservedCode1": "",
        "ContentPropagator": producer,
        "PropagateID": number,
        "ReservedCode2": "",
    }


def marked_frame():
    return stand_in_watermark.embed(read_picture(files()["png"]).frames[0], CONTENT_ID)


def marked_png():
    return encode_pictures(read_picture(files()["png"]), [marked_frame()])


def without_placement_noise(report):
    """Drop what depends on the encoders' versions."""
    return report | {"file": report["file"] | {"sha256": "...", "size": 0}}


@pytest.mark.parametrize("name", ["labelled", "not_labelled", "conflict"])
def test_reports_are_as_they_were(name, tmp_path):
    source = written(tmp_path, f"{name}.png", files()["png"])
    if name == "labelled":
        target = tmp_path / "out" / f"{name}.png"
        label_file(source, target, Config(producer="studio", visible=False), content_id=CONTENT_ID)
        source = target
    if name == "conflict":
        label = new_label("studio", "synthmark-5a00000000000001")
        source.write_bytes(write_metadata(marked_png(), MetadataRecord(label)))
    found = json.dumps(without_placement_noise(verify_file(source).as_json()), indent=2, ensure_ascii=False) + "\n"
    assert found == (GOLDEN / f"report-{name}.json").read_text(encoding="utf-8")


def test_an_unmarked_file_has_no_label(tmp_path):
    report = verify_file(written(tmp_path, "a.jpg", files()["jpeg"]))
    assert (report.verdict, report.exit_code) == ("not_labelled", 1)
    assert [layer.layer for layer in report.layers] == list(LAYERS)
    assert [layer.outcome for layer in report.layers] == [
        "not_detected",
        "not_detected",
        "not_detected",
        "not_checked",
    ]


def test_another_id_in_an_own_label_is_a_conflict(tmp_path):
    label = new_label("studio", "synthmark-5a00000000000001")
    report = verify_file(written(tmp_path, "a.png", write_metadata(marked_png(), MetadataRecord(label))))
    assert (report.verdict, report.exit_code) == ("conflict", 3)
    assert report.agreement == {}
    clash = report.layer("metadata").messages[-1]
    assert clash == Message("conflict.content_id", {"metadata": "5a00000000000001", "watermark": "5a23456789abcdef"})


def test_a_foreign_number_is_no_conflict(tmp_path):
    data = write_metadata(marked_png(), MetadataRecord(new_label("other", "2026-0001")))
    report = verify_file(written(tmp_path, "a.png", data))
    assert (report.verdict, report.agreement) == ("labelled", {})


@pytest.mark.parametrize("number", ["x5a23456789abcdef", "ID/5A23456789ABCDEF/1"])
def test_a_foreign_number_that_holds_the_id_agrees(number, tmp_path):
    data = write_metadata(marked_png(), MetadataRecord(new_label("other", number)))
    assert verify_file(written(tmp_path, "a.png", data)).agreement == {"content_id": ("metadata", "watermark")}


def test_metadata_alone_or_watermark_alone_is_a_label(tmp_path):
    alone = write_metadata(files()["png"], MetadataRecord(new_label("other", "1")))
    for data, outcomes in (
        (alone, ["detected", "not_detected"]),
        (marked_png(), ["not_detected", "detected"]),
    ):
        report = verify_file(written(tmp_path, "a.png", data))
        assert report.verdict == "labelled"
        assert [layer.outcome for layer in report.layers[:2]] == outcomes


def test_a_label_without_a_legal_value_is_invalid(tmp_path):
    report = verify_file(written(tmp_path, "a.png", png_labelled(label_object(value="7"))))
    assert (report.layer("metadata").outcome, report.verdict) == ("invalid", "conflict")


def test_labels_that_contradict_one_another_are_invalid(tmp_path):
    record = MetadataRecord(new_label("studio", "2"))
    first = png_labelled(label_object("1"))
    both = first[:33] + write_metadata(files()["png"], record)[33:]
    chunk = first[33 : first.index(b"IDAT") - 4]
    twice = both[:33] + chunk + both[33:]
    report = verify_file(written(tmp_path, "a.png", twice))
    assert report.layer("metadata").outcome == "invalid"
    assert "metadata.contradictory" in [item.code for item in report.layer("metadata").messages]


def test_a_label_that_deviates_counts_and_says_so(tmp_path):
    report = verify_file(written(tmp_path, "a.png", png_labelled(label_object(producer="a studio"))))
    assert report.verdict == "labelled"
    assert [item.code for item in report.layer("metadata").messages] == ["metadata.deviates"]
    assert report.layer("metadata").evidence["findings"][0]["code"] == "field.characters"


def test_an_iptc_source_type_alone_is_a_label(tmp_path):
    import io

    from PIL import Image

    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        b"<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        b"</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    buffer = io.BytesIO()
    Image.open(io.BytesIO(files()["jpeg"])).save(buffer, "JPEG", xmp=packet)
    report = verify_file(written(tmp_path, "a.jpg", buffer.getvalue()))
    assert report.layer("metadata").outcome == "detected"
    assert [item.code for item in report.layer("metadata").messages] == ["metadata.source_type_only"]


@pytest.mark.parametrize(("number", "verdict"), [("1", "conflict"), ("2", "labelled")])
def test_a_label_that_says_ai_contradicts_a_source_type_that_says_camera(number, verdict, tmp_path):
    """A platform that holds something for possibly generated does not say that it was."""
    camera = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    label = new_label("studio", "synthmark-5a00000000000001", label=number)
    data = write_metadata(files()["png"], MetadataRecord(label, digital_source_type=camera))
    report = verify_file(written(tmp_path, "a.png", data))
    assert report.verdict == verdict
    said = [item.code for item in report.layer("metadata").messages]
    assert ("conflict.source_type" in said) == (verdict == "conflict")


def test_the_probability_covers_all_frames_that_were_searched(tmp_path, monkeypatch):
    seen = []

    def extract(frame, key=None, *, search="full"):
        seen.append(frame)
        found = stand_in_watermark.extract(stand_in_watermark.embed(frame, CONTENT_ID))
        return found if len(seen) == 3 else dataclasses.replace(found, found=False, content_id=None)

    monkeypatch.setattr("synthmark.image.extract", extract)
    report = verify_file(written(tmp_path, "a.gif", files()["gif-animated"]))
    evidence = report.layer("watermark").evidence
    assert (evidence["frames_searched"], evidence["false_alarm_probability"]) == (3, 3e-12)
    assert report.layer("watermark").messages == (Message("mark.chance", {"n": "10^11"}),)


def test_the_key_of_the_configuration_is_used(tmp_path, monkeypatch):
    key_file = written(tmp_path, "key", b"00" * 32)
    key_file.chmod(0o600)
    seen = []
    monkeypatch.setattr("synthmark.image.extract", lambda frame, key=None: seen.append(key) or _nothing())
    file = written(tmp_path, "a.png", files()["png"])
    report = verify_file(file, Config(key_file=key_file), keys=[b"1" * 16, bytes(32)])
    assert seen == [b"1" * 16, bytes(32), DEFAULT_KEY]
    assert report.tool.key_ids == tuple(map(key_id, seen))
    assert report.layer("watermark").evidence == {"frames_searched": 1, "keys_tried": 3}


def test_no_figure_is_claimed_where_there_is_none(tmp_path, monkeypatch):
    found = dataclasses.replace(stand_in_watermark.extract(marked_frame()), false_alarm_probability=None)
    monkeypatch.setattr("synthmark.image.extract", lambda frame, key=None: found)
    layer = verify_file(written(tmp_path, "a.png", files()["png"])).layer("watermark")
    assert (layer.evidence["false_alarm_probability"], layer.messages) == (None, ())


@pytest.mark.parametrize(("chance", "power"), [(1e-14, 14), (9.9e-14, 13), (1.01e-14, 13)])
def test_the_power_of_ten_is_rounded_down(tmp_path, monkeypatch, chance, power):
    found = dataclasses.replace(stand_in_watermark.extract(marked_frame()), false_alarm_probability=chance)
    monkeypatch.setattr("synthmark.image.extract", lambda frame, key=None: found)
    layer = verify_file(written(tmp_path, "a.png", files()["png"])).layer("watermark")
    assert layer.messages == (Message("mark.chance", {"n": f"10^{power}"}),)


def _nothing():
    from synthmark.detection import Detection

    return Detection()


def test_metadata_of_heic_is_read_though_its_pixels_are_not(tmp_path):
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x08free"
    report = verify_file(written(tmp_path, "a.heic", data))
    assert report.file.media_type == "image/heic"
    assert report.layer("watermark").outcome == "not_checked"


def test_every_message_has_a_sentence(tmp_path):
    """Run through the cases that make messages and put each into words."""
    cases = [
        png_labelled(label_object(value="7")),
        png_labelled("nonsense"),
        write_metadata(marked_png(), MetadataRecord(new_label("s", "synthmark-5a00000000000001"))),
    ]
    for data in cases:
        report = verify_file(written(tmp_path, "a.png", data))
        for item in (item for layer in report.layers for item in layer.messages):
            for language in ("en", "zh"):
                assert message(item.code, language, **item.params)


def test_the_notes_of_labelling_have_sentences():
    codes = {"depth_raised", "depth_reduced", "more_pictures", "credential_broken", "true_colour", "stronger"}
    codes |= {"finer"}
    for language in ("en", "zh"):
        assert all(message(f"note.{code}", language) for code in codes)
        assert message("note.extension", language, suffix=".jpg", format="PNG")
        assert message("note.frames_unmarked", language, marked=1, frames=2)


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", DamagedMediaError), (b"text", UnsupportedMediaError), (files()["png"][:500], DamagedMediaError)],
)
def test_unreadable_files_raise(data, error, tmp_path):
    with pytest.raises(error):
        verify_file(written(tmp_path, "a.png", data))
    with pytest.raises(MediaError):
        verify_file(tmp_path / "missing.png")


def test_reports_and_records_travel_between_processes(tmp_path):
    source = written(tmp_path, "a.png", files()["png"])
    record = embed_file(source, tmp_path / "b.png", CONTENT_ID)
    report = verify_file(tmp_path / "b.png")
    assert pickle.loads(pickle.dumps(report)) == report
    assert pickle.loads(pickle.dumps(record)) == record


@pytest.mark.parametrize(
    ("outcomes", "contradictory", "verdict"),
    [
        (["detected", "detected"], False, "labelled"),
        (["detected", "not_detected"], False, "labelled"),
        (["detected", "detected"], True, "conflict"),
        (["detected", "invalid"], False, "conflict"),
        (["not_detected", "not_checked"], False, "not_labelled"),
        (["not_checked", "not_checked"], False, "not_checked"),
    ],
)
def test_the_worst_comes_first(outcomes, contradictory, verdict):
    layers = [LayerReport(layer="metadata", outcome=outcome) for outcome in outcomes]
    assert overall_verdict(layers, contradictory=contradictory) == verdict


def test_numbers_that_json_lacks_become_null(tmp_path, monkeypatch):
    def nothing_changed(picture, content_id, key=None, *, strength=1.0):
        return stand_in_watermark.embed(picture, content_id, key)

    monkeypatch.setattr("synthmark.image.embed", nothing_changed)
    source = written(tmp_path, "a.png", marked_png())
    record = embed_file(source, tmp_path / "b.png", CONTENT_ID)
    assert record.as_json()["record"]["psnr"] is None or record.psnr > 60
    json.dumps(record.as_json(), allow_nan=False)
