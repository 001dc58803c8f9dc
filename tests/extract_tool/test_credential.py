"""Signed credentials (C2PA): intact, altered, trusted, unlisted, and what they claim."""

import io
import json
import sys
from pathlib import Path

import c2pa
import pytest
import skimage.data
from certificates import certificate
from PIL import Image

import synthmark
from extract_tool.examination import examined
from extract_tool.sandbox import Request

AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CAMERA = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@pytest.fixture(scope="module")
def authority():
    return certificate("Root", authority=True)


def signed(authority, source_type, picture=None):
    """Return a picture with a credential."""
    from cryptography.hazmat.primitives import serialization as forms

    leaf, key, _ = certificate("Example Studio", authority, authority=False)
    chain = leaf.public_bytes(forms.Encoding.PEM) + authority[0].public_bytes(forms.Encoding.PEM)
    private = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    manifest = {
        "claim_generator_info": [{"name": "studio", "version": "1"}],
        "title": "\x1b[2J a title",
        "format": "image/png",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }
    source, target = io.BytesIO(), io.BytesIO()
    if picture is None:
        Image.fromarray(skimage.data.astronaut()[:96, :96]).save(source, "PNG")
    else:
        source.write(picture)
    source.seek(0)
    info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=private, ta_url=None)
    with c2pa.Builder(json.dumps(manifest)) as builder:
        builder.sign(c2pa.Signer.from_info(info), "image/png", source, target)
    return target.getvalue()


@pytest.fixture(scope="module")
def generated(authority):
    return signed(authority, AI)


def checked(folder: Path, data: bytes, trust_list: str | None = None) -> tuple[dict, dict]:
    (folder / "signed.png").write_bytes(data)
    request = Request(folder / "signed.png", synthmark.Config(), (), "synthmark-extract", trust_list=trust_list)
    report = examined(request)["report"]
    return report, next(layer for layer in report["layers"] if layer["layer"] == "credential")


def test_an_intact_credential_says_who_signed_and_what(tmp_path, generated):
    report, layer = checked(tmp_path, generated)
    assert report["verdict"] == "labelled"
    assert (layer["outcome"], layer["integrity"], layer["trust"]) == ("detected", "intact", "unlisted")
    assert layer["claims"]["signer"] == "Example Studio"
    assert layer["claims"]["digital_source_type"] == AI
    assert [item["code"] for item in layer["messages"]] == ["credential.ai"]


def test_a_trust_list_vouches_for_the_signer(tmp_path, generated, authority):
    from cryptography.hazmat.primitives.serialization import Encoding

    anchors = authority[0].public_bytes(Encoding.PEM).decode()
    assert checked(tmp_path, generated, anchors)[1]["trust"] == "trusted"


def test_a_change_after_signing_is_seen(tmp_path, generated):
    place = generated.index(b"IDAT") + 40
    data = generated[:place] + bytes([generated[place] ^ 1]) + generated[place + 1 :]
    (tmp_path / "signed.png").write_bytes(data)
    from extract_tool.credential import credential_layer
    from synthmark.report import LayerReport

    unread = LayerReport(layer="credential", outcome="not_checked")
    layer = credential_layer(tmp_path / "signed.png", "image/png", unread, None)
    assert (layer.outcome, layer.integrity) == ("invalid", "altered")
    assert "credential.altered" in [item.code for item in layer.messages]


def test_the_credential_of_a_camera_is_no_label(tmp_path, authority):
    report, layer = checked(tmp_path, signed(authority, CAMERA))
    assert (report["verdict"], report["exit_code"]) == ("not_labelled", 1)
    assert (layer["outcome"], layer["integrity"]) == ("detected", "intact")
    assert [item["code"] for item in layer["messages"]] == ["credential.no_ai"]


def test_without_the_library_it_is_not_checked(tmp_path, generated, monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    report, layer = checked(tmp_path, generated)
    assert (report["verdict"], layer["outcome"]) == ("not_labelled", "not_checked")
    assert [item["code"] for item in layer["messages"]] == ["credential.library"]


def test_a_credential_of_a_camera_contradicts_a_label(tmp_path, authority):
    source = Image.fromarray(skimage.data.astronaut()[:200, :200])
    source.save(tmp_path / "plain.png")
    config = synthmark.Config(producer="Example-Studio", watermark=False, visible=False)
    synthmark.label_file(tmp_path / "plain.png", tmp_path / "labelled.png", config)
    report, layer = checked(tmp_path, signed(authority, CAMERA, (tmp_path / "labelled.png").read_bytes()))
    assert (report["verdict"], report["exit_code"]) == ("conflict", 3)
    assert [item["code"] for item in layer["messages"]] == ["credential.no_ai", "conflict.recorded"]
