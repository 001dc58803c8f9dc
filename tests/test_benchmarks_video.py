"""The benchmarks for video count and measure rightly; a bar code in the picture stands in for the watermark."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av")
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import media_video  # noqa: E402
from looks_video import amplified, strip_over_time  # noqa: E402
from measures_video import luma_psnr, stream_bytes  # noqa: E402
from media_video import Shape, encode_luma, recode  # noqa: E402
from methods_video import Reading  # noqa: E402
from peers_video import BarCode, PictureByPicture  # noqa: E402
from quality_video import summary  # noqa: E402
from robustness_video import judged  # noqa: E402
from table_video import table  # noqa: E402
from windows_video import Window, cut_window, partner_of, windows_of  # noqa: E402

pytestmark = pytest.mark.skipif(
    shutil.which(media_video.ffmpeg_program()) is None, reason="needs ffmpeg, from imageio-ffmpeg or the system"
)
ID, OTHER = 0x0123456789ABCDEF, 0xFEDCBA9876543210


def ramps(seconds: float, rate: int = 10) -> list[np.ndarray]:
    ramp = np.tile(np.linspace(40, 200, 192), (112, 1))
    return [np.roll(ramp, n, axis=1).astype(np.uint8) for n in range(round(seconds * rate))]


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name, seconds in {"long": 10.2, "whole": 5.4, "short": 3.0}.items():
        encode_luma(ramps(seconds), 10, folder / f"{name}.mp4")
    return folder


def run(clips: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "robustness_video.py"), "--clips", str(clips)]
    command += [
        "--work",
        str(folder / "work"),
        "--out",
        str(folder / "result.json"),
        "--methods",
        "bar-code",
        *options,
    ]
    environ = {**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)}
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, env=environ, check=False)


@pytest.fixture(scope="module")
def measured(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    done = run(clips, folder, "--rows", "none,H.264 CRF 28,mirror,cut and join,one frame,unmarked")
    assert done.returncode == 0, done.stderr
    return folder, json.loads((folder / "result.json").read_text(encoding="utf-8"))


def test_the_record_says_where_it_comes_from(measured):
    assert {"command", "date", "machine", "versions", "seeds", "ffmpeg"} <= set(measured[1])


def test_the_rows_hold_what_came_back(measured):
    result = measured[1]["methods"]["bar-code"]
    windows = {"long from 0.0 s", "long from 5.1 s", "whole from 0.0 s"}
    assert set(result["windows"]) == windows
    rows = result["attacks"]
    assert {name: (rows[name]["achieved"], rows[name]["tried"]) for name in rows} == {
        "none": (100, 3),
        "H.264 CRF 28": (100, 3),
        "mirror": (0, 3),
        "cut and join": (100, 3),
        "one frame as JPEG 85": (None, 0),
    }
    assert rows["mirror"]["failures"] == dict.fromkeys(windows, "nothing")
    assert not rows["mirror"]["met"]
    counts = ("wrong_ids", "errors", "ids_in_unmarked_windows", "unmarked_windows")
    assert [result[key] for key in counts] == [0, 0, 0, 3]


def test_further_seeds_give_further_ids(clips, tmp_path):
    done = run(clips, tmp_path, "--rows", "none,unmarked", "--only", "whole", "--seeds", "1,2")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["methods"]["bar-code"]
    assert (result["windows"], result["ids_of_each"]) == (["whole from 0.0 s"], 2)
    assert (result["attacks"]["none"]["tried"], result["unmarked_windows"]) == (2, 1)
    assert set(result["marking"]) == {"whole from 0.0 s", "whole from 0.0 s, id 2"}
    ids = {outcome["marks"][0][0] for name, outcome in result["outcomes"].items() if name.endswith("none")}
    assert len(ids) == 2


@pytest.fixture
def finished(measured, tmp_path):
    """Return a copy of a finished run that a test may change."""
    return Path(shutil.copytree(measured[0], tmp_path / "run")), measured[1]


def test_a_second_run_takes_up_what_is_finished(finished, clips):
    folder, first = finished
    assert not list((folder / "work").rglob("*.part"))
    kept = next((folder / "work").rglob("*mirror*.json"))
    kept.write_text(kept.read_text(encoding="utf-8").replace("nothing", "wrong"), encoding="utf-8")
    assert run(clips, folder, "--rows", "mirror").returncode == 0
    again = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert (first["methods"]["bar-code"]["wrong_ids"], again["methods"]["bar-code"]["wrong_ids"]) == (0, 1)


def test_outcomes_of_other_code_are_thrown_away(finished, clips):
    folder, _ = finished
    (folder / "work" / "code.txt").write_text("another", encoding="utf-8")
    assert run(clips, folder, "--rows", "none", "--only", "whole").returncode == 0
    assert [path.name for path in (folder / "work" / "bar_code").glob("*.json")] == ["whole_from_0.0_s__none_1.json"]


def test_an_unknown_row_is_refused_by_name(clips, tmp_path):
    done = run(clips, tmp_path, "--rows", "thunder")
    assert done.returncode == 2
    assert "thunder" in done.stderr


def test_windows_lie_side_by_side_and_are_five_to_six_seconds_long(clips, tmp_path):
    windows = windows_of([clips], per_clip=4)
    assert [(window.name, window.whole) for window in windows] == [
        ("long from 0.0 s", False),
        ("long from 5.1 s", False),
        ("whole from 0.0 s", True),
    ]
    cut_window(windows[1], tmp_path / "cut.mp4")
    planes, originals = (media_video.read_luma(path)[0] for path in (tmp_path / "cut.mp4", clips / "long.mp4"))
    assert len(planes) == 51
    assert np.array_equal(planes[0], originals[51])


def test_every_window_is_joined_with_another_one():
    shapes = [Shape(320, 180, 25, 6), Shape(1280, 720, 24, 6), Shape(640, 360, 24, 6)]
    windows = [Window(Path(f"{n}.mp4"), 0.0, shape, whole=True) for n, shape in enumerate(shapes)]
    assert [partner_of(window, windows).path.stem for window in windows] == ["2", "2", "1"]


@pytest.mark.parametrize(
    ("reading", "outcome"),
    [
        (Reading(ID), "read"),
        (Reading(None), "nothing"),
        (Reading(OTHER), "wrong"),
        (Reading(ID, ((ID, ((0.0, 1.0),)), (OTHER, ((1.0, 2.0),)))), "wrong"),
    ],
)
def test_one_id_is_judged(reading, outcome):
    assert judged(reading, [(ID, 0, 0)]) == outcome


@pytest.mark.parametrize(
    ("marks", "outcome"),
    [
        ({ID: (0.2, 2.8), OTHER: (3.1, 6.0)}, "read"),
        ({ID: (0.2, 3.6), OTHER: (3.1, 6.0)}, "spans"),
        ({ID: (0.2, 3.0), OTHER: (2.3, 6.0)}, "spans"),
        ({OTHER: (3.0, 6.0)}, "one id"),
        ({}, "nothing"),
        ({ID: (0.0, 3.0), OTHER: (3.0, 6.0), 5: (1.0, 2.0)}, "wrong"),
    ],
)
def test_two_joined_ids_are_judged_with_their_spans(marks, outcome):
    reading = Reading(next(iter(marks), None), tuple((i, (span,)) for i, span in marks.items()))
    assert judged(reading, [(ID, 0.0, 3.0), (OTHER, 3.0, 6.0)]) == outcome


def test_psnr_is_that_of_the_difference_in_every_second(tmp_path):
    plain, changed = tmp_path / "plain.mkv", tmp_path / "changed.mkv"
    encode_luma([np.full((64, 64), 100, np.uint8)] * 24, 10, tmp_path / "flat.mp4")
    lossless = {"qp": "0", "preset": "ultrafast"}
    recode(tmp_path / "flat.mp4", plain, options=lossless)

    def edit(plane, seconds):
        plane += np.uint8(2 if seconds >= 1 else 1)

    recode(plain, changed, edit, options=lossless)
    whole, seconds = luma_psnr(plain, changed)
    assert seconds == pytest.approx([10 * np.log10(255**2), 10 * np.log10(255**2 / 4)], abs=0.01)
    assert whole == pytest.approx(10 * np.log10(255**2 / ((10 + 4 * 14) / 24)), abs=0.01)
    assert luma_psnr(plain, plain) == (None, [None, None])
    assert 0 < stream_bytes(plain) < plain.stat().st_size


def test_the_summary_takes_the_worst_clip():
    clips = [{"psnr": 47.0, "growth_percent": 5.0}, {"psnr": 48.0, "growth_percent": 1.0}, {"refused": "flat"}]
    assert summary(clips) == {
        "psnr": {"mean": 47.5, "worst": 47.0, "asked": 46.0, "met": True},
        "growth_percent": {"mean": 3.0, "worst": 5.0, "asked": 4.0, "met": False},
    }


def test_the_difference_is_amplified_around_grey():
    before = np.full((3, 4), 100, np.uint8)
    after = before.copy()
    after[1] = (101, 98, 120, 100)
    assert amplified(before, after)[1].tolist() == [148, 88, 255, 128]
    strip = strip_over_time([before] * 5, [after] * 5)
    assert strip.shape == (5 * 3 + 8, 4)
    assert (strip[-1] == amplified(before, after)[1]).all()


def test_a_bar_code_reads_back_from_8_and_10_bit(tmp_path, clips):
    done = tmp_path / "marked.mp4"
    BarCode().embed(clips / "short.mp4", done, ID)
    found = BarCode().extract(done, everything=True)
    assert found.marks == ((ID, ((0.0, pytest.approx(2.9)),)),)
    assert BarCode().extract(clips / "short.mp4").content_id is None
    deep = tmp_path / "deep.mp4"
    media_video.run_ffmpeg("-i", done, "-pix_fmt", "yuv420p10le", "-c:v", "libx264", deep)
    assert BarCode().extract(deep).content_id == ID


def test_the_frames_of_a_picture_watermark_vote(tmp_path, clips):
    answers = iter([ID, ID ^ 1, ID, None, ID, ID ^ 2, ID, ID, ID, ID, ID, ID])

    class Stub:
        def extract(self, picture):
            assert picture.shape == (112, 192, 3)
            return next(answers)

    assert PictureByPicture(Stub()).extract(clips / "short.mp4").content_id == ID


METHODS = {
    "synthmark": {
        "windows": ["a", "b"],
        "wrong_ids": 0,
        "attacks": {
            "x 1": {"row": "x", "required": 98, "achieved": 99.9},
            "x 2": {"row": "x", "required": 98, "achieved": 97.9},
        },
    },
    "peer": {"windows": ["a"], "wrong_ids": 3, "attacks": {"x 1": {"row": "x", "required": 98, "achieved": 50.0}}},
}


def test_the_table_shows_the_worst_attack_of_a_row_rounded_down():
    quality = {"summary": {"vmaf_loss": {"mean": 0.301, "worst": 1.001, "asked": 1.0, "met": False}}}
    assert table(METHODS, quality).splitlines()[2:] == [
        "| x | 98 % | 97 % (missed) | 50 % |",
        "| wrong ids read, all attacks | 0 | 0 | 3 |",
        "| **VMAF loss**, mean / worst clip | 1 | 0.31 / 1.01 (missed) | - |",
    ]


def test_the_table_says_where_few_pieces_were_tried():
    few = {"row": "y", "required": 80, "achieved": 100.0, "tried": 1}
    methods = {"synthmark": METHODS["synthmark"] | {"attacks": {"y": few}}}
    assert table(methods).splitlines()[2] == "| y | 80 % | 100 % (1 piece) |"


def test_the_table_counts_pieces_and_ids():
    row = {"row": "x", "required": 98, "achieved": 100.0, "tried": 2}
    entry = {"windows": ["a", "b"], "ids_of_each": 2, "wrong_ids": 0, "attacks": {"x": row}}
    title, _, line, _ = table({"synthmark": entry}).splitlines()
    assert "synthmark (2 pieces x 2 ids)" in title
    assert line == "| x | 98 % | 100 % (1 piece) |"
