import numpy as np
import pytest
from scenes import RATE, pan, psnr

from synthmark.errors import CapacityError, InputError
from synthmark.video.embedding import LumaEmbedder
from synthmark.video.extraction import LumaExtractor
from synthmark.video.strength import BEST_PSNR, MOVING_PSNR, OPENING_PSNR

CONTENT_ID = 0x0123456789ABCDEF


def embed(frames, content_id=CONTENT_ID, **options):
    height, width = frames[0].shape
    embedder = LumaEmbedder(content_id, width=width, height=height, **options)
    copies = [frame.copy() for frame in frames]
    for number, copy in enumerate(copies):
        embedder.embed(copy, number / RATE)
    return copies, embedder


def read(frames, **options):
    height, width = frames[0].shape
    extractor = LumaExtractor(width=width, height=height, **options)
    for number, frame in enumerate(frames):
        extractor.push(frame, number / RATE)
    return extractor.detection()


def test_every_frame_keeps_the_promised_quality(scene, marked_scene):
    qualities = [psnr(*pair) for pair in zip(scene, marked_scene, strict=True)]
    assert min(qualities) >= OPENING_PSNR - 0.4
    assert min(qualities[round(RATE) :]) >= MOVING_PSNR - 1.6
    assert max(qualities) <= BEST_PSNR + 1


def test_no_second_is_changed_much_though_its_first_frames_are(scene, marked_scene):
    errors = [10 ** (-psnr(*pair) / 10) for pair in zip(scene, marked_scene, strict=True)]
    assert errors[0] > 2 * errors[-1]
    assert -10 * np.log10(np.mean(errors[: round(RATE)])) >= 44


def test_a_short_video_begins_with_less(scene):
    copies, _ = embed(scene[:12], seconds=1.0)
    assert min(psnr(*pair) for pair in zip(scene, copies, strict=False)) >= 46


def test_a_stronger_mark_changes_more(scene, marked_scene):
    strong, _ = embed(scene[:6], strength=2.0)
    assert psnr(scene[3], strong[3]) < psnr(scene[3], marked_scene[3]) - 4


def test_ten_bits_carry_the_same_mark(scene):
    deep = [frame.astype(np.uint16) * 4 for frame in scene]
    copies, _ = embed(deep, bit_depth=10)
    assert copies[0].dtype == np.uint16
    assert psnr(deep[5], copies[5], 1023) >= OPENING_PSNR - 0.4
    assert read(copies, bit_depth=10).content_id == CONTENT_ID


def test_rows_may_be_apart_in_memory(scene):
    buffer = np.zeros((270, 512), np.uint8)
    plane = buffer[:, :400]
    plane[...] = scene[0]
    LumaEmbedder(CONTENT_ID, width=400, height=270).embed(plane, 0.0)
    whole, _ = embed(scene[:1])
    assert np.array_equal(plane, whole[0])
    assert not buffer[:, 400:].any()


def test_small_frames_carry_a_mark():
    frames = pan(size=(180, 320))
    copies, _ = embed(frames)
    assert read(copies).content_id == CONTENT_ID


@pytest.mark.parametrize("size", [(271, 401), (402, 226), (120, 480)])
def test_odd_and_upright_and_long_frames_carry_a_mark(size):
    copies, _ = embed(pan(size=size, step=1))
    assert read(copies).content_id == CONTENT_ID


def test_black_frames_are_left_alone_and_said():
    black = [np.full((270, 400), 16, np.uint8)] * 6
    photo = pan(frames=12)
    copies, embedder = embed([*black, *photo])
    assert all(np.array_equal(copy, black[0]) for copy in copies[:6])
    assert [stretch.marked for stretch in embedder.stretches] == [False, True]
    assert embedder.stretches[1].start == pytest.approx(0.5)


def test_frames_change_little_from_one_to_the_next_in_a_still_scene():
    still = pan(frames=12, step=0)
    copies, _ = embed(still)
    later = np.abs(copies[-1].astype(int) - copies[-2].astype(int))
    assert later.max() <= 1  # nothing flickers


def test_too_small_frames_are_refused():
    with pytest.raises(CapacityError, match="32 on each side"):
        LumaEmbedder(1, width=31, height=64)


@pytest.mark.parametrize("options", [{"strength": 0.1}, {"strength": 5}, {"content_id": -1}, {"content_id": 2**64}])
def test_wrong_arguments_are_refused(options):
    with pytest.raises(InputError):
        LumaEmbedder(**({"content_id": 1, "width": 320, "height": 180} | options))
