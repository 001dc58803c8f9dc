"""`synthmark registry`: find, list, export, verify and prune the records of labelled files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmark.cli import options as shared
from synthmark.console import ExitCode, error_code, print_json, print_problem, print_text, problem_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from synthmark.config import Config
    from synthmark.registry import Registry, Verification
    from synthmark.registry.lookup import Found

__all__ = ["add", "run"]

FIND_SCHEMA = "synthmark.registry.find/1"
RECORD_SCHEMA = "synthmark.registry.record/1"
VERIFY_SCHEMA = "synthmark.registry.verification/1"


def add(commands: shared.Commands) -> None:
    """Describe the command and its actions."""
    parser = commands.add_parser(
        "registry", help="find, list, export, verify and prune the records of labelled files"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    find = _action(actions, "find", _find, "which record belongs to an id or a file, and does the content agree")
    find.add_argument("queries", nargs="+", metavar="ID|FILE", help="content id in hex, content number, or file")
    shared.add_key_files(find)
    listing = _action(actions, "list", _list, "print the last records")
    listing.add_argument("--limit", type=shared.job_count, default=20, metavar="N", help="how many (default: 20)")
    export = _action(actions, "export", _export, "write everything as JSON Lines, or the records as CSV")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl", help="default: jsonl")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="instead of standard output")
    verify = _action(actions, "verify", _verify, "find altered, removed, reordered and inserted records")
    verify.add_argument("--anchor", action="append", default=[], metavar="TEXT", help="what `head` printed before")
    _action(actions, "head", _head, "print the end of the chain, to be kept elsewhere for `verify --anchor`")
    prune = _action(actions, "prune", _prune, "drop records older than six months")
    prune.add_argument("--retention-months", type=int, metavar="N", help="how long records stay: 6 or more")
    prune.add_argument("--before", required=True, metavar="DAY", help="such as 2026-01-31, in UTC")


def _action(
    actions: shared.Commands,
    name: str,
    action: Callable[[argparse.Namespace, Registry, Config], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text)
    parser.add_argument("--registry", type=shared.location, metavar="PATH|URL", help="instead of the configured one")
    parser.add_argument(
        "--lang", dest="language", choices=("auto", "en", "zh", "both"), help="language of the answer"
    )
    shared.add_config_file(parser)
    shared.add_json(parser)
    parser.set_defaults(run=run, action=action)
    return parser


def run(options: argparse.Namespace) -> int:
    """Open the registry and do what was asked."""
    from synthmark.errors import ConfigError
    from synthmark.registry import open_registry

    config = shared.settings_from(options).config
    if config.registry is None:
        raise ConfigError("No registry is configured: set registry in synthmark.toml, or use --registry.")
    with open_registry(config.registry, create=False) as registry:
        return int(options.action(options, registry, config))


def _find(options: argparse.Namespace, registry: Registry, config: Config) -> int:
    from synthmark.keys import load_key

    keys = tuple(load_key(file) for file in options.key_files)
    config.key()
    codes = [_find_one(query, registry, config, keys, as_json=options.json) for query in options.queries]
    return max(codes)


def _find_one(query: str, registry: Registry, config: Config, keys: Sequence[bytes], *, as_json: bool) -> int:
    """Answer one question; a file that cannot be read does not stop the next."""
    from synthmark.errors import MediaError
    from synthmark.registry.lookup import find_file, find_id
    from synthmark.verification import verify_file

    path = Path(query)
    try:
        report = verify_file(path, config, keys=keys) if path.is_file() else None
        found = find_id(registry, query) if report is None else find_file(registry, path, report)
    except MediaError as error:
        if as_json:
            print_json(_unread(query, error))
        print_problem(problem_line(path, str(error)))
        return error_code(error)
    verdict = _verdict(found, None if report is None else report.verdict)
    code = _code(found, verdict)
    if as_json:
        content = _unchecked(query) if report is None else report.as_json()
        answer = {"schema": FIND_SCHEMA, "query": query, "verdict": verdict, "exit_code": int(code)}
        print_json(content | answer | {"registry": found.as_json()})
    else:
        _print_found(query, found, config)
    return code


def _verdict(found: Found, verdict: str | None) -> str:
    """Return the verdict of the report, which the registry may contradict."""
    if found.agreement == "disagrees":
        return "conflict"
    return verdict or ("labelled" if found.matches else "not_labelled")


def _code(found: Found, verdict: str) -> ExitCode:
    if verdict == "conflict":
        return ExitCode.CONFLICT
    return ExitCode.FOUND if found.matches else ExitCode.NOT_FOUND


def _unchecked(query: str) -> dict[str, Any]:
    from synthmark.reporting import unchecked

    return unchecked(Path(query), "synthmark")


def _unread(query: str, error: Exception) -> dict[str, Any]:
    failure = {"kind": type(error).__name__, "message": str(error)}
    answer = {"schema": FIND_SCHEMA, "query": query, "exit_code": int(error_code(error)), "error": failure}
    return _unchecked(query) | answer | {"registry": None}


def _print_found(query: str, found: Found, config: Config) -> None:
    """Print which records there are and what they say."""
    for say in _speakers(config):
        lines = [query, "  " + say(f"records.found.{found.matched_by or 'nothing'}")]
        if found.matches and found.matched_by in {"content_id", "fingerprint"} and found.ids:
            lines.append(f"  {say(_agreement(found))}")
        for match in found.matches:
            lines += ["", *(f"  {line}" for line in _record_lines(match.record.as_json(), say))]
        print_text("\n".join(lines) + "\n")


def _agreement(found: Found) -> str:
    if found.matched_by == "fingerprint" and found.agreement == "disagrees":
        return "records.agreement.other_id"
    return f"records.agreement.{found.agreement}"


def _speakers(config: Config) -> list[Callable[..., str]]:
    """Return a function for each language that is asked for, which gives the sentence of a code."""
    import functools

    from synthmark.catalogue import languages, message

    def say(code: str, language: str, **params: object) -> str:
        return message(code, language, **params)

    return [functools.partial(say, language=language) for language in languages(config.language)]


_SHOWN = (
    "content_id",
    "produce_id",
    "producer",
    "system",
    "time",
    "media_type",
    "layers",
    "requested_by",
    "agreement",
    "operator",
    "source",
    "sha256_after",
)


def _record_lines(stored: dict[str, Any], say: Callable[..., str]) -> list[str]:
    """Return what a record says, one line per field that is set."""
    from synthmark.text_layout import padded

    values = {name: stored["record"][name] for name in _SHOWN}
    shown = {name: ", ".join(value) if isinstance(value, list) else value for name, value in values.items()}
    lines = {"sequence": stored["sequence"], **shown}
    return [
        padded(say(f"records.field.{name}"), 22) + _printable(str(value)) for name, value in lines.items() if value
    ]


def _printable(text: str) -> str:
    """Return text without the control characters that could steer a terminal."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def _list(options: argparse.Namespace, registry: Registry, _config: Config) -> int:
    records = registry.latest(options.limit)
    for item in records:
        if options.json:
            print_json({"schema": RECORD_SCHEMA, **item.as_json()})
        else:
            record = item.record
            line = f"{item.sequence:>8}  {record.time}  {record.content_id}  {record.media_type:16}  {record.source}"
            print_text(_printable(line))
    return ExitCode.FOUND if records else ExitCode.NOT_FOUND


