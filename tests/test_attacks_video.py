"""The attacks on video do to a file what their names say."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage import data

pytest.importorskip("av")
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import media_video
from attack_functions_video import cover
from attacks_video import ATTACKS, attack_named, joined
from media_video import Shape, encode_luma, luma_frames, read_luma, recode, run_ffmpeg, shape_of

pytestmark = pytest.mark.skipif(
    shutil.which(media_video.ffmpeg_program()) is None, reason="needs ffmpeg, from imageio-ffmpeg or the system"
)
RATE, FRAMES, WIDTH, HEIGHT = 24, 60, 256, 144

ASKED = {
    "none": 100, "remux to Matroska": 100, "H.264 CRF 23": 100, "H.264 CRF 28": 100, "H.264 CRF 35": 97,
    "H.264 CRF 40": 75, "H.265 CRF 28": 100, "H.265 CRF 32": 95, "VP9 CRF 35": 97, "AV1 CRF 40": 95,
    "resize to 720 lines": 100, "resize to 480 lines": 100, "resize to 360 lines": 95, "crop to 70 %": 98,
    "crop to 40 %": 90, "bars to 4:3": 98, "bars to 2.35:1": 98, "rotation 90": 98, "mirror": 98,
    "rotation 5 degrees": 95, "trim to 2 s": 97, "cut and join": 95, "24 to 30 fps": 98, "30 to 15 fps": 98,
    "speed 0.5": 98, "speed 2": 98, "every second frame dropped": 98, "frames shuffled within a second": 98,
    "brightness 0.8": 97, "brightness 1.2": 97, "contrast 0.7": 97, "contrast 1.3": 97, "gamma 0.7": 97,
    "gamma 1.4": 97, "grey": 97, "blur sigma 1.5": 97, "noise sigma 8": 97, "screen recording": 95,
    "one frame as JPEG 85": 80, "caption, logo and sticker": 98,
}  # fmt: skip


def moving_picture(frames: int = FRAMES) -> list[np.ndarray]:
    """Return planes in which a photograph moves to the left, each frame a little brighter than the one before."""
    grey = (data.astronaut()[100:].mean(axis=2) * 0.6 + 40).astype(np.uint8)
    return [np.ascontiguousarray(grey[:HEIGHT, n : n + WIDTH] + np.uint8(n)) for n in range(frames)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    encode_luma(moving_picture(), RATE, path, crf=12)
    return path


def attacked(clip: Path, name: str, folder: Path, seed: int = 1) -> Path:
    attack = attack_named(name)
    target = folder / f"attacked{attack.suffix}"
    attack.run(clip, target, seed)
    return target


def brightness(path: Path) -> np.ndarray:
    return np.array([plane.mean() for _, plane in luma_frames(path)])


def test_the_table_asks_for_what_it_must():
    assert {attack.name: attack.asked for attack in ATTACKS} == ASKED


def test_luma_survives_writing_and_reading(clip):
    planes, rate = read_luma(clip, limit=5)
    assert rate == RATE
    assert len(planes) == 5
    assert np.abs(planes[3].astype(int) - moving_picture(5)[3]).mean() < 2


def test_a_pass_without_an_edit_keeps_frames_and_times(clip, tmp_path):
    edited = tmp_path / "edited.mp4"
    assert recode(clip, edited, lambda plane, seconds: plane.fill(16 + round(seconds * RATE))) == FRAMES
    frames = list(luma_frames(edited))
    assert [round(seconds * RATE) for seconds, _ in frames] == list(range(FRAMES))
    assert np.allclose([plane.mean() for _, plane in frames], 16 + np.arange(FRAMES), atol=1)


@pytest.mark.parametrize("name", ["none", "remux to Matroska"])
def test_remuxing_changes_no_pixel(clip, tmp_path, name):
    planes = read_luma(attacked(clip, name, tmp_path))[0]
    assert all(np.array_equal(a, b) for a, b in zip(planes, read_luma(clip)[0], strict=True))


@pytest.mark.parametrize("name", [attack.name for attack in ATTACKS if "CRF" in attack.name])
def test_coding_keeps_frames_and_loses_more_at_a_higher_crf(clip, tmp_path, name):
    path = attacked(clip, name, tmp_path)
    planes, originals = read_luma(path)[0], read_luma(clip)[0]
    error = np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(planes, originals, strict=True)])
    assert 0.3 < error < 8
    assert path.stat().st_size < clip.stat().st_size * 0.7


def test_a_higher_crf_makes_a_smaller_file(clip, tmp_path):
    sizes = [attacked(clip, f"H.264 CRF {crf}", tmp_path).stat().st_size for crf in (23, 28, 35, 40)]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [
        ("resize to 360 lines", 640, 360),
        ("resize to 480 lines", 854, 480),
        ("crop to 70 %", 214, 120),
        ("crop to 40 %", 162, 92),
        ("bars to 4:3", 256, 192),
        ("bars to 2.35:1", 338, 144),
        ("rotation 90", 144, 256),
        ("mirror", 256, 144),
        ("rotation 5 degrees", 256, 144),
        ("screen recording", 308, 172),
    ],
)
def test_the_shape_after_an_attack(clip, tmp_path, name, width, height):
    shape = shape_of(attacked(clip, name, tmp_path))
    assert (shape.width, shape.height) == (width, height)
    assert shape.seconds == pytest.approx(FRAMES / RATE, abs=0.05)


def test_a_mirrored_clip_is_the_clip_from_right_to_left(clip, tmp_path):
    mirrored, original = (read_luma(path, 1)[0][0] for path in (attacked(clip, "mirror", tmp_path), clip))
    assert np.abs(mirrored[:, ::-1].astype(int) - original).mean() < 4


def test_a_quarter_turn_turns_clockwise(clip, tmp_path):
    turned, original = (read_luma(path, 1)[0][0] for path in (attacked(clip, "rotation 90", tmp_path), clip))
    assert np.abs(np.rot90(turned).astype(int) - original).mean() < 4


def test_a_crop_is_a_piece_of_the_picture_at_a_place_of_the_seed(clip, tmp_path):
    original = read_luma(clip, 1)[0][0].astype(int)
    places = set()
    for seed in (1, 2, 3):
        piece = read_luma(attacked(clip, "crop to 40 %", tmp_path, seed), 1)[0][0]
        height, width = piece.shape
        errors = {
            (y, x): np.abs(original[y : y + height, x : x + width] - piece).mean()
            for y in range(HEIGHT - height + 1)
            for x in range(WIDTH - width + 1)
        }
        best = min(errors, key=errors.__getitem__)
        assert errors[best] < 6
        places.add(best)
    assert len(places) > 1


@pytest.mark.parametrize(
    ("name", "frames", "rate", "seconds"),
    [
        ("trim to 2 s", 48, 24, 2.0),
        ("24 to 30 fps", 75, 30, 2.5),
        ("30 to 15 fps", 30, 12, 2.5),
        ("speed 0.5", 120, 24, 5.0),
        ("speed 2", 30, 24, 1.25),
        ("every second frame dropped", 30, 12, 2.5),
        ("frames shuffled within a second", 48, 24, 2.0),
        ("screen recording", 75, 30, 2.5),
    ],
)
def test_time_after_an_attack(clip, tmp_path, name, frames, rate, seconds):
    path = attacked(clip, name, tmp_path)
    shape = shape_of(path)
    assert sum(1 for _ in luma_frames(path)) == frames
    assert shape.frame_rate == pytest.approx(rate, rel=0.03)
    assert shape.seconds == pytest.approx(seconds, abs=0.1)


def test_shuffling_keeps_the_frames_of_each_second(clip, tmp_path):
    shuffled, original = brightness(attacked(clip, "frames shuffled within a second", tmp_path)), brightness(clip)
    assert not np.allclose(shuffled[:24], original[:24], atol=0.4)
    for second in (slice(0, 24), slice(24, 48)):
        assert np.allclose(np.sort(shuffled[second]), np.sort(original[second]), atol=2)


def test_every_second_frame_is_one_of_two(clip, tmp_path):
    left = brightness(attacked(clip, "every second frame dropped", tmp_path))
    assert np.allclose(left, brightness(clip)[1::2], atol=1)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("brightness 0.8", lambda y: (y - 16) * 0.8 + 16),
        ("brightness 1.2", lambda y: (y - 16) * 1.2 + 16),
        ("contrast 0.7", lambda y: (y - 128) * 0.7 + 128),
        ("contrast 1.3", lambda y: (y - 128) * 1.3 + 128),
        ("gamma 0.7", lambda y: 255 * (y / 255) ** (1 / 0.7)),
        ("gamma 1.4", lambda y: 255 * (y / 255) ** (1 / 1.4)),
        ("grey", lambda y: y),
        ("noise sigma 8", lambda y: y),
        ("blur sigma 1.5", lambda y: y),
    ],
)
def test_brightness_after_a_change_of_the_picture(clip, tmp_path, name, change):
    changed = read_luma(attacked(clip, name, tmp_path), 1)[0][0]
    expected = np.clip(change(read_luma(clip, 1)[0][0].astype(float)), 0, 255)
    assert changed.mean() == pytest.approx(expected.mean(), abs=3)


def test_noise_has_the_deviation_that_its_name_says(clip, tmp_path):
    from attack_functions_video import noisy

    chain, target = noisy(8)(shape_of(clip), np.random.default_rng(1)), tmp_path / "noisy.mp4"
    run_ffmpeg("-i", clip, "-vf", f"format=yuv420p,{chain}", "-c:v", "libx264", "-qp", "0", target)
    noise = read_luma(target)[0][5].astype(int) - read_luma(clip)[0][5]
    assert noise.std() == pytest.approx(8, abs=0.4)


def test_two_clips_are_joined_at_the_place_that_is_returned(clip, tmp_path):
    dark, target = tmp_path / "dark.mp4", tmp_path / "joined.mp4"
    encode_luma([np.full((96, 96), 20, np.uint8)] * 96, RATE, dark)
    joint = joined(clip, dark, target)
    assert joint == pytest.approx(1.25, abs=0.01)
    middle = {t: plane[60:80, 110:140].mean() for t, plane in luma_frames(target)}
    assert all((value < 30) == (t > joint - 0.03) for t, value in middle.items())
    assert shape_of(target).seconds == pytest.approx(1.25 + 2.0, abs=0.05)


def test_one_frame_is_a_jpeg_of_the_size_of_the_clip(clip, tmp_path):
    from PIL import Image

    with Image.open(attacked(clip, "one frame as JPEG 85", tmp_path)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (WIDTH, HEIGHT))


@pytest.mark.parametrize("shape", [Shape(1280, 720, 24, 6), Shape(480, 908, 30, 6), Shape(320, 180, 25, 6)])
def test_caption_logo_and_sticker_cover_a_quarter(shape):
    covered = [np.asarray(cover(shape, np.random.default_rng(seed)))[..., 3].astype(bool).mean() for seed in range(5)]
    assert np.allclose(covered, 0.25, atol=0.01)


def test_what_is_laid_over_hides_the_picture(clip, tmp_path):
    changed, original = (
        read_luma(path, 1)[0][0].astype(int) for path in (attacked(clip, "caption, logo and sticker", tmp_path), clip)
    )
    assert (np.abs(changed - original) > 20).mean() == pytest.approx(0.22, abs=0.06)


@pytest.mark.parametrize("name", ["crop to 70 %", "noise sigma 8", "frames shuffled within a second"])
def test_the_same_seed_makes_the_same_file(clip, tmp_path, name):
    first = attacked(clip, name, tmp_path).read_bytes()
    assert attacked(clip, name, tmp_path).read_bytes() == first
    assert attacked(clip, name, tmp_path, seed=2).read_bytes() != first


def test_sound_is_left_out(tmp_path):
    import av

    source = tmp_path / "with_sound.mkv"
    sources = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=160x120:rate=24:duration=2.5",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=2.5",
    ]
    run_ffmpeg(*sources, "-c:v", "libx264", "-c:a", "aac", source)
    for name in ("none", "H.264 CRF 28", "trim to 2 s", "caption, logo and sticker"):
        with av.open(str(attacked(source, name, tmp_path))) as container:
            assert [stream.type for stream in container.streams] == ["video"]


def test_a_file_that_is_no_video_is_refused_with_what_ffmpeg_says(tmp_path):
    source = tmp_path / "text.mp4"
    source.write_text("no video", encoding="utf-8")
    with pytest.raises(RuntimeError, match="ffmpeg failed"):
        run_ffmpeg("-i", source, tmp_path / "x.mp4")
