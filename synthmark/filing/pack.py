"""The pack: everything is made in a draft folder, and put in place when it is complete."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark._version import __version__
from synthmark.errors import InputError, MediaError
from synthmark.filing.company import MODALITIES
from synthmark.filing.facts import Facts
from synthmark.filing.results import packaged_results
from synthmark.filing.templates import STEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synthmark.config import Config
    from synthmark.filing.company import Company
    from synthmark.filing.document import Document
    from synthmark.filing.fields import Wording

__all__ = ["MARKER", "Made", "Order", "make_pack"]

MARKER = "pack.json"
"""A folder that holds this file is a pack, and may be replaced by another one."""
SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make.

    Attributes
    ----------
    target
        The folder: new, empty, or an earlier pack with `overwrite`.
    config
        How files are labelled.
    company
        What only the company knows.
    date
        That stands in the documents, such as 2026-01-31.
    language
        "zh" or "en".
    samples
        A folder with the company's own files; None to make some.
    tool
        The file of the extract tool that is handed in; None when there is none.
    overwrite
        Whether an earlier pack is replaced.
    browser
        Whether to take pictures of the tool in a browser.
    """

    target: Path
    config: Config
    company: Company
    date: str
    language: str = "zh"
    samples: Path | None = None
    tool: Path | None = None
    overwrite: bool = False
    browser: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """What was made.

    Attributes
    ----------
    files
        The documents.
    statuses
        How many points have which status.
    open_points
        What is blank, not met or not measured.
    browser
        With which the tool was shown; "" without one.
    unshown
        Characters that PDF shows as squares.
    """

    files: tuple[Path, ...]
    statuses: dict[str, int]
    open_points: tuple[str, ...]
    browser: str
    unshown: str = ""


def make_pack(order: Order, progress: Callable[[str], None] = lambda _: None) -> Made:
    """Label samples, extract from them, and write the documents.

    Raises
    ------
    InputError
        When the folder holds other files, or the samples cannot be used.
    MediaError
        When the pack cannot be written.
    DependencyError
        When a library that the documents need is missing.
    """
    from synthmark.filing.writers import require_libraries  # noqa: PLC0415 - heavy

    require_libraries()
    _require_place(order)
    with _draft(order) as draft:
        facts = _found(order, draft, progress)
        made = _written(order, draft, facts, progress)
    return dataclasses.replace(made, files=tuple(order.target / file for file in made.files))


def _require_place(order: Order) -> None:
    """Refuse a folder that holds something else, and a tool that is not there."""
    target = order.target
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file; the pack needs a folder.")
    used = target.is_dir() and any(target.iterdir())
    if used and not (order.overwrite and (target / MARKER).is_file()):
        hint = "give --overwrite to replace that pack" if (target / MARKER).is_file() else "name a new folder"
        raise InputError(f"{target} holds files already; {hint}.")
    if order.tool is not None and not order.tool.is_file():
        raise InputError(f"{order.tool} is no file; --tool names the file of the extract tool that is handed in.")


