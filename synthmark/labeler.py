"""One place through which everything that a program generates passes: `Labeler`, and the check for its tests.

It fails closed: what cannot be labelled raises, and nothing is returned.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from synthmark.config import Config, load_config
from synthmark.errors import CapacityError, LabelMissingError
from synthmark.labelled import (
    IN_MEMORY,
    ContentRecord,
    LabelledBytes,
    LabelledContent,
    content_record,
    registry_entry,
)
from synthmark.payload import check_content_id, new_content_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from synthmark.label_stream import LabelledStream
    from synthmark.registry import Fingerprint, Registry
    from synthmark.report import LabelRecord, LayerReport

__all__ = ["ContentRecord", "Labeler", "LabelledBytes", "LabelledContent", "assert_labelled"]


class Labeler:
    """Labels everything in one manner; threads may share it.

    With a registry in the configuration every result is recorded there before it is returned.

    Parameters
    ----------
    config
        What to write; None for the configuration that `synthmark.load_config` finds.

    Raises
    ------
    ConfigError
        When the configuration or the key file is wrong.
    RegistryError
        When the registry cannot be used.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = load_config() if config is None else config
        self._key = self.config.key()
        self._registry = _opened(self.config)

    @classmethod
    def from_config(cls, config: Config | Path | str | None = None) -> Labeler:
        """Make a labeler from a configuration or its file; None for the one that `synthmark.load_config` finds."""
        return cls(config if isinstance(config, Config) else load_config(config))

    def label_image(
        self,
        picture: Any,  # noqa: ANN401 - any kind of picture
        *,
        content_id: int | None = None,
        layout: str | None = None,
        value_range: tuple[float, float] = (0.0, 1.0),
    ) -> LabelledContent:
        """Label a picture, or a batch of them, in memory.

        Parameters
        ----------
        picture
            PIL image; array as for `synthmark.image.embed`; or tensor of PyTorch, uint8 or floating point.
        content_id
            In [0, 2**64), of a single picture; None draws a new one for each.
        layout, value_range
            Of a tensor; see `synthmark.tensors.TensorPictures.of`.

        Returns
        -------
        The same kind, shape, dtype and device, with the record.

        Raises
        ------
        InputError
            When the picture is of no such kind.
        CapacityError
            When a picture cannot carry the labels.
        RegistryError
            When the registry cannot take the record.
        """
        from synthmark.tensors import TensorPictures, is_tensor  # noqa: PLC0415 - `import synthmark` stays light

        if not is_tensor(picture):
            marked, record = self._labelled(picture, self._id(content_id))
            self._keep([record], lambda: [_picture_print(marked)])
            return LabelledContent(marked, (record,))
        tensor = TensorPictures.of(picture, layout, value_range)
        ids = [self._id(content_id if len(tensor.pictures) == 1 else None) for _ in tensor.pictures]
        pairs = [self._labelled(part, number) for part, number in zip(tensor.pictures, ids, strict=True)]
        rebuilt = tensor.rebuilt([marked for marked, _ in pairs])
        for part, number in zip(TensorPictures.of(rebuilt, layout, value_range).pictures, ids, strict=True):
            self._require_mark(part, number)  # the tensor's own precision may be less
        records = tuple(record for _, record in pairs)
        self._keep(records, lambda: [_picture_print(marked) for marked, _ in pairs])
        return LabelledContent(rebuilt, records)

    def label_audio(self, samples: NDArray[Any], rate: float, *, content_id: int | None = None) -> LabelledContent:
        """Label sound in memory, with the audible label that the configuration describes.

        Parameters
        ----------
        samples
            As for `synthmark.audio.embed`.
        rate
            Hertz.
        content_id
            In [0, 2**64); None draws a new one.

        Returns
        -------
        Samples of the same dtype and channels, longer by a label at start or end, with the record.

        Raises
        ------
        InputError, CapacityError
            See `synthmark.audio.embed`.
        RegistryError
            When the registry cannot take the record.
        """
        from synthmark import audio  # noqa: PLC0415 - `import synthmark` stays light

        number, labelled = self._id(content_id), samples
        if self.config.visible:
            labelled = audio.label(labelled, rate, **_audible(self.config))
        if self.config.watermark:
            labelled = audio.embed(labelled, rate, number, self._key, strength=self._strength)
        record = content_record(self.config, "audio", number, samples, labelled, None)
        self._keep([record], lambda: [_sound_print(labelled, rate)])
        return LabelledContent(labelled, (record,))

    def stream(self, rate: float, *, content_id: int | None = None, loudness: float = -23.0) -> LabelledStream:
        """Return what labels one piece of sound while it is made, such as speech that is sent as it is spoken.

        Parameters
        ----------
        rate
            Hertz.
        content_id
            In [0, 2**64); None draws a new one.
        loudness
            Of the audible label in LUFS (EBU R 128), since that of the content is not known yet.

        Raises
        ------
        InputError
            When the configuration puts the audible label elsewhere than at the start.
        """
        from synthmark.label_stream import LabelledStream  # noqa: PLC0415 - `import synthmark` stays light

        def keep(record: ContentRecord, config: Config, samples: NDArray[Any]) -> None:
            self._keep([record], lambda: [_sound_print(samples, rate)], config)

        return LabelledStream(self.config, self._key, rate, self._id(content_id), loudness, keep)

    def label_video(self, source: Path | str, target: Path | str, *, content_id: int | None = None) -> LabelRecord:
        """Label a video file; see `label_file`."""
        return self.label_file(source, target, content_id=content_id)

    def label_file(self, source: Path | str, target: Path | str, *, content_id: int | None = None) -> LabelRecord:
        """Write a labelled copy of a file, as `synthmark.label_file` does, and record it.

        Raises
        ------
        InputError, MediaError, CapacityError, CredentialError
            See `synthmark.label_file`.
        RegistryError
            When the registry cannot take the record; a copy that is new is gone then.
        """
        from synthmark.batch.worker import FingerprintOnce, registry_record  # noqa: PLC0415 - `import synthmark` stays light
        from synthmark.labelling import label_file  # noqa: PLC0415
        from synthmark.remote import staged, to_place  # noqa: PLC0415

        wanted, placed = to_place(source), to_place(target)
        with staged(wanted, placed) as (read, written):
            existed = written.exists()
            seen = FingerprintOnce(self.config)
            record = label_file(read, written, self.config, content_id=content_id, read_back=seen.take)
            try:
                entry = registry_record(record.named(wanted, written), self.config, seen)
                if self._registry is not None and entry is not None:
                    self._registry.add(entry)
            except BaseException:
                if not existed:
                    written.unlink(missing_ok=True)
                raise
        return record.named(wanted, placed)

    def label_bytes(self, data: bytes, *, content_id: int | None = None) -> LabelledBytes:
        """Label the bytes of a picture, sound or video file, with the metadata label and credential that files have.

        It is done in a private temporary folder.

        Raises
        ------
        InputError, MediaError, CapacityError, CredentialError, RegistryError
            See `label_file`.
        """
        import tempfile  # noqa: PLC0415 - as above
        from pathlib import Path  # noqa: PLC0415

        from synthmark.batch.worker import FingerprintOnce, registry_record  # noqa: PLC0415
        from synthmark.labelling import label_file  # noqa: PLC0415

        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "source", Path(folder) / "target"
            source.write_bytes(data)
            seen = FingerprintOnce(self.config)
            record = label_file(source, target, self.config, content_id=content_id, read_back=seen.take)
            entry = registry_record(record, self.config, seen)
            if self._registry is not None and entry is not None:
                self._registry.add(dataclasses.replace(entry, source=IN_MEMORY))
            return LabelledBytes(target.read_bytes(), dataclasses.replace(record, source=IN_MEMORY, target=IN_MEMORY))

    def close(self) -> None:
        """Close the connections to the registry; using the labeler again opens new ones."""
        if self._registry is not None:
            self._registry.close()

    @property
    def _strength(self) -> float:
        return 1.0 if self.config.strength == "auto" else float(self.config.strength)

    def _id(self, content_id: int | None) -> int:
        return new_content_id(self.config.producer) if content_id is None else check_content_id(content_id)

    def _labelled(self, picture: Any, content_id: int) -> tuple[Any, ContentRecord]:  # noqa: ANN401 - as label_image
        """Put both layers into one picture."""
        from synthmark.files.marking import Mark, draw_labels, embed_marks  # noqa: PLC0415 - see label_image
        from synthmark.files.picture_task import described  # noqa: PLC0415
        from synthmark.image.pictures import as_picture  # noqa: PLC0415

        as_picture(picture)  # refuses what is none
        marked, placement = picture, None
        if self.config.visible:
            (marked,), found = draw_labels([picture], self.config)
            placement = described(found)
        if self.config.watermark:
            (marked,) = embed_marks([marked], Mark(content_id, self._key, self._strength)).frames
        return marked, content_record(self.config, "image", content_id, picture, marked, placement)

    def _require_mark(self, picture: NDArray[Any], content_id: int) -> None:
        """Refuse what a tensor of low precision made of a mark."""
        from synthmark import image  # noqa: PLC0415 - see label_image

        if self.config.watermark and image.extract(picture, self._key, search="fast").content_id != content_id:
            raise CapacityError("The mark does not read back in the precision of this tensor; use float32 or uint8.")

    def _keep(
        self,
        records: Sequence[ContentRecord],
        fingerprints: Callable[[], Sequence[Fingerprint]],
        config: Config | None = None,
    ) -> None:
        """Record results, all or none, before they are returned."""
        if self._registry is None:
            return
        used, pairs = config or self.config, zip(records, fingerprints(), strict=True)
        self._registry.add_many([registry_entry(record, used, self._key, print_) for record, print_ in pairs])


