"""Kinds are told by content; the extension only by name."""

import pytest
from media import files, suffix

from synthmark.errors import DamagedMediaError, MediaError, UnsupportedMediaError
from synthmark.files.kinds import kind_of, kind_of_suffix
from synthmark.files.reading import read_file


@pytest.mark.parametrize("name", files())
def test_content_and_usual_extension_agree(name):
    assert kind_of(files()[name]) is kind_of_suffix(f"x{suffix(name).upper()}")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello world", "no picture"),
        (b"%PDF-1.7", "PDF"),
        (b"BM" + bytes(60), "BMP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"OggS" + bytes(22) + b"\1\x1e" + b"\x80theora", "Theora"),
        (b"0&\xb2u" + bytes(12), "Windows Media"),
        (b"RIFF\0\0\0\0ACON", "no picture"),
        (b"\xff", "no picture"),
    ],
)
def test_other_content_is_named_and_refused(data, words):
    with pytest.raises(UnsupportedMediaError, match=words):
        kind_of(data)


def test_unreadable_files_have_one_clear_error_each(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    for name, kind, words in [
        ("empty.png", DamagedMediaError, "empty"),
        ("missing.png", MediaError, "No such file"),
        ("", MediaError, "is a folder"),
        ("a\0b", MediaError, "cannot be read"),
    ]:
        with pytest.raises(kind, match=words):
            read_file(tmp_path / name)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("synthmark.files.reading.MAX_FILE_BYTES", 10)
    (tmp_path / "large").write_bytes(bytes(11))
    with pytest.raises(MediaError, match="11 bytes"):
        read_file(tmp_path / "large")


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MediaError, match="pipe"):
        read_file(tmp_path / "pipe")
