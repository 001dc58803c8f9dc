"""Fingerprints: the same content agrees after what happens to files, other content does not."""

import contextlib
import io
import subprocess

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from synthmark.errors import InputError, MediaError
from synthmark.registry.fingerprint import Fingerprint, compare, kept_keys, searched_keys
from synthmark.registry.measuring import Changes, fingerprint_file, fingerprint_pictures, fingerprint_sound

soundfile = pytest.importorskip("soundfile")
RATE = 22050
NAMES = ("astronaut", "coffee", "chelsea", "camera", "rocket", "coins")
PICTURES = {name: Image.fromarray(getattr(skimage.data, name)()) for name in NAMES}


def coded(picture: Image.Image, quality: int = 60) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert(picture.mode)


def part(picture: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    width, height = picture.size
    left, top, right, bottom = box
    return picture.crop((int(left * width), int(top * height), int(right * width), int(bottom * height)))


def framed(picture: Image.Image) -> Image.Image:
    frame = Image.new(picture.mode, (int(picture.width * 1.5), int(picture.height * 1.3)), 0)
    frame.paste(picture, (picture.width // 5, picture.height // 8))
    return frame


ATTACKS = {
    "JPEG 60": coded,
    "JPEG 20": lambda picture: coded(picture, 20),
    "half size": lambda picture: coded(picture.resize((picture.width // 2, picture.height // 2))),
    "squeezed": lambda picture: picture.resize((picture.width, picture.height * 2 // 3)),
    "grey": lambda picture: picture.convert("L"),
    "dark": lambda picture: picture.point(lambda value: value * 0.6),
    "crop": lambda picture: coded(part(picture, (0.1, 0.2, 0.85, 0.95))),
    "tall crop": lambda picture: coded(part(picture, (0.3, 0.05, 0.9, 0.95))),
    "frame": framed,
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["astronaut", "coffee", "camera"])
def test_a_changed_picture_agrees(name, attack):
    kept = fingerprint_pictures([PICTURES[name]])
    result = compare(kept, fingerprint_pictures([ATTACKS[attack](PICTURES[name])]))
    assert result.agreement == "agrees"
    assert result.similarity >= 0.8


@pytest.mark.parametrize("name", NAMES)
def test_other_pictures_never_agree(name):
    kept = fingerprint_pictures([PICTURES[name]])
    others = [fingerprint_pictures([coded(PICTURES[other])]) for other in NAMES if other != name]
    answers = [compare(kept, other).agreement for other in others]
    assert "agrees" not in answers
    assert answers.count("disagrees") >= 4


@pytest.mark.parametrize(
    ("angle", "flipped"), [(12.0, False), (-30.0, False), (90.0, False), (0.0, True), (7.0, True)]
)
def test_turning_and_mirroring_are_undone_when_they_are_known(angle, flipped):
    kept = fingerprint_pictures([PICTURES["coffee"]])
    turned = PICTURES["coffee"].rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    copy = turned.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flipped else turned
    known = fingerprint_pictures([copy], changes=Changes(angle=-angle if flipped else angle, flipped=flipped))
    assert compare(kept, known).agreement == "agrees"
    if abs(angle) > 10 or flipped:
        assert compare(kept, fingerprint_pictures([copy])).agreement != "agrees"


def test_a_transparent_picture_is_seen_on_white():
    pixels = np.asarray(PICTURES["chelsea"])
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:, :150] = 0
    hidden = np.dstack([pixels, alpha])
    shown = pixels.copy()
    shown[:, :150] = 255
    kept = fingerprint_pictures([Image.fromarray(hidden)])
    assert compare(kept, fingerprint_pictures([shown])).similarity > 0.99


@pytest.mark.parametrize("convert", [lambda a: a.astype(np.uint16) * 257, lambda a: a.astype(np.float32) / 255])
def test_the_depth_of_samples_does_not_matter(convert):
    pixels = np.asarray(PICTURES["coffee"])
    same = compare(fingerprint_pictures([pixels]), fingerprint_pictures([convert(pixels)]))
    assert same.similarity > 0.9999


def test_flat_pictures_and_silence_cannot_be_compared():
    flat = fingerprint_pictures([np.full((80, 90, 3), 128, np.uint8)])
    silent = fingerprint_sound(np.zeros(RATE * 9), RATE)
    assert compare(flat, flat).agreement == "undecided"
    assert compare(fingerprint_pictures([PICTURES["coins"]]), flat).agreement == "undecided"
    assert compare(silent, fingerprint_sound(np.zeros(RATE * 9), RATE, dense=True)).agreement == "undecided"
    assert len(kept_keys(flat)) == 0


def test_other_media_disagree():
    assert (
        compare(fingerprint_pictures([PICTURES["coins"]]), fingerprint_sound(melody(1), RATE)).agreement
        == "disagrees"
    )


def melody(seed: int, seconds: float = 20.0) -> np.ndarray:
    """Return notes with overtones and noise, which change every 0.15 to 0.5 seconds."""
    generator = np.random.default_rng(seed)
    parts, left = [], int(seconds * RATE)
    while left > 0:
        count = min(left, int(generator.uniform(0.15, 0.5) * RATE))
        times = np.arange(count) / RATE
        pitch, tilt = 110 * 2 ** generator.uniform(0, 3), generator.uniform(0.4, 1.6)
        tones = sum(np.sin(2 * np.pi * pitch * number * times) / number**tilt for number in range(1, 12))
        fall = np.exp(-times * generator.uniform(0, 6))
        parts.append(tones * fall * generator.uniform(0.2, 1) + generator.standard_normal(count) * 0.05)
        left -= count
    sound = np.concatenate(parts)
    return (sound / np.abs(sound).max() * 0.8).astype(np.float32)


def mp3(sound: np.ndarray, folder, rate: int = RATE) -> tuple[np.ndarray, int]:
    soundfile.write(folder / "in.wav", sound, rate)
    command = ["ffmpeg", "-v", "error", "-y", "-i", "in.wav", "-b:a", "64k", "out.mp3"]
    subprocess.run(command, check=True, cwd=folder)
    return soundfile.read(folder / "out.mp3")


@pytest.mark.parametrize("start", [0.0, 1.07, 5.3])
def test_a_piece_of_sound_agrees_after_mp3(start, tmp_path):
    sound = melody(1)
    heard, rate = mp3(sound[int(start * RATE) : int((start + 8) * RATE)], tmp_path)
    result = compare(fingerprint_sound(sound, RATE), fingerprint_sound(heard, rate, dense=True))
    assert result.agreement == "agrees"


def test_loudness_channels_and_dtype_do_not_matter():
    sound = melody(2)
    stereo = (np.stack([sound, sound], axis=1) * 3000).astype(np.int16)
    result = compare(fingerprint_sound(sound, RATE), fingerprint_sound(stereo, RATE, dense=True))
    assert result.agreement == "agrees"
    assert result.similarity > 0.98


def test_known_speed_and_tempo_are_undone():
    sound = melody(3)
    kept = fingerprint_sound(sound, RATE)
    faster = Changes(speed=1.1)
    assert compare(kept, fingerprint_sound(sound, RATE * 1.1, dense=True, changes=faster)).agreement == "agrees"
    assert compare(kept, fingerprint_sound(sound, RATE * 1.1, dense=True)).agreement != "agrees"


def test_only_the_marked_stretch_counts():
    other, sound = melody(5, 30.0), melody(4, 12.0)
    joined = np.concatenate([other[: 15 * RATE], sound, other[15 * RATE :]])
    spans = Changes(spans=((15.2, 20.0), (20.0, 26.5)))
    found = fingerprint_sound(joined, RATE, dense=True, changes=spans)
    assert compare(fingerprint_sound(sound, RATE), found).agreement == "agrees"


def test_other_sounds_disagree():
    prints = [
        (fingerprint_sound(melody(s), RATE), fingerprint_sound(melody(s), RATE, dense=True)) for s in range(6, 11)
    ]
    for number, (kept, _) in enumerate(prints):
        answers = [compare(kept, dense).agreement for other, (_, dense) in enumerate(prints) if other != number]
        assert set(answers) <= {"disagrees", "undecided"}


def test_too_short_a_sound_cannot_be_compared():
    sound = melody(1)
    short = fingerprint_sound(sound[: 3 * RATE], RATE, dense=True)
    assert compare(fingerprint_sound(sound, RATE), short).agreement == "undecided"


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Two videos of 6 seconds, each moving over a photograph, with copies."""
    folder = tmp_path_factory.mktemp("videos")
    for name in ("astronaut", "rocket"):
        PICTURES[name].convert("RGB").resize((512, 512)).save(folder / f"{name}.png")
        moving = "crop=320:240:'t*30':'60+t*20'"
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-loop",
            "1",
            "-t",
            "6",
            "-r",
            "12",
            "-i",
            f"{name}.png",
            "-vf",
            moving,
        ]
        subprocess.run([*command, "-pix_fmt", "yuv420p", "-crf", "18", f"{name}.mp4"], check=True, cwd=folder)
    copies = {
        "coded": ["-crf", "30"],
        "small": ["-vf", "scale=160:120", "-crf", "30"],
        "cut": ["-ss", "2.3", "-t", "3", "-crf", "30"],
        "cropped": ["-vf", "crop=240:180:40:30", "-crf", "30"],
    }
    for name, options in copies.items():
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-i",
            "astronaut.mp4",
            *options,
            "-pix_fmt",
            "yuv420p",
            f"{name}.mp4",
        ]
        subprocess.run(command, check=True, cwd=folder)
    return folder


@pytest.mark.parametrize("copy", ["coded", "small", "cut", "cropped"])
def test_a_copy_of_a_video_agrees(videos, copy):
    kept = fingerprint_file(videos / "astronaut.mp4")
    assert (kept.media, kept.width, kept.height, kept.step, len(kept.rows)) == ("video", 320, 240, 1.0, 6)
    assert compare(kept, fingerprint_file(videos / f"{copy}.mp4", dense=True)).agreement == "agrees"


def test_another_video_disagrees(videos):
    kept = fingerprint_file(videos / "rocket.mp4")
    assert compare(kept, fingerprint_file(videos / "coded.mp4", dense=True)).agreement == "disagrees"


def test_files_give_what_arrays_give(tmp_path):
    sound = melody(1)
    soundfile.write(tmp_path / "a.flac", sound, RATE)
    PICTURES["coffee"].save(tmp_path / "a.png")
    from_file = fingerprint_file(tmp_path / "a.flac", dense=True)
    assert compare(fingerprint_sound(sound, RATE), from_file).similarity > 0.95
    assert np.array_equal(fingerprint_file(tmp_path / "a.png").rows, fingerprint_pictures([PICTURES["coffee"]]).rows)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_files_that_are_none_raise_our_errors(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("x") / "x.mp4"
    for start in (b"", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", b"ID3\x04", b"\x1a\x45\xdf\xa3", b"OggS"):
        file.write_bytes(start + content)
        with pytest.raises(MediaError):
            fingerprint_file(file)


@given(st.integers(0, 40), st.sampled_from(["image", "audio", "video"]), st.integers(0, 5000), st.data())
def test_text_and_back(count, media, milliseconds, data):
    width = 2 if media == "audio" else 288
    content = np.frombuffer(data.draw(st.binary(min_size=width, max_size=width)) * count, np.uint8)
    fingerprint = Fingerprint(media, content.reshape(count, width), milliseconds / 1000, 640, 480)
    again = Fingerprint.parse(fingerprint.text())
    assert again.text() == fingerprint.text()
    assert np.array_equal(again.rows, fingerprint.rows)
    assert (again.media, again.width, again.height) == (media, 640, 480)


@given(st.text() | st.from_regex(r"(image|audio)/1/0ms/1x1/[A-Za-z0-9+/=]{0,9}", fullmatch=True))
def test_other_texts_are_refused_or_read(text):
    with contextlib.suppress(InputError):
        assert Fingerprint.parse(text).text()


def test_keys_of_several_frames_are_those_of_each():
    frames = [fingerprint_pictures([picture]) for picture in PICTURES.values()]
    together = Fingerprint("video", np.concatenate([frame.rows for frame in frames]), 1.0, 512, 512)
    assert np.array_equal(searched_keys(together), np.concatenate([kept_keys(frame) for frame in frames]))


def test_keys_of_a_copy_are_near_and_others_far():
    def least(first, second):
        bits = first[:, None] ^ second[None]
        return int(np.bitwise_count(bits).sum(axis=-1).min())

    kept = {name: kept_keys(fingerprint_pictures([picture])) for name, picture in PICTURES.items()}
    copies = {name: searched_keys(fingerprint_pictures([coded(picture)])) for name, picture in PICTURES.items()}
    assert max(least(kept[name], copies[name]) for name in NAMES) < 20
    assert min(least(kept[one], copies[other]) for one in NAMES for other in NAMES if one != other) > 30
