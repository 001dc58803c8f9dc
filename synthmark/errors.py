"""Everything synthmark raises on purpose.

The tree::

    SynthmarkError
      InputError (ValueError)      the caller passed something unusable: shape, dtype, range, option
        AlreadyLabelledError       the file carries a metadata label, of which there may be only one
      ConfigError                  the configuration or a key file is wrong
      CapacityError                the medium cannot carry a mark that would read back
      MediaError                   the file cannot be read or written
        UnsupportedMediaError      no reader or writer for this kind of file
        DamagedMediaError          truncated, inconsistent or hostile content
      CredentialError              a signed credential would break, or cannot be made
      LabelMissingError            a file lacks a label that it was asserted to carry (AssertionError)
      RegistryError                the registry is missing, cannot be used, or holds entries that were altered
      DependencyError              a program or library is missing; the message says what to install

Not finding a mark is no error: it is a `Detection` that is false.
"""

from __future__ import annotations

__all__ = [
    "AlreadyLabelledError",
    "CapacityError",
    "ConfigError",
    "CredentialError",
    "DamagedMediaError",
    "DependencyError",
    "InputError",
    "LabelMissingError",
    "MediaError",
    "RegistryError",
    "SynthmarkError",
    "UnsupportedMediaError",
]


class SynthmarkError(Exception):
    """Base of every error that synthmark raises on purpose."""


class InputError(SynthmarkError, ValueError):
    """An argument has a shape, dtype, range or form that cannot be used."""


class AlreadyLabelledError(InputError):
    """The file carries a metadata label already, of which there may be only one.

    Attributes
    ----------
    producer
        Who that label says made the content; None when it cannot be read.
    """

    def __init__(self, message: str, producer: str | None = None) -> None:
        super().__init__(message)
        self.producer = producer


class ConfigError(SynthmarkError):
    """A configuration value or a key file is missing, malformed or unsafe."""


class CapacityError(SynthmarkError):
    """The medium is too small, too short or too flat to carry a mark that reads back."""


class MediaError(SynthmarkError):
    """A file cannot be read or written."""


class UnsupportedMediaError(MediaError):
    """The file is of a kind that has no reader or writer here."""


class DamagedMediaError(MediaError):
    """The file is truncated, inconsistent or larger than the limits allow."""


class CredentialError(SynthmarkError):
    """A signed credential is in the file that the change would break, or cannot be made."""


class LabelMissingError(SynthmarkError, AssertionError):
    """A file lacks a label that it was asserted to carry."""


class RegistryError(SynthmarkError):
    """The registry is missing, cannot be used, or holds entries that were altered."""


class DependencyError(SynthmarkError):
    """A library or program that the request needs is missing."""
