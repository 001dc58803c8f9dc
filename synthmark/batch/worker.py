"""What a worker process does with one file."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmark.batch.journal import FileState
from synthmark.batch.outcomes import Outcome
from synthmark.console import print_problem
from synthmark.errors import AlreadyLabelledError, DamagedMediaError, SynthmarkError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from synthmark.config import Config
    from synthmark.registry import Fingerprint, RegistryRecord
    from synthmark.report import LabelRecord
    from synthmark.selection import Job

__all__ = ["Answer", "FingerprintOnce", "LabelFile", "Preparation", "Task", "registry_record"]


@dataclass(frozen=True, slots=True)
class Task:
    """One file to label: its place in the batch, and the content id that was drawn for it."""

    number: int
    job: Job[Path]
    content_id: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a task.

    Attributes
    ----------
    outcome
        What is told.
    before, after
        States of source and copy when the file was labelled.
    entry
        What the registry is to keep; None when none is configured.
    """

    outcome: Outcome
    before: FileState | None = None
    after: FileState | None = None
    entry: RegistryRecord | None = None


@dataclass(frozen=True, slots=True)
class LabelFile:
    """Labels one file after another; can be sent to other processes, and raises nothing."""

    config: Config
    relabel: bool
    force: bool

    def __call__(self, task: Task) -> Answer:
        """Label one file."""
        try:
            return self._labelled(task)
        except AlreadyLabelledError as error:
            if error.producer == self.config.producer:
                return Answer(Outcome(task.job, "skipped"))
            return Answer(Outcome.failed(task.job, error))
        except Exception as error:  # noqa: BLE001 - a defect met in one file must not stop the others
            return Answer(Outcome.failed(task.job, error))

    def _labelled(self, task: Task) -> Answer:
        from synthmark.labelling import label_file  # noqa: PLC0415 - heavy, and needed in the workers alone
        from synthmark.video.progress import Lines  # noqa: PLC0415 - as above

        job, seen = task.job, _size_and_time(task.job.source)
        content_id = None if self.relabel and self._has_own_id(job.source) else task.content_id
        seen_print = FingerprintOnce(self.config)
        record = label_file(
            job.source,
            job.target,
            self.config,
            content_id=content_id,
            relabel=self.relabel,
            force=self.force,
            progress=Lines(print_problem, str(job.source)).show,
            read_back=seen_print.take,
        )
        if _size_and_time(job.source) != seen:
            raise DamagedMediaError(f"{job.source} was changed while it was being labelled.")
        before = FileState(*seen, record.sha256_before)
        after = FileState(*_size_and_time(job.target), record.sha256_after)
        return Answer(Outcome.labelled(job, record), before, after, registry_record(record, self.config, seen_print))

    def _has_own_id(self, source: Path) -> bool:
        """Return whether a label in the file names a content id, which relabelling keeps."""
        from synthmark.metadata import read_metadata_file  # noqa: PLC0415 - as above
        from synthmark.verification import OWN_NUMBER  # noqa: PLC0415

        label = read_metadata_file(source).label
        return label is not None and OWN_NUMBER.fullmatch(label.produce_id) is not None


class FingerprintOnce:
    """The fingerprint of a copy: of the pictures that labelling read back from it, where it did, else of the file.

    Parameters
    ----------
    config
        Nothing is taken without a registry in it.
    """

    def __init__(self, config: Config) -> None:
        self._wanted = config.registry is not None
        self._taken: Fingerprint | None = None

    def take(self, pictures: Sequence[Any]) -> None:
        """Take the fingerprint of the frames of a picture file."""
        from synthmark.registry.measuring import fingerprint_pictures  # noqa: PLC0415 - heavy, often not needed

        if self._wanted:
            self._taken = fingerprint_pictures(pictures)

    def of(self, copy: Path) -> Fingerprint:
        """Return the fingerprint of the copy."""
        from synthmark.registry import fingerprint_file  # noqa: PLC0415 - as above

        return fingerprint_file(copy) if self._taken is None else self._taken


def registry_record(record: LabelRecord, config: Config, seen: FingerprintOnce) -> RegistryRecord | None:
    """Return what the registry is to keep of a file that was just labelled, or None when none is configured.

    Raises
    ------
    MediaError
        When the copy is gone or cannot be read.
    """
    if config.registry is None:
        return None
    from synthmark.registry import record_of  # noqa: PLC0415 - heavy, and often not needed

    return record_of(record, config, seen.of(record.target))


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a worker process does before its first file: show that it is alive, and load what labelling needs."""

    owner: str
    lock: Path
    warm: bool

    def __call__(self) -> None:
        """Prepare this process."""
        from synthmark.batch.locks import hold_as_worker  # noqa: PLC0415 - needed here alone
        from synthmark.files.atomic import own_drafts  # noqa: PLC0415 - as above

        hold_as_worker(self.lock)
        own_drafts(self.owner)
        if self.warm:
            with contextlib.suppress(SynthmarkError):  # the first file tells better what is missing
                warm_up()


def warm_up() -> None:
    """Load the kernels for pictures, so that the first file takes no longer than the others."""
    import numpy as np  # noqa: PLC0415 - heavy, and needed in the workers alone

    from synthmark import image  # noqa: PLC0415 - as above

    columns = np.arange(256, dtype=np.uint32)
    noise = (columns * 2654435761 + columns[:, None] * 40503) >> 3 & 127
    picture = np.repeat((64 + noise).astype(np.uint8)[..., None], 3, axis=2)
    image.embed(picture, 0)


def _size_and_time(path: Path) -> tuple[int, int]:
    """Return size and time of change; nothing for a file that cannot be looked at, since reading tells why."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
