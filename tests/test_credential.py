"""Signed credentials (C2PA): written last, intact, and naming the watermark."""

import json
import os
import shutil
import subprocess
import sys

import av
import c2pa
import numpy as np
import pytest
import skimage.data
import soundfile
from certificates import certificate, write_signer
from clips import clip
from cryptography.hazmat.primitives import serialization as forms
from PIL import Image
from sounds import synthetic_voice

import synthmark
from extract_tool.examination import examined
from extract_tool.sandbox import Request
from synthmark import Config, ConfigError, CredentialError, DependencyError, UnsupportedMediaError
from synthmark.cli import main
from synthmark.credential import Claims, load_signer, sign
from synthmark.metadata import read_metadata_file

AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return write_signer(tmp_path_factory.mktemp("signer"))


def config(signer, **options):
    return Config(producer="studio", certificate_file=signer[0], certificate_key_file=signer[1], **options)


def picture(folder, name="a.png"):
    path = folder / name
    Image.fromarray(skimage.data.astronaut()[:256, :320]).save(path)
    return path


def sound(path):
    samples = synthetic_voice(8)
    if path.suffix != ".m4a":
        soundfile.write(path, samples, 16000)
        return path
    with av.open(str(path), "w", format="ipod") as output:
        stream = output.add_stream("aac", rate=16000, layout="mono", bit_rate=64000)
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = 16000
        output.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def manifest(path, media_type):
    """Return the state of the newest manifest of a file, and the manifest, as the reference library reads it."""
    context = c2pa.Context.from_dict(OFFLINE)
    with path.open("rb") as file, c2pa.Reader(media_type, file, context=context) as reader:
        store = json.loads(reader.json())
    return store["validation_state"], store["manifests"][store["active_manifest"]]


def assertions(found):
    return {item["label"]: item["data"] for item in found["assertions"]}


def test_a_signed_picture_says_that_ai_made_it_and_names_the_mark(tmp_path, signer):
    record = synthmark.label_file(picture(tmp_path), tmp_path / "b.png", config(signer, system="Painter"))
    state, found = manifest(tmp_path / "b.png", "image/png")
    said = assertions(found)
    assert (state, record.layers[-1]) == ("Valid", "credential")
    created, bound = said["c2pa.actions.v2"]["actions"]
    assert (created["action"], created["digitalSourceType"]) == ("c2pa.created", AI)
    assert created["softwareAgent"] == {"name": "Painter"}
    assert bound["action"] == "c2pa.watermarked.bound"
    block = {"scope": {}, "value": record.content_id}
    assert said["c2pa.soft-binding"] == {"alg": "org.synthmark.image.1", "blocks": [block]}
    assert "thumbnail" not in found
    assert b"a.png" not in (tmp_path / "b.png").read_bytes()


def test_all_layers_read_back_from_a_signed_file(tmp_path, signer):
    """The extract tool finds credential, metadata label and watermark; it trusts the signer with a trust list."""
    record = synthmark.label_file(picture(tmp_path), tmp_path / "b.png", config(signer))
    report = examination(tmp_path / "b.png", signer)
    layers = {layer["layer"]: layer for layer in report["layers"]}
    assert report["verdict"] == "labelled"
    assert tuple(report["agreement"]["content_id"]) == ("metadata", "watermark", "credential")
    credential = layers["credential"]
    assert (credential["outcome"], credential["integrity"], credential["trust"]) == ("detected", "intact", "trusted")
    assert credential["claims"]["digital_source_type"] == AI
    assert credential["claims"]["soft_binding"] == "org.synthmark.image.1"
    assert credential["claims"]["content_id"] == record.content_id
    assert layers["watermark"]["claims"]["content_id"] == record.content_id
    assert layers["metadata"]["claims"]["content_id"] == record.content_id


def examination(path, signer):
    return examined(Request(path, Config(), (), "synthmark-extract", trust_list=signer[2].decode()))["report"]


def test_a_credential_that_names_another_mark_is_a_conflict(tmp_path, signer):
    synthmark.label_file(picture(tmp_path), tmp_path / "b.png", Config(producer="studio"))
    claims = Claims(media_type="image/png", content_id=f"{5:016x}")
    with (tmp_path / "b.png").open("rb") as source, (tmp_path / "c.png").open("w+b") as target:
        sign(source, target, claims, load_signer(*signer[:2]))
    report = examination(tmp_path / "c.png", signer)
    assert report["verdict"] == "conflict"
    assert tuple(report["agreement"]["content_id"]) == ("metadata", "watermark")
    (messages,) = [layer["messages"] for layer in report["layers"] if layer["layer"] == "credential"]
    assert "conflict.credential" in [item["code"] for item in messages]


