"""What an extraction found: one frozen record, shared by pictures, sound and video."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Detection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The outcome of looking for a mark; true when a mark was found.

    Attributes
    ----------
    found
        Whether a payload passed every acceptance test.
    content_id
        The 64-bit content id, or None when nothing was found.
    false_alarm_probability
        Upper bound on the chance that unmarked content gives this answer, after correction for every
        hypothesis that was tried; None when nothing was found.
    strength
        Signal-to-noise ratio of the decoded payload in decibels per information bit (Eb/N0); the decoder
        needs about 1.5. Zero when nothing was found.
    version
        Version of the mark's format; zero when nothing was found.
    """

    found: bool = False
    content_id: int | None = None
    false_alarm_probability: float | None = None
    strength: float = 0.0
    version: int = 0

    def __bool__(self) -> bool:
        """Return whether a mark was found."""
        return self.found