@contextlib.contextmanager
def _draft(order: Order) -> Iterator[Path]:
    """Give a folder beside the target; move it there when all went well, else delete it."""
    target = order.target.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}.") from error
    try:
        yield draft
        draft.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        draft.replace(target)
    except OSError as error:
        raise MediaError(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _found(order: Order, draft: Path, progress: Callable[[str], None]) -> Facts:
    """Run everything, and gather what was found."""
    from synthmark.filing.extracting import ExtractTool  # noqa: PLC0415 - heavy
    from synthmark.filing.runs import Run  # noqa: PLC0415 - as above
    from synthmark.filing.samples import collected, made  # noqa: PLC0415 - as above
    from synthmark.filing.screens import screens_of  # noqa: PLC0415 - as above
    from synthmark.keys import key_id  # noqa: PLC0415 - as above

    originals = draft / "samples" / "original"
    originals.mkdir(parents=True)
    figures = draft / "figures"
    figures.mkdir()
    wanted = order.company.modalities or MODALITIES
    progress("samples")
    sources = made(wanted, originals) if order.samples is None else collected(order.samples, originals)
    tool = ExtractTool(draft, order.config, order.language)
    run = Run(draft, order.config, tool, order.date, progress)
    samples, labelled = run.samples(sources)
    progress("registry")
    records, trials = run.records(labelled, samples), run.trials(labelled)
    progress("pictures")
    words = _wording(order.language).content["pictures"]
    return Facts(
        company=order.company,
        config=order.config,
        samples=samples,
        own_samples=order.samples is not None,
        records=records,
        trials=trials,
        screens=screens_of(tool, samples, figures, words, browser=order.browser),
        tool=tool.described(order.tool),
        results=packaged_results(),
        key_id=key_id(order.config.key()),
        date=order.date,
        version=__version__,
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPU",
        pictures=_pictures(samples, figures, words),
    )


def _pictures(samples: Any, figures: Path, words: dict[str, str]) -> dict[str, Path]:  # noqa: ANN401 - a tuple of Sample
    """Draw the labels of the samples."""
    from synthmark.filing.pictures import label_picture, sound_picture  # noqa: PLC0415 - heavy

    drawn = {}
    for sample in samples:
        if sample.visible is None:
            continue
        draw = sound_picture if sample.modality == "audio" else label_picture
        file = figures / f"label-{sample.name}.png"
        draw(sample, words).save(file)
        drawn[sample.name] = file
    return drawn


def _wording(language: str) -> Wording:
    from synthmark.filing.fields import Wording  # noqa: PLC0415 - heavy
    from synthmark.filing.templates import words  # noqa: PLC0415 - as above

    return Wording(language, words("words", language))


def _written(order: Order, draft: Path, facts: Facts, progress: Callable[[str], None]) -> Made:
    """Write documents, diagrams, scripts and sums into the draft; paths are those within it."""
    from synthmark.filing import scripts  # noqa: PLC0415 - heavy
    from synthmark.filing.checklist import counted  # noqa: PLC0415 - as above
    from synthmark.filing.figures import open_points  # noqa: PLC0415 - as above
    from synthmark.filing.tables import points  # noqa: PLC0415 - as above
    from synthmark.filing.writers.pdf import unshown  # noqa: PLC0415 - as above

    files: list[Path] = []
    lacking: set[str] = set()
    wording = _wording(order.language)
    for document in documents(facts, wording):
        progress(document.title)
        files += _write_document(draft, document)
        lacking |= unshown(document)
    (draft / "verify.sh").write_bytes(scripts.for_shell(facts.samples).encode())
    (draft / "verify.sh").chmod(0o755)
    (draft / "verify.bat").write_bytes(scripts.for_windows(facts.samples).encode())
    statuses, still_open = dict(counted(points(facts, wording))), tuple(open_points(facts, wording))
    _write_sums(draft / "samples")
    content = {"synthmark": __version__, "date": order.date, "points": statuses, "open": still_open}
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    (draft / MARKER).write_text(text + "\n", encoding="utf-8", newline="\n")
    _write_sums(draft)
    browser = facts.screens.browser if facts.screens is not None else ""
    return Made(tuple(files), statuses, still_open, browser, "".join(sorted(lacking)))


def documents(facts: Facts, wording: Wording) -> Iterator[Document]:
    """Yield the documents of one language."""
    from synthmark.filing.checklist import STATUSES, counted  # noqa: PLC0415 - heavy
    from synthmark.filing.fields import conditions, fields  # noqa: PLC0415 - as above
    from synthmark.filing.figures import inserts  # noqa: PLC0415 - as above
    from synthmark.filing.tables import points  # noqa: PLC0415 - as above
    from synthmark.filing.templates import Filling, document_from  # noqa: PLC0415 - as above

    counts = counted(points(facts, wording))
    summary = wording.say("summary", total=sum(counts.values()), **{name: counts[name] for name in STATUSES})
    texts = fields(facts, wording) | {"checklist_summary": summary}
    filling = Filling(texts, lambda kind, name: inserts(facts, wording, kind, name), conditions(facts))
    names: dict[str, str] = wording.content["fields"]
    cover = [(names[name], texts[name]) for name in ("name", "credit_code", "algorithm", "algorithm_version", "date")]
    for stem in STEMS:
        yield document_from(stem, wording.language, filling, wording.content["contents"], tuple(cover))


def _write_document(draft: Path, document: Document) -> list[Path]:
    """Write a document in its three forms, and its diagrams."""
    from synthmark.filing.document import Figure  # noqa: PLC0415 - heavy
    from synthmark.filing.drawing import as_svg  # noqa: PLC0415 - as above
    from synthmark.filing.writers.docx import as_docx  # noqa: PLC0415 - as above
    from synthmark.filing.writers.markdown import as_markdown  # noqa: PLC0415 - as above
    from synthmark.filing.writers.pdf import as_pdf  # noqa: PLC0415 - as above

    for block in document.blocks:
        if isinstance(block, Figure) and block.drawing is not None:
            file = draft / "figures" / f"{block.name}.{document.language}.svg"
            file.write_text(as_svg(block.drawing), encoding="utf-8", newline="\n")
    forms = {".pdf": as_pdf(document), ".docx": as_docx(document), ".md": as_markdown(document).encode()}
    written = []
    for suffix, data in forms.items():
        name = f"{document.file_name}{suffix}"
        (draft / name).write_bytes(data)
        written.append(Path(name))
    return written


def _write_sums(folder: Path) -> None:
    """Write the SHA-256 of every file below a folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file != folder / SUMS)
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}" for file in files
    ]
    (folder / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
