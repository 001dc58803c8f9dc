"""Samples, attacks and measurements by themselves."""

import dataclasses
import shutil
from pathlib import Path

import av
import filing_facts
import numpy as np
import pytest
import soundfile
from PIL import Image

from synthmark import image
from synthmark.errors import InputError
from synthmark.filing import extracting, scripts
from synthmark.filing.attacks import ATTACKS
from synthmark.filing.extracting import ExtractTool, mark_of
from synthmark.filing.facts import VisibleFacts
from synthmark.filing.measuring import _first_glyph, _looked_at
from synthmark.filing.pictures import console_picture, sound_picture
from synthmark.filing.samples import MOST_FILES, collected, made
from synthmark.filing.screens import BROWSERS, _sheets, _shot, example_of
from synthmark.filing.templates import words
from synthmark.image.visible import place_label


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> list[Path]:
    return list(made(("image", "audio", "video"), tmp_path_factory.mktemp("samples")))


def test_samples_are_the_same_on_every_run(samples, tmp_path):
    assert [file.suffix for file in samples] == [".png", ".jpg", ".wav", ".mp4"]
    for first, second in zip(samples, made(("image", "audio", "video"), tmp_path), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_own_files_are_copied_with_plain_names(tmp_path):
    source, target = tmp_path / "own", tmp_path / "copies"
    source.mkdir()
    target.mkdir()
    Image.new("RGB", (8, 8)).save(source / "图 1 (a).png")
    (source / "notes.txt").write_text("no medium")
    assert [file.name for file in collected(source, target)] == ["01-__1__a_.png"]
    for number in range(MOST_FILES):
        Image.new("RGB", (8, 8)).save(source / f"{number}.png")
    with pytest.raises(InputError, match=f"1 to {MOST_FILES} are needed"):
        collected(source, target)


@pytest.mark.parametrize(("medium", "number"), [("image", 0), ("audio", 2), ("video", 3)])
def test_attacks_keep_no_metadata_and_are_the_same_on_every_run(samples, tmp_path, medium, number):
    for attack in ATTACKS[medium]:
        first, second = (tmp_path / f"{name}-{attack.name}{attack.suffix}" for name in "ab")
        attack.apply(samples[number], first)
        attack.apply(samples[number], second)
        assert first.read_bytes() == second.read_bytes()
        with av.open(str(first)) as file:
            assert "AIGC" not in file.metadata
    names = {attack.name for attacks in ATTACKS.values() for attack in attacks}
    assert names | {"none"} == set(words("words", "zh")["attacks"])


def test_the_height_of_a_label_is_measured_on_its_pixels():
    picture = Image.fromarray(np.full((400, 600, 3), 90, np.uint8))
    placement = place_label(picture)
    shown = image.label(picture)
    facts = VisibleFacts(anchor=placement.anchor, box=tuple(placement.box), drawn=placement.ink_height)
    found = _looked_at(shown, facts)
    assert (found.text, found.height, found.side) == ("AI生成", placement.ink_height, 400)
    assert found.share >= 0.05
    assert found.contrast == pytest.approx(placement.contrast, rel=0.4)
    assert found.conforms
    assert not _looked_at(picture, facts).conforms  # there is no label


def test_the_first_glyph_is_the_first_run_of_ink():
    ink = np.zeros((20, 30), bool)
    assert _first_glyph(ink) is None
    ink[5:15, 3:8] = True
    ink[0:20, 12:20] = True
    assert _first_glyph(ink) == 10


def test_text_of_a_console_is_drawn_line_by_line():
    one, two = console_picture("一行", "command"), console_picture("一行\ntwo", "command")
    assert two.height > one.height
    assert np.asarray(one).std() > 5


def test_a_sound_is_drawn_with_its_label(tmp_path):
    file = tmp_path / "sound.wav"
    soundfile.write(file, 0.5 * np.sin(np.arange(44_100) / 20), 44_100, subtype="PCM_16")
    drawn = sound_picture(filing_facts.sample("audio", file=file), words("words", "zh")["pictures"])
    red = (np.asarray(drawn) == (0xD0, 0x30, 0x20)).all(axis=-1)
    assert red.any()


def test_high_pictures_are_cut_where_rows_are_plain(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 255, (500, 100, 3), dtype=np.uint8)
    pixels[90:100] = pixels[210:215] = 200
    Image.fromarray(pixels).save(tmp_path / "report.png")
    sheets = _sheets(tmp_path / "report.png")
    parts = [np.asarray(Image.open(file)) for file in sheets]
    assert [len(part) for part in parts][:2] == [99, 115]
    assert np.array_equal(np.concatenate(parts), pixels)
    assert not (tmp_path / "report.png").exists()


def test_reports_without_times():
    marked = mark_of("samples/labelled/1.png", "", filing_facts.NUMBER, "a", filing_facts.report() | {"x": 1})
    assert marked.exact
    assert marked.outcomes["metadata"] == "detected"
    failed = {"error": {"message": "damaged"}, "exit_code": 4}
    assert mark_of("x", "", "1", "a", failed).error == "damaged"
    assert mark_of("x", "", "1", "a", None).error == "?"
    assert set(extracting._timeless({"checked_at": "1", "seconds": 2, "verdict": "x"})) == {"verdict"}


def test_the_line_of_times_is_left_out(monkeypatch):
    printed = (
        "结论     检测到\n检查项目                    检测到\n检查     2026-11-30 16:37:09 UTC   "
        "synthmark-extract 0.1.0   离线   用时 5.515\n         秒\n密钥     389e2190\n"
    )
    monkeypatch.setattr(ExtractTool, "_run", lambda *_: printed)
    shown = ExtractTool(Path(), filing_facts.Config(), "zh").console("x.png", "（从略）")
    assert shown == "结论     检测到\n检查项目                    检测到\n检查     （从略）\n密钥     389e2190"


def test_the_example_is_a_changed_copy_that_was_read():
    unread = filing_facts.mark("samples/attacked/x.jpg", "jpeg50", content_id=None)
    good = filing_facts.mark("samples/attacked/y.jpg", "half")
    assert example_of([filing_facts.sample("image", attacked=(unread, good))]) == good
    alone = filing_facts.sample("image", attacked=(unread,))
    assert example_of([alone]) == alone.mark
    assert example_of([]) is None


def test_scripts_check_files_that_could_be_read_alone():
    bad = filing_facts.mark("samples/attacked/x.jpg", "jpeg50", error="damaged")
    sample = filing_facts.sample("image", attacked=(bad,))
    text = scripts.for_shell([sample])
    assert "x.jpg" not in text
    assert f"check {'c' * 64} labelled {filing_facts.NUMBER} samples/labelled/1.png" in text
    assert f"check {'c' * 64} not_labelled schema samples/original/1.png" in text
    windows = scripts.for_windows([dataclasses.replace(sample, attacked=())])
    assert "\n" not in windows.replace("\r\n", "")


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="needs Chromium")
def test_a_browser_shows_a_page_without_what_is_empty_below(tmp_path):
    program = next(found for name in BROWSERS if (found := shutil.which(name)))
    page = tmp_path / "page.html"
    page.write_text(
        "<body style='margin:0'><div style='height:100px;background:#060'></div></body>", encoding="utf-8"
    )
    shot = _shot(program, page.as_uri(), tmp_path / "shot.png", 400)
    with Image.open(shot) as image:
        assert image.getpixel((10, 100)) == (0, 0x66, 0)
        assert image.height == 150 + 24
    assert _shot("/nothing/here", page.as_uri(), tmp_path / "none.png", 400) is None
