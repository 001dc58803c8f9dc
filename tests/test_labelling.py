"""Labelling files of every container and mode: what is written, kept, refused, and left alone on failure."""

import json
import os

import numpy as np
import pytest
import stand_in_watermark
from media import files, photograph, saved, suffix
from PIL import Image

from synthmark.config import Config
from synthmark.errors import CapacityError, CredentialError, InputError, MediaError
from synthmark.files.picture_file import read_picture
from synthmark.labelling import embed_file, label_file
from synthmark.metadata import MetadataRecord, new_label, read_metadata, write_metadata
from synthmark.verification import verify_file

CONTENT_ID = 0x5A23456789ABCDEF
CONFIG = Config(producer="studio", system="model-x", system_version="3")


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    stand_in_watermark.install(monkeypatch)


def written(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    return path


def labelled(tmp_path, data, ending=".png", config=CONFIG, **options):
    source = written(tmp_path, "source" + ending, data)
    target = tmp_path / ("target" + ending)
    return label_file(source, target, config, **({"content_id": CONTENT_ID} | options)), target


@pytest.mark.parametrize("name", files())
def test_all_layers_read_back_and_the_source_is_untouched(name, tmp_path):
    record, target = labelled(tmp_path, files()[name], suffix(name))
    assert (tmp_path / f"source{suffix(name)}").read_bytes() == files()[name]
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["source", "target"]
    report = verify_file(target)
    assert report.verdict == "labelled"
    assert report.layer("watermark").claims["content_id"] == "5a23456789abcdef"
    assert report.agreement == {"content_id": ("metadata", "watermark")}
    assert report.layer("metadata").claims["producer"] == "studio"
    assert report.layer("metadata").claims["system"] == "model-x"
    assert record.layers == ("visible", "watermark", "metadata")
    assert record.psnr > 30
    assert record.frames == len(read_picture(files()[name]).frames)
    assert json.loads(json.dumps(record.as_json(), allow_nan=False))["record"]["target"] == str(target)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_visible_label_is_upright_for_the_viewer(orientation, kind, tmp_path):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    config = Config(producer="studio", watermark=False, position="bottom-right")
    upright = photograph()
    back = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    turns = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(turns[back]))
    ending = {"PNG": ".png", "TIFF": ".tif"}[kind]
    record, target = labelled(tmp_path, saved(stored, kind, exif=exif), ending, config=config)
    with Image.open(target) as image:
        assert image.getexif()[0x0112] == orientation
        shown = np.asarray(ImageOps.exif_transpose(image)).astype(int)
    changed = np.argwhere((shown != np.asarray(upright)).any(axis=2))
    left, top, right, bottom = record.placement["box"]
    assert changed.min(axis=0)[0] >= top
    assert changed.min(axis=0)[1] >= left
    assert changed.max(axis=0)[0] < bottom
    assert changed.max(axis=0)[1] < right
    assert left > upright.width / 2
    assert top > upright.height / 2


def test_layers_can_be_left_out(tmp_path):
    for layer in ("visible", "watermark", "metadata"):
        config = Config(producer="studio", **{name: name == layer for name in ("visible", "watermark", "metadata")})
        record, target = labelled(tmp_path, files()["png"], config=config)
        report = verify_file(target)
        assert record.layers == (layer,)
        assert (report.layer("watermark").outcome == "detected") == (layer == "watermark")
        assert (report.layer("metadata").outcome == "detected") == (layer == "metadata")
        assert (record.placement is None) == (layer != "visible")


def test_without_any_layer_it_is_refused(tmp_path):
    with pytest.raises(InputError, match="No layer"):
        labelled(tmp_path, files()["png"], config=Config(visible=False, watermark=False, metadata=False))


def test_a_new_content_id_is_drawn_for_every_file(tmp_path, monkeypatch):
    monkeypatch.setattr("synthmark.payload.new_content_id", lambda producer: CONTENT_ID ^ len(producer))
    record, _ = labelled(tmp_path, files()["png"], content_id=None)
    assert record.content_id == f"{CONTENT_ID ^ len('studio'):016x}"
    assert record.produce_id == f"synthmark-{record.content_id}"


