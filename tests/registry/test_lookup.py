"""Which record belongs to a file, and whether the content is what was marked."""

import numpy as np
import pytest
import skimage.data
from PIL import Image

from synthmark import Config, image, label_file, verify_file
from synthmark.registry import fingerprint_file, open_registry, record_of
from synthmark.registry.lookup import find_file, find_id

CONFIG = Config(producer="Example-Studio")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A registry with two labelled pictures, `astronaut.png` and `coffee.png`."""
    folder = tmp_path_factory.mktemp("labelled")
    with open_registry(folder / "registry.sqlite") as registry:
        for number, name in enumerate(("astronaut", "coffee"), 1):
            Image.fromarray(getattr(skimage.data, name)()).save(folder / "source.png")
            target = folder / f"{name}.png"
            labelled = label_file(folder / "source.png", target, CONFIG, content_id=0x5A5A000000000000 + number)
            registry.add(record_of(labelled, CONFIG, fingerprint_file(target)))
    return folder


@pytest.fixture
def registry(folder):
    with open_registry(folder / "registry.sqlite", create=False) as opened:
        yield opened


def found(registry, file):
    return find_file(registry, file, verify_file(file))


def ids(result):
    return [match.record.record.content_id for match in result.matches]


FIRST, SECOND = "5a5a000000000001", "5a5a000000000002"


def test_the_file_itself(registry, folder):
    result = found(registry, folder / "astronaut.png")
    assert (result.matched_by, result.agreement, ids(result)) == ("sha256", "agrees", [FIRST])


def test_a_copy_by_the_id_in_its_mark(registry, folder, tmp_path):
    Image.open(folder / "astronaut.png").crop((40, 30, 460, 470)).save(tmp_path / "copy.jpg", quality=80)
    result = found(registry, tmp_path / "copy.jpg")
    assert (result.matched_by, result.agreement, ids(result)) == ("content_id", "agrees", [FIRST])
    assert result.matches[0].comparison.similarity > 0.9


def test_a_mark_on_foreign_content_is_a_conflict(registry, tmp_path):
    Image.fromarray(image.embed(skimage.data.chelsea(), int(SECOND, 16))).save(tmp_path / "foreign.png")
    result = found(registry, tmp_path / "foreign.png")
    assert (result.matched_by, result.agreement, ids(result)) == ("content_id", "disagrees", [SECOND])


def test_content_without_its_mark_is_found_all_the_same(registry, folder, tmp_path):
    picture = Image.open(folder / "coffee.png").resize((150, 100)).filter(_blur())
    picture.save(tmp_path / "small.jpg", quality=40)
    result = found(registry, tmp_path / "small.jpg")
    assert (result.matched_by, result.agreement, ids(result)) == ("fingerprint", "agrees", [SECOND])
    assert result.ids == ()


def _blur():
    from PIL import ImageFilter

    return ImageFilter.GaussianBlur(2)


def test_registered_content_under_another_id_is_a_conflict(registry, tmp_path):
    Image.fromarray(image.embed(skimage.data.astronaut(), 0xABC)).save(tmp_path / "other.png")
    result = found(registry, tmp_path / "other.png")
    assert (result.matched_by, result.agreement, ids(result)) == ("fingerprint", "disagrees", [FIRST])
    assert result.ids == ("0000000000000abc",)


def test_unknown_content_is_not_found(registry, tmp_path):
    Image.fromarray(skimage.data.camera()).save(tmp_path / "unknown.png")
    result = found(registry, tmp_path / "unknown.png")
    assert (result.matched_by, result.matches, result.agreement, result.ids) == (None, (), "undecided", ())


def test_a_flat_copy_cannot_be_compared(registry, tmp_path):
    """A picture that shows nothing neither agrees nor contradicts."""
    report = verify_file(_flat_with_label(tmp_path, registry))
    result = find_file(registry, tmp_path / "flat.png", report)
    assert (result.matched_by, result.agreement, ids(result)) == ("content_id", "undecided", [FIRST])


def _flat_with_label(folder, registry):
    Image.fromarray(np.full((200, 200, 3), 120, np.uint8)).save(folder / "plain.png")
    config = Config(producer="Example-Studio", watermark=False, visible=False)
    label_file(folder / "plain.png", folder / "flat.png", config, content_id=int(FIRST, 16))
    return folder / "flat.png"


@pytest.mark.parametrize("text", [FIRST, "5A5A-0000-0000-0001", "0x5a5a000000000001"])
def test_an_id(registry, text):
    result = find_id(registry, text)
    assert (result.matched_by, result.agreement, ids(result)) == ("content_id", "undecided", [FIRST])


def test_a_content_number(registry):
    result = find_id(registry, f"synthmark-{FIRST}")
    assert (result.matched_by, ids(result)) == ("produce_id", [FIRST])


@pytest.mark.parametrize("text", ["1234", "no such number", "", "x" * 100_000, "'; DROP TABLE synthmark_entries"])
def test_what_is_not_there(registry, text):
    assert find_id(registry, text).matches == ()
    assert registry.count() == 2
