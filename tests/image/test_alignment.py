"""Frames: their geometry, warping against plain slicing and OpenCV, and finding orientation and shift."""

import numpy as np
import pytest
from frames import CARRIERS, tiled
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from synthmark._opencv import opencv
from synthmark.image.alignment import (
    MIRRORS,
    TURNS,
    Source,
    Window,
    best_offset,
    canonical_frame,
    composed,
    oriented,
    resized_frame,
    warp,
)
from synthmark.image.canonical import canonical_planes, planes_at
from synthmark.image.carriers import TILE
from synthmark.image.pictures import as_picture
from synthmark.image.readout import folded_at, folded_spectrum, pilot_score

CAT = as_picture(data.chelsea())
SIDES = st.integers(1, 5000)
LINEAR, REPLICATE = opencv().INTER_LINEAR, opencv().BORDER_REPLICATE


def place(frame, across, down):
    seen = frame @ [across, down, 1]
    return seen[:2] / seen[2]


@given(SIDES, SIDES, SIDES, SIDES)
def test_a_resized_frame_maps_corners_to_corners(height, width, rows, columns):
    """Pixels are squares: the outer corner of the first pixel is at (-1/2, -1/2)."""
    frame = resized_frame((height, width), (rows, columns))
    np.testing.assert_allclose(place(frame, -0.5, -0.5), [-0.5, -0.5], atol=1e-9)
    np.testing.assert_allclose(place(frame, columns - 0.5, rows - 0.5), [width - 0.5, height - 0.5], atol=1e-6)