@pytest.mark.parametrize("suffix", ["jpg", "webp", "gif", "tiff", "avif"])
def test_every_kind_of_picture_is_signed(tmp_path, signer, suffix):
    source = picture(tmp_path, f"a.{suffix}")
    record = synthmark.label_file(source, tmp_path / f"b.{suffix}", config(signer))
    state, found = manifest(record.target, record.media_type)
    assert state == "Valid"
    assert assertions(found)["c2pa.soft-binding"]["blocks"][0]["value"] == record.content_id
    assert read_metadata_file(record.target).has_credential


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "m4a"])
def test_sound_is_signed(tmp_path, signer, suffix):
    source = sound(tmp_path / f"a.{suffix}")
    record = synthmark.label_file(source, tmp_path / f"b.{suffix}", config(signer))
    state, found = manifest(record.target, record.media_type)
    assert state == "Valid"
    assert assertions(found)["c2pa.soft-binding"]["alg"] == "org.synthmark.audio.1"
    assert synthmark.verify_file(record.target).layer("watermark").claims["content_id"] == record.content_id


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("mp4", {"no_reencode": True}),
        ("mov", {"no_reencode": True}),
        ("avi", {"no_reencode": True}),
        ("mp4", {"metadata": False, "watermark": False, "label": "start"}),
    ],
)
def test_a_video_is_signed_and_claims_no_mark_that_is_not_there(tmp_path, signer, suffix, options):
    source = clip(tmp_path / f"a.{suffix}", frames=25)
    record = synthmark.label_file(source, tmp_path / f"b.{suffix}", config(signer, **options))
    state, found = manifest(record.target, record.media_type)
    assert state == "Valid"
    assert "c2pa.soft-binding" not in assertions(found)
    assert [action["action"] for action in assertions(found)["c2pa.actions.v2"]["actions"]] == ["c2pa.created"]


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_reads_the_credential(tmp_path, signer):
    record = synthmark.label_file(picture(tmp_path), tmp_path / "b.png", config(signer))
    command = ["exiftool", "-j", "-G3", "-a", "-JUMBF:all", str(record.target)]
    printed = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert "org.synthmark.image.1" in printed
    assert record.content_id in printed


def test_a_signed_file_is_refused_unless_forced(tmp_path, signer):
    synthmark.label_file(picture(tmp_path), tmp_path / "b.png", config(signer))
    with pytest.raises(CredentialError, match="Label it before signing"):
        synthmark.label_file(tmp_path / "b.png", tmp_path / "c.png", config(signer), relabel=True)
    assert not (tmp_path / "c.png").exists()


@pytest.mark.parametrize(("suffix", "options"), [("png", {}), ("mp4", {"no_reencode": True})])
def test_the_credential_of_the_source_becomes_the_history_of_the_new_one(tmp_path, signer, suffix, options):
    """What a generator signed stays provable: the new credential holds the old one, and opens its file."""
    source = picture(tmp_path) if suffix == "png" else clip(tmp_path / "a.mp4", frames=25)
    first = synthmark.label_file(source, tmp_path / f"b.{suffix}", config(signer, system="Painter", **options))
    wanted = config(signer, system="Painter", **options)
    record = synthmark.label_file(first.target, tmp_path / f"c.{suffix}", wanted, relabel=True, force=True)
    state, found = manifest(record.target, record.media_type)
    (parent,) = found["ingredients"]
    assert state == "Valid"
    assert (parent["relationship"], parent["validation_results"]["activeManifest"]["failure"][0]["code"]) == (
        "parentOf",
        "signingCredential.untrusted",
    )
    assert parent["active_manifest"] == manifest(first.target, record.media_type)[1]["label"]
    actions = assertions(found)["c2pa.actions.v2"]["actions"]
    said = ["c2pa.opened"] if options else ["c2pa.opened", "c2pa.edited", "c2pa.watermarked.bound"]
    assert [action["action"] for action in actions] == said
    assert actions[0]["digitalSourceType"] == AI
    assert b"b.png" not in record.target.read_bytes()
    assert "note.credential_broken" not in [message.code for message in record.messages]


def test_without_a_certificate_the_old_credential_is_said_to_be_broken(tmp_path, signer):
    synthmark.label_file(picture(tmp_path), tmp_path / "b.png", config(signer))
    record = synthmark.label_file(tmp_path / "b.png", tmp_path / "c.png", Config(), relabel=True, force=True)
    assert "note.credential_broken" in [message.code for message in record.messages]


