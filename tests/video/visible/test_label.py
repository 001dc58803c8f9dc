"""Drawing a prepared label on frames."""

import dataclasses
import time
from fractions import Fraction

import numpy as np
import pytest

from synthmark.errors import InputError
from synthmark.video.visible import FrameForm, prepare_label
from synthmark.visible.boxes import Box


def planes_of(form, luma=110, blue=None, red=None, seed=None):
    """A frame of one colour, or of noise."""
    depth = form.bit_depth
    dtype, factor = (np.uint8, 1) if depth == 8 else (np.uint16, 2 ** (depth - 8))
    cells = -(-form.height // form.subsampling[1]), -(-form.width // form.subsampling[0])
    shapes = [(form.height, form.width), cells, cells]
    if seed is not None:
        rng = np.random.default_rng(seed)
        return [rng.integers(0, 2**depth, shape).astype(dtype) for shape in shapes]
    values = [luma, 128 if blue is None else blue, 128 if red is None else red]
    return [np.full(shape, value * factor, dtype) for shape, value in zip(shapes, values, strict=True)]


FORMS = [
    FrameForm(width=640, height=360),
    FrameForm(width=641, height=361, rotation=90),
    FrameForm(width=360, height=300, subsampling=(2, 1), rotation=180, full_range=True),
    FrameForm(width=360, height=300, subsampling=(1, 1), rotation=270),
    FrameForm(width=360, height=300, subsampling=(4, 1)),
    FrameForm(width=720, height=576, sample_aspect=Fraction(16, 15)),
    FrameForm(width=352, height=480, sample_aspect=Fraction(20, 11), rotation=90),
    FrameForm(width=640, height=360, bit_depth=10, matrix="bt2020nc", transfer="pq"),
    FrameForm(width=640, height=360, bit_depth=12, matrix="bt2020nc", transfer="hlg"),
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_only_samples_in_the_box_change_and_every_frame_alike(form):
    label = prepare_label([planes_of(form, seed=9)], form)
    frame, again = planes_of(form, seed=10), planes_of(form, seed=10)
    before = [plane.copy() for plane in frame]
    label.draw(frame, 0.0)
    label.draw(again, 8.0)
    box = form.stored_box(label.placement.box)
    across, down = form.subsampling
    for number, (plane, old, other) in enumerate(zip(frame, before, again, strict=True)):
        assert np.array_equal(plane, other)
        rows, columns = np.nonzero(plane != old)
        x, y = (1, 1) if number == 0 else (across, down)
        assert box.top // y <= rows.min() <= rows.max() < -(-box.bottom // y)
        assert box.left // x <= columns.min() <= columns.max() < -(-box.right // x)
        assert rows.size > 0.8 * box.area / (x * y)


@pytest.mark.parametrize(
    ("transfer", "depth", "full", "white"),
    [
        ("sdr", 8, False, 235),
        ("sdr", 8, True, 255),
        ("sdr", 10, False, 940),
        ("pq", 10, False, 64 + 876 * 0.58),
        ("pq", 10, True, 1023 * 0.58),
        ("hlg", 10, False, 64 + 876 * 0.75),
    ],
)
def test_white_text_has_the_level_of_white_paper_and_no_colour(transfer, depth, full, white):
    form = FrameForm(width=640, height=360, bit_depth=depth, full_range=full, transfer=transfer, matrix="bt2020nc")
    frame = planes_of(form, 90, 90, 180)
    label = prepare_label([frame], form)
    label.draw(frame, 0.0)
    assert frame[0].max() == round(white)
    for plane in frame[1:]:
        # The letters are wider than a chroma cell, so that in some cells nothing of the colour is left.
        assert (plane == 2 ** (depth - 1)).sum() > 20


def test_a_plate_darkens_by_its_opacity():
    form = FrameForm(width=640, height=360)
    frame = planes_of(form, 116, 90, 180)
    label = prepare_label([frame], form)
    label.draw(frame, 0.0)
    box = label.placement.box
    middle = (box.top + box.bottom) // 2
    assert frame[0][middle, box.left + 3] == round(16 + 100 * (1 - label.placement.opacity))
    assert frame[1][middle // 2, box.left // 2 + 2] == round(128 + (90 - 128) * (1 - label.placement.opacity))
    assert frame[2][middle // 2, box.left // 2 + 2] == round(128 + (180 - 128) * (1 - label.placement.opacity))


def test_rounding_does_not_drift():
    """The mean over many levels stays within a tenth of a level of the exact blend."""
    form = FrameForm(width=640, height=360)
    rng = np.random.default_rng(0)
    label = prepare_label([planes_of(form)], form)
    box = label.placement.box
    frames = [planes_of(form, int(level)) for level in rng.integers(16, 236, 60)]
    errors = []
    for frame in frames:
        level = int(frame[0][0, 0])
        label.draw(frame, 0.0)
        plate = frame[0][(box.top + box.bottom) // 2, box.left + 3]
        errors.append(plate - (16 + (level - 16) * (1 - label.placement.opacity)))
    assert abs(np.mean(errors)) < 0.1
    assert np.abs(errors).max() <= 0.5 + 1e-4


def test_interleaved_chroma_is_drawn_like_separate_planes():
    form = FrameForm(width=321, height=240)
    planar = planes_of(form, seed=3)
    label = prepare_label([planar], form)
    joined = [planar[0].copy(), np.stack(planar[1:], axis=2)]
    label.draw(planar, 0.0)
    label.draw(joined, 0.0)
    assert np.array_equal(joined[0], planar[0])
    assert np.array_equal(joined[1], np.stack(planar[1:], axis=2))


def test_grey_frames_and_padded_rows_are_drawn():
    form = FrameForm(width=321, height=240)
    memory = np.full((240, 352), 100, np.uint8)
    label = prepare_label([[memory[:, :321]]], form)
    label.draw([memory[:, :321]], 0.0)
    assert memory.max() == 235
    assert (memory[:, 321:] == 100).all()


@pytest.mark.parametrize(
    ("span", "duration", "shown", "hidden"),
    [
        ("whole", None, [0, 1, 1e6], []),
        ("start", None, [-0.1, 0, 2.0, 2.9], [3.1, 60]),
        ("start", 60, [0, 2.5], [3.1, 59]),
        ("start+end", 60, [0, 2.5, 57.5, 60], [3.1, 30, 56.9]),
        ("start+end", 4, [0, 1.5, 3, 4], []),
    ],
)
def test_the_label_is_shown_in_its_span_and_at_least_two_seconds(span, duration, shown, hidden):
    form = FrameForm(width=320, height=240)
    label = prepare_label([planes_of(form)], form, span=span, duration=duration)
    assert label.placement.span == span
    for seconds in [*shown, *hidden]:
        frame = planes_of(form)
        label.draw(frame, seconds)
        assert label.shown_at(seconds) == (seconds in shown) == bool((frame[0] != 110).any())


def test_frames_of_another_form_are_refused():
    form = FrameForm(width=320, height=240)
    label = prepare_label([planes_of(form)], form)
    with pytest.raises(InputError, match="Planes"):
        label.draw(planes_of(dataclasses.replace(form, width=322)), 0.0)
    frozen = planes_of(form)
    frozen[1].setflags(write=False)
    with pytest.raises(InputError, match="read-only"):
        label.draw(frozen, 0.0)
    assert (frozen[0] == 110).all()


def test_a_label_cannot_be_changed():
    form = FrameForm(width=320, height=240)
    label = prepare_label([planes_of(form)], form)
    with pytest.raises(dataclasses.FrozenInstanceError):
        label.placement.box = Box(0, 0, 1, 1)


def test_a_full_hd_frame_takes_less_than_a_millisecond():
    form = FrameForm(width=1920, height=1080)
    frame = planes_of(form, seed=1)
    label = prepare_label([frame], form)
    times = []
    for _ in range(20):
        begun = time.thread_time()
        label.draw(frame, 0.0)
        times.append(time.thread_time() - begun)
    assert min(times) < 1e-3
