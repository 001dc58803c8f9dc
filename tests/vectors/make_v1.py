"""Write the vectors of format version 1. They were written once; this script shows how, and refuses to write again.

The carriers, codes and pictures of version 1 must read for ever: a later version gets vectors of its own.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from synthmark import image
from synthmark.image.carriers import carriers
from synthmark.keys import DEFAULT_KEY, key_id, key_words, permutation, signs
from synthmark.payload import FORMAT_VERSION, frame_bits

FOLDER = Path(__file__).parent / "v1"
KEYS = {"default": DEFAULT_KEY, "counting": bytes(range(32)), "short": b"sixteen bytes ok"}
LABELS = ["1/image/carriers", "1/image/signs", "1/image/pilot lines", "1/image/pilot phases", "1/名"]
IDS = [0, 1, 0x7F3A19C200000001, 0x8000000000000000, 0xFEDCBA9876543210, 2**64 - 1]


def packed(bits):
    return np.packbits(np.asarray(bits, np.uint8)).tobytes().hex()


def generator():
    """Return words (hex), permutations and signs (bits, 1 for minus) of every key and label."""
    return [
        {
            "key": key.hex(),
            "key_id": key_id(key),
            "label": label,
            "words": [f"{int(word):016x}" for word in key_words(key, label, 8)],
            "permutation_of_40": permutation(key, label, 40).tolist(),
            "signs_of_64": packed(signs(key, label, 64) < 0),
        }
        for key in KEYS.values()
        for label in LABELS
    ]


def codes():
    """Return the frame and the polar codeword of every id, as hex."""
    code = carriers(DEFAULT_KEY).code
    return [
        {
            "content_id": f"{content_id:016x}",
            "frame": packed(frame_bits(content_id)),
            "codeword": packed(code.encode(frame_bits(content_id))),
        }
        for content_id in IDS
    ]


def tiles():
    """Return pilot lines, the first carriers and samples of tiles of every key."""
    places = np.random.default_rng(1).integers(0, 128, (48, 2)).tolist()
    found = []
    for name, key in KEYS.items():
        own = carriers(key)
        drawn = {f"{content_id:016x}": own.tile(content_id) for content_id in (IDS[2], IDS[4])}
        found.append(
            {
                "key": key.hex(),
                "name": name,
                "pilot_lines": own.lines.tolist(),
                "carriers": len(own.bit_of),
                "first_code_bits": own.bit_of[:64].tolist(),
                "first_signs": packed(own.sign[:64] < 0),
                "samples": {
                    content_id: [[y, x, round(float(tile[y, x]), 6)] for y, x in places]
                    for content_id, tile in drawn.items()
                },
            }
        )
    return found


def pictures():
    """Return marked pictures by file name, each with the options of its saving, its id and its key."""
    cat, cup = data.chelsea()[10:266, 90:346, 1], data.coffee()[60:360, 150:450]
    marked_cat = Image.fromarray(image.embed(cat, IDS[2], KEYS["counting"]))
    marked_cup = Image.fromarray(image.embed(cup, IDS[4]))
    turned = marked_cup.rotate(7, Image.Resampling.BICUBIC)
    return {
        "cat.png": (marked_cat, {"optimize": True}, IDS[2], "counting"),
        "cup.jpg": (marked_cup, {"quality": 80}, IDS[4], "default"),
        "turned_cup.jpg": (turned, {"quality": 85}, IDS[4], "default"),
    }


def write():
    FOLDER.mkdir()
    index = {}
    for name, (picture, options, content_id, key) in pictures().items():
        picture.save(FOLDER / name, **options)
        index[name] = {"content_id": f"{content_id:016x}", "key": KEYS[key].hex()}
    texts = {"generator": generator(), "codes": codes(), "tiles": tiles(), "pictures": index}
    for name, content in texts.items():
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if FOLDER.exists():
        sys.exit(f"{FOLDER} exists: vectors are kept for ever and never written again.")
    if FORMAT_VERSION != 1:
        sys.exit(f"This script is for format version 1; this is version {FORMAT_VERSION}.")
    write()
