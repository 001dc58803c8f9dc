"""Patterns for names of files: `*.png`, `drafts`, `2026/**/final-??.jpg`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EVERYTHING", "Patterns"]


@dataclass(frozen=True, slots=True)
class Patterns:
    """Which names are taken.

    A pattern without a slash is compared with the name alone, at any depth; one with a slash with the whole name
    below the folder that was given. `*` and `?` stand for anything but a slash, `**` for any folders, `[abc]` for one
    of these characters. Upper and lower case count as the same, so that a pattern means the same on every system.

    Attributes
    ----------
    include
        Only files that one of these fits are taken; empty for all.
    exclude
        Files that one of these fits are left out, and folders with all that is below them.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def take(self, name: str) -> bool:
        """Return whether a file is taken, by its name below the folder, with forward slashes."""
        return (not self.include or _fits(self.include, name)) and not self.leave_out(name)

    def leave_out(self, name: str) -> bool:
        """Return whether a folder is left out with all that is below it."""
        return _fits(self.exclude, name)


EVERYTHING = Patterns()


def _fits(patterns: Sequence[str], name: str) -> bool:
    return any(_expression(pattern).fullmatch(name) for pattern in patterns)


@functools.lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    """Translate a pattern; one without a slash fits in any folder, and a slash at its end says nothing."""
    parts = pattern.rstrip("/").split("/")
    anywhere = len(parts) == 1
    body = "".join(_part(part, last=number == len(parts)) for number, part in enumerate(parts, 1))
    return re.compile(("(?:.*/)?" if anywhere else "") + body, re.IGNORECASE | re.DOTALL)


def _part(part: str, *, last: bool) -> str:
    if part == "**":
        return ".*" if last else "(?:[^/]+/)*"
    return "".join(_piece(piece) for piece in re.findall(r"\[!?\]?[^\]]*\]|.", part, re.DOTALL)) + (
        "" if last else "/"
    )


def _piece(piece: str) -> str:
    """Translate one wildcard, set or character."""
    if piece == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if len(piece) > 1:
        inverted = piece.startswith("[!")
        members = re.sub(r"([\\\[\]^&~|])", r"\\\1", piece[2 if inverted else 1 : -1])
        return f"(?:(?!/)[{'^' if inverted else ''}{members}])"
    return re.escape(piece)