def _export(options: argparse.Namespace, registry: Registry, _config: Config) -> int:
    """Write to a file, which is there whole or not at all, or to standard output."""
    from synthmark.files.atomic import replacing
    from synthmark.registry.export import writer_for

    write = writer_for(options.format)
    if options.output is None:
        write(registry.rows(), sys.stdout)
        return ExitCode.FOUND
    encoding = "utf-8-sig" if options.format == "csv" else "utf-8"  # by the mark Excel knows that it is UTF-8
    with replacing(options.output) as draft, draft.open("w", encoding=encoding, newline="") as file:
        count = write(registry.rows(), file)
    print_problem(f"wrote {count} entries to {options.output}")
    return ExitCode.FOUND


def _verify(options: argparse.Namespace, registry: Registry, config: Config) -> int:
    from synthmark.registry import Anchor

    result = registry.verify([Anchor.parse(text) for text in options.anchor])
    if options.json:
        print_json(_verification(result))
    else:
        for say in _speakers(config):
            _print_verification(result, say)
    return ExitCode.FOUND if result.intact else ExitCode.CONFLICT


def _verification(result: Verification) -> dict[str, Any]:
    problems = [{"code": item.code, "first": item.first, "last": item.last} for item in result.problems]
    head = result.head.text()
    return {"schema": VERIFY_SCHEMA, "intact": result.intact, "entries": result.entries, "head": head} | {
        "problems": problems
    }


def _print_verification(result: Verification, say: Callable[..., str]) -> None:
    code = "records.intact" if result.intact else "records.broken"
    print_text(say(code, entries=result.entries, problems=len(result.problems), head=result.head.text()))
    for problem in result.problems:
        print_text("  " + say(f"records.problem.{problem.code}", first=problem.first, last=problem.last))


def _head(options: argparse.Namespace, registry: Registry, _config: Config) -> int:
    anchor = registry.head()
    if options.json:
        print_json({"schema": "synthmark.registry.head/1", "anchor": anchor.text(), "sequence": anchor.sequence})
    else:
        print_text(anchor.text())
    return ExitCode.FOUND


def _prune(options: argparse.Namespace, registry: Registry, config: Config) -> int:
    from synthmark.registry.retention import parse_moment

    before = parse_moment(options.before)
    count = registry.prune(before, months=config.retention_months, operator=config.operator)
    if options.json:
        print_json({"schema": "synthmark.registry.prune/1", "before": before.isoformat(), "dropped": count})
    else:
        for say in _speakers(config):
            print_text(say("records.pruned", count=count) if count else say("records.nothing_pruned"))
    return ExitCode.FOUND
