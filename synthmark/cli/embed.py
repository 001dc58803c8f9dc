"""`synthmark embed`: write the invisible watermark, and nothing else, into a copy of one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.cli import options as shared
from synthmark.cli.frame_progress import frame_progress
from synthmark.cli.notes import print_notes
from synthmark.console import print_json, print_text
from synthmark.errors import InputError

if TYPE_CHECKING:
    import argparse

__all__ = ["add", "run"]


def add(commands: shared.Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser("embed", help="write the invisible watermark alone into a copy of one file")
    parser.add_argument("source", type=Path, metavar="IN", help="the file to mark")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the marked copy")
    parser.add_argument("--content-id", required=True, metavar="HEX", help="up to 16 hex digits")
    parser.add_argument("--overwrite", action="store_true", help="replace the copy if it exists")
    parser.add_argument("--force", action="store_true", help="mark a file with a signed credential, which breaks it")
    shared.add_config_file(parser)
    shared.add_json(parser)
    shared.add_watermark_options(parser)
    shared.add_coding_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Mark the file."""
    from synthmark.labelling import embed_file
    from synthmark.payload import parse_content_id

    content_id = parse_content_id(options.content_id)
    config = shared.settings_from(options).config
    if options.output.exists() and not options.overwrite:
        raise InputError(f"{options.output} exists already; add --overwrite to replace it.")
    with frame_progress(shown=not (options.json and sys.stdout.isatty())) as report:
        record = embed_file(
            options.source,
            options.output,
            content_id,
            config.key(),
            config.strength,
            force=options.force,
            codec=config.codec,
            crf=config.crf,
            preset=config.preset,
            progress=report,
        )
    print_notes(record)
    if options.json:
        print_json(record.as_json())
    else:
        print_text(f"{options.output}: marked with {record.content_id}")
    return record.exit_code
