"""The closed loop with the real watermark: what it does when a file's own coding erases the mark."""

import numpy as np
import pytest
import skimage.data
from media import saved
from PIL import Image

from synthmark.config import Config
from synthmark.errors import CapacityError
from synthmark.files.webp import quality_of
from synthmark.labelling import embed_file, label_file
from synthmark.verification import verify_file

MARK_ALONE = Config(visible=False, metadata=False)


def photograph(side: int) -> Image.Image:
    return Image.fromarray(skimage.data.astronaut()).resize((side, side))


def labelled(tmp_path, data: bytes, suffix: str, config: Config = MARK_ALONE):
    source, target = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    source.write_bytes(data)
    record = label_file(source, target, config)
    assert verify_file(target).layer("watermark").claims["content_id"] == record.content_id
    return [item.code for item in record.messages], record, target


def test_the_mark_is_made_stronger_where_the_quality_is_asked_for(tmp_path):
    config = Config(visible=False, metadata=False, jpeg_quality=42)
    notes, record, target = labelled(tmp_path, saved(photograph(512), "JPEG", quality=42), ".jpg", config)
    assert notes == ["note.stronger"]
    assert record.psnr > 37
    with Image.open(tmp_path / "a.jpg") as before, Image.open(target) as after:
        assert before.quantization == after.quantization


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("WEBP", ".webp")])
def test_a_copy_of_a_coarse_file_is_coded_more_finely(tmp_path, kind, suffix):
    notes, record, target = labelled(tmp_path, saved(photograph(512), kind, quality=10), suffix)
    assert notes == ["note.finer"]
    assert record.psnr > 41.9
    if kind == "WEBP":
        assert quality_of(target.read_bytes()) > 80


def test_a_quality_that_is_asked_for_is_never_raised(tmp_path):
    config = Config(visible=False, metadata=False, jpeg_quality=10)
    with pytest.raises(CapacityError, match="Use a higher quality"):
        labelled(tmp_path, saved(photograph(256), "JPEG", quality=95), ".jpg", config)
    assert not (tmp_path / "b.jpg").exists()


def test_strength_reaches_the_mark(tmp_path):
    """A factor of two costs six decibels; "auto" is a factor of one."""
    (tmp_path / "a.png").write_bytes(saved(photograph(256), "PNG"))
    psnr = {
        strength: embed_file(tmp_path / "a.png", tmp_path / f"{strength}.png", 7, strength=strength).psnr
        for strength in ("auto", 1.0, 2.0, 4.0)
    }
    assert psnr["auto"] == psnr[1.0]
    assert psnr[1.0] - psnr[2.0] == pytest.approx(6, abs=0.8)
    assert psnr[1.0] - psnr[4.0] == pytest.approx(12, abs=1.5)
    with Image.open(tmp_path / "auto.png") as one, Image.open(tmp_path / "1.0.png") as two:
        assert np.array_equal(np.asarray(one), np.asarray(two))
