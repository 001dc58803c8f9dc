"""Finding the program ffmpeg, and which of two is taken."""

import pytest

from synthmark.containers import ffmpeg_program
from synthmark.containers.ffmpeg_program import program_with

ANSWERS = """#!/bin/sh
case "$*" in
  -version) echo "ffmpeg version n9.1-static Copyright" ;;
  *) printf 'Encoders:\\n A..... = Audio\\n ------\\n A....D libvorbis  libvorbis\\n' ;;
esac
"""


def program(path, text=ANSWERS):
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def places(monkeypatch):
    """Say where the system and the package have a program."""

    def put(of_system, of_package):
        monkeypatch.setattr(ffmpeg_program, "_system_path", lambda: of_system)
        monkeypatch.setattr(ffmpeg_program, "_package_path", lambda: of_package)

    return put


def test_the_program_of_the_system_is_found_with_its_version():
    found = program_with("libmp3lame")
    assert found.of_system
    assert found.version[0].isdigit()


def test_the_package_helps_where_the_system_has_none(tmp_path, places):
    places(None, program(tmp_path / "packaged"))
    found = program_with("libvorbis")
    assert (found.of_system, found.version) == (False, "9.1-static")


def test_the_program_that_has_the_encoder_is_taken(tmp_path, places):
    lacking = program(tmp_path / "lacking", ANSWERS.replace("libvorbis", "flac"))
    places(lacking, program(tmp_path / "packaged"))
    assert not program_with("libvorbis").of_system
    assert program_with("flac").of_system


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho hello\n"])
def test_what_does_not_answer_like_ffmpeg_is_none(tmp_path, places, text):
    places(program(tmp_path / "other", text), None)
    assert program_with("libvorbis") is None


def test_without_a_program_there_is_none(places, tmp_path):
    places(None, None)
    assert program_with("libvorbis") is None
    places(str(tmp_path / "missing"), None)
    assert program_with("libvorbis") is None