def assert_labelled(path: Path | str, config: Config | None = None) -> None:
    """Make sure that a file carries the layers that a configuration asks for; for the tests of programs.

    The visible label of pictures and video is left to the eye, the signature of a credential to synthmark-extract.

    Parameters
    ----------
    path
        The file.
    config
        The layers and the key; None for the default ones.

    Raises
    ------
    LabelMissingError
        Naming every layer that is missing or contradictory; it is an `AssertionError`, too.
    MediaError
        When the file cannot be read.
    """
    from synthmark.verification import verify_file  # noqa: PLC0415 - `import synthmark` stays light

    wanted = config or Config()
    report = verify_file(path, wanted)
    names = [name for name in ("visible", "metadata", "watermark") if getattr(wanted, name)]
    layers = [report.layer(name) for name in (*names, *(["credential"] if wanted.certificate_file else []))]
    missing = [f"{layer.layer} ({layer.outcome.replace('_', ' ')})" for layer in layers if not _is_there(layer)]
    if missing:
        raise LabelMissingError(f"{path} lacks a label: {', '.join(missing)}.")
    if report.verdict == "conflict":
        raise LabelMissingError(f"{path} carries labels that contradict one another: they are of different content.")


def _is_there(layer: LayerReport) -> bool:
    """Tell whether a layer was found; of two layers it is enough that nothing says they are missing."""
    return layer.outcome == "detected" or (
        layer.layer in {"visible", "credential"} and layer.outcome == "not_checked"
    )


def _opened(config: Config) -> Registry | None:
    """Open the registry of a configuration."""
    if config.registry is None:
        return None
    from synthmark.registry import open_registry, require_reason  # noqa: PLC0415 - heavy, and often not needed

    require_reason(config)
    return open_registry(config.registry)


def _audible(config: Config) -> dict[str, Any]:
    """Return the options of `synthmark.audio.label` that a configuration stands for."""
    from synthmark.files.sound_label import audible_label  # noqa: PLC0415 - see Labeler.label_image

    label = audible_label(config)
    return {"kind": label.kind, "place": label.place, "times": label.times, **label.options}


def _picture_print(picture: object) -> Fingerprint:
    from synthmark.registry.measuring import fingerprint_pictures  # noqa: PLC0415 - as above

    return fingerprint_pictures([picture])


def _sound_print(samples: NDArray[Any], rate: float) -> Fingerprint:
    from synthmark.registry.measuring import fingerprint_sound  # noqa: PLC0415 - as above

    return fingerprint_sound(samples, rate)
