"""A label on whole clips: measured on frames that went through an encoder."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data
from skimage.transform import resize

from synthmark.errors import CapacityError, InputError
from synthmark.video.visible import FrameForm, prepare_label
from synthmark.visible.boxes import Box


def grey_planes(luma):
    """A frame of 4:2:0 without colour."""
    rows, columns = luma.shape
    cells = np.full((-(-rows // 2), -(-columns // 2)), 128, np.uint8)
    return [np.ascontiguousarray(luma, np.uint8), cells, cells.copy()]


def through_encoder(planes, crf=23):
    """Luma after H.264 with 4:2:0."""
    rows, columns = planes[0].shape
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = columns, rows, "yuv420p"
        frame = av.VideoFrame(columns, rows, "yuv420p")
        for plane, values in zip(frame.planes, planes, strict=True):
            padded = np.zeros((plane.height, plane.line_size), np.uint8)
            padded[:, : plane.width] = values
            plane.update(padded.tobytes())
        for number in range(2):
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    memory.seek(0)
    with av.open(memory) as decoded:
        frame = next(decoded.decode(video=0))
        plane = frame.planes[0]
        return np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width].copy()


def glyph_heights(shown, plate, text):
    """Heights of the parts of a label that columns without text set apart."""
    inked = shown > (plate + text) / 2
    columns = np.flatnonzero(np.diff(np.r_[0, inked.any(axis=0), 0]))
    rows = [np.flatnonzero(inked[:, a:b].any(axis=1)) for a, b in zip(columns[::2], columns[1::2], strict=True)]
    return [r[-1] - r[0] + 1 for r in rows]


@pytest.mark.parametrize(
    ("size", "rotation", "aspect"),
    [
        ((1280, 720), 0, 1),
        ((854, 480), 90, 1),
        ((640, 360), 180, 1),
        ((480, 848), 270, 1),
        ((320, 240), 0, 1),
        ((720, 576), 0, Fraction(64, 45)),
        ((720, 576), 90, Fraction(64, 45)),
        ((720, 480), 0, Fraction(8, 9)),
        ((720, 480), 270, Fraction(8, 9)),
        ((352, 480), 180, Fraction(20, 11)),
        ((1440, 1080), 0, Fraction(4, 3)),
    ],
)
def test_the_smallest_glyph_has_five_percent_of_the_displayed_short_side(size, rotation, aspect):
    form = FrameForm(width=size[0], height=size[1], rotation=rotation, sample_aspect=Fraction(aspect))
    planes = grey_planes(np.full(size[::-1], 100))
    label = prepare_label([planes], form)
    label.draw(planes, 0.0)
    shown = np.asarray(
        Image.fromarray(form.displayed(through_encoder(planes))).resize(
            form.displayed_size, Image.Resampling.BILINEAR
        )
    )
    box = label.placement.box
    inside = shown[box.top : box.bottom, box.left : box.right]
    heights = glyph_heights(inside.astype(int), 16 + 84 * 0.38, 235)
    assert len(heights) == 4
    assert min(heights) >= 0.05 * min(form.displayed_size)
    assert label.placement.fraction >= 0.05
    # Upright and not distorted: about as wide as high, letter by letter; A and I are narrower.
    assert 2.5 < label.placement.box.width / max(heights) < 7.5


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_displayed_label_is_the_same_whatever_the_rotation(rotation):
    upright = FrameForm(width=640, height=640)
    form = FrameForm(width=640, height=640, rotation=rotation)
    first, second = (grey_planes(np.full((640, 640), 100)) for _ in range(2))
    prepare_label([first], upright).draw(first, 0.0)
    prepare_label([second], form).draw(second, 0.0)
    assert np.array_equal(form.displayed(second[0]), first[0])
    assert np.array_equal(form.displayed(second[1]), first[1])


def wcag_luminance(luma):
    """Luminance of grey 8-bit video of limited range, reckoned as sRGB."""
    value = np.clip((luma.astype(float) - 16) / 219, 0, 1)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("levels", [(20, 60, 235), (235, 235, 16), (128, 128, 128), (255, 255, 255)])
def test_the_contrast_holds_on_the_worst_frame(levels):
    form = FrameForm(width=640, height=360)
    samples = [grey_planes(np.full((360, 640), level)) for level in levels]
    label = prepare_label(samples, form)
    box = label.placement.box
    plate = (box.top + box.bottom) // 2, box.left + 3
    ratios = []
    for planes in samples:
        label.draw(planes, 0.0)
        text = 235 if label.placement.text_colour == "white" else 16
        found = wcag_luminance(np.array([planes[0][plate], text]))
        ratios.append((found.max() + 0.05) / (found.min() + 0.05))
    assert min(ratios) >= 4.5
    assert label.placement.contrast == pytest.approx(min(ratios), rel=0.05)


@pytest.mark.parametrize("transfer", ["sdr", "pq", "hlg"])
@pytest.mark.parametrize("matrix", ["bt709", "bt601", "bt2020nc"])
@pytest.mark.parametrize("full", [False, True])
def test_no_pixel_of_any_colour_brings_the_contrast_below_the_limit(transfer, matrix, full):
    form = FrameForm(width=320, height=240, bit_depth=10, full_range=full, transfer=transfer, matrix=matrix)
    rng = np.random.default_rng(1)
    noise = [rng.integers(0, 1024, shape).astype(np.uint16) for shape in [(240, 320), (120, 160), (120, 160)]]
    extremes = [plane // 512 * 1023 for plane in noise]
    assert prepare_label([noise, extremes], form).placement.contrast >= 4.5


def moving_picture(number, size=(640, 360)):
    """A frame of a picture that pans."""
    scene = np.tile(data.coffee()[..., 1], (2, 3))
    return np.roll(scene, 37 * number, axis=1)[: size[1], : size[0]].copy()


def written(luma, text, xy, size=26):
    """A frame with white letters."""
    image = Image.fromarray(luma)
    ImageDraw.Draw(image).text(xy, text, fill=235, font=ImageFont.load_default(size=size))
    return np.asarray(image)


FORM = FrameForm(width=640, height=360)


def placed(frames, form=FORM, **options):
    return prepare_label([grey_planes(frame) for frame in frames], form, **options).placement


def test_the_usual_corner_without_anything_in_the_way():
    flat = [np.full((360, 640), 90 + number) for number in range(16)]
    assert placed(flat).anchor == "bottom-right"
    tall = FrameForm(width=360, height=640)
    assert placed([frame.T for frame in flat], tall).anchor == "top-left"


def test_a_logo_that_stays_over_moving_pictures_is_not_covered():
    logo = Box(540, 300, 620, 345)
    frames = [moving_picture(number) for number in range(16)]
    usual = placed(frames, position="bottom-right").box
    assert usual.shared_area(logo) > 0
    for frame in frames:
        area = frame[int(logo.top) : int(logo.bottom), int(logo.left) : int(logo.right)]
        rings = np.hypot(*np.mgrid[-22:23, -40:40]) % 12 < 6
        area[rings] = 235
    placement = placed(frames)
    assert placement.box.shared_area(logo) == 0
    assert next(s for s in placement.scores if s.place.anchor == "bottom-right").marks > 0.3


def test_captions_that_come_and_go_are_not_covered():
    lines = ["A first line of words", "and then one more", "", "something else said", "", "the end of it"]
    frames = [
        written(moving_picture(n) // 2 + 20, lines[n % 6], (640 - 13 * len(lines[n % 6]), 315)) for n in range(16)
    ]
    band = Box(380, 318, 640, 345)
    assert placed(frames, position="bottom-right").box.shared_area(band) > 0
    placement = placed(frames)
    assert placement.box.shared_area(band) == 0
    assert placement.reason == "marks"


def test_a_face_is_not_covered():
    portrait = (resize(data.astronaut()[0:220, 120:330, 1], (200, 190)) * 255).astype(np.uint8)
    frames = []
    for number in range(16):
        frame = np.full((360, 640), 120, np.uint8)
        frame[160:, 440 - number : 630 - number] = portrait
        frames.append(frame)
    face = Box(470, 225, 560, 335)
    placement = placed(frames)
    assert placement.box.shared_area(face) == 0
    assert placement.anchor != "bottom-right"


def test_platform_buttons_stay_free_on_portraits():
    form = FrameForm(width=360, height=640)
    rng = np.random.default_rng(2)
    frames = []
    for _ in range(16):
        frame = np.full((640, 360), 100, np.uint8)
        frame[:400] = rng.integers(16, 235, (400, 360))
        frames.append(frame)
    box = placed(frames, form).box
    assert box.right <= 0.88 * 360
    assert box.bottom <= 0.8 * 640


def test_the_label_keeps_off_black_bars():
    frames = []
    for number in range(16):
        frame = np.full((360, 640), 16, np.uint8)
        frame[45:315] = moving_picture(number, (640, 270))
        frames.append(frame)
    placement = placed(frames)
    assert placement.box.top >= 45
    assert placement.box.bottom <= 315
    assert placement.fraction >= 0.05
    corner = placed(frames, position="bottom-right").box
    assert 300 < corner.bottom <= 315


def test_a_black_clip_has_no_bars():
    placement = placed([np.full((360, 640), 16)] * 16)
    assert placement.anchor == "bottom-right"
    assert placement.box.bottom > 340


def test_a_picture_between_bars_too_small_for_the_label_uses_the_whole_frame():
    frame = np.full((360, 640), 16)
    frame[:, 220:420] = 120
    placement = placed([frame] * 16, text="本视频内容由人工智能生成合成")
    assert placement.box.width > 200


@pytest.mark.parametrize("size", [(66, 49), (127, 95), (641, 363), (1081, 607)])
def test_odd_sizes_are_labelled(size):
    planes = grey_planes(np.full(size[::-1], 100))
    label = prepare_label([planes], FrameForm(width=size[0], height=size[1]))
    label.draw(planes, 0.0)
    assert planes[0].max() == 235


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 16), (30, 20)])
def test_tiny_frames_are_refused_with_what_is_needed(size):
    with pytest.raises(CapacityError, match="needs about"):
        prepare_label([grey_planes(np.full(size[::-1], 100))], FrameForm(width=size[0], height=size[1]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": "AI"}, "lacks an element"),
        ({"span": "middle"}, "whole, start, start"),
        ({"span": "start+end"}, "duration is not"),
        ({"duration": float("nan")}, "number of seconds"),
        ({"position": "middle"}, "A position is one of"),
        ({"position": (0.5, 0.5)}, "not at an edge"),
        ({"font": "missing.otf"}, "cannot be read"),
        ({"height": 0.03}, "at least 0.05"),
    ],
)
def test_unusable_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        placed([np.full((360, 640), 100)], **options)


def test_samples_are_needed_and_stay_as_they_are():
    with pytest.raises(InputError, match="No frames"):
        prepare_label([], FORM)
    samples = [grey_planes(moving_picture(number)) for number in range(3)]
    before = [plane.copy() for planes in samples for plane in planes]
    prepare_label(samples, FORM)
    assert all(np.array_equal(a, b) for a, b in zip(before, (p for s in samples for p in s), strict=True))
