"""Labelling one file: all layers are written, read back from the written file, and only then put in place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthmark.config import Config
from synthmark.errors import AlreadyLabelledError, CredentialError, InputError
from synthmark.report import LabelRecord, Message
from synthmark.verification import OWN_NUMBER, report_written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from synthmark.credential import Signer
    from synthmark.files.credential_step import CredentialStep
    from synthmark.files.kinds import Kind
    from synthmark.files.task import Clock, Task, Written
    from synthmark.metadata import MetadataReport
    from synthmark.report import Report
    from synthmark.video.progress import Report as VideoReport

__all__ = ["LabelRecord", "embed_file", "label_file"]


def label_file(  # noqa: PLR0913 - options by keyword
    source: Path | str,
    target: Path | str,
    config: Config | None = None,
    *,
    content_id: int | None = None,
    relabel: bool = False,
    force: bool = False,
    progress: VideoReport | None = None,
    read_back: Callable[[Sequence[Any]], object] | None = None,
) -> LabelRecord:
    """Write the layers that the configuration asks for into a copy of a picture, sound or video file.

    The copy has the container, the coding (JPEG tables, bit depth, timing, sample rate) and the other metadata of the
    source. Every layer is read back from the written file; when the mark does not survive the file's own
    encoding, it is embedded more strongly. Until all is well the target does not exist or is as it was.

    Parameters
    ----------
    source, target
        Different files; the folder of the target is made when missing. Both may be URLs that fsspec reads and writes,
        such as s3://bucket/photo.png: the work is done on local copies in a private folder.
    config
        What to write; None for the defaults.
    content_id
        In [0, 2**64); None draws a new one (or keeps that of an own label when relabelling).
    relabel
        Accept a file with a metadata label: its producer's fields stay and the propagator's three are set.
    force
        Accept a file with a signed credential, and any text of the visible label. The credential becomes part of the
        new one where the copy is signed; otherwise it no longer fits.
    progress
        Is called with a `synthmark.video.Progress` a few times a second while a video is worked on.
    read_back
        Is called with the frames of a picture file, as they were read back from the copy, so that who needs them (for
        a fingerprint) need not decode it again.

    Raises
    ------
    InputError
        When source and target are one file, an option is wrong, or the file is labelled already.
    MediaError
        When the source cannot be read or the target cannot be written.
    CapacityError
        When the content cannot carry the layers.
    CredentialError
        When the file carries a C2PA manifest, or cannot be signed.
    ConfigError
        When the key, or the certificate to sign with, is wrong.
    DependencyError
        When a library that the file or the signing needs is missing.
    """

    def run(read: Path, written: Path) -> LabelRecord:
        task = _Task(read, written, config or Config(), content_id, relabel, force, progress=progress)
        task.read_back = read_back
        return task.run()

    return _on_local_files(source, target, run)


def embed_file(  # noqa: PLR0913 - options by keyword
    source: Path | str,
    target: Path | str,
    content_id: int,
    key: bytes | None = None,
    strength: str | float = "auto",
    *,
    force: bool = False,
    codec: str | None = None,
    crf: float | None = None,
    preset: str | None = None,
    progress: VideoReport | None = None,
) -> LabelRecord:
    """Write the invisible watermark, and nothing else, into a copy of a picture, sound or video file.

    Parameters
    ----------
    source, target, force, progress
        As for `label_file`.
    codec, crf, preset
        Of videos, as in `Config`.
    content_id
        In [0, 2**64).
    key
        16 to 1024 bytes; None for the published default key.
    strength
        "auto", or a factor on the strength that is chosen for each picture; sound takes no factor.

    Raises
    ------
    InputError, MediaError, CapacityError, CredentialError
        As `label_file`.
    """
    config = Config(visible=False, metadata=False, strength=strength, codec=codec, crf=crf, preset=preset)

    def run(read: Path, written: Path) -> LabelRecord:
        return _Task(read, written, config, content_id, True, force, key=key, progress=progress).run()

    return _on_local_files(source, target, run)


def _on_local_files(source: Path | str, target: Path | str, run: Callable[[Path, Path], LabelRecord]) -> LabelRecord:
    """Run on local files, download and upload what URLs name, and describe the result by the names given."""
    from synthmark.remote import staged, to_place  # noqa: PLC0415 - `import synthmark` stays light

    wanted, placed = to_place(source), to_place(target)
    with staged(wanted, placed) as (read, written):
        record = run(read, written)
    return record.named(wanted, placed)


def _clock() -> Clock:
    from synthmark.files.task import Clock  # noqa: PLC0415 - `import synthmark` stays light

    return Clock()


@dataclass(slots=True)
class _Task:
    """One file on its way; `run` goes through the steps in their order."""

    source: Path
    target: Path
    config: Config
    content_id: int | None
    relabel: bool
    force: bool
    key: bytes | None = None
    progress: VideoReport | None = None
    read_back: Callable[[Sequence[Any]], object] | None = None
    clock: Clock = field(default_factory=_clock)
    messages: list[Message] = field(default_factory=list)

    def run(self) -> LabelRecord:
        """Label the file."""
        from synthmark.credential import require_signable  # noqa: PLC0415 - `import synthmark` stays light
        from synthmark.files.atomic import refuse_same_file  # noqa: PLC0415
        from synthmark.files.kinds import kind_of_file  # noqa: PLC0415
        from synthmark.metadata import read_metadata_file  # noqa: PLC0415

        self._check_options()
        signer = self.config.signer()
        refuse_same_file(self.source, self.target)
        kind = kind_of_file(self.source)
        existing = read_metadata_file(self.source)
        self._check_file(kind, existing)
        if signer is not None:
            require_signable(kind.media_type, kind.name)
        self.clock.mark("read")
        return self._written(kind, existing, signer)

    def _check_options(self) -> None:
        """Refuse what cannot be meant."""
        if not (self.config.visible or self.config.watermark or self.config.metadata):
            raise InputError("No layer is asked for: switch on visible, metadata or watermark.")
        self.key = self.key if self.key is not None else self.config.key()

    def _check_file(self, kind: Kind, existing: MetadataReport) -> None:
        """Refuse files that must not be labelled, and note what is unusual."""
        if existing.has_credential and not self.force:
            raise CredentialError(
                f"{self.source} carries a signed credential (C2PA), which any change breaks. "
                "Label it before signing, or force it; with a certificate to sign with, its credential becomes the "
                "history of the new one."
            )
        if existing.labels and self.config.metadata and not self.relabel:
            raise AlreadyLabelledError(
                f"{self.source} carries a metadata label already ({existing.labels[0].place}); there may be "
                "only one. Label the original, or relabel it, which sets the propagator's fields.",
                None if existing.label is None else existing.label.content_producer,
            )
        self._check_names(kind)
        if existing.has_credential and self.config.certificate_file is None:
            self.messages.append(Message("note.credential_broken"))

    def _check_names(self, kind: Kind) -> None:
        """Compare the extensions with the content, which decides."""
        from synthmark.files.kinds import kinds_of_suffix  # noqa: PLC0415 - see run

        wanted = kinds_of_suffix(self.target)
        same = self.target.suffix.lower() == self.source.suffix.lower()
        if wanted and kind not in wanted and not same:
            raise InputError(
                f"{self.source} is a {kind.name} file and stays one; the target {self.target.name} is "
                f"named as another kind. Use the extension {kind.suffixes[0]}."
            )
        if kind not in kinds_of_suffix(self.source):
            params = {"suffix": self.source.suffix, "format": kind.name}
            self.messages.append(Message("note.extension", params))

    def _written(self, kind: Kind, existing: MetadataReport, signer: Signer | None) -> LabelRecord:
        """Write all layers and describe the result."""
        from synthmark.files.media_file import label_content  # noqa: PLC0415 - see run
        from synthmark.files.reading import digest_of_file  # noqa: PLC0415

        task = self._task(kind, existing, signer)
        before = digest_of_file(self.source)[1]
        written = label_content(task)
        report = report_written(self.target, written, self.key)
        self.clock.mark("write")
        if self.read_back is not None and written.pictures:
            self.read_back(written.pictures)
        return self._record(task, written, report, before)

    def _task(self, kind: Kind, existing: MetadataReport, signer: Signer | None) -> Task:
        """Return what the code for the kind of file has to do."""
        from synthmark.files.metadata_step import MetadataStep  # noqa: PLC0415 - see run
        from synthmark.files.task import Task  # noqa: PLC0415

        content_id = self._chosen_id(existing)
        return Task(
            source=self.source,
            target=self.target,
            kind=kind,
            config=self.config,
            content_id=content_id,
            key=self.key,
            force=self.force,
            metadata=MetadataStep(self.config, existing, content_id, self.force),
            credential=None if signer is None else self._credential(kind, existing, content_id, signer),
            clock=self.clock,
            progress=self.progress,
        )

    def _credential(self, kind: Kind, existing: MetadataReport, content_id: int, signer: Signer) -> CredentialStep:
        """Return what signs the file."""
        from synthmark.credential import Claims  # noqa: PLC0415 - see run
        from synthmark.files.credential_step import CredentialStep  # noqa: PLC0415
        from synthmark.files.task import layers_in_content  # noqa: PLC0415
        from synthmark.payload import FORMAT_VERSION, format_content_id  # noqa: PLC0415

        layers = layers_in_content(self.config, kind)
        claims = Claims(
            media_type=kind.media_type,
            content_id=format_content_id(content_id) if "watermark" in layers else None,
            watermark_format=FORMAT_VERSION,
            system=self.config.system,
            system_version=self.config.system_version,
            parent=self.source if existing.has_credential else None,
            edited="visible" in layers,
        )
        return CredentialStep(signer, claims)

    def _record(self, task: Task, written: Written, report: Report, before: str) -> LabelRecord:
        """Describe what was written."""
        from synthmark.payload import format_content_id  # noqa: PLC0415 - see run

        beside = {"metadata": self.config.metadata, "credential": task.credential is not None}
        return LabelRecord(
            source=self.source,
            target=self.target,
            media_type=report.file.media_type,
            content_id=format_content_id(task.content_id),
            produce_id=self._produce_id(task.metadata.existing, task.content_id),
            layers=(*task.layers, *(name for name, written in beside.items() if written)),
            psnr=written.psnr,
            sha256_before=before,
            sha256_after=report.file.sha256,
            placement=written.placement,
            frames=written.frames,
            messages=(*self.messages, *written.messages),
            seconds=self.clock.seconds,
            report=report,
        )

    def _chosen_id(self, existing: MetadataReport) -> int:
        """Return the content id: the one asked for, that of an own label, or a new one."""
        from synthmark.payload import check_content_id, new_content_id  # noqa: PLC0415 - see run

        if self.content_id is not None:
            return check_content_id(self.content_id)
        own = None if existing.label is None else OWN_NUMBER.fullmatch(existing.label.produce_id)
        return int(own[1], 16) if own else new_content_id(self.config.producer)

    def _produce_id(self, existing: MetadataReport, content_id: int) -> str | None:
        """Return the content number that the metadata label will hold."""
        from synthmark.files.metadata_step import content_number  # noqa: PLC0415 - see run

        if not self.config.metadata:
            return None
        return content_number(content_id) if existing.label is None else existing.label.produce_id
