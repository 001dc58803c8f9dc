"""Code values and light."""

import av
import numpy as np
import pytest

from synthmark.video.visible.frame_form import FrameForm
from synthmark.video.visible.levels import WHITE, code_of, luminance, neutral, signal, signal_rgb


@pytest.mark.parametrize(
    ("depth", "full", "black", "white"),
    [(8, False, 16, 235), (8, True, 0, 255), (10, False, 64, 940), (10, True, 0, 1023), (12, False, 256, 3760)],
)
def test_black_and_white_have_the_codes_of_the_standard(depth, full, black, white):
    form = FrameForm(width=8, height=8, bit_depth=depth, full_range=full)
    assert (code_of(0, form), code_of(1, form)) == (black, white)
    assert neutral(form) == 2 ** (depth - 1)
    assert np.allclose(signal(np.array([black, white]), form), [0, 1])


@pytest.mark.parametrize(("value", "nits"), [(0.0, 0.0), (0.5081, 100), (0.5807, 203), (0.7518, 1000), (1.0, 10000)])
def test_pq_gives_the_light_of_bt_2408(value, nits):
    form = FrameForm(width=8, height=8, bit_depth=10, matrix="bt2020nc", transfer="pq")
    assert float(luminance(np.full(3, value, np.float32), form)) * 203 == pytest.approx(nits, rel=2e-3, abs=1e-3)


@pytest.mark.parametrize(("value", "nits"), [(0.0, 0.0), (0.75, 203), (1.0, 1000), (0.5, 50.7)])
def test_hlg_gives_the_light_of_bt_2408(value, nits):
    form = FrameForm(width=8, height=8, bit_depth=10, matrix="bt2020nc", transfer="hlg")
    assert float(luminance(np.full(3, value, np.float32), form)) * 203 == pytest.approx(nits, rel=5e-3, abs=1e-3)


@pytest.mark.parametrize("transfer", WHITE)
def test_the_white_of_the_label_is_the_white_of_paper(transfer):
    form = FrameForm(width=8, height=8, matrix="bt2020nc", transfer=transfer)
    assert float(luminance(np.full(3, WHITE[transfer], np.float32), form)) == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("matrix", [("bt709", 1), ("bt601", 5), ("bt2020nc", 9)])
@pytest.mark.parametrize("full", [False, True])
def test_colours_are_those_that_ffmpeg_converts_to(matrix, full):
    name, space = matrix
    rng = np.random.default_rng(4)
    bright = rng.integers(60, 200, (16, 16)).astype(np.uint8)
    tints = [rng.integers(100, 156, (16, 16)).astype(np.uint8) for _ in range(2)]
    frame = av.VideoFrame.from_ndarray(np.stack([bright, *tints]), format="yuv444p", channel_last=False)
    frame.colorspace, frame.color_range = space, 2 if full else 1
    expected = frame.reformat(format="rgb24", src_colorspace=space, dst_color_range=2).to_ndarray()
    form = FrameForm(width=16, height=16, subsampling=(1, 1), full_range=full, matrix=name)
    ours = signal_rgb([bright, *tints], slice(0, 16), slice(0, 16), form) * 255
    assert np.abs(ours - expected).max() <= 2


def test_subsampled_and_interleaved_chroma_gives_the_same_colours():
    rng = np.random.default_rng(5)
    bright, blue, red = (rng.integers(60, 200, shape).astype(np.uint8) for shape in [(9, 11), (5, 6), (5, 6)])
    form = FrameForm(width=11, height=9)
    part = slice(3, 8), slice(1, 10)
    planar = signal_rgb([bright, blue, red], *part, form)
    wide = [np.repeat(np.repeat(plane, 2, 0), 2, 1)[:9, :11] for plane in (blue, red)]
    whole = signal_rgb([bright, *wide], *part, FrameForm(width=11, height=9, subsampling=(1, 1)))
    assert planar.shape == (5, 9, 3)
    assert np.array_equal(planar, whole)
    assert np.array_equal(planar, signal_rgb([bright, np.stack([blue, red], axis=2)], *part, form))


def test_grey_frames_have_no_colour():
    bright = np.arange(64, dtype=np.uint8).reshape(8, 8) + 60
    rgb = signal_rgb([bright], slice(0, 8), slice(0, 8), FrameForm(width=8, height=8))
    assert np.ptp(rgb, axis=2).max() == 0
