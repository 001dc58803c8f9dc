"""The run behind the documents: samples are labelled as configured, attacked, and read by the extract tool."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.errors import SynthmarkError
from synthmark.filing.attacks import ATTACKS
from synthmark.filing.extracting import mark_of
from synthmark.filing.facts import Mark, Records, Sample, Trials
from synthmark.filing.measuring import measured
from synthmark.filing.samples import modality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from synthmark.config import Config
    from synthmark.filing.attacks import Attack
    from synthmark.filing.extracting import ExtractTool
    from synthmark.registry.record import RegistryRecord
    from synthmark.report import LabelRecord

__all__ = ["REQUEST", "Run"]

REQUEST = ("example-user", "example-agreement-1")
"""Who asks for the copy without visible label in the trial, and under which agreement: names for the trial alone."""
_OTHER = "Another-Name"  # the producer of the second label that must be refused


@dataclass(slots=True)
class _Copy:
    """A changed copy: what was done, where it lies, and why it could not be made."""

    attack: str
    path: Path
    error: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Labels samples below a folder of the pack.

    Attributes
    ----------
    pack
        The folder of the pack.
    config
        What to write.
    tool
        What reads.
    date
        Stands in for the time of records, so that equal runs give equal files.
    progress
        Is called with a line on what is done.
    """

    pack: Path
    config: Config
    tool: ExtractTool
    date: str
    progress: Callable[[str], None]

    def samples(self, originals: Sequence[Path]) -> tuple[tuple[Sample, ...], tuple[LabelRecord, ...]]:
        """Label every original and return what was found, with the records of those that were labelled."""
        labelled = [self._labelled(original) for original in originals]
        copies = [[] if isinstance(record, Sample) else self._attacked(record) for record in labelled]
        files = [*originals]
        for record, made in zip(labelled, copies, strict=True):
            files += [] if isinstance(record, Sample) else [record.target]
            files += [copy.path for copy in made if not copy.error]
        self.progress(f"extracting from {len(files)} files")
        reports = self.tool.reports([self._inside(file) for file in files])
        done = [
            record if isinstance(record, Sample) else self._described(record, made, reports)
            for record, made in zip(labelled, copies, strict=True)
        ]
        return tuple(done), tuple(record for record in labelled if not isinstance(record, Sample))

    def _labelled(self, original: Path) -> LabelRecord | Sample:
        """Label one original; one that cannot be labelled is a fact, too."""
        from synthmark.labelling import label_file  # noqa: PLC0415 - heavy

        target = self._folder("labelled") / original.name
        number = _content_id(original, self.config.producer)
        self.progress(f"labelling {original.name}")
        try:
            return label_file(original, target, self.config, content_id=number)
        except SynthmarkError as error:
            return self._failed(original, number, str(error))

    def _failed(self, original: Path, number: int, error: str) -> Sample:
        import mimetypes  # noqa: PLC0415 - needed here alone

        kind = mimetypes.guess_type(original.name)[0] or "application/octet-stream"
        return Sample(
            name=_plain(original),
            original=self._inside(original),
            media_type=kind,
            modality=modality(kind),
            content_id=f"{number:016x}",
            sha256_before=_digest(original),
            error=self._placeless(error),
        )

    def _attacked(self, record: LabelRecord) -> list[_Copy]:
        """Change a labelled file in every way that its kind has."""
        return [self._copy(record.target, attack) for attack in ATTACKS[modality(record.media_type)]]

    def _copy(self, labelled: Path, attack: Attack) -> _Copy:
        target = self._folder("attacked") / f"{_plain(labelled)}-{attack.name}{attack.suffix}"
        self.progress(f"making {target.name}")
        try:
            attack.apply(labelled, target)
        except (OSError, ValueError) as error:  # PyAV's errors are both, Pillow's one of them
            target.unlink(missing_ok=True)
            return _Copy(attack.name, target, type(error).__name__)
        return _Copy(attack.name, target)

    def _described(
        self, record: LabelRecord, copies: Sequence[_Copy], reports: Mapping[str, Mapping[str, Any]]
    ) -> Sample:
        """Measure the labelled file, and gather what the tool read."""
        from synthmark.metadata import read_metadata_file  # noqa: PLC0415 - heavy

        kind = modality(record.media_type)
        found = read_metadata_file(record.target)
        iptc = {
            "DigitalSourceType": found.digital_source_type,
            "AISystemUsed": found.ai_system,
            "AISystemVersionUsed": found.ai_system_version,
        }
        expected = record.content_id
        return Sample(
            name=_plain(record.target),
            original=self._inside(record.source),
            labelled=self._inside(record.target),
            file=record.target,
            media_type=record.media_type,
            modality=kind,
            content_id=record.content_id,
            produce_id=record.produce_id,
            sha256_before=record.sha256_before,
            sha256_after=record.sha256_after,
            layers=record.layers,
            psnr=record.psnr,
            visible=measured(record, kind),
            places=tuple(label.place for label in found.labels),
            label_text=found.labels[0].text if found.labels else "",
            iptc=iptc,
            before=self._read(_Copy("", record.source), expected, reports),
            mark=self._read(_Copy("", record.target), expected, reports),
            attacked=tuple(self._read(copy, expected, reports) for copy in copies),
        )

    def _read(self, copy: _Copy, expected: str, reports: Mapping[str, Mapping[str, Any]]) -> Mark:
        """Return what the tool said of a file, and keep it in the pack."""
        inside = self._inside(copy.path)
        if copy.error:
            return Mark(path=inside, attack=copy.attack, expected=expected, error=copy.error)
        digest = _digest(copy.path)
        report = reports.get(digest)
        if report is not None:
            text = json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
            file = self._folder("extraction") / f"{copy.path.parent.name}-{copy.path.name}.json"
            file.write_text(text + "\n", encoding="utf-8", newline="\n")
        return mark_of(inside, copy.attack, expected, digest, report)

    def _folder(self, name: str) -> Path:
        folder = self.pack / "samples" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _inside(self, path: Path) -> str:
        return path.relative_to(self.pack).as_posix()

    def _placeless(self, text: str) -> str:
        """Return a message without the place of the pack on this machine."""
        return text.replace(f"{self.pack}/", "").replace(f"{self.pack}\\", "")

    def records(self, labelled: Sequence[LabelRecord], samples: Sequence[Sample]) -> Records | None:
        """Keep the records in a trial registry, find one by its mark, and change one to see that it is noticed."""
        if not labelled:
            return None
        from synthmark.registry import open_registry  # noqa: PLC0415 - heavy

        entries = [self._entry(record, self.config) for record in labelled]
        mark = _first_read(samples)
        number = entries[0].content_id if mark is None else str(mark.content_id)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "trial.sqlite"
            with open_registry(file) as registry:
                registry.add_many(entries)
                verified, found = registry.verify(), registry.find_content_id(int(number, 16))
            altered = _problems_after_change(file)
        shown = found[0].record if found else entries[0]
        read_from = "" if mark is None else mark.path
        return Records(shown.as_json(), number, read_from, verified.entries, verified.intact, bool(found), altered)

    def _entry(self, record: LabelRecord, config: Config) -> RegistryRecord:
        """Return the record of a file; date, operator and place are those of the documents."""
        from synthmark.registry import fingerprint_file, record_of  # noqa: PLC0415 - heavy

        config = dataclasses.replace(config, operator=config.operator or "filing")
        entry = record_of(record, config, fingerprint_file(record.target))
        return dataclasses.replace(entry, time=f"{self.date}T00:00:00.000Z", source=self._inside(record.source))

    def trials(self, labelled: Sequence[LabelRecord]) -> Trials:
        """Try what has to be refused: a copy without visible label and reason, and a second label."""
        if not labelled:
            return Trials()
        first = min(labelled, key=lambda record: record.media_type.partition("/")[0] != "image")
        registry = Path("trial.sqlite")
        unlabelled = dataclasses.replace(
            self.config, visible=False, registry=registry, requested_by=None, agreement=None
        )
        requested = dataclasses.replace(unlabelled, requested_by=REQUEST[0], agreement=REQUEST[1])
        other = dataclasses.replace(self.config, producer=_OTHER, registry=None)
        return Trials(
            self._refused_without_reason(unlabelled), self._requested(first, requested), self._refused(first, other)
        )

    def _refused_without_reason(self, config: Config) -> str:
        from synthmark.registry import require_reason  # noqa: PLC0415 - heavy

        try:
            require_reason(config)
        except SynthmarkError as error:
            return str(error)
        return ""

    def _requested(self, record: LabelRecord, config: Config) -> dict[str, Any] | None:
        """Label a sample without visible label, for a reason, and return its record."""
        from synthmark.labelling import label_file  # noqa: PLC0415 - heavy

        target = self._folder("on-request") / record.target.name
        try:
            made = label_file(record.source, target, config, content_id=int(record.content_id, 16) ^ 1)
        except SynthmarkError:
            return None
        return self._entry(made, config).as_json()

    def _refused(self, record: LabelRecord, config: Config) -> str:
        """Try to label a labelled file once more, under another name."""
        from synthmark.labelling import label_file  # noqa: PLC0415 - heavy

        with tempfile.TemporaryDirectory() as folder:
            try:
                label_file(record.target, Path(folder) / record.target.name, config)
            except SynthmarkError as error:
                return self._placeless(str(error))
        return ""


def _first_read(samples: Sequence[Sample]) -> Mark | None:
    """Return the first changed copy from which the whole content id was read."""
    marks = [mark for sample in samples for mark in sample.attacked]
    return next((mark for mark in marks if mark.exact), None)


def _problems_after_change(file: Path) -> int:
    """Change one stored record behind the registry's back and return how many problems `verify` names."""
    import contextlib  # noqa: PLC0415 - needed here alone
    import sqlite3  # noqa: PLC0415 - as above

    from synthmark.registry import open_registry  # noqa: PLC0415 - heavy

    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE synthmark_entries SET content = replace(content, '0', '1') WHERE sequence = 1")
    with open_registry(file) as registry:
        return len(registry.verify().problems)


def _plain(path: Path) -> str:
    return path.name.replace(".", "-")


def _content_id(original: Path, producer: str) -> int:
    """Return the content id of a sample: the provider's tag, and 44 bits of the digest, so that runs are equal."""
    from synthmark.payload import provider_tag  # noqa: PLC0415 - needed here alone

    return provider_tag(producer) << 44 | int(_digest(original)[:11], 16)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
