"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from synthmark.config import Settings
    from synthmark.remote import Place

    # argparse has no public names for these two
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001
    Parser: TypeAlias = argparse.ArgumentParser | argparse._ArgumentGroup  # noqa: SLF001

__all__ = [
    "Commands",
    "add_audible_options",
    "add_coding_options",
    "add_config_file",
    "add_json",
    "add_key_files",
    "add_label_options",
    "add_registry_options",
    "add_watermark_options",
    "job_count",
    "location",
    "place",
    "seconds",
    "settings_from",
]


def add_config_file(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the configuration file."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the configuration; without it ./synthmark.toml, if there is one",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option for output that programs read."""
    parser.add_argument("--json", action="store_true", help="print one JSON object per file, one per line")


def add_key_files(parser: argparse.ArgumentParser) -> None:
    """Add the option that names keys to look for."""
    parser.add_argument(
        "--key-file",
        type=Path,
        action="append",
        default=[],
        dest="key_files",
        metavar="FILE",
        help="look for marks of this key, too (may be repeated)",
    )


def add_watermark_options(parser: Parser) -> None:
    """Add the options of the watermark."""
    parser.add_argument("--strength", type=_number_or_word, metavar="auto|X", help="strength of the watermark")
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="the watermark key; without it the published default key",
    )


def add_label_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that override the configuration of labels."""
    group = parser.add_argument_group("what to write (each overrides the configuration)")
    switch = argparse.BooleanOptionalAction
    group.add_argument("--visible", action=switch, help="write the visible label")
    group.add_argument("--metadata", action=switch, help="write the metadata label")
    group.add_argument("--watermark", action=switch, help="write the invisible watermark")
    group.add_argument("--producer", metavar="NAME", help="provider code, or name, of who made the content")
    group.add_argument("--propagator", metavar="NAME", help="provider code, or name, of who spreads it")
    group.add_argument("--system", metavar="TEXT", help="the generator, for IPTC AISystemUsed")
    group.add_argument("--system-version", metavar="TEXT", help="its version, for IPTC AISystemVersionUsed")
    group.add_argument("--text", metavar="TEXT", help="words of the visible label")
    group.add_argument("--position", metavar="PLACE", help="corner or edge of the visible label, such as top-left")
    group.add_argument("--font", type=Path, metavar="FILE", help="font of the visible label")
    add_audible_options(group)
    group.add_argument("--jpeg-quality", type=int, metavar="1-100", help="instead of each file's own quality")
    _add_video_options(group)
    add_watermark_options(group)
    _add_credential_options(group)


def add_registry_options(parser: Parser) -> None:
    """Add the options of what is recorded of labelled files."""
    parser.add_argument("--registry", type=location, metavar="PATH|URL", help="where labelled files are recorded")
    parser.add_argument("--operator", metavar="NAME", help="who runs the labelling, for the records")
    parser.add_argument("--requested-by", metavar="NAME", help="who asked for copies without the visible label")
    parser.add_argument("--agreement", metavar="VERSION", help="version of the agreement with them")


def _add_credential_options(group: Parser) -> None:
    group.add_argument(
        "--certificate-file", type=Path, metavar="FILE", help="certificates (PEM) to sign credentials (C2PA) with"
    )
    group.add_argument("--certificate-key-file", type=Path, metavar="FILE", help="the private key (PEM) of the first")


def location(text: str) -> object:
    """Read the location of a registry: a path or a URL."""
    from synthmark.config_rules import LOCATION

    return LOCATION.parse(text)


def place(text: str) -> Place:
    """Read the name of a file or folder: a path or a URL."""
    from synthmark.errors import InputError
    from synthmark.remote import to_place

    try:
        return to_place(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _add_video_options(group: Parser) -> None:
    group.add_argument("--label", metavar="SPAN", help="label videos over the whole, the start, or start+end")
    add_coding_options(group)
    group.add_argument(
        "--audible-in-video",
        action="store_const",
        const=True,
        help="videos: lay the audible label over their sound, too",
    )
    group.add_argument(
        "--no-reencode",
        action="store_const",
        const=True,
        help="videos and GIF: write the metadata label alone, and leave pictures and sound as they are",
    )


def add_coding_options(parser: Parser) -> None:
    """Add the options of how videos are coded."""
    parser.add_argument("--codec", metavar="NAME", help="codec of videos, such as h264 (default: that of each file)")
    parser.add_argument(
        "--crf", type=float, metavar="X", help="quality of videos (default: after each file's bit rate)"
    )
    parser.add_argument("--preset", metavar="NAME", help="speed of the video encoder, such as veryfast")


def add_audible_options(parser: Parser) -> None:
    """Add the options of the audible label of sound."""
    parser.add_argument("--audible", metavar="FORM", help="audible label of sound: rhythm or spoken")
    parser.add_argument(
        "--audible-place",
        type=_place,
        metavar="PLACE",
        help="where it stands: start, end, both, or seconds such as 0.5,60",
    )
    parser.add_argument("--audible-language", metavar="zh|en", help="language of the spoken label")
    parser.add_argument("--audible-prompt", type=Path, metavar="FILE", help="your own recording of the spoken label")
    parser.add_argument("--audible-text", metavar="TEXT", help="words that espeak-ng speaks instead")


def _place(text: str) -> object:
    from synthmark.config_rules import RULES

    return RULES["audible_place"].parse(text)


def _number_or_word(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def job_count(text: str) -> int:
    """Read a number of worker processes, at least 1."""
    jobs = int(text)
    if jobs < 1:
        raise argparse.ArgumentTypeError("at least 1 is needed")
    return jobs


def seconds(text: str) -> float:
    """Read a length of time, more than nothing."""
    length = float(text)
    if not 0 < length < 1e9:
        raise argparse.ArgumentTypeError("a number of seconds above 0 is needed")
    return length


def settings_from(options: argparse.Namespace) -> Settings:
    """Return the configuration with what the options override.

    Raises
    ------
    ConfigError
        When the file, the environment or an option is wrong.
    """
    from synthmark.config import FIELDS, load_settings

    flags = {name: getattr(options, name, None) for name in FIELDS}
    return load_settings(getattr(options, "config", None), flags=flags)
