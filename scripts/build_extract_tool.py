"""Builds the standalone folder of synthmark-extract: no Python and no network are needed where it runs.

    python scripts/build_extract_tool.py -o dist

It makes a virtual environment of its own, installs `./extract_tool` and PyInstaller there in the versions of
`extract_tool_versions.txt`, builds the folder `dist/synthmark-extract`, makes it smaller on Linux
(`slim_extract_tool.py`), lets it check a picture, and writes `dist/sbom.json` beside it: every library with version,
licence and SHA-256, and every file with its SHA-256 (CycloneDX 1.5). PYTHONHASHSEED and SOURCE_DATE_EPOCH are set, so
that the same Python and system give the same files.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Any

from slim_extract_tool import LAZY_BINDING, slim

ROOT = Path(__file__).parent.parent
VERSIONS = Path(__file__).with_name("extract_tool_versions.txt")
LICENCES = Path(__file__).with_name("extract_tool_licences.toml")
LABELLED = ROOT / "docs" / "labelled.jpg"
PACKAGES = ("synthmark", "extract_tool")
# What some library would bring along and nothing here uses.
LEFT_OUT = ("numba", "llvmlite", "scipy", "matplotlib", "tkinter", "IPython", "pytest", "setuptools", "pip")
LEFT_OUT += ("readline", "curses")  # of the Python console, and under the GPL
BUILDERS = {"altgraph", "packaging", "pip", "pyinstaller", "pyinstaller-hooks-contrib", "setuptools"}
MOST_BYTES = 250_000_000
# Asked of the Python of the environment: what is installed there, its licence, the digest of its list of files.
INVENTORY = """
import hashlib, json
from importlib import metadata
def licence(item):
    return item.get("License-Expression") or (item.get("License") or "").splitlines()[:1] or [
        text.rsplit(" :: ", 1)[-1] for text in item.get_all("Classifier") or [] if text.startswith("License ::")]
print(json.dumps([{"name": item.metadata["Name"], "version": item.version, "licence": licence(item.metadata),
    "digest": hashlib.sha256((item.read_text("RECORD") or "").encode()).hexdigest()}
    for item in sorted(metadata.distributions(), key=lambda item: item.metadata["Name"].lower())]))
"""


def main() -> int:
    """Build the folder and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("dist"), help="where the folder goes (default: dist)"
    )
    parser.add_argument(
        "--python", type=Path, help="an environment that has everything already, instead of a new one"
    )
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        python = options.python or environment(Path(folder) / "environment")
        built = bundle(python, options.output.resolve(), Path(folder))
        if sys.platform == "linux":
            slim(built / "_internal")
        check = [built / "synthmark-extract", LABELLED]
        subprocess.run(check, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - what was just built
        (options.output / "sbom.json").write_text(inventory(python, built), encoding="utf-8")
    size = sum(file.stat().st_size for file in built.rglob("*") if file.is_file() and not file.is_symlink())
    print(f"{built}: {size / 1e6:.0f} MB", file=sys.stderr)  # noqa: T201 - a script
    return 0 if size <= MOST_BYTES else 1


def environment(folder: Path) -> Path:
    """Return the Python of a new virtual environment with the tool and PyInstaller."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = [f"{ROOT / 'extract_tool'}[sign,registry]", "pyinstaller"]
    command = [python, "-m", "pip", "install", "-q", "-c", VERSIONS, *wanted]
    subprocess.run([str(part) for part in command], check=True)  # noqa: S603 - our own command
    return python


def bundle(python: Path, output: Path, work: Path) -> Path:
    """Run PyInstaller and return the folder that it built."""
    entry = work / "synthmark-extract.py"
    entry.write_text("import sys\nfrom extract_tool.cli import main\nsys.exit(main())\n", encoding="utf-8")
    command = [python, "-m", "PyInstaller", "--noconfirm", "--onedir", "--console", "--name", "synthmark-extract"]
    for name in PACKAGES:
        command += ["--collect-submodules", name, "--collect-data", name]
    command += ["--hidden-import", "cv2"]  # which is imported by name, so that PyInstaller does not see it
    for name in LEFT_OUT:
        command += ["--exclude-module", name]
    hook = work / "lazy_binding.py"
    hook.write_text(LAZY_BINDING, encoding="utf-8")
    command += ["--runtime-hook", hook]
    command += ["--distpath", output, "--workpath", work / "build", "--specpath", work, "--log-level", "WARN", entry]
    fixed = {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": "1700000000"}
    text = [str(part) for part in command]
    subprocess.run(text, check=True, cwd=work, env={**os.environ, **fixed})  # noqa: S603 - our own command
    return output / "synthmark-extract"


def inventory(python: Path, built: Path) -> str:
    """Return the libraries and the files of the folder as a CycloneDX document."""
    command = [str(python), "-c", INVENTORY]
    answer = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
    libraries = [_library(item) for item in json.loads(answer.stdout)]
    licences = tomllib.loads(LICENCES.read_text(encoding="utf-8"))
    files = [
        _file(file, built, licences) for file in sorted(built.rglob("*")) if file.is_file() and not file.is_symlink()
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": libraries + files}
    return json.dumps(document, indent=1) + "\n"


def _library(item: dict[str, Any]) -> dict[str, Any]:
    """Return a distribution of Python; what only builds the folder is not in it."""
    return {
        "type": "library",
        "name": item["name"],
        "version": item["version"],
        "scope": "excluded" if item["name"] in BUILDERS else "required",
        "licenses": [{"license": {"name": str(name)}} for name in _listed(item["licence"])],
        "hashes": [{"alg": "SHA-256", "content": item["digest"]}],
    }


def _file(file: Path, built: Path, licences: dict[str, list[str]]) -> dict[str, Any]:
    """Return a file of the folder; a native library with what it is and its licence."""
    entry: dict[str, Any] = {"type": "file", "name": file.relative_to(built).as_posix(), "hashes": [_hash(file)]}
    known = [value for start, value in licences.items() if file.name.startswith(start) and ".so" in file.name]
    if known:
        entry |= {"description": known[0][0], "licenses": [{"license": {"name": known[0][1]}}]}
    return entry


def _listed(licence: str | list[str]) -> list[str]:
    return [licence] if isinstance(licence, str) else licence


def _hash(file: Path) -> dict[str, str]:
    with file.open("rb") as stream:
        return {"alg": "SHA-256", "content": hashlib.file_digest(stream, "sha256").hexdigest()}


if __name__ == "__main__":
    sys.exit(main())
