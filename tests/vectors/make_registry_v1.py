"""Made `registry-v1.sqlite` with the program whose tables had version 1; kept to show what it holds."""

import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import numpy as np
import skimage.data

from synthmark.registry import RegistryRecord, open_registry
from synthmark.registry.measuring import fingerprint_pictures, fingerprint_sound

HERE = Path(__file__).parent
PICTURES = ("astronaut", "coffee", "chelsea", "camera", "rocket", "cat")


def sound() -> np.ndarray:
    generator = np.random.default_rng(5)
    loudness = np.repeat(generator.random(60), 4000)
    return (generator.standard_normal(240000).cumsum() * 0.001 * loudness).astype(np.float32)


def records():
    prints = [fingerprint_pictures([getattr(skimage.data, name)()]).text() for name in PICTURES]
    prints.append(fingerprint_sound(sound(), 16000).text())
    for number, fingerprint in enumerate([*prints, None], 1):
        yield RegistryRecord(
            content_id=f"{number:016x}",
            produce_id=f"synthmark-{number:016x}",
            producer="Example-Studio",
            system="样例画家",
            time=f"2026-01-0{number}T08:00:00.000Z",
            media_type="audio/wav" if number == 7 else "image/png",
            sha256_before=f"{number:064x}",
            sha256_after=f"{number + 100:064x}",
            fingerprint=fingerprint,
            layers=("watermark", "metadata") if number == 3 else ("visible", "watermark", "metadata"),
            mark_format=1,
            key_id="00000000",
            explicit_label=number != 3,
            requested_by="customer 4711" if number == 3 else None,
            agreement="2026-01" if number == 3 else None,
            operator="tester",
            source=f"/pictures/{number}.png",
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "registry.sqlite"
        with open_registry(file) as registry:
            stored = registry.add_many(list(records()))
            head = registry.head().text()
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
        connection.close()
        shutil.copyfile(file, HERE / "registry-v1.sqlite")
    content = {"head": head, "hashes": [item.hash for item in stored]}
    (HERE / "registry-v1.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
