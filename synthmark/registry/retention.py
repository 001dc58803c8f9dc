"""How long records stay: six calendar months at the least (标识办法, article 9)."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Final

from synthmark.errors import InputError

__all__ = ["LEAST_MONTHS", "latest_cutoff", "may_be_pruned", "parse_moment", "pruning_cutoff"]

LEAST_MONTHS: Final = 6
_WEST, _EAST = dt.timedelta(hours=12), dt.timedelta(days=1)  # how far the days of the earth's zones lie from UTC's


def latest_cutoff(now: dt.datetime, months: int = LEAST_MONTHS) -> dt.datetime:
    """Return the moment before which records may be dropped: midnight in UTC.

    A period of months ends with the day that has the number of its first day, or with the last day of the month
    (民法典, articles 201 and 202). It is over in every time zone.

    Parameters
    ----------
    now
        With its time zone.
    months
        6 or more.
    """
    day = (now.astimezone(dt.UTC) - _WEST).date()
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    start = dt.date(year, month + 1, min(day.day, last))
    return dt.datetime.combine(start, dt.time(), dt.UTC) - _EAST


def pruning_cutoff(before: dt.datetime, now: dt.datetime, months: int = LEAST_MONTHS) -> dt.datetime:
    """Return the moment before which to prune, as asked for.

    Raises
    ------
    InputError
        When records younger than the months would be dropped, or the months are fewer than six.
    """
    if months < LEAST_MONTHS:
        raise InputError(f"Records stay for {LEAST_MONTHS} months at least (标识办法, article 9), not {months}.")
    latest = latest_cutoff(now, months)
    if before > latest:
        raise InputError(
            f"Records from {latest:%Y-%m-%d} on are younger than {months} months and stay; "
            f"prune before {latest:%Y-%m-%d} or an earlier day."
        )
    return before


def parse_moment(text: str) -> dt.datetime:
    """Read a day (2026-01-31, midnight in UTC) or a moment of RFC 3339; without a zone it is UTC.

    Raises
    ------
    InputError
        When the text is neither.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no day or time; such as 2026-01-31 is needed.") from None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def may_be_pruned(recorded_at: str, now: str) -> bool:
    """Return whether a record of one moment was old enough to be dropped at another, both in RFC 3339."""
    try:
        return parse_moment(recorded_at) < latest_cutoff(parse_moment(now))
    except (InputError, OverflowError, ValueError):
        return False
