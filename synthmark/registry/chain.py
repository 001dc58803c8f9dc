"""The chain of entries: each names the SHA-256 of the one before, so that no change goes unseen.

An entry is a JSON object in one canonical form (keys in order, no spaces, UTF-8; RFC 8785 gives the same bytes for
what occurs here), and its hash is the SHA-256 of exactly these bytes. The first entry names the hash `GENESIS`.

Whoever can write to the database can compute the whole chain anew. That shows only against an anchor: place and hash
of an entry, kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from synthmark.errors import InputError
from synthmark.registry.retention import may_be_pruned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "GENESIS",
    "Anchor",
    "Checker",
    "Head",
    "Problem",
    "Row",
    "Verification",
    "canonical",
    "entry_hash",
    "parsed_entry",
]

FORMAT: Final = 1
GENESIS: Final = "0" * 64
_ANCHOR = re.compile(r"synthmark-registry-1:([1-9][0-9]{0,17}|0):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """Place and hash of an entry, to be kept where nobody with access to the registry can change it."""

    sequence: int
    hash: str

    def text(self) -> str:
        """Return the anchor as one word."""
        return f"synthmark-registry-1:{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Read what `text` returned.

        Raises
        ------
        InputError
            When it is no anchor.
        """
        parts = _ANCHOR.fullmatch(text.strip())
        if parts is None:
            raise InputError(f"{text!r} is no anchor; `synthmark registry head` prints one.")
        return cls(int(parts[1]), parts[2])


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: place, hash and time of the last entry; 0, `GENESIS` and "" of an empty one."""

    sequence: int
    hash: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the database: an entry, and the columns by which it is found."""

    sequence: int
    content: str
    hash: str
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the chain that is not as it was written.

    Attributes
    ----------
    code
        ``altered``, ``columns``, ``removed``, ``order``, ``start``, ``end``, ``time`` or ``anchor``, which the
        catalogue explains.
    first, last
        Places of the entries concerned.
    """

    code: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking a registry found.

    Attributes
    ----------
    entries
        How many are there: records, and notes on what was pruned.
    head
        The end of the chain, as an anchor.
    problems
        None when the chain is whole.
    """

    entries: int
    head: Anchor
    problems: tuple[Problem, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, removed, reordered or inserted."""
        return not self.problems


def canonical(entry: Mapping[str, Any]) -> str:
    """Return an entry of texts, whole numbers, truth values, lists and objects in its one form."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def entry_hash(content: str) -> str:
    """Return the SHA-256 of an entry in its canonical form, in hex."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def parsed_entry(content: str) -> dict[str, Any]:
    """Return an entry as an object; an empty one for what is no entry."""
    try:
        entry = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


class Checker:
    """Goes through the rows in the order of their places and collects what is wrong.

    Parameters
    ----------
    columns_of
        Returns the columns that belong to an entry.
    anchors
        To compare with.
    """

    def __init__(self, columns_of: ColumnsOf, anchors: Iterable[Anchor] = ()) -> None:
        self._columns_of = columns_of
        self._anchors = {anchor.sequence: anchor for anchor in anchors if anchor != Anchor(0, GENESIS)}
        self._problems: list[Problem] = []
        self._last = Head(0, GENESIS, "")
        self._start: tuple[int, str] | None = None
        self._pruned: set[tuple[int, str]] = {(0, GENESIS)}
        self._entries = 0

    def add(self, row: Row) -> None:
        """Check one row against the one before."""
        entry = parsed_entry(row.content)
        if entry_hash(row.content) != row.hash or canonical(entry) != row.content:
            self._note("altered", row.sequence)
        elif entry.get("sequence") != row.sequence:
            self._note("order", row.sequence)
        elif self._columns_of(entry) != row.columns:
            self._note("columns", row.sequence)
        previous = str(entry.get("previous"))
        recorded_at = str(entry.get("recorded_at", self._last.recorded_at))
        self._check_link(row.sequence, previous)
        if recorded_at < self._last.recorded_at:
            self._note("time", row.sequence)
        self._check_anchor(row)
        self._remember(entry)
        self._last = Head(row.sequence, row.hash, recorded_at)
        self._entries += 1

    def finish(self, head: Head) -> Verification:
        """Compare with the stored end of the chain and return the result."""
        if self._start is not None and self._start not in self._pruned:
            self._note("start", self._start[0] + 1)
        if (head.sequence, head.hash) != (self._last.sequence, self._last.hash):
            places = sorted((head.sequence, self._last.sequence))
            self._problems.append(Problem("end", min(places[0] + 1, places[1]), places[1]))
        for sequence in sorted(self._anchors):
            self._note("anchor", sequence)
        problems = tuple(sorted(self._problems, key=lambda problem: (problem.first, problem.code)))
        return Verification(self._entries, Anchor(head.sequence, head.hash), problems)

    def _note(self, code: str, sequence: int) -> None:
        self._problems.append(Problem(code, sequence, sequence))

    def _check_link(self, sequence: int, previous: str) -> None:
        """Compare an entry with the hash before it; the first one may follow on what was pruned."""
        if self._start is None:
            self._start = (sequence - 1, previous)
            self._confirm(sequence - 1, previous)
        elif sequence != self._last.sequence + 1:
            self._problems.append(Problem("removed", self._last.sequence + 1, sequence - 1))
        elif previous != self._last.hash:
            self._note("order", sequence)

    def _check_anchor(self, row: Row) -> None:
        self._confirm(row.sequence, row.hash)

    def _confirm(self, sequence: int, found: str) -> None:
        """Drop an anchor that holds; those that are left at the end do not."""
        anchor = self._anchors.get(sequence)
        if anchor is not None and anchor.hash == found:
            del self._anchors[sequence]

    def _remember(self, entry: Mapping[str, Any]) -> None:
        """Remember where the chain may start, which a note on pruning says."""
        pruned = entry.get("pruned")
        if not isinstance(pruned, dict) or not isinstance(pruned.get("last_sequence"), int):
            return
        if may_be_pruned(str(pruned.get("last_recorded_at")), str(entry.get("recorded_at"))):
            self._pruned.add((pruned["last_sequence"], str(pruned.get("last_hash"))))


if TYPE_CHECKING:
    from collections.abc import Callable

    ColumnsOf = Callable[[Mapping[str, Any]], Mapping[str, Any]]
