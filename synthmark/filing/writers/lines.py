"""Breaking text into lines: words stay whole, and no line begins or ends with what Chinese typesetting forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["broken"]

_NOT_FIRST = frozenset("，。、；：？！）》〉】〕」』”’…—·％℃,.;:?!)]}%")
_NOT_LAST = frozenset("（《〈【〔「『“‘([{")
_SOFT = frozenset("/_-.=&?")  # a long word may break after these


def broken(text: str, width: float, width_of: Callable[[str], float]) -> list[tuple[int, int]]:
    """Return start and end of each line of a text.

    Parameters
    ----------
    text
        Without line feeds.
    width
        Of a line.
    width_of
        Gives the width of a character.
    """
    lines, start = [], 0
    while start < len(text):
        end = _end(text, start, width, width_of)
        lines.append((start, end))
        start = end
        while start < len(text) and text[start] == " ":
            start += 1
    return lines or [(0, 0)]


def _end(text: str, start: int, width: float, width_of: Callable[[str], float]) -> int:
    """Return where the line that begins at a place ends."""
    used = 0.0
    for place in range(start, len(text)):
        used += width_of(text[place])
        if used > width and place > start and text[place] != " ":
            return _last_break(text, start, place)
    return len(text)


def _last_break(text: str, start: int, place: int) -> int:
    """Return the last place up to which a line may go, when the character at `place` has no room."""
    places = range(place, start, -1)
    whole = next((at for at in places if _may_break(text, at)), None)
    if whole is not None and whole > start + (place - start) // 3:
        return whole
    soft: Sequence[int] = [at for at in places if text[at - 1] in _SOFT]
    return soft[0] if soft else whole or place


def _may_break(text: str, at: int) -> bool:
    """Return whether a line may end before the character at a place."""
    before, after = text[at - 1], text[at]
    if after in _NOT_FIRST or before in _NOT_LAST or after == " ":
        return False
    return before == " " or _is_wide(before) or _is_wide(after)


def _is_wide(letter: str) -> bool:
    return ord(letter) >= 0x2E80 or letter in "“”‘’…—"