def test_embedding_alone_writes_the_mark_alone(tmp_path):
    source, target = written(tmp_path, "a.jpg", files()["jpeg"]), tmp_path / "b.jpg"
    record = embed_file(source, target, CONTENT_ID)
    assert record.layers == ("watermark",)
    assert record.produce_id is None
    report = verify_file(target)
    assert (report.layer("watermark").outcome, report.layer("metadata").outcome) == (
        "detected",
        "not_detected",
    )


def test_source_and_target_must_differ_through_links_too(tmp_path):
    source = written(tmp_path, "a.png", files()["png"])
    (tmp_path / "hard.png").hardlink_to(source)
    (tmp_path / "soft.png").symlink_to(source)
    for name in ("a.png", "hard.png", "soft.png"):
        with pytest.raises(InputError, match="one file"):
            label_file(source, tmp_path / name, CONFIG)
    assert source.read_bytes() == files()["png"]


def test_a_wrong_extension_is_noted_and_kept(tmp_path):
    record, target = labelled(tmp_path, files()["png"], ".jpg")
    assert [(item.code, item.params["format"]) for item in record.messages] == [("note.extension", "PNG")]
    assert target.read_bytes().startswith(b"\x89PNG")


def test_another_container_cannot_be_asked_for(tmp_path):
    source = written(tmp_path, "a.png", files()["png"])
    with pytest.raises(InputError, match=r"stays one.*\.png"):
        label_file(source, tmp_path / "a.webp", CONFIG)


def test_a_labelled_file_is_refused_unless_it_is_to_be_relabelled(tmp_path):
    _, once = labelled(tmp_path, files()["jpeg"], ".jpg")
    with pytest.raises(InputError, match="already"):
        label_file(once, tmp_path / "twice.jpg", CONFIG)
    assert not (tmp_path / "twice.jpg").exists()


def test_relabelling_keeps_the_producing_fields_and_the_own_id(tmp_path):
    _, once = labelled(tmp_path, files()["jpeg"], ".jpg")
    twice = tmp_path / "twice.jpg"
    record = label_file(once, twice, Config(producer="platform", visible=False), relabel=True)
    label = read_metadata(twice.read_bytes()).label
    assert (label.content_producer, label.content_propagator) == ("studio", "platform")
    assert record.content_id == "5a23456789abcdef"
    assert label.produce_id == record.produce_id
    assert verify_file(twice).verdict == "labelled"


def test_a_foreign_label_keeps_its_number_when_relabelled(tmp_path):
    foreign = write_metadata(files()["png"], MetadataRecord(new_label("other", "their-number-1")))
    record, target = labelled(tmp_path, foreign, relabel=True)
    label = read_metadata(target.read_bytes()).label
    assert (label.produce_id, label.content_producer) == ("their-number-1", "other")
    assert label.propagate_id == "synthmark-5a23456789abcdef"
    assert record.produce_id == "their-number-1"
    assert verify_file(target).agreement == {"content_id": ("metadata", "watermark")}


def test_a_propagator_of_its_own_is_written(tmp_path):
    _, target = labelled(tmp_path, files()["png"], config=Config(producer="studio", propagator="platform"))
    label = read_metadata(target.read_bytes()).label
    assert (label.content_producer, label.content_propagator) == ("studio", "platform")
    assert label.propagate_id == label.produce_id


def with_credential(png):
    chunk = b"caBX" + b"\0\0\0\x20jumb\0\0\0\x18jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71"
    import struct
    import zlib

    return png[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:]


def test_a_signed_credential_is_refused_unless_forced(tmp_path):
    signed = with_credential(files()["png"])
    with pytest.raises(CredentialError, match="C2PA"):
        labelled(tmp_path, signed)
    record, target = labelled(tmp_path, signed, force=True)
    assert "note.credential_broken" in [item.code for item in record.messages]
    assert verify_file(target).layer("credential").outcome == "not_checked"


def test_a_mark_that_does_not_survive_the_coding_is_made_stronger(tmp_path, monkeypatch):
    tried = []

    def weak(picture, content_id, key=None, *, strength=1.0):
        tried.append(strength)
        return picture if strength in (1.0, 1.25) else stand_in_watermark.embed(picture, content_id, key)

    monkeypatch.setattr("synthmark.image.embed", weak)
    record, target = labelled(tmp_path, files()["png"])
    assert tried == [1.0, 1.25, 1.6]
    assert [item.code for item in record.messages] == ["note.stronger"]
    assert verify_file(target).verdict == "labelled"


