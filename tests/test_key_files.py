"""Key files with a name, a provider and a time of validity."""

import datetime as dt

import pytest

from synthmark.errors import ConfigError
from synthmark.key_files import KeyFile, load_key_file
from synthmark.keys import key_id

KEY = bytes(range(32))
FULL = f'''name = "Example \\"2026\\""
provider = "示例工作室"
use = "extract"
key = "{KEY.hex()}"
valid_from = 2026-01-01
valid_until = 2026-12-31
'''


def written(folder, text, mode=0o600):
    file = folder / "some.key"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_everything_is_read_and_written_again(tmp_path):
    item = load_key_file(written(tmp_path, FULL))
    assert (item.key, item.name, item.provider, item.use) == (KEY, 'Example "2026"', "示例工作室", "extract")
    assert load_key_file(written(tmp_path, item.as_toml())) == item


def test_hex_digits_alone_are_a_key_file(tmp_path):
    item = load_key_file(written(tmp_path, KEY.hex() + "\n"))
    assert (item.key, item.name, item.use) == (KEY, "some", "embed")


def test_a_key_without_name_is_called_by_its_id(tmp_path):
    assert load_key_file(written(tmp_path, f'key = "{KEY.hex()}"')).name == key_id(KEY)


@pytest.mark.parametrize(("day", "valid"), [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True)])
def test_validity_has_a_first_and_a_last_day(tmp_path, day, valid):
    assert load_key_file(written(tmp_path, FULL)).is_valid(dt.date.fromisoformat(day)) is valid
    assert KeyFile(key=KEY).is_valid(dt.date.fromisoformat(day))


def test_the_key_is_not_shown():
    assert KEY.hex() not in repr(KeyFile(key=KEY))
    assert str(KEY) not in repr(KeyFile(key=KEY))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key",
        "key = 1",
        'key = "abc"',
        'key = "00"',
        'name = "no key"',
        f'key = "{KEY.hex()}"\nsecret = 1',
        f'key = "{KEY.hex()}"\nuse = "sell"',
        f'key = "{KEY.hex()}"\nvalid_from = "soon"',
        f'key = "{KEY.hex()}"\nvalid_from = 2026-01-01T00:00:00',
        f'key = "{KEY.hex()}"\nname = ["x"]',
        "= =",
    ],
)
def test_what_holds_no_key_is_refused(tmp_path, text):
    with pytest.raises(ConfigError, match="holds no key"):
        load_key_file(written(tmp_path, text))


def test_a_key_that_others_may_read_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="chmod 600"):
        load_key_file(written(tmp_path, FULL, 0o644))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_key_file(tmp_path / "none.key")
