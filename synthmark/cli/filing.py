"""`synthmark filing`: run the labelling and write the documents for an algorithm filing (算法备案)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.cli import options as shared
from synthmark.console import ExitCode, print_json, print_problem, print_text

if TYPE_CHECKING:
    import argparse

    from synthmark.filing.company import Company, FilingTable
    from synthmark.filing.pack import Made

__all__ = ["add", "run"]

DESCRIPTION = (
    "Label samples as configured, attack the copies, extract from all of them, and write four documents in Chinese "
    "or English (DOCX, PDF, Markdown) with the samples, and scripts that repeat the extraction. What only the "
    "company knows comes from the table [filing] of synthmark.toml; what is missing there is asked for on a "
    "terminal. What is left blank is marked in the documents and listed as an open point."
)


def add(commands: shared.Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "filing", help="write the documents for an algorithm filing", description=DESCRIPTION
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder of the pack")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="of the documents (default: %(default)s)")
    parser.add_argument(
        "--samples", type=Path, metavar="DIR", help="your own files to label; without it some are made"
    )
    parser.add_argument("--tool", type=Path, metavar="FILE", help="file of the extract tool that you hand in")
    parser.add_argument(
        "--date", metavar="DATE", help="of the documents, such as 2026-01-31 (default: [filing], today)"
    )
    parser.add_argument("--no-input", action="store_true", help="ask nothing, also on a terminal")
    parser.add_argument("--no-browser", action="store_true", help="take no pictures of the tool in a browser")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier pack")
    shared.add_config_file(parser)
    shared.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    from synthmark.config import find_file
    from synthmark.filing.company import checked_date, read_table
    from synthmark.filing.pack import Order, make_pack

    settings = shared.settings_from(options)
    table = read_table(find_file(options.config))
    date = _today() if table.date is None else table.date
    order = Order(
        target=options.output,
        config=settings.config,
        company=_company(options, table),
        date=date if options.date is None else checked_date(options.date, "--date"),
        language=options.lang,
        samples=options.samples,
        tool=options.tool,
        overwrite=options.overwrite,
        browser=not options.no_browser,
    )
    made = make_pack(order, lambda line: print_problem(f"synthmark filing: {line}"))
    _print(made, options)
    return ExitCode.FOUND


def _today() -> str:
    import datetime as dt

    return dt.datetime.now(dt.UTC).date().isoformat()


def _company(options: argparse.Namespace, table: FilingTable) -> Company:
    """Return the company of the table; on a terminal with answers to what is missing there."""
    if options.no_input or not (sys.stdin.isatty() and sys.stderr.isatty()) or not table.company.missing:
        return table.company
    from synthmark.filing.asking import as_toml, asked

    company = asked(table.company, options.lang, _answer)
    print_problem(as_toml(company, options.lang))
    return company


def _answer(question: str) -> str:
    """Ask on stderr, so that stdout holds results alone."""
    print_problem(question)
    return input("> ")


def _print(made: Made, options: argparse.Namespace) -> None:
    files = [str(file) for file in made.files]
    if options.json:
        content = {"files": files, "points": made.statuses, "open": list(made.open_points), "browser": made.browser}
        print_json({"schema": "synthmark.filing/1", **content})
        return
    print_text("\n".join(f"wrote {file}" for file in files))
    for point in made.open_points:
        print_problem(f"- {point}")
    if made.unshown:
        print_problem(f"The font of the PDF documents lacks {made.unshown}: there are squares; DOCX has them.")
    if not made.browser and not options.no_browser:
        print_problem("No picture of the page was taken: install Chromium for that.")