def test_canonical_frame():
    np.testing.assert_allclose(canonical_frame(1024, 2048), [[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])


@given(st.floats(-400, 400), st.floats(-400, 400))
def test_composed(across, down):
    linear, shift = np.array([[0.9, 0.2], [-0.3, 1.1]]), (12.5, -7.0)
    base = np.array([[1.5, 0.1, 3.0], [0.0, 1.2, -4.0], [1e-4, -2e-4, 1.0]])
    inner = linear @ [across, down] + shift
    np.testing.assert_allclose(
        place(composed(base, linear, shift), across, down), place(base, *inner), rtol=1e-9, atol=1e-9
    )


def test_orientations_are_the_symmetries_of_a_square():
    assert len({turn.tobytes() for turn in TURNS}) == 8
    assert [abs(round(np.linalg.det(turn))) for turn in TURNS] == [1] * 8
    assert {turn.tobytes() for turn in MIRRORS} <= {turn.tobytes() for turn in TURNS}
    assert all((turn == np.diag(np.diag(turn))).all() for turn in MIRRORS)


@pytest.mark.parametrize("orientation", TURNS, ids=lambda turn: str(turn.tolist()))
def test_oriented(orientation):
    """The spectrum S(O f) is that of the picture s(O x)."""
    tile = np.random.default_rng(1).normal(size=(TILE, TILE))
    down, across = np.mgrid[:TILE, :TILE]
    places = np.einsum("ij,jyx->iyx", orientation, np.stack([across, down])) % TILE
    turned = tile[places[1], places[0]]
    np.testing.assert_allclose(oriented(np.fft.fft2(tile), orientation), np.fft.fft2(turned), atol=1e-9)


@pytest.mark.parametrize("orientation", TURNS, ids=lambda turn: str(turn.tolist()))
@pytest.mark.parametrize("shift", [(0, 0), (5, 100), (127, 64)])
def test_best_offset(orientation, shift):
    """A frame whose pixel x shows tile pixel O (x - shift) tells O and the shift."""
    down, across = np.mgrid[:256, :256]
    places = np.stack([across - shift[0], down - shift[1]])
    places = np.einsum("ij,jyx->iyx", orientation, places) % TILE
    frame = tiled(TILE, TILE)[places[1], places[0]]
    frame = frame + np.random.default_rng(2).normal(0, 2, frame.shape)
    offset = best_offset(folded_spectrum(frame.astype(np.float32)), CARRIERS, TURNS)
    np.testing.assert_array_equal(offset.orientation, orientation)
    assert (offset.across % TILE, offset.down % TILE) == shift
    assert offset.score > 7


def test_best_offset_of_noise_is_low():
    frame = np.random.default_rng(3).normal(size=(256, 256)).astype(np.float32)
    assert best_offset(folded_spectrum(frame), CARRIERS, TURNS).score < 5.5


def test_window_of_a_whole_picture():
    assert Source(CAT).window(np.eye(3)) == Window(left=-1, top=-1, width=452, height=301)


def test_window_is_cut_to_its_middle():
    source = Source(as_picture(np.zeros((100, 5000), np.uint8)))
    window = source.window(np.eye(3))
    assert window.width == 1024
    assert abs(window.left + 512 - 2500) <= 1
    assert window.height == pytest.approx(100, abs=2)


@settings(max_examples=40, deadline=None)
@given(st.floats(-180, 180), st.floats(0.05, 20))
def test_window_has_a_size_at_any_rotation_and_scale(degrees, scale):
    angle = np.radians(degrees)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    window = Source(CAT).window(composed(np.eye(3), linear, (30, -20)))
    assert 8 <= window.width <= 1024
    assert 8 <= window.height <= 1024


def test_warping_to_the_frame_of_the_picture_is_slicing():
    planes, valid = Source(CAT).warped(np.eye(3), Window(40, 30, 200, 150))
    assert planes.dtype == valid.dtype == np.float32
    np.testing.assert_allclose(planes, planes_at(CAT, 300, 451)[:, 30:180, 40:240], atol=0.01)
    assert valid.all()


def test_outside_the_picture_is_not_valid():
    _, valid = Source(CAT).warped(np.eye(3), Window(-50, -20, 600, 400))
    assert set(np.unique(valid)) == {0, 1}
    assert not valid[:, :50].any()
    assert not valid[:20].any()
    assert not valid[320:].any()
    assert valid[24:316, 54:496].all()


def test_warping_turns_as_opencv_does():
    """A quarter turn: frame pixel (x, y) shows picture pixel (y, x)."""
    frame = composed(np.eye(3), np.array([[0, 1], [1, 0]]))
    planes, _ = Source(CAT).warped(frame, Window(0, 0, 300, 451))
    np.testing.assert_allclose(planes[0], planes_at(CAT, 300, 451)[0].T, atol=0.01)


def test_warping_a_perspective():
    cv2 = opencv()
    corners = np.float32([[0, 0], [450, 0], [0, 299], [450, 299]])
    moved = corners + np.float32([[9, 5], [-8, 3], [4, -6], [-3, -9]])
    frame = cv2.getPerspectiveTransform(corners, moved).astype(float)
    planes, _ = Source(CAT).warped(frame, Window(0, 0, 451, 300))
    luma = planes_at(CAT, 300, 451)[0]
    expected = cv2.warpPerspective(luma, np.linalg.inv(frame), (451, 300), flags=cv2.INTER_LINEAR)
    inner = (slice(20, -20), slice(20, -20))
    assert np.corrcoef(planes[0][inner].ravel(), expected[inner].ravel())[0, 1] > 0.995


def test_a_large_picture_is_reduced_before_it_is_warped():
    """Small details must not alias: a fine chequerboard seen at a quarter of its size is grey."""
    board = (np.indices((1200, 1600)).sum(axis=0) % 2 * 255).astype(np.uint8)
    planes, _ = Source(as_picture(board)).warped(np.diag([4.0, 4.0, 1.0]), Window(20, 20, 300, 200))
    assert np.abs(planes[0] - 127.5).max() < 20


def test_spectrum_of_a_window_is_aligned_wherever_it_begins():
    marked = as_picture((0.5 + tiled(512, 640, sigma=1.0) * 0.02).astype(np.float32))
    source = Source(marked)
    for window in (Window(0, 0, 640, 512), Window(70, 101, 400, 300)):
        for weighted in (False, True):
            assert pilot_score(source.spectrum(np.eye(3), window, weighted), CARRIERS) > 6
    whitened = source.whitened(np.eye(3), Window(70, 101, 400, 300))
    np.testing.assert_allclose(
        folded_at(whitened, 101, 70), source.spectrum(np.eye(3), Window(70, 101, 400, 300)), atol=1e-9
    )


def test_the_canonical_frame_shows_the_canonical_planes():
    frame = canonical_frame(CAT.height, CAT.width)
    planes, _ = Source(CAT).warped(frame, Window(0, 0, 770, 512))
    error = planes[0] - canonical_planes(CAT)[0]
    assert np.sqrt(np.mean(error[8:-8, 8:-8] ** 2)) < 2.5


def test_pictures_longer_than_opencv_counts_are_warped_like_others():
    strip = np.random.default_rng(8).random((12, 40_000)).astype(np.float32)
    matrix = np.array([[1.01, 0.02, 36_000.4], [0, 1, 0.3], [0, 0, 1]])
    window = Window(0, 0, 200, 10)
    shown = warp(strip, matrix, window, LINEAR, REPLICATE)
    matrix[0, 2] -= 35_000
    expected = warp(strip[:, 35_000:37_000], matrix, window, LINEAR, REPLICATE)
    assert np.abs(shown - expected).max() < 0.05  # OpenCV interpolates in steps of 1/32
    matrix[0, 2] = 90_000
    outside = warp(strip, matrix, window, LINEAR, REPLICATE)
    assert np.ptp(outside, axis=1).max() < 1e-6


def test_windows_are_the_same_whatever_was_looked_at_before():
    """Only what a window shows is reduced; a window after others, and one that reaches outside, show no less."""
    photograph = as_picture(np.kron(data.coffee(), np.ones((4, 4, 1), np.uint8)))
    turned = composed(np.diag([1.6, 1.7, 1.0]), np.array([[0.96, 0.28], [-0.28, 0.96]]), (700.0, 350.0))
    frames = [
        (turned, Window(0, 0, 200, 150)),
        (turned, Window(-300, 90, 250, 80)),
        (np.diag([5.0, 5, 1]), Window(9, 9, 300, 99)),
    ]
    used = Source(photograph)
    for frame, window in [*frames, *frames]:
        whole = Source(photograph)
        for halvings in range(6):
            rows, columns = whole.size(halvings)
            whole.reduced(halvings, (slice(0, rows), slice(0, columns)))
        for shown, expected in zip(used.warped(frame, window), whole.warped(frame, window), strict=True):
            np.testing.assert_allclose(shown, expected, atol=0.02)  # of 255
