"""The configuration: where values come from, and what is said about wrong ones."""

import dataclasses
import os
import pickle
from pathlib import Path

import pytest

from synthmark.config import POSITIONS, Config, load_config, load_settings
from synthmark.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    file = folder / "synthmark.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_need_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings.config == Config()
    assert set(settings.origins.values()) == {"default"}
    assert set(settings.origins) == {field.name for field in dataclasses.fields(Config)}


def test_flag_beats_environment_beats_file_beats_default(tmp_path):
    file = written(tmp_path, 'producer = "file"\npropagator = "file"\nsystem = "file"\n')
    environ = {"SYNTHMARK_PRODUCER": "environment", "SYNTHMARK_PROPAGATOR": "environment"}
    settings = load_settings(file, flags={"producer": "flag", "text": None}, environ=environ)
    config = settings.config
    assert (config.producer, config.propagator, config.system) == ("flag", "environment", "file")
    assert config.text == "AI生成"
    assert [settings.origins[name] for name in ("producer", "propagator", "system", "text")] == [
        "flag",
        "SYNTHMARK_PROPAGATOR",
        str(file),
        "default",
    ]


def test_file_of_the_working_folder_is_read(tmp_path, monkeypatch):
    written(tmp_path, 'producer = "here"')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNTHMARK_CONFIG", raising=False)
    assert load_config().producer == "here"


def test_file_named_by_the_environment(tmp_path):
    file = written(tmp_path, 'producer = "named"')
    assert load_settings(environ={"SYNTHMARK_CONFIG": str(file)}).config.producer == "named"


def test_paths_of_a_file_count_from_its_folder(tmp_path):
    file = written(tmp_path, 'key_file = "secret.key"\n')
    assert load_settings(file, environ={}).config.key_file == tmp_path / "secret.key"


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("SYNTHMARK_VISIBLE", "no", "visible", False),
        ("SYNTHMARK_WATERMARK", "True", "watermark", True),
        ("SYNTHMARK_STRENGTH", "1.5", "strength", 1.5),
        ("SYNTHMARK_STRENGTH", "auto", "strength", "auto"),
        ("SYNTHMARK_JPEG_QUALITY", "90", "jpeg_quality", 90),
        ("SYNTHMARK_FONT", "a.otf", "font", Path("a.otf")),
        ("SYNTHMARK_CRF", "19.5", "crf", 19.5),
        ("SYNTHMARK_NO_REENCODE", "yes", "no_reencode", True),
        ("SYNTHMARK_AUDIBLE_PLACE", "end", "audible_place", "end"),
        ("SYNTHMARK_AUDIBLE_PLACE", "0.5,60", "audible_place", (0.5, 60.0)),
        ("SYNTHMARK_SYSTEM", "7", "system", "7"),
        ("SYNTHMARK_SYSTEM", "", "system", None),
    ],
)
def test_environment_is_read_by_kind(tmp_path, monkeypatch, variable, text, field, value):
    monkeypatch.chdir(tmp_path)
    assert getattr(load_settings(environ={variable: text}).config, field) == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("producer", ""),
        ("producer", "two words"),
        ("producer", "示例"),
        ("producer", 'a"b'),
        ("propagator", "a\\b"),
        ("producer", "x" * 129),
        ("text", "  "),
        ("text", 3),
        ("position", "middle"),
        ("visible", "yes"),
        ("visible", 1),
        ("strength", "loud"),
        ("strength", 0.0),
        ("strength", float("nan")),
        ("strength", True),
        ("key_file", "not-a-path"),
        ("audible", "loud"),
        ("audible_place", "middle"),
        ("audible_place", ()),
        ("audible_place", (-1.0,)),
        ("audible_language", "fr"),
        ("audible_text", ""),
        ("label", "middle"),
        ("codec", "h266"),
        ("crf", 64),
        ("crf", True),
        ("preset", ""),
        ("jpeg_quality", 0),
        ("jpeg_quality", 101),
        ("jpeg_quality", 90.5),
        ("language", "fr"),
    ],
)
def test_wrong_values_are_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=f"'{field}' is .*needed is") as caught:
        Config(**{field: value})
    assert repr(value) in str(caught.value)


def test_every_wrong_value_is_named_at_once_with_its_origin(tmp_path):
    file = written(tmp_path, 'strength = "loud"\nposition = "middle"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(file, environ={"SYNTHMARK_LANGUAGE": "fr"})
    message = str(caught.value)
    assert f"'strength' is 'loud' ({file})" in message
    assert f"'position' is 'middle' ({file}); needed is one of {', '.join(POSITIONS)}" in message
    assert "'language' is 'fr' (SYNTHMARK_LANGUAGE); needed is one of auto, en, zh, both" in message


def test_unknown_key_of_a_file_is_refused_with_the_nearest(tmp_path):
    file = written(tmp_path, 'produser = "x"\n')
    with pytest.raises(ConfigError, match="'produser' is unknown: did you mean 'producer'"):
        load_settings(file, environ={})


def test_every_wrong_key_and_value_of_a_file_is_named_at_once(tmp_path):
    file = written(tmp_path, 'produser = "me"\nstrength = 9\nvisible = "yes"\ntext = "AI生成"')
    with pytest.raises(ConfigError) as caught:
        load_settings(file, environ={})
    assert [line.split("'")[1] for line in str(caught.value).splitlines()[1:]] == ["produser", "strength", "visible"]


def test_unknown_variable_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="did you mean 'SYNTHMARK_KEY_FILE'"):
        load_settings(environ={"SYNTHMARK_KEYFILE": "secret.key"})


@pytest.mark.parametrize("content", [b"producer = ", b"\xff\xfe\x00", b"[[["])
def test_malformed_file_is_refused(tmp_path, content):
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="no valid TOML"):
        load_settings(file, environ={})


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "none.toml", environ={})


def test_byte_order_mark_of_windows_editors_is_read_over(tmp_path):
    file = tmp_path / "bom.toml"
    file.write_bytes(b'\xef\xbb\xbfproducer = "x"')
    assert load_settings(file, environ={}).config.producer == "x"


def test_config_goes_to_worker_processes(tmp_path):
    config = Config(producer="x", key_file=tmp_path / "key")
    assert pickle.loads(pickle.dumps(config)) == config


def test_key_is_none_without_a_key_file():
    assert Config().key() is None


def test_key_file_is_read(tmp_path):
    file = tmp_path / "secret.key"
    file.write_text("00" * 32 + "\n", encoding="ascii")
    file.chmod(0o600)
    assert Config(key_file=file).key() == bytes(32)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_key_file_open_to_others_is_refused(tmp_path):
    file = tmp_path / "secret.key"
    file.write_text("00" * 32, encoding="ascii")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Config(key_file=file).key()
