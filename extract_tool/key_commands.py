"""The commands `keys`, `signing-key` and `check-report`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from synthmark.catalogue import languages, message
from synthmark.console import ExitCode, print_json, print_text
from synthmark.keys import key_id

if TYPE_CHECKING:
    import argparse

    from extract_tool.key_ring import KeyRing
    from synthmark.key_files import KeyFile

__all__ = ["check_report", "make_signing_key", "run_keys"]


def run_keys(options: argparse.Namespace) -> int:
    """Add a key to the key ring, list the keys, or remove one."""
    from extract_tool.key_ring import KeyRing

    ring = KeyRing()
    if options.command == "add":
        _add(ring, options)
    elif options.command == "remove":
        print_text(_line(ring.remove(options.key)))
    else:
        for item in ring.files():
            print_text(_line(item))
    return ExitCode.FOUND


def _add(ring: KeyRing, options: argparse.Namespace) -> None:
    from synthmark.key_files import load_key_file

    item = load_key_file(options.file)
    item = dataclasses.replace(item, name=options.name or item.name, provider=options.provider or item.provider)
    ring.add(item)
    print_text(_line(item))


def _line(item: KeyFile) -> str:
    """Return one line on a key, without the key."""
    start, end = (day.isoformat() if day else "..." for day in (item.valid_from, item.valid_until))
    return f"{key_id(item.key)}  {item.name}  {item.provider or '-'}  {start} - {end}  {item.use}"


def make_signing_key(options: argparse.Namespace) -> int:
    """Write a new private key and print the public one."""
    from extract_tool.signing import new_signing_key

    print_text(new_signing_key(options.file).hex())
    return ExitCode.FOUND


def check_report(options: argparse.Namespace) -> int:
    """Check a folder of reports and print what was found."""
    from extract_tool.signing import check_folder, load_public_key

    folder = options.path if options.path.is_dir() else options.path.parent
    expected = None if options.public_key is None else load_public_key(options.public_key)
    found = check_folder(folder, expected)
    code = ExitCode.FOUND if found.intact else ExitCode.CONFLICT
    if options.json:
        print_json({"schema": "synthmark.report-check/1", "intact": found.intact} | dataclasses.asdict(found))
        return code
    language = languages("auto")[0]
    print_text(
        message("folder_check.intact" if found.intact else "folder_check.changed", language, files=found.files)
    )
    for name in found.changed:
        print_text(message("folder_check.file_changed", language, name=name))
    for name in found.unlisted:
        print_text(message("folder_check.file_unlisted", language, name=name))
    print_text(message(f"folder_check.signature_{found.signature}", language, key=found.public_key or ""))
    return code
