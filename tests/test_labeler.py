"""`Labeler`: everything that it returns is labelled, recorded, and of the kind that it was given."""

import concurrent.futures
import io
import threading
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from certificates import write_signer
from PIL import Image
from stand_in_tensors import Tensor

import synthmark
from synthmark import audio, image
from synthmark.config import Config
from synthmark.errors import CapacityError, ConfigError, InputError, LabelMissingError
from synthmark.metadata import read_metadata
from synthmark.registry import open_registry

PICTURE = np.asarray(Image.fromarray(skimage.data.astronaut()).resize((256, 256)))
CONFIG = Config(producer="Example-Studio", system="Painter")
QUIET = np.random.default_rng(3).normal(0, 0.1, (16000 * 12,)).astype(np.float32)


@pytest.fixture(scope="module")
def labeler() -> synthmark.Labeler:
    return synthmark.Labeler(CONFIG)


def test_arrays_and_pictures_come_back_labelled(labeler):
    for picture in (PICTURE, Image.fromarray(PICTURE), PICTURE.astype(np.float32) / 255):
        result = labeler.label_image(picture)
        assert type(result.content) is type(picture)
        assert np.asarray(result.content).shape == PICTURE.shape
        assert np.asarray(result.content).dtype == np.asarray(picture).dtype
        assert image.extract(result.content, search="fast").content_id == int(result.record.content_id, 16)
        assert result.record.layers == ("visible", "watermark")
        assert result.record.placement["box"][2] <= 256


def test_the_content_id_can_be_given(labeler):
    assert labeler.label_image(PICTURE, content_id=77).record.content_id == f"{77:016x}"
    with pytest.raises(InputError):
        labeler.label_image(PICTURE, content_id=-1)


def test_a_batch_of_tensors_gets_an_id_each(labeler):
    batch = Tensor(np.stack([PICTURE, PICTURE[::-1]]).transpose(0, 3, 1, 2) / 127.5 - 1, "cuda:0", "float16")
    result = labeler.label_image(batch, value_range=(-1.0, 1.0))
    assert (result.content.device, result.content.dtype, result.content.shape) == (
        "cuda:0",
        batch.dtype,
        batch.shape,
    )
    values = (result.content.cpu().numpy().astype(np.float32) + 1) / 2
    found = [image.extract(picture.transpose(1, 2, 0), search="fast").content_id for picture in values]
    assert [f"{number:016x}" for number in found] == [record.content_id for record in result.records]
    assert len(set(found)) == 2


def test_the_metadata_label_comes_along(labeler):
    result = labeler.label_image(Image.fromarray(PICTURE))
    record = result.record
    buffer = io.BytesIO()
    result.content.save(buffer, "PNG")
    for data in (record.with_metadata(buffer.getvalue()), with_xmp(result.content, record.xmp)):
        found = read_metadata(data)
        assert found.label.produce_id == record.produce_id == f"synthmark-{record.content_id}"
        assert found.label.content_producer == "Example-Studio"
        assert found.ai_system == "Painter"
    assert record.produce_id in record.aigc


