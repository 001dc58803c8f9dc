"""Format version 1 as it was first published: keys, codes, tiles and pictures that must read for ever."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthmark import image
from synthmark.codes import PolarCode
from synthmark.image.carriers import carriers
from synthmark.keys import key_id, key_words, permutation, signs
from synthmark.payload import frame_bits, read_frame

FOLDER = Path(__file__).parent / "v1"


def vectors(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def bits(text):
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8))


@pytest.mark.parametrize("vector", vectors("generator"), ids=lambda v: f"{v['key_id']} {v['label']}")
def test_generator(vector):
    key, label = bytes.fromhex(vector["key"]), vector["label"]
    assert key_id(key) == vector["key_id"]
    assert [f"{int(word):016x}" for word in key_words(key, label, 8)] == vector["words"]
    assert permutation(key, label, 40).tolist() == vector["permutation_of_40"]
    np.testing.assert_array_equal(signs(key, label, 64) < 0, bits(vector["signs_of_64"]))


@pytest.mark.parametrize("vector", vectors("codes"), ids=lambda v: v["content_id"])
def test_codes(vector):
    frame, codeword = bits(vector["frame"]), bits(vector["codeword"])
    content_id = int(vector["content_id"], 16)
    np.testing.assert_array_equal(frame_bits(content_id), frame)
    assert read_frame(frame) == content_id
    code = PolarCode(1024, 96)
    np.testing.assert_array_equal(code.encode(frame), codeword)
    np.testing.assert_array_equal(code.decode(1.0 - 2.0 * codeword, 1)[0], frame)


@pytest.mark.parametrize("vector", vectors("tiles"), ids=lambda v: v["name"])
def test_tiles(vector):
    own = carriers(bytes.fromhex(vector["key"]))
    assert own.lines.tolist() == vector["pilot_lines"]
    assert len(own.bit_of) == vector["carriers"]
    assert own.bit_of[:64].tolist() == vector["first_code_bits"]
    np.testing.assert_array_equal(own.sign[:64] < 0, bits(vector["first_signs"]))
    for content_id, samples in vector["samples"].items():
        rows, columns, values = np.array(samples).T
        tile = own.tile(int(content_id, 16))
        np.testing.assert_allclose(tile[rows.astype(int), columns.astype(int)], values, atol=1e-4)


@pytest.mark.parametrize("name", vectors("pictures"))
def test_pictures(name):
    expected = vectors("pictures")[name]
    with Image.open(FOLDER / name) as picture:
        found = image.extract(picture, bytes.fromhex(expected["key"]))
        other = image.extract(picture, b"a key that nobody ever used")
    assert (f"{found.content_id:016x}", found.version) == (expected["content_id"], 1)
    assert not other


def test_vectors_are_never_written_again():
    before = {file.name: file.read_bytes() for file in FOLDER.iterdir()}
    done = subprocess.run(
        [sys.executable, str(FOLDER.parent / "make_v1.py")],
        capture_output=True,
        cwd=FOLDER.parents[2],
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(FOLDER.parents[2])},
    )
    assert done.returncode == 1
    assert "never written again" in done.stderr
    assert {file.name: file.read_bytes() for file in FOLDER.iterdir()} == before
