"""What is said when OpenCV cannot be imported."""

import importlib

import pytest

from synthmark._opencv import opencv
from synthmark.errors import DependencyError


@pytest.fixture
def failing(monkeypatch):
    """Make the import of OpenCV fail with a message."""

    def fail_with(message: str) -> None:
        def fails(_name: str) -> None:
            raise ImportError(message)

        opencv.cache_clear()
        monkeypatch.setattr(importlib, "import_module", fails)

    yield fail_with
    opencv.cache_clear()


def test_opencv_is_below_5():
    assert opencv().__version__.startswith("4.")


@pytest.mark.parametrize("library", ["libGL.so.1", "libgthread-2.0.so.0", "libxcb.so.1"])
def test_missing_system_library_names_what_to_install(failing, library):
    failing(f"{library}: cannot open shared object file: No such file or directory")
    with pytest.raises(DependencyError, match=r"apt-get install libgl1 libglib2\.0-0") as caught:
        opencv()
    assert library in str(caught.value)


def test_missing_package_names_what_to_install(failing):
    failing("No module named 'cv2'")
    with pytest.raises(DependencyError, match='pip install "opencv-python<5"'):
        opencv()
