import cv2
import numpy as np
import pytest
from scenes import RATE, pan

from synthmark import image
from synthmark.keys import new_key
from synthmark.video.embedding import LumaEmbedder
from synthmark.video.extraction import LumaExtractor

CONTENT_ID = 0x0123456789ABCDEF
OTHER_ID = 0xFEDCBA9876543210


def read(frames, rate=RATE, **options):
    height, width = frames[0].shape
    extractor = LumaExtractor(width=width, height=height, **options)
    for number, frame in enumerate(frames):
        extractor.push(frame, number / rate)
    return extractor.detection()


def embed(frames, content_id=CONTENT_ID, key=None):
    height, width = frames[0].shape
    embedder = LumaEmbedder(content_id, key, width=width, height=height)
    copies = [frame.copy() for frame in frames]
    for number, copy in enumerate(copies):
        embedder.embed(copy, number / RATE)
    return copies


def jpeg(frame, quality=40):
    return cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def test_the_exact_id_comes_back_with_its_span(marked_scene):
    found = read(marked_scene)
    assert found
    assert found.content_id == CONTENT_ID
    assert found.false_alarm_probability < 1e-9
    ((start, end),) = found.spans
    assert start == 0
    assert end == pytest.approx(2.0, abs=0.2)
    assert (found.scale, found.angle, found.flipped) == (1.0, 0.0, False)


def test_nothing_is_found_without_a_mark_or_with_another_key(scene, marked_scene):
    assert not read(scene)
    other = read(marked_scene, key=new_key())
    assert not other
    assert other.content_id is None
    assert other.spans == ()


@pytest.mark.parametrize(
    ("change", "angle", "flipped"),
    [
        (jpeg, 0, False),
        (lambda frame: cv2.resize(frame, (267, 180), interpolation=cv2.INTER_AREA), 0, False),
        (lambda frame: cv2.resize(frame, (600, 405), interpolation=cv2.INTER_CUBIC), 0, False),
        (lambda frame: frame[:, ::-1], 0, True),
        (lambda frame: np.rot90(frame).copy(), 90, False),
        (lambda frame: np.rot90(frame, 3).copy(), -90, False),
        (lambda frame: np.clip(frame * 0.6 + 20, 0, 255).astype(np.uint8), 0, False),
        (lambda frame: cv2.GaussianBlur(frame, (0, 0), 1.5), 0, False),
    ],
)
def test_it_survives_what_happens_to_whole_frames(marked_scene, change, angle, flipped):
    found = read([np.ascontiguousarray(change(frame)) for frame in marked_scene])
    assert found.content_id == CONTENT_ID
    assert found.angle == pytest.approx(angle, abs=0.5)
    assert found.flipped is flipped


def test_it_survives_a_turn_by_five_degrees(marked_scene):
    matrix = cv2.getRotationMatrix2D((200, 135), 5, 1)
    found = read([cv2.warpAffine(frame, matrix, (400, 270)) for frame in marked_scene])
    assert found.content_id == CONTENT_ID
    assert abs(found.angle) == pytest.approx(5, abs=0.3)


def test_it_survives_a_cut_of_the_frame(marked_scene):
    found = read([frame[31:229, 57:351] for frame in marked_scene])
    assert found.content_id == CONTENT_ID


def test_it_survives_bars_around_the_frame(marked_scene):
    found = read([cv2.copyMakeBorder(frame, 60, 60, 0, 0, cv2.BORDER_CONSTANT, value=16) for frame in marked_scene])
    assert found.content_id == CONTENT_ID


@pytest.mark.parametrize("rate", [RATE / 2, RATE * 2, 30.0])
def test_the_speed_of_play_does_not_matter(marked_scene, rate):
    assert read(marked_scene, rate).content_id == CONTENT_ID


def test_dropped_and_shuffled_frames_do_not_matter(marked_scene):
    order = np.random.default_rng(5).permutation(24)[:12]
    assert read([marked_scene[number] for number in order]).content_id == CONTENT_ID


