"""Labelling files that are named in rows of text, which engines such as Ray Data, Spark and Dask hand to functions.

Nothing but the copies and the registry knows what is done, so any number of machines can work on one batch, and any
of them may die. A row may be worked on twice: its content id follows from what it names, a copy is put in place
whole, and the registry takes a record once.
"""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from synthmark.batch.outcomes import Outcome
from synthmark.batch.worker import FingerprintOnce, registry_record
from synthmark.errors import AlreadyLabelledError, DamagedMediaError, InputError, MediaError
from synthmark.payload import format_content_id, parse_content_id, seeded_content_id
from synthmark.remote import Place, RemoteFile, staged, staged_source, to_place
from synthmark.selection import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthmark.config import Config
    from synthmark.registry import Registry, RegistryRecord

__all__ = ["LabelRow", "Row", "lost_row", "row_of"]

Row: TypeAlias = dict[str, Any]
"""What engines pass. Before: ``source`` and ``target``, paths or URLs, and ``reason`` when there is one not to try.

After: ``status`` and ``code`` are those of `Outcome`; ``error`` is empty when there is none; ``report`` is the text
that `--json` prints, and ``notes`` what a user should know, one line each.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """Labels the file of one row after another. It can be sent to other processes and machines, and raises nothing.

    Attributes
    ----------
    config
        What to write. Files that it names have to be on every machine, under the same name.
    overwrite, relabel, force
        See `Order`.
    dry_run
        Whether to say what would be done, and write nothing.
    """

    config: Config
    overwrite: bool = False
    relabel: bool = False
    force: bool = False
    dry_run: bool = False

    def __call__(self, row: Row) -> Row:
        """Return a row with what became of the file."""
        job: Job[Place] = Job(Path(row["source"]), Path(row["target"]))
        try:
            job = Job(to_place(row["source"]), to_place(row["target"]))
            if row.get("reason"):
                raise InputError(row["reason"])  # noqa: TRY301 - told like all that is wrong with a file
            return row_of(self._outcome(job))
        except AlreadyLabelledError as error:
            skipped = error.producer == self.config.producer
            return row_of(Outcome(job, "skipped") if skipped else Outcome.failed(job, error))
        except Exception as error:  # noqa: BLE001 - a defect met in one file must not stop the others
            return row_of(Outcome.failed(job, error))

    def _outcome(self, job: Job[Place]) -> Outcome:
        registry = None if self.dry_run else _registry(self.config.registry)
        version = _version(job.source)
        content_id = self._content_id(job, version, registry)
        if not self.overwrite and _exists(job.target) and self._is_done(job, content_id, registry):
            return Outcome(job, "present")
        return Outcome(job, "planned") if self.dry_run else self._labelled(job, content_id, version, registry)

    def _content_id(self, job: Job[Place], version: str, registry: Registry | None) -> int:
        """Return the content id of a row: always the same one, and that of no other file in the registry."""
        names = [str(place) for place in (_absolute(job.source), _absolute(job.target))]
        attempt = 0
        while True:
            seed = "\0".join([*names, version, str(attempt)])
            content_id = seeded_content_id(self.config.producer, seed)
            records = [] if registry is None else registry.find_content_id(content_id)
            if all(stored.record.source == names[0] for stored in records):
                return content_id
            attempt += 1

    def _is_done(self, job: Job[Place], content_id: int, registry: Registry | None) -> bool:
        """Return whether the copy that is there was made of this file as it is now.

        Raises
        ------
        InputError
            When it was not.
        """
        if registry is None or registry.find_content_id(content_id):
            return True
        with staged_source(job.target) as copy:
            records = _records_of(copy, registry)
            if not records:
                if _id_in(copy) == content_id:
                    return False  # a run was stopped before it could record the copy
                raise InputError(f"{job.target} is there, and not in the registry; --overwrite replaces it.")
        with staged_source(job.source) as source:
            if any(record.sha256_before == _digest(source) for record in records):
                return True
        raise InputError(f"{job.source} has changed since its copy was labelled; --overwrite labels it anew.")

    def _labelled(self, job: Job[Place], content_id: int, version: str, registry: Registry | None) -> Outcome:
        from synthmark.labelling import label_file  # noqa: PLC0415 - heavy, and needed in the workers alone

        with staged(job.source, job.target) as (source, target), _own_drafts(target, content_id):
            seen = FingerprintOnce(self.config)
            kept = self.relabel and _id_in(source) is not None
            record = label_file(
                source,
                target,
                self.config,
                content_id=None if kept else content_id,
                relabel=self.relabel,
                force=self.force,
                read_back=seen.take,
            )
            if isinstance(job.source, Path) and _version(job.source) != version:
                raise DamagedMediaError(f"{job.source} was changed while it was being labelled.")
            entry = registry_record(record.named(job.source, target), self.config, seen)
        if registry is not None and entry is not None:
            registry.add_once(entry)
        return Outcome.labelled(job, record.named(job.source, job.target))


def row_of(outcome: Outcome) -> Row:
    """Return an outcome as a row of texts and numbers."""
    return {
        "source": str(outcome.job.source),
        "target": str(outcome.job.target),
        "status": outcome.status,
        "code": int(outcome.code),
        "kind": outcome.kind,
        "error": outcome.error,
        "content_id": "" if outcome.record is None else outcome.record.content_id,
        "notes": "\n".join(outcome.notes),
        "report": json.dumps(outcome.as_json()),
    }


def lost_row(row: Row, reason: str) -> Row:
    """Return what became of a row of which the process died."""
    return row_of(Outcome.lost(Job(to_place(row["source"]), to_place(row["target"])), reason))


@functools.lru_cache(maxsize=4)
def _registry(location: Path | str | None) -> Registry | None:
    """Return the registry, which stays open as long as the process lives."""
    if location is None:
        return None
    from synthmark.registry import open_registry  # noqa: PLC0415 - heavy, and often not needed

    return open_registry(location)


def _version(source: Place) -> str:
    """Return a text that is another one when the content of a file is.

    Raises
    ------
    MediaError
        When there is no such file.
    """
    if isinstance(source, RemoteFile):
        version = source.version()
        if version is None:
            raise MediaError(f"{source} does not exist.")
        return version
    try:
        found = source.stat()
    except OSError as error:
        raise MediaError(f"{source} cannot be read: {error.strerror or error}.") from error
    return f"{found.st_size} {found.st_mtime_ns}"


def _absolute(place: Place) -> Place:
    return place.absolute() if isinstance(place, Path) else place


def _exists(place: Place) -> bool:
    return place.exists()


def _digest(path: Path) -> str:
    from synthmark.files.reading import digest_of_file  # noqa: PLC0415 - seldom needed

    return digest_of_file(path)[1]


def _records_of(copy: Path, registry: Registry) -> list[RegistryRecord]:
    """Return the records of exactly this copy."""
    digest = _digest(copy)
    return [stored.record for stored in registry.find_sha256(digest) if stored.record.sha256_after == digest]


def _id_in(path: Path) -> int | None:
    """Return the content id that the metadata label of a file names; None without one of this program."""
    from synthmark.metadata import read_metadata_file  # noqa: PLC0415 - heavy, and seldom needed
    from synthmark.verification import OWN_NUMBER  # noqa: PLC0415

    label = read_metadata_file(path).label
    own = None if label is None else OWN_NUMBER.fullmatch(label.produce_id)
    return None if own is None else parse_content_id(own[1])


@contextlib.contextmanager
def _own_drafts(target: Path, content_id: int) -> Iterator[None]:
    """Delete what an attempt on this very file left behind that was killed, and name the temporary files after it."""
    from synthmark.files.atomic import delete_drafts, own_drafts  # noqa: PLC0415 - needed in the workers alone

    name = format_content_id(content_id)
    delete_drafts(target.parent, [name])
    own_drafts(name)
    try:
        yield
    finally:
        own_drafts("")
