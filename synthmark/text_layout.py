"""Columns and line breaks for text in which Chinese characters take two columns."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["padded", "printable", "text_width", "wrapped"]

# A word, or one wide character; closing punctuation stays with what it closes, opening with what it opens.
_PIECES = re.compile(r"(?:[“（]*(?:[⺀-￯]|[^\s⺀-￯“]+)[。，、；：”）]*|[“（]+)\s*")


# Control and format characters, halves of surrogate pairs, line and paragraph separators: what text from a file
# could use to move the cursor, to turn the direction of writing, or to begin a line of its own.
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""Return text in which whatever could act on a terminal or page is shown as its code: ``\x1b``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _UNPRINTABLE else character
        for character in text
    )


def text_width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, width: int) -> str:
    """Return the text with spaces up to a width in columns, at least one."""
    return text + " " * max(1, width - text_width(text))


def wrapped(text: str, width: int) -> list[str]:
    """Return the text in lines of at most a width in columns; a longer word has a line of its own."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1] and text_width(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]