def test_a_palette_gives_way_before_the_mark_gets_stronger(tmp_path, monkeypatch):
    from synthmark.files import writing

    monkeypatch.setattr(writing, "_indexed", lambda picture: photograph().quantize(2))
    record, target = labelled(tmp_path, files()["png-palette"])
    assert [item.code for item in record.messages] == ["note.true_colour"]
    with Image.open(target) as image:
        assert image.mode == "RGB"


def test_a_mark_that_never_reads_back_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("synthmark.image.embed", lambda picture, content_id, key=None, *, strength: picture)
    with pytest.raises(CapacityError, match="does not survive"):
        labelled(tmp_path, files()["jpeg"], ".jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["source.jpg"]


def test_an_existing_target_stays_when_labelling_fails(tmp_path, monkeypatch):
    (tmp_path / "target.jpg").write_bytes(b"precious")
    monkeypatch.setattr("synthmark.image.embed", lambda picture, content_id, key=None, *, strength: picture)
    with pytest.raises(CapacityError):
        labelled(tmp_path, files()["jpeg"], ".jpg")
    assert (tmp_path / "target.jpg").read_bytes() == b"precious"


def test_a_picture_that_cannot_carry_the_mark_is_an_error(tmp_path):
    with pytest.raises(CapacityError):
        labelled(tmp_path, saved(Image.new("RGB", (200, 200), "white"), "PNG"), config=Config(visible=False))


def test_flat_frames_of_an_animation_may_stay_unmarked(tmp_path):
    frames = [Image.new("RGB", (240, 200), "black"), photograph(), photograph().rotate(9)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
    record, target = labelled(tmp_path, data, ".webp", config=Config(visible=False))
    assert [(item.code, item.params["marked"]) for item in record.messages] == [("note.frames_unmarked", 2)]
    assert verify_file(target).layer("watermark").evidence["frames_searched"] == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind here")
def test_a_folder_without_permission_is_a_clear_error(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    source = written(tmp_path, "a.png", files()["png"])
    with pytest.raises(MediaError, match="closed cannot be written"):
        label_file(source, tmp_path / "closed" / "b.png", CONFIG)


@pytest.mark.parametrize("name", ["jpeg", "webp", "png-palette", "avif", "gif-animated", "tiff-lzw"])
def test_metadata_alone_leaves_the_coded_pixels_as_they_are(name, tmp_path):
    config = Config(producer="studio", visible=False, watermark=False)
    _, target = labelled(tmp_path, files()[name], suffix(name), config=config)
    before, after = read_picture(files()[name]), read_picture(target.read_bytes())
    assert np.array_equal(np.asarray(before.frames[0]), np.asarray(after.frames[0]))
    assert len(after.data) - len(files()[name]) < 6000


def test_gif_files_that_may_not_be_coded_anew_get_the_metadata_label_alone(tmp_path):
    config = Config(producer="studio", no_reencode=True)
    record, target = labelled(tmp_path, files()["gif-animated"], ".gif", config=config)
    assert (record.layers, record.placement, record.psnr) == (("metadata",), None, None)
    assert [message.code for message in record.messages] == ["note.not_coded_anew"]
    before, after = (read_picture(file.read_bytes()) for file in (record.source, target))
    assert before.durations == after.durations
    assert all(np.array_equal(*map(np.asarray, pair)) for pair in zip(before.frames, after.frames, strict=True))
    outcomes = {layer.layer: layer.outcome for layer in verify_file(target).layers}
    assert (outcomes["metadata"], outcomes["watermark"]) == ("detected", "not_detected")


def test_other_pictures_are_marked_where_videos_may_not_be_coded_anew(tmp_path):
    record, _ = labelled(tmp_path, files()["png"], ".png", config=Config(producer="studio", no_reencode=True))
    assert record.layers == ("visible", "watermark", "metadata")


def test_a_stated_quality_codes_anew_even_for_metadata_alone(tmp_path):
    config = Config(producer="studio", visible=False, watermark=False, jpeg_quality=20)
    _, target = labelled(tmp_path, files()["jpeg"], ".jpg", config=config)
    assert target.stat().st_size < len(files()["jpeg"])
