"""The names of the package: all there, sorted, and nothing beside them."""

import pytest

import synthmark
from synthmark import errors


def test_names_are_sorted_and_listed():
    assert synthmark.__all__ == sorted(synthmark.__all__)
    assert set(synthmark.__all__) <= set(dir(synthmark))


@pytest.mark.parametrize("name", synthmark.__all__)
def test_every_name_can_be_had(name):
    assert getattr(synthmark, name) is not None


def test_errors_are_the_same_classes():
    assert set(errors.__all__) <= set(synthmark.__all__)
    assert all(getattr(synthmark, name) is getattr(errors, name) for name in errors.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'synthmark' has no attribute 'lable_file'"):
        _ = synthmark.lable_file
