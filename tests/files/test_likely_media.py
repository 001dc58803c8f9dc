"""Media are told from other files by name or content."""

import pytest

from synthmark.files.likely_media import is_media


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.JPG", b"", True),
        ("a.heic", b"", True),  # cannot be labelled: better a problem told than a picture without a label
        ("a.bmp", b"", True),
        ("a.WAV", b"", True),
        ("sound", b"fLaC....", True),
        ("a.txt", b"text", False),
        ("picture", b"\x89PNG\r\n\x1a\n....", True),
        ("empty", b"", False),
    ],
)
def test_media_are_told_by_name_or_content(tmp_path, name, content, expected):
    file = tmp_path / name
    file.write_bytes(content)
    assert is_media(file) is expected
