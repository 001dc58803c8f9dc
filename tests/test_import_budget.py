"""What starting costs: told by the modules that are loaded, which does not depend on the machine."""

import subprocess
import sys

import pytest

HEAVY = {
    "numba",
    "llvmlite",
    "cv2",
    "PIL",
    "numpy",
    "scipy",
    "pywt",
    "rich",
    "typer",
    "asyncio",
    "multiprocessing",
}


def loaded(code: str) -> set[str]:
    """Return the top-level modules in memory after running some code in a new interpreter."""
    script = f"import sys\n{code}\nprint('LOADED', *{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_importing_the_package_loads_nothing_heavy():
    assert loaded("import synthmark") & HEAVY == set()


def test_listing_the_names_loads_nothing_heavy():
    assert loaded("import synthmark; dir(synthmark); synthmark.Config; synthmark.SynthmarkError") & HEAVY == set()


@pytest.mark.parametrize("program", ["synthmark.cli", "extract_tool.cli"])
def test_help_loads_nothing_heavy(program):
    code = f"from {program} import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert loaded(code) & HEAVY == set()


@pytest.mark.parametrize("program", ["synthmark.cli", "extract_tool.cli"])
def test_help_loads_few_modules(program):
    """Each module costs time: argparse and the standard library it needs, and a handful of our own."""
    code = f"from {program} import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    own = loaded(code) - loaded("pass")
    assert len(own) < 60


def test_labelling_with_workers_leaves_the_heavy_work_to_them(tmp_path):
    """The process that hands out the files loads neither pixels nor kernels."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"broken")
    arguments = ["label", str(tmp_path), "-o", str(tmp_path / "out"), "--jobs", "2", "--producer", "X"]
    found = loaded(f"from synthmark.cli import main\nif __name__ == '__main__': main({arguments})")
    assert found & (HEAVY - {"multiprocessing", "asyncio"}) == set()
    assert "multiprocessing" in found


def test_the_measure_sees_a_heavy_import():
    assert "numpy" in loaded("import numpy") & HEAVY
