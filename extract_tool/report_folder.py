"""Writes reports into a folder: HTML, PDF and JSON for each file, a table of all, and the SHA-256 of everything."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

from extract_tool.details import agreement_code
from extract_tool.report_html import report_html
from extract_tool.report_pdf import report_pdf
from synthmark.catalogue import message
from synthmark.errors import InputError, MediaError
from synthmark.files.atomic import replacing
from synthmark.text_layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from extract_tool.checking import Checked
    from extract_tool.signing import SigningKey

__all__ = ["SIGNATURE", "SUMS", "ReportFolder"]

SUMS, SIGNATURE, TABLE = "SHA256SUMS", "SHA256SUMS.sig", "summary.csv"
_COLUMNS = ("file", "sha256", "media_type", "verdict", "exit_code", "content_id", "producer", "agreement", "error")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


class ReportFolder:
    """A folder of reports: add one file after another, then `finish`.

    Parameters
    ----------
    folder
        Where the reports go; made when it is not there. It must be empty, or hold an older run of reports.
    languages
        `en`, `zh` or both.
    key
        With which the reports are signed, or None.

    Raises
    ------
    InputError
        When the folder is a file, or holds other things.
    """

    def __init__(self, folder: Path, languages: Sequence[str], key: SigningKey | None = None) -> None:
        self._folder, self._languages, self._key = folder, languages, key
        self._sums: dict[str, str] = {}
        self._rows: list[list[str]] = []
        _prepare(folder)

    def add(self, checked: Checked) -> None:
        """Write the reports on one file.

        Raises
        ------
        MediaError
            When they cannot be written.
        """
        name = self._free_name(checked.path.name)
        content = json.dumps(checked.report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        self._write(f"{name}.json", content.encode("utf-8", "backslashreplace"))
        page = report_html(checked.report, checked.pictures, self._languages)
        self._write(f"{name}.html", page.encode("utf-8", "backslashreplace"))
        self._write(f"{name}.pdf", report_pdf(checked.report, checked.pictures, self._languages))
        self._rows.append([escaped_cell(cell) for cell in _cells(checked, self._languages[0])])

    def finish(self) -> None:
        """Write the table, the sums and, with a key, the signature.

        Raises
        ------
        MediaError
            When they cannot be written.
        """
        self._write(TABLE, _table(self._rows))
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums.items())).encode("utf-8")
        self._write(SUMS, sums)
        if self._key is not None:
            self._write(SIGNATURE, self._key.signature_file(sums))

    def _free_name(self, name: str) -> str:
        """Return a name for the reports on a file: its own, with a number where another file has the same."""
        safe = printable(name).replace("/", "_").replace("\\", "_")[:150]
        number, chosen = 1, safe
        while f"{chosen.casefold()}.json" in {name.casefold() for name in self._sums}:
            number += 1
            chosen = f"{safe} ({number})"
        return chosen

    def _write(self, name: str, data: bytes) -> None:
        try:
            with replacing(self._folder / name) as draft:
                draft.write_bytes(data)
        except OSError as error:
            raise MediaError(f"{self._folder / name} cannot be written: {error.strerror or error}.") from error
        self._sums[name] = hashlib.sha256(data).hexdigest()


def escaped_cell(text: str) -> str:
    """Return text for a spreadsheet that takes nothing in it for a formula (OWASP, CSV injection)."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _prepare(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; the reports need a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        foreign = not (folder / SUMS).exists() and any(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be used: {error.strerror or error}.") from error
    if foreign:
        raise InputError(f"{folder} holds other files; give an empty folder, or a new one, for the reports.")


def _cells(checked: Checked, language: str) -> Iterator[str]:
    report = checked.report
    layers: Mapping[str, Any] = {layer["layer"]: layer for layer in report["layers"]}
    yield str(checked.path)
    yield report["file"]["sha256"] or ""
    yield report["file"]["media_type"] or ""
    yield report["verdict"]
    yield str(report["exit_code"])
    yield layers["watermark"]["claims"].get("content_id", "")
    yield layers["metadata"]["claims"].get("producer", "")
    yield message(agreement_code(report), language)
    yield checked.error


def _table(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a table as CSV in UTF-8 with a byte order mark, by which spreadsheets recognise it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_COLUMNS, *rows])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "backslashreplace")