def test_what_cannot_hold_a_credential_is_refused_before_any_work(tmp_path, signer):
    soundfile.write(tmp_path / "a.ogg", synthetic_voice(4), 16000)
    with pytest.raises(UnsupportedMediaError, match="Ogg Vorbis files cannot hold a signed credential"):
        synthmark.label_file(tmp_path / "a.ogg", tmp_path / "b.ogg", config(signer))
    assert not (tmp_path / "b.ogg").exists()


def test_without_the_library_nothing_is_written(tmp_path, signer, monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(DependencyError, match=r"synthmark\[c2pa\]"):
        synthmark.label_file(picture(tmp_path), tmp_path / "b.png", config(signer))
    assert not (tmp_path / "b.png").exists()


def test_a_chain_that_signs_nothing_leaves_nothing_behind(tmp_path):
    """A certificate of an authority may not sign content: the library refuses it."""
    root, key, _ = certificate("Root", authority=True)
    (tmp_path / "chain.pem").write_bytes(root.public_bytes(forms.Encoding.PEM))
    form = (forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    (tmp_path / "key.pem").write_bytes(key.private_bytes(*form))
    (tmp_path / "key.pem").chmod(0o600)
    wrong = config((tmp_path / "chain.pem", tmp_path / "key.pem"))
    source = picture(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CredentialError):
        synthmark.label_file(source, tmp_path / "b.png", wrong)
    assert sorted(tmp_path.iterdir()) == before


def test_both_files_are_needed(tmp_path, signer):
    for options in ({"certificate_file": signer[0]}, {"certificate_key_file": signer[1]}):
        with pytest.raises(ConfigError, match="belong together"):
            synthmark.label_file(picture(tmp_path), tmp_path / "b.png", Config(**options))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_private_key_that_others_can_read_is_refused(tmp_path):
    chain, private, _ = write_signer(tmp_path)
    private.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_signer(chain, private)


def test_a_key_of_another_certificate_is_refused(tmp_path, signer):
    with pytest.raises(ConfigError, match="not that of the first certificate"):
        load_signer(write_signer(tmp_path)[0], signer[1])


def test_an_expired_certificate_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="not today"):
        load_signer(*write_signer(tmp_path, days=-1)[:2])


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", bytes(99)]
)
def test_what_is_no_certificate_or_key_is_refused(tmp_path, signer, content):
    broken = tmp_path / "broken.pem"
    broken.write_bytes(content)
    broken.chmod(0o600)
    with pytest.raises(ConfigError, match="no certificate in PEM"):
        load_signer(broken, signer[1])
    with pytest.raises(ConfigError, match="no private key in PEM"):
        load_signer(signer[0], broken)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_signer(tmp_path / "missing.pem", signer[1])


def test_the_private_key_is_not_shown(signer):
    assert b"PRIVATE" not in repr(load_signer(*signer[:2])).encode()


def test_a_marked_video_names_its_mark(tmp_path, signer):
    source = clip(tmp_path / "a.mp4", frames=50)
    record = synthmark.label_file(source, tmp_path / "b.mp4", config(signer))
    state, found = manifest(tmp_path / "b.mp4", "video/mp4")
    assert state == "Valid"
    block = {"scope": {}, "value": record.content_id}
    assert assertions(found)["c2pa.soft-binding"] == {"alg": "org.synthmark.video.1", "blocks": [block]}
    assert record.report.layer("watermark").claims["content_id"] == record.content_id


@pytest.mark.parametrize("way", ["options", "environment", "file"])
def test_the_certificate_is_named_in_every_usual_way(tmp_path, signer, way, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"certificate_file": signer[0], "certificate_key_file": signer[1]}
    options = []
    if way == "options":
        options = [part for name, file in names.items() for part in (f"--{name.replace('_', '-')}", str(file))]
    elif way == "environment":
        for name, file in names.items():
            monkeypatch.setenv(f"SYNTHMARK_{name.upper()}", str(file))
    else:
        lines = [f"{name} = {json.dumps(str(file))}\n" for name, file in names.items()]
        (tmp_path / "synthmark.toml").write_text("".join(lines), encoding="utf-8")
    assert main(["label", str(picture(tmp_path)), "-o", "out", "--no-watermark", *options]) == 0
    assert manifest(tmp_path / "out" / "a.png", "image/png")[0] == "Valid"
