"""`synthmark init`: write a commented configuration, a key that is unused until switched on, and a registry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from synthmark.console import ExitCode, print_problem, print_text
from synthmark.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from synthmark.cli import options as shared

__all__ = ["add", "run"]

KEY_FILE = "synthmark.key"
REGISTRY_FILE = "synthmark.sqlite"

TEMPLATE = """\
# Configuration of synthmark. An environment variable (SYNTHMARK_PRODUCER) overrides a value of this file, and
# an option (--producer) overrides both. `synthmark config show` prints every value and where it comes from.

# Who made the content: the 27-character provider code of TC260-PG-20252A, or a name without spaces.
# It is written into every file and must be yours: until it is set, files say "unnamed".
{producer}

# Who spreads it, in the same form. Usually left out: the first label names the producer in both places.
# propagator = "Example-Platform"

# The generator, for IPTC AISystemUsed and AISystemVersionUsed.
# system = "Example Painter"
# system_version = "2.1"

# The three layers.
visible = true
metadata = true
watermark = true

# The visible label. GB 45438-2025 asks for both elements: AI (or 人工智能), and 生成 (or 合成).
text = "AI生成"
# top-left, top, top-right, left, right, bottom-left, bottom or bottom-right.
# Left out: the best place in each picture.
# position = "bottom-right"
# A font file, for texts that the bundled font does not cover.
# font = "MyFont.otf"

# The audible label of sound: "rhythm" (short-long short-short, Morse for AI), or "spoken".
audible = "rhythm"
# "start", "end", "both", or the seconds at which it lies over the content, such as [0.5, 60].
audible_place = "start"
# Of the spoken label: zh or en. A recording of your own, or a text for espeak-ng, can take its place.
# audible_language = "zh"
# audible_prompt = "prompt.wav"
# audible_text = "本音频由人工智能生成"

# Strength of the watermark: "auto", or a factor from 0.25 to 4 on the usual one.
strength = "auto"

# The watermark key. Left out, marks are written with the published key: everyone can read them, and copy them.
# With a key file only those who have the file can read and write your marks: keep it secret, and back it up,
# since nobody can read your marks without it.
{key}

# Signed credentials (C2PA), written after everything else; needs: pip install 'synthmark[c2pa]'. Left out: none.
# The certificates of the signer, its own first, and its private key, both in PEM.
# certificate_file = "certificates.pem"
# certificate_key_file = "certificate-key.pem"

# 1 to 100; left out: every JPEG keeps its own quality.
# jpeg_quality = 95

# The visible label of videos: over the "whole" clip, its "start" (3 s), or "start+end".
label = "whole"
# true: lay the audible label over the sound of videos, too; GB 45438-2025 asks only for the one that is seen.
audible_in_video = false
# Videos keep their codec, and take their bit rate as a bound. Otherwise: h264, hevc, vp8, vp9, av1, mpeg4, mjpeg,
# prores or ffv1; a constant quality and a speed, both in the encoder's own scale.
# codec = "h264"
# crf = 20
# preset = "veryfast"
# true: write the metadata label alone into videos and GIF files, and leave pictures and sound as they are.
no_reencode = false

# Language of reports: en, zh, both, or auto for the locale's.
language = "auto"

# Where every labelled file is recorded: an SQLite file on a local disk, or a URL such as
# "postgresql://synthmark@database/labels" (the password in ~/.pgpass or PGPASSWORD, not here).
registry = "{registry}"
# Who runs the labelling, for the records. Left out: the login name.
# operator = "Example Team"
# Copies without the visible label are given only to users who ask for it, under an agreement that states their
# duties (标识办法, article 9); with visible = false the registry needs both.
# requested_by = "customer 4711"
# agreement = "2026-01"
# How many months records stay: 6, which article 9 asks for, or more.
retention_months = 6

# What only the company knows, for the documents of an algorithm filing (`synthmark filing`). It asks for what is
# missing; docs/filing.md has the whole table.
# [filing]
# name = "..."
# credit_code = "..."
# algorithm = "..."
"""


def add(commands: shared.Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser("init", help="write synthmark.toml and a key file, and make a registry")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(), metavar="DIR", help="where (default: here)")
    parser.add_argument("--producer", metavar="NAME", help="provider code, or name, of who made the content")
    parser.add_argument(
        "--secret",
        action="store_true",
        help="mark with the new key, so that only those who have it can read the marks",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the files, none over one that exists."""
    from synthmark.config import DEFAULT_FILE, Config
    from synthmark.registry import open_registry

    config, key, registry = (options.folder / name for name in (DEFAULT_FILE, KEY_FILE, REGISTRY_FILE))
    if options.producer is not None:
        Config(producer=options.producer)  # refuses a wrong name before anything is written
    _refuse_existing(config, key, registry)
    _write_key(key)
    open_registry(registry).close()
    _write_new(config, _filled(options.producer, secret=options.secret).encode(), 0o644)
    print_text("\n".join(f"wrote {path}" for path in (config, key, registry)))
    if options.producer is None:
        print_problem(f"Now set the producer in {config}.")
    return ExitCode.FOUND


def _filled(producer: str | None, *, secret: bool) -> str:
    return TEMPLATE.format(
        registry=REGISTRY_FILE,
        producer='# producer = "Example-Studio"' if producer is None else f'producer = "{producer}"',
        key=f'key_file = "{KEY_FILE}"' if secret else f'# key_file = "{KEY_FILE}"',
    )


def _write_key(path: Path) -> None:
    from synthmark.keys import new_key

    _write_new(path, new_key().hex().encode() + b"\n", 0o600)


def _refuse_existing(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise ConfigError(f"{path} exists already and stays as it is; remove it first, or name another folder.")


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that must not exist, with its permissions from the first moment on."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from error
