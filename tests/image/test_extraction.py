"""What extraction promises: the mark is found whatever happened, with its geometry, and nothing where none is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from synthmark import image
from synthmark._opencv import opencv
from synthmark.detection import Detection
from synthmark.errors import InputError

CONTENT_ID = 0xA1B2C3D4E5F60718
KEY = b"k" * 32
PICTURES = {"astronaut": data.astronaut(), "coffee": data.coffee(), "cat": data.chelsea()}
UNMARKED = [
    "astronaut", "brick", "camera", "checkerboard", "chelsea", "coffee", "coins", "grass",
    "hubble_deep_field", "moon", "page", "rocket", "text",
]  # fmt: skip


@pytest.fixture(scope="module")
def marked():
    return {name: image.embed(picture, CONTENT_ID) for name, picture in PICTURES.items()}


def resized(pixels, across, down=None):
    cv2 = opencv()
    kind = cv2.INTER_AREA if across < 1 else cv2.INTER_CUBIC
    return cv2.resize(pixels, None, fx=across, fy=down or across, interpolation=kind)


def turned(pixels, degrees, scale=1.0):
    height, width = pixels.shape[:2]
    matrix = opencv().getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    return opencv().warpAffine(pixels, matrix, (width, height), flags=opencv().INTER_CUBIC)


def coded(pixels, quality):
    cv2 = opencv()
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], -1)


def cut(pixels, share):
    height, width = pixels.shape[:2]
    rows, columns = round(height * share**0.5), round(width * share**0.5)
    top, left = (height - rows) // 3, (width - columns) // 2
    return pixels[top : top + rows, left : left + columns]


def screenshot(pixels):
    """Return the picture at 0.8 of its size within a larger window, saved as JPEG."""
    small = resized(pixels, 0.8)
    height, width = small.shape[:2]
    canvas = np.full((height + 160, width + 240, 3), 238, np.uint8)
    canvas[:40] = 60
    canvas[90 : 90 + height, 130 : 130 + width] = small
    return coded(canvas, 70)


ATTACKS = {
    "none": lambda p: p,
    "JPEG 30": lambda p: coded(p, 30),
    "rotation 10": lambda p: turned(p, 10),
    "rotation 45": lambda p: turned(p, 45),
    "crop 25 %": lambda p: cut(p, 0.25),
    "resize 0.4": lambda p: resized(p, 0.4),
    "resize 2": lambda p: resized(p, 2),
    "flip": lambda p: p[:, ::-1],
    "quarter turn": np.rot90,
    "width 0.85": lambda p: resized(p, 0.85, 1),
    "screenshot": screenshot,
    "grey": lambda p: opencv().cvtColor(p, opencv().COLOR_RGB2GRAY),
    "half painted": lambda p: np.where(np.arange(p.shape[1])[None, :, None] < p.shape[1] // 2, 40, p).astype(
        np.uint8
    ),
}


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_mark_survives(marked, name, attack):
    found = image.extract(ATTACKS[attack](marked[name]))
    assert found.content_id == CONTENT_ID
    assert 0 < found.false_alarm_probability <= 1e-9


@pytest.mark.parametrize("name", UNMARKED)
def test_nothing_is_found_where_no_mark_is(name):
    picture = getattr(data, name)()
    found = image.extract(picture)
    assert (found.found, found.content_id, found.false_alarm_probability) == (False, None, None)
    assert (found.strength, found.version) == (0.0, 0)
    assert not image.extract(picture, KEY)


@pytest.mark.parametrize("attack", ["none", "rotation 10", "crop 25 %"])
def test_the_wrong_key_finds_nothing(marked, attack):
    attacked = ATTACKS[attack](marked["coffee"])
    for number in range(3):
        assert not image.extract(attacked, bytes([number]) * 16)


def test_a_key_reads_its_own_mark_alone():
    marked = image.embed(PICTURES["cat"], 5, KEY)
    assert image.extract(marked, KEY).content_id == 5
    assert not image.extract(marked)


def test_what_a_detection_says(marked):
    found = image.extract(marked["coffee"])
    assert isinstance(found, image.ImageDetection)
    assert isinstance(found, Detection)
    assert found.found is bool(found) is True
    assert (found.content_id, found.version, found.flipped) == (CONTENT_ID, 1, False)
    assert (found.scale, found.aspect) == pytest.approx((1, 1), abs=0.01)
    assert found.angle == pytest.approx(0, abs=0.1)
    assert found.strength > 3
    assert found.pilot_score > 8


@pytest.mark.parametrize("degrees", [-170, -60, -3, 10, 77, 120])
def test_the_angle_is_told(marked, degrees):
    """Anticlockwise, as the picture was turned."""
    found = image.extract(turned(marked["coffee"], degrees))
    assert found.content_id == CONTENT_ID
    assert (found.angle - degrees + 180) % 360 - 180 == pytest.approx(0, abs=0.3)
    assert found.scale == pytest.approx(1, abs=0.01)
    assert not found.flipped


@pytest.mark.parametrize(
    ("turn", "angle", "flipped"),
    [(np.rot90, 90, False), (lambda p: np.rot90(p, 2), 180, False), (lambda p: np.rot90(p, 3), -90, False),
     (np.fliplr, 0, True), (np.flipud, 180, True)],
    ids=["90", "180", "270", "left-right", "upside down"],
)  # fmt: skip
def test_turns_and_mirrors_are_told(marked, turn, angle, flipped):
    found = image.extract(turn(marked["astronaut"]), search="fast")
    assert (found.content_id, found.flipped) == (CONTENT_ID, flipped)
    assert (found.angle - angle + 180) % 360 - 180 == pytest.approx(0, abs=0.2)


def test_scale_and_aspect_are_told(marked):
    """A crop to a quarter shows the content twice as large as a whole picture of this size would."""
    assert image.extract(cut(marked["coffee"], 0.25)).scale == pytest.approx(2, abs=0.03)
    found = image.extract(resized(marked["coffee"], 0.85, 1))
    assert found.aspect == pytest.approx(0.85, abs=0.01)


def test_any_resize_is_found_without_a_search(marked):
    for factor in (0.4, 0.75, 1.7, 3):
        assert image.extract(resized(marked["coffee"], factor), search="fast").content_id == CONTENT_ID


def test_a_fast_search_does_not_look_for_rotation(marked):
    attacked = turned(marked["cat"], 10)
    assert not image.extract(attacked, search="fast")
    assert image.extract(attacked)


def test_more_damage_leaves_less_strength(marked):
    strengths = [image.extract(coded(marked["cat"], quality)).strength for quality in (95, 60, 25)]
    assert strengths == sorted(strengths, reverse=True)


def test_every_kind_of_picture_reads(marked):
    pixels = marked["cat"]
    kinds = [
        Image.fromarray(pixels),
        pixels.astype(np.uint16) * 257,
        pixels / 255,
        (pixels / 255).astype(np.float32),
        np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]),
        Image.fromarray(pixels).convert("CMYK"),
        pixels[..., 1],
    ]
    assert [image.extract(kind, search="fast").content_id for kind in kinds] == [CONTENT_ID] * len(kinds)


def test_the_same_every_time_and_the_picture_is_not_touched(marked):
    attacked = turned(marked["cat"], 10)
    before = attacked.copy()
    assert image.extract(attacked) == image.extract(attacked)
    np.testing.assert_array_equal(attacked, before)


@pytest.mark.parametrize(
    "size", [(1, 1), (2, 2), (1, 700), (700, 1), (3, 5000), (20, 20), (8, 4000), (130, 40), (2000, 60)]
)
def test_every_size_can_be_searched(size):
    """Nothing is found, no warning is given, and long pictures are not blown up on the way."""
    picture = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    assert not image.extract(picture)


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("shape", [(300, 400), (512, 512, 3)])
def test_one_colour_holds_nothing(level, shape):
    assert not image.extract(np.full(shape, level, np.uint8))


def test_periodic_patterns_hold_nothing():
    rows, columns = np.indices((512, 700))
    for period in (3, 8, 12.8, 16, 64, 128):
        wave = 127 + 100 * np.sin(2 * np.pi * columns / period) * np.cos(2 * np.pi * rows / period)
        assert not image.extract(wave.astype(np.uint8))


@pytest.mark.parametrize("search", ["", "FULL", None, 1, ["full"], "quick"])
def test_other_searches_are_refused(search):
    with pytest.raises(InputError, match="'full' or 'fast'"):
        image.extract(PICTURES["cat"], search=search)


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import numpy as np
from PIL import Image
from synthmark import image
from synthmark.image.engine import engine
marked, turned, plain = (np.asarray(Image.open(f)) for f in sys.argv[1:])
assert engine().__name__ == "synthmark.image._plain"
assert image.extract(marked).content_id == 0xA1B2C3D4E5F60718
assert image.extract(turned).content_id == 0xA1B2C3D4E5F60718
assert not image.extract(plain)
np.save(sys.stdout.buffer, image.embed(plain, 77))
"""


def test_it_works_without_numba(marked, tmp_path):
    """Marks are read and made without numba, and either reads what the other made."""
    pictures = [marked["coffee"], turned(marked["coffee"], 10), PICTURES["coffee"]]
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for file, pixels in zip(files, pictures, strict=True):
        Image.fromarray(pixels).save(file)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_NUMBA, *map(str, files)],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    (tmp_path / "made.npy").write_bytes(done.stdout)
    made = np.load(tmp_path / "made.npy")
    assert image.extract(made).content_id == 77
    difference = np.abs(made.astype(int) - image.embed(PICTURES["coffee"], 77))
    assert difference.max() <= 2
    assert difference.mean() < 0.05