def with_xmp(picture: Image.Image, xmp: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", xmp=xmp.encode())
    return buffer.getvalue()


def test_sound_comes_back_labelled(labeler):
    result = labeler.label_audio(QUIET, 16000)
    assert result.content.dtype == QUIET.dtype
    assert len(result.content) > len(QUIET)
    assert audio.extract(result.content, 16000).content_id == int(result.record.content_id, 16)
    assert audio.find_cues(result.content, 16000)


def test_what_cannot_be_labelled_raises_and_returns_nothing(labeler):
    flat = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(CapacityError):
        labeler.label_image(flat)
    with pytest.raises(InputError):
        labeler.label_image("a picture")
    with pytest.raises(synthmark.SynthmarkError):
        labeler.label_audio(np.zeros(100, np.float32), 16000)


def recorded(folder: Path, **options) -> synthmark.Labeler:
    config = Config(producer="Example-Studio", watermark=False, registry=folder / "registry.sqlite", **options)
    return synthmark.Labeler.from_config(config)


def test_every_result_is_recorded_also_from_threads(tmp_path):
    labeler = recorded(tmp_path)
    Image.fromarray(PICTURE).save(tmp_path / "a.png")
    ids = [labeler.label_audio(QUIET, 16000).record.content_id]
    ids.append(labeler.label_file(tmp_path / "a.png", tmp_path / "b.png").content_id)

    def label() -> None:
        ids.append(labeler.label_image(PICTURE).record.content_id)

    threads = [threading.Thread(target=label) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    labeler.close()
    with open_registry(tmp_path / "registry.sqlite") as registry:
        assert sorted(stored.record.content_id for stored in registry.latest(100)) == sorted(ids)
        assert registry.verify().intact


def test_threads_do_not_mix_up_their_contents(labeler, tmp_path):
    """Pictures, sound and files at once: each result carries its own mark."""
    Image.fromarray(PICTURE).save(tmp_path / "a.png")

    def work(number: int) -> tuple[int, int | None]:
        wanted = 1000 + number
        if number % 3 == 0:
            marked = labeler.label_image(np.roll(PICTURE, number, axis=1), content_id=wanted).content
            return wanted, image.extract(marked, search="fast").content_id
        if number % 3 == 1:
            heard = labeler.label_audio(QUIET[: 16000 * 6], 16000, content_id=wanted).content
            return wanted, audio.extract(heard, 16000).content_id
        target = tmp_path / f"{number}.png"
        labeler.label_file(tmp_path / "a.png", target, content_id=wanted)
        return wanted, image.extract(Image.open(target), search="fast").content_id

    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        results = list(threads.map(work, range(12)))
    assert [found for _, found in results] == [wanted for wanted, _ in results]


def encoded(picture, kind="PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_bytes_come_back_with_every_layer(labeler, tmp_path, kind):
    result = labeler.label_bytes(encoded(PICTURE, kind), content_id=9)
    (tmp_path / "a").write_bytes(result.data)
    synthmark.assert_labelled(tmp_path / "a", CONFIG)
    assert result.record.content_id == f"{9:016x}"
    assert (result.record.source, result.record.target) == ("memory:", "memory:")


def test_bytes_are_recorded_and_what_cannot_be_labelled_raises(tmp_path):
    labeler = recorded(tmp_path)
    record = labeler.label_bytes(encoded(PICTURE)).record
    for data in (b"", b"text", encoded(PICTURE)[:500], labeler.label_bytes(encoded(PICTURE)).data):
        with pytest.raises(synthmark.SynthmarkError):
            labeler.label_bytes(data)
    with open_registry(tmp_path / "registry.sqlite") as registry:
        (stored,) = registry.find_content_id(int(record.content_id, 16))
        assert registry.count() == 2
    assert (stored.record.source, stored.record.sha256_after) == ("memory:", record.sha256_after)
    labeler.close()


@pytest.mark.parametrize("call", ["image", "audio", "bytes"])
def test_what_the_registry_cannot_take_is_not_returned(tmp_path, monkeypatch, call):
    labeler = recorded(tmp_path)

    def broken(*_args: object) -> None:
        raise synthmark.RegistryError("the disk is full")

    for name in ("add", "add_many"):
        monkeypatch.setattr(f"synthmark.registry.Registry.{name}", broken)
    calls = {
        "image": lambda: labeler.label_image(PICTURE),
        "audio": lambda: labeler.label_audio(QUIET, 16000),
        "bytes": lambda: labeler.label_bytes(encoded(PICTURE)),
    }
    with pytest.raises(synthmark.RegistryError):
        calls[call]()


def test_assert_labelled_asks_for_the_credential_of_the_configuration(labeler, tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "a.png")
    chain, private, _ = write_signer(tmp_path)
    config = Config(producer="Example-Studio", certificate_file=chain, certificate_key_file=private)
    (tmp_path / "b.png").write_bytes(labeler.label_bytes(encoded(PICTURE)).data)
    with pytest.raises(LabelMissingError, match=r"lacks a label: credential \(not detected\)"):
        synthmark.assert_labelled(tmp_path / "b.png", config)
    synthmark.Labeler(config).label_file(tmp_path / "a.png", tmp_path / "c.png")
    synthmark.assert_labelled(tmp_path / "c.png", config)


def test_a_copy_without_record_does_not_stay(tmp_path, monkeypatch):
    labeler = recorded(tmp_path)
    Image.fromarray(PICTURE).save(tmp_path / "a.png")

    def broken(*_args: object) -> None:
        raise synthmark.RegistryError("the disk is full")

    monkeypatch.setattr("synthmark.registry.Registry.add", broken)
    with pytest.raises(synthmark.RegistryError):
        labeler.label_file(tmp_path / "a.png", tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()


def test_without_visible_label_the_reason_is_asked_for_at_once(tmp_path):
    with pytest.raises(ConfigError, match="requested_by"):
        recorded(tmp_path, visible=False)


def test_the_configuration_is_found_in_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("synthmark.toml").write_text('producer = "From-File"\n', encoding="utf-8")
    for labeler in (synthmark.Labeler.from_config(), synthmark.Labeler.from_config("synthmark.toml")):
        assert labeler.config.producer == "From-File"


def test_assert_labelled_names_what_is_missing(labeler, tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "a.png")
    labeler.label_file(tmp_path / "a.png", tmp_path / "b.png")
    synthmark.assert_labelled(tmp_path / "b.png", CONFIG)
    synthmark.assert_labelled(tmp_path / "b.png")
    with pytest.raises(LabelMissingError, match=r"metadata \(not detected\), watermark \(not detected\)"):
        synthmark.assert_labelled(tmp_path / "a.png")
    record = labeler.label_image(PICTURE).record
    (tmp_path / "c.png").write_bytes(record.with_metadata((tmp_path / "a.png").read_bytes()))
    with pytest.raises(AssertionError, match=r"lacks a label: watermark \(not detected\)"):
        synthmark.assert_labelled(tmp_path / "c.png")


def test_assert_labelled_refuses_what_contradicts_itself(labeler, tmp_path):
    first, second = labeler.label_image(PICTURE), labeler.label_image(PICTURE)
    buffer = io.BytesIO()
    Image.fromarray(first.content).save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(second.record.with_metadata(buffer.getvalue()))
    with pytest.raises(LabelMissingError, match="contradict"):
        synthmark.assert_labelled(tmp_path / "a.png")
