"""What a label may say, and where its line may break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthmark.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["has_elements", "require_wording", "two_lines"]

MAXIMUM_LENGTH = 80

ARTIFICIAL = re.compile("人工智能|AI")
GENERATED = re.compile("生成|合成")
# A break never splits one of the two elements, a Latin word or a number.
TOKEN = re.compile(r"人工智能|生成|合成|[^\W\u2E80-\U0003FFFF]+(?:['’.-][^\W\u2E80-\U0003FFFF]+)*|.", re.DOTALL)
CLOSING = frozenset("、。，：；！？）】》〉」』”’…—,.:;!?)]}%％~～·-/")
OPENING = frozenset("（【《〈「『“‘([{")


def has_elements(text: str) -> bool:
    """Return whether a text has both elements: 人工智能 or AI, and 生成 or 合成 (GB 45438-2025, 5.2 b)."""
    return bool(ARTIFICIAL.search(text) and GENERATED.search(text))


def require_wording(text: object, *, force: bool = False) -> str:
    """Return the text of a label without outer spaces, after checking that it says what it must.

    Both elements have to be there: 人工智能 or AI, and 生成 or 合成 (GB 45438-2025, 5.2 b).

    Raises
    ------
    InputError
        When the text is no string, empty, longer than 80 characters or more than one line; unless `force`
        is set, also when an element is missing.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"The text of a label is a string with at least one character; this is {text!r}.")
    text = text.strip()
    if len(text) > MAXIMUM_LENGTH:
        raise InputError(f"The text of a label has at most {MAXIMUM_LENGTH} characters; this has {len(text)}.")
    if not text.isprintable() and not text.replace("\u3000", "").isprintable():
        raise InputError(f"The text of a label is one line without control characters; this is {text!r}.")
    if not force and not has_elements(text):
        raise InputError(
            f"The text {text!r} lacks an element that a label must have: 人工智能 or AI, and 生成 or 合成. "
            "Use for example 'AI生成', or pass force=True."
        )
    return text


def two_lines(text: str, width: Callable[[str], float]) -> tuple[str, str] | None:
    """Break a text into two lines as even as possible, or return None when it has no place to break.

    Parameters
    ----------
    width
        Measures one line, in any unit.
    """
    tokens = TOKEN.findall(text)
    pairs = ("".join(tokens[:i]).strip() and (tokens, i) for i in range(1, len(tokens)))
    broken = [_broken(*pair) for pair in pairs if pair and _may_break(*pair)]
    return min(broken, key=lambda lines: max(map(width, lines)), default=None)


def _may_break(tokens: list[str], index: int) -> bool:
    """Return whether a line may end before a token."""
    return tokens[index] not in CLOSING and tokens[index - 1] not in OPENING


def _broken(tokens: list[str], index: int) -> tuple[str, str]:
    """Return the two lines that a break before a token gives."""
    return "".join(tokens[:index]).rstrip(), "".join(tokens[index:]).lstrip()
