"""Makes the folder that PyInstaller built smaller, on Linux: what is there twice, or only for encoding, goes.

The wheels of PyAV, OpenCV and Pillow each bring FFmpeg or libavif, of the same versions. One copy is kept: the
FFmpeg of OpenCV, which has the same decoders and none of the encoders (x264, x265, SVT-AV1), over the `libavutil`
of PyAV, which has all that both ask for. OpenCV brings an OpenBLAS of 38 MB, too, for factoring large matrices,
which no reader does. It is left out; `LAZY_BINDING` lets OpenCV be loaded without it.
"""  # noqa: INP001 - part of a script, not a package

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["LAZY_BINDING", "slim"]

LAZY_BINDING = """
import os, sys
if hasattr(sys, "setdlopenflags"):
    sys.setdlopenflags(os.RTLD_LAZY)
"""
"""A hook that runs before anything else: functions of a library are looked up when they are first called."""

_OPENCV, _AV, _PILLOW, _NUMPY = "opencv_python_headless.libs", "av.libs", "pillow.libs", "numpy.libs"
# Library, whose copy is kept, and whose is replaced by a link to it.
_SHARED = (
    ("libavcodec", _OPENCV, _AV),
    ("libavformat", _OPENCV, _AV),
    ("libswscale", _OPENCV, _AV),
    ("libswresample", _OPENCV, _AV),
    ("libavutil", _AV, _OPENCV),
    ("libavif", _PILLOW, _OPENCV),
)
_LEAST_GAIN = 100_000  # bytes: below, a library is left as it is
_VERSION = re.compile(r"-[0-9a-f]{8}\.so(.*)")
_LOADED = re.compile(r"\s+LOAD\s+(0x\w+) (0x\w+) .* (0x\w+)\s*$")


def slim(root: Path) -> None:
    """Make a folder smaller.

    Parameters
    ----------
    root
        Where the libraries are: the folder `_internal` of a bundle.
    """
    for name, kept, replaced in _SHARED:
        _share(name, root / kept, root / replaced)
    _leave_out_blas(root)
    for file in _unneeded(root):
        file.unlink()
    for link in [file for file in root.rglob("*") if file.is_symlink() and not file.exists()]:
        link.unlink()
    for file in _libraries(root):
        _strip(file)


def _share(name: str, kept: Path, replaced: Path) -> None:
    """Put a link in the place of a library where the other folder has the same version."""
    for file in list(replaced.glob(f"{name}-*")):
        same = [other for other in kept.glob(f"{name}-*") if _version(other) == _version(file)]
        if same:
            _link(file, same[0])


def _version(file: Path) -> str | None:
    found = _VERSION.search(file.name)
    return None if found is None else found[1]


def _leave_out_blas(root: Path) -> None:
    """Let the OpenBLAS of NumPy, which is another build, stand for that of OpenCV: it only has to be there."""
    present = list((root / _NUMPY).glob("libscipy_openblas*"))
    for file in list((root / _OPENCV).glob("libopenblas*")):
        if present:
            _link(file, present[0])


def _link(file: Path, target: Path) -> None:
    file.unlink()
    file.symlink_to(os.path.relpath(target, file.parent))


def _libraries(root: Path) -> list[Path]:
    """Return the shared libraries of a folder, without links."""
    return sorted(file for file in root.rglob("*.so*") if file.is_file() and not file.is_symlink())


def _unneeded(root: Path) -> Iterable[Path]:
    """Return the libraries that no module of Python asks for, directly or through another library."""
    named: dict[str, list[Path]] = {}
    for file in root.rglob("*.so*"):
        named.setdefault(file.name, []).append(file)
    libraries = _libraries(root)
    waiting = [file for file in libraries if not file.parent.name.endswith(".libs")]
    needed: set[Path] = set()
    while waiting:
        file = waiting.pop().resolve()
        if file not in needed:
            needed.add(file)
            waiting += [other for name in _asked_for(file) for other in named.get(name, ())]
    return [file for file in libraries if file.resolve() not in needed]


def _asked_for(file: Path) -> list[str]:
    return re.findall(r"\(NEEDED\).*\[(.*)\]", _answer("readelf", "-d", file))


def _strip(file: Path) -> None:
    """Take out symbols for debuggers, where that gains much and the library can still be loaded afterwards."""
    stripped = file.with_name(f"{file.name}.stripped")
    _answer("strip", "--strip-unneeded", "-o", stripped, file)
    if file.stat().st_size - stripped.stat().st_size >= _LEAST_GAIN and _is_aligned(stripped):
        stripped.replace(file)
    else:
        stripped.unlink()


def _is_aligned(file: Path) -> bool:
    """Tell whether the parts of a library can be mapped: strip moves those that patchelf has moved before."""
    return all((offset - address) % step == 0 for offset, address, step in _parts(file))


def _parts(file: Path) -> Iterator[tuple[int, int, int]]:
    for line in _answer("readelf", "-lW", file).splitlines():
        found = _LOADED.match(line)
        if found:
            yield int(found[1], 16), int(found[2], 16), int(found[3], 16)


def _answer(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True)  # noqa: S603 - our own
    return done.stdout.decode("utf-8", "replace")
