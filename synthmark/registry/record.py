"""What the registry keeps of each labelled file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.errors import ConfigError, InputError
from synthmark.payload import parse_content_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthmark.config import Config
    from synthmark.registry.fingerprint import Fingerprint
    from synthmark.report import LabelRecord

__all__ = ["RegistryRecord", "StoredRecord", "now_text", "operator_of", "record_of", "require_reason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRecord:
    r"""One labelled file.

    Attributes
    ----------
    content_id
        16 lower-case hex digits; in the watermark and in the metadata label.
    produce_id
        The content number of the metadata label, or None without that layer.
    producer
        Who made the content, as the label says it.
    system, system_version
        The generator, or None.
    time
        When the file was labelled: UTC, RFC 3339 with milliseconds and Z.
    media_type
        By content.
    sha256_before, sha256_after
        Of the source and of the labelled copy: 64 hex digits.
    fingerprint
        Of the labelled copy, as `Fingerprint.text` writes it; None when none could be taken.
    layers
        Of "visible", "watermark", "metadata" and "credential", those that were written and read back.
    mark_format, key_id
        Of the watermark: version of the format and public name of the key; None without that layer.
    explicit_label
        Whether the copy was given the label that people perceive.
    requested_by, agreement
        Without it: who asked for the copy, and the version of the agreement that states the user's duties
        (标识办法, article 9). None with it. They may be missing where pictures and sound were left as they are, whose
        source may show a label already.
    operator
        Who ran the labelling.
    source
        Absolute path or URL of the source; bytes that are no UTF-8 are written as ``\udcXX``.

    Raises
    ------
    InputError
        When a value has another form, or the explicit label is missing without a reason.
    """

    content_id: str
    produce_id: str | None = None
    producer: str
    system: str | None = None
    system_version: str | None = None
    time: str
    media_type: str
    sha256_before: str
    sha256_after: str
    fingerprint: str | None = None
    layers: tuple[str, ...]
    mark_format: int | None = None
    key_id: str | None = None
    explicit_label: bool
    requested_by: str | None = None
    agreement: str | None = None
    operator: str | None = None
    source: str

    def __post_init__(self) -> None:
        _require_form(self)
        left_as_is = not {"visible", "watermark"} & set(self.layers)
        if not (self.explicit_label or left_as_is or (self.requested_by and self.agreement)):
            raise InputError(
                "A record without explicit label needs requested_by and agreement: who asked for it, and the version "
                "of the agreement that states their duties."
            )

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return dataclasses.asdict(self) | {"layers": list(self.layers)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RegistryRecord:
        """Return the record that `as_json` described.

        Raises
        ------
        InputError
            When a field is missing, unknown or wrong.
        """
        try:
            return cls(**{**content, "layers": tuple(content["layers"])})
        except (TypeError, KeyError, AttributeError) as error:
            raise InputError(f"This is no record of the registry: {error}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record in its place of the chain.

    Attributes
    ----------
    sequence
        1 for the first record of a registry.
    recorded_at
        When the registry took it; never earlier than the record before.
    hash
        SHA-256 over the entry, which names the hash before it: 64 hex digits.
    record
        What was recorded.
    """

    sequence: int
    recorded_at: str
    hash: str
    record: RegistryRecord

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "sequence": self.sequence,
            "recorded_at": self.recorded_at,
            "hash": self.hash,
            "record": self.record.as_json(),
        }


def _require_form(record: RegistryRecord) -> None:
    """Refuse what could not be stored or found again."""
    texts = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    for name, value in texts.items():
        if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
            raise InputError(
                f"The field {name} of the record is {value!r}; NUL and lone surrogates cannot be stored."
            )
    if f"{parse_content_id(record.content_id):016x}" != record.content_id:
        raise InputError(f"The content id is {record.content_id!r}; 16 lower-case hex digits are needed.")
    for name in ("sha256_before", "sha256_after"):
        digits = texts[name]
        if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
            raise InputError(f"{name} is {digits!r}; 64 lower-case hex digits are needed.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def require_reason(config: Config) -> None:
    """Refuse to leave out the explicit label without saying for whom; call it before the first file is written.

    标识办法 (2025), article 9: a copy without explicit label is given at the user's request, after an agreement that
    states their duties, and the log of it is kept for at least six months.

    Raises
    ------
    ConfigError
        When a registry is configured, the visible label is off, and `requested_by` or `agreement` is missing.
    """
    if config.registry is None or config.visible or (config.requested_by and config.agreement):
        return
    raise ConfigError(
        "Copies without the visible label are given only on request (标识办法, article 9): name who asked "
        "(requested_by, --requested-by) and the version of the agreement with them (agreement, --agreement)."
    )


def record_of(labelled: LabelRecord, config: Config, fingerprint: Fingerprint | None) -> RegistryRecord:
    """Return the record of a file that was just labelled.

    Parameters
    ----------
    labelled
        What `synthmark.label_file` returned.
    config
        What it was called with.
    fingerprint
        `fingerprint_file` of the written copy, or None.

    Raises
    ------
    ConfigError
        See `require_reason`.
    """
    require_reason(config)
    metadata, watermark = (labelled.report.layer(name).claims for name in ("metadata", "watermark"))
    explicit, marked = "visible" in labelled.layers, "watermark" in labelled.layers
    return RegistryRecord(
        content_id=labelled.content_id,
        produce_id=_storable(labelled.produce_id),
        producer=_storable(metadata.get("producer")) or config.producer,
        system=config.system,
        system_version=config.system_version,
        time=now_text(),
        media_type=labelled.media_type,
        sha256_before=labelled.sha256_before,
        sha256_after=labelled.sha256_after,
        fingerprint=None if fingerprint is None else fingerprint.text(),
        layers=labelled.layers,
        mark_format=watermark.get("format") if marked else None,
        key_id=watermark.get("key_id") if marked else None,
        explicit_label=explicit,
        requested_by=None if explicit else config.requested_by,
        agreement=None if explicit else config.agreement,
        operator=operator_of(config),
        source=str(_storable(_located(labelled.source))),
    )


def operator_of(config: Config) -> str | None:
    """Return who runs the labelling: the name that is configured, or that of the login."""
    return _storable(config.operator or _login_name())


def _located(source: Path | str) -> str:
    """Return a path from the root of the file system; a URL stays as it is."""
    text = str(source)
    return text if "://" in text else str(Path(source).absolute())


def _login_name() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def _storable(text: str | None) -> str | None:
    r"""Return text that every database takes: lone surrogates as ``\udcXX``, NUL as ``\x00``."""
    if text is None:
        return None
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def now_text(moment: dt.datetime | None = None) -> str:
    """Return a moment, or now, in UTC as RFC 3339 with milliseconds."""
    moment = dt.datetime.now(dt.UTC) if moment is None else moment.astimezone(dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