def test_a_decision_comes_early(marked_scene):
    extractor = LumaExtractor(width=400, height=270)
    for number in range(14):
        extractor.push(marked_scene[number], number / RATE)
    assert extractor.decided
    assert extractor.detection().content_id == CONTENT_ID


def test_two_ids_are_found_with_their_spans():
    first = embed(pan("astronaut", 30))
    second = embed(pan("camera", 30), OTHER_ID)
    found = read([*first, *second])
    assert {mark.content_id for mark in found.marks} == {CONTENT_ID, OTHER_ID}
    one, two = found.marks
    assert one.content_id == CONTENT_ID
    assert one.spans[0][0] == 0
    assert one.spans[-1][1] == pytest.approx(2.5, abs=0.5)
    assert two.spans[0][0] == pytest.approx(2.5, abs=0.5)
    assert two.spans[-1][1] == pytest.approx(5.0, abs=0.5)


def test_an_unmarked_part_is_in_no_span():
    marked = embed(pan("astronaut", 24))
    found = read([*marked, *pan("camera", 36)])
    assert found.content_id == CONTENT_ID
    assert found.spans[-1][1] <= 2.6


def test_stretches_with_different_patterns_are_read_together(scene):
    embedder = LumaEmbedder(CONTENT_ID, width=400, height=270)
    frames = [frame.copy() for frame in scene]
    for number, frame in enumerate(frames):
        embedder.embed(frame, number * 11 / 24 * 2)  # a new pattern after ten seconds: about the middle
    noisy = [jpeg(frame, 12) for frame in frames]
    assert read(noisy).content_id == CONTENT_ID


def test_several_keys_are_searched_at_once(marked_scene):
    keys = [new_key(), None]
    height, width = marked_scene[0].shape
    extractor = LumaExtractor(width=width, height=height, keys=keys)
    for number, frame in enumerate(marked_scene):
        extractor.push(frame, number / RATE)
    nothing, found = extractor.detections()
    assert not nothing
    assert found.content_id == CONTENT_ID
    assert extractor.detection() == nothing


def test_no_frames_and_one_frame_are_no_error(marked_scene):
    assert not LumaExtractor(width=400, height=270).detection()
    assert read(marked_scene[:1]).content_id == CONTENT_ID


@pytest.mark.parametrize(
    "plane", [np.zeros((64, 64), np.uint8), np.full((1, 1), 7, np.uint8), np.zeros((2, 900), np.uint8)]
)
def test_frames_that_hold_nothing_are_no_error(plane):
    assert not read([plane] * 9)


def test_times_that_stand_still_or_run_back_are_no_error(marked_scene):
    extractor = LumaExtractor(width=400, height=270)
    for number, frame in enumerate(marked_scene):
        extractor.push(frame, (number % 5) / RATE)
    assert extractor.detection().content_id == CONTENT_ID


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("number", [0, 2])
def test_one_frame_saved_as_a_picture_is_read_as_one_without_a_search(marked_scene, monkeypatch, number, turn):
    monkeypatch.setattr("synthmark.image.extraction._searched", lambda *_: None)
    ok, jpeg = cv2.imencode(".jpg", np.rot90(marked_scene[number], turn), [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert ok
    found = image.extract(cv2.imdecode(jpeg, cv2.IMREAD_COLOR))
    assert found.content_id == CONTENT_ID
    assert found.scale == pytest.approx(2.0, abs=0.001)
    assert found.angle == pytest.approx(90.0 * turn)
    assert found.false_alarm_probability < 1e-9


def test_a_frame_of_another_scene_whose_tile_begins_elsewhere_is_read_too(monkeypatch):
    monkeypatch.setattr("synthmark.image.extraction._searched", lambda *_: None)
    copies = embed([*pan(frames=3), *pan("coffee", frames=3)])
    found = image.extract(copies[3])
    assert found.content_id == CONTENT_ID
    assert abs(found.frame[0][2]) > 1  # the tile does not begin at the corner
