"""The benchmarks for sound count and measure rightly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sounds import synthetic_voice

soundfile = pytest.importorskip("soundfile")
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from attacks_audio import ATTACKS, echo, noisy, scaled, small_room  # noqa: E402
from measures_audio import noise_to_mask, noise_to_mask_of_ear, signal_to_noise  # noqa: E402

RATE = 16000
VOICE = synthetic_voice(4.0)[:, None]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    soundfile.write(folder / "a.wav", synthetic_voice(9.0), RATE)
    soundfile.write(folder / "b.flac", synthetic_voice(8.5, seed=7), RATE)
    out = folder / "result.json"
    command = [sys.executable, str(BENCHMARKS / "robustness_audio.py"), "--clips", str(folder), "--pieces-per-clip"]
    command += ["1", "--attacks", "none,noise 20 dB", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=_environment())
    return json.loads(out.read_text(encoding="utf-8"))


def _environment():
    return {**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)}


def test_the_record_says_where_it_comes_from(record):
    assert {"command", "date", "machine", "versions", "nmr", "seed"} <= set(record)


def test_the_rows_hold_what_came_back(record):
    rows = record["methods"]["synthmark"]["attacks"]
    assert rows["none"]["whole"] == {"required": 100.0, "achieved": 100.0, "met": True, "tried": 2, "failures": {}}
    assert rows["none"]["five"]["tried"] == rows["none"]["three"]["tried"] == 2
    assert rows["noise 20 dB"]["five"] is None


def test_an_unknown_attack_is_refused_by_name():
    command = [sys.executable, str(BENCHMARKS / "robustness_audio.py"), "--clips", ".", "--attacks", "thunder"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=_environment(), check=False)
    assert done.returncode == 2
    assert "thunder" in done.stderr


def test_the_table_holds_every_row_once_with_possible_requirements():
    assert len(ATTACKS) == 35
    for attack in ATTACKS.values():
        assert all(0 < share <= 100 for share in (attack.whole, attack.five, attack.three) if share is not None)


def test_noise_has_the_level_that_is_asked_for():
    heard, rate = noisy(VOICE, RATE, 20)
    assert rate == RATE
    assert signal_to_noise(VOICE, heard) == pytest.approx(20, abs=0.2)


@pytest.mark.parametrize("attack", [echo, small_room])
def test_echo_and_room_keep_the_length_and_change_the_sound(attack):
    heard, _ = attack(VOICE, RATE)
    assert heard.shape == VOICE.shape
    assert signal_to_noise(VOICE, heard) < 20


def test_gain_saturates_like_16_bit():
    heard, _ = scaled(VOICE, RATE, 4.0)
    assert np.abs(heard).max() == 1.0


def simplified(host, marked, rate):
    return noise_to_mask(host, marked, rate)[0]


RATIOS = pytest.mark.parametrize("ratio", [simplified, noise_to_mask_of_ear])


@RATIOS
def test_the_noise_to_mask_ratio_follows_the_noise(ratio):
    quiet, loud = (ratio(VOICE, noisy(VOICE, RATE, db)[0], RATE) for db in (50, 30))
    assert loud - quiet == pytest.approx(20, abs=1)


@RATIOS
def test_noise_shaped_like_the_sound_is_masked_better_than_white_noise(ratio):
    shaped = VOICE + 0.1 * np.roll(VOICE, 3)
    white = noisy(VOICE, RATE, signal_to_noise(VOICE, shaped))[0]
    assert ratio(VOICE, shaped, RATE) < ratio(VOICE, white, RATE) - 3


def test_the_share_of_frames_above_the_mask_grows_with_the_noise():
    shares = [noise_to_mask(VOICE, noisy(VOICE, RATE, db)[0], RATE)[1] for db in (60, 20, 0)]
    assert shares[0] < shares[1] <= shares[2] == 1.0


def test_the_ear_model_has_the_bands_of_the_standard():
    from measures_audio import _band_centres, _band_edges

    assert len(_band_centres()) == 109
    assert _band_edges()[[0, 1, -1]] == pytest.approx([80.0, 103.445, 18000.0], abs=1e-3)
    assert _band_centres()[0] == pytest.approx(91.708, abs=1e-3)


STUB = """#!{python}
import json, shutil, sys
command, *rest = sys.argv[1:]
if command == "add":
    source, target, message = rest
    shutil.copy(source, target)
    open({memory!r}, "w").write(message)
else:
    answer = rest[rest.index("--json") + 1]
    json.dump({{"matches": [{{"bits": open({memory!r}).read()}}]}}, open(answer, "w"))
"""


@pytest.mark.skipif(os.name == "nt", reason="the stub is a script with an interpreter line")
def test_audiowmark_is_called_as_it_wants_and_its_answer_is_read(tmp_path, monkeypatch):
    from robustness_audio import marked_by_audiowmark, read_by_audiowmark

    program = tmp_path / "audiowmark"
    program.write_text(STUB.format(python=sys.executable, memory=str(tmp_path / "memory")), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    marked = marked_by_audiowmark(VOICE, RATE, 0x0123456789ABCDEF)
    assert marked.shape == VOICE.shape
    assert len((tmp_path / "memory").read_text(encoding="utf-8")) == 32
    assert read_by_audiowmark(marked, RATE) == 0x0123456789ABCDEF


def test_pauses_and_labels_are_measured():
    from labels_audio import expected_start, found_in, pause_levels

    from synthmark import audio

    quiet = np.concatenate([VOICE, 1e-4 * np.random.default_rng(1).standard_normal((RATE, 1))])
    levels = pause_levels(quiet, RATE)
    assert levels["pauses"] >= 45
    assert levels["pause_decibels"] == pytest.approx(-80, abs=1.5)
    assert levels["change_decibels"] < levels["pause_decibels"]
    labelled = audio.label(VOICE, RATE, place="end")
    (found,) = found_in(labelled, RATE)
    assert found[0] == "rhythm"
    assert found[1] == pytest.approx(expected_start(VOICE, "end", RATE), abs=0.05)
