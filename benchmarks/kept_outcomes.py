"""The folder in which benchmarks of video keep what is finished, so that a stopped run goes on where it was.

What other code found out is thrown away: a digest of the code of the watermark and of the attacks lies beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

__all__ = ["file_name", "prepared", "written"]

CODE = ("synthmark/video/*.py", "benchmarks/attack*_video.py")
NO_MATTER = {"__init__.py", "passes.py"}  # they carry frames, and do not change what is put into them


def code_digest() -> str:
    """Return a digest of the code on which the outcomes depend."""
    digest, root = hashlib.sha256(), Path(__file__).parents[1]
    for file in sorted(file for pattern in CODE for file in root.glob(pattern)):
        if file.name not in NO_MATTER:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def prepared(work: Path, *, keep: bool) -> None:
    """Make the work folder; outcomes and marked files of other code are deleted."""
    stamp, digest = work / "code.txt", code_digest()
    work.mkdir(parents=True, exist_ok=True)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") != digest and not keep:
        for file in [*work.glob("*/*.json"), *work.glob("*/marked/*.mp4")]:
            file.unlink()
    stamp.write_text(digest, encoding="utf-8")


def file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "_", text)


def written(path: Path, content: dict[str, Any]) -> None:
    """Write JSON so that a run that is stopped leaves no half of it."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)
