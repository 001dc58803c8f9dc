"""A pool without processes, for a single file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from synthmark.files.atomic import own_drafts

if TYPE_CHECKING:
    from types import TracebackType

    from synthmark.batch.worker import Answer, LabelFile, Task

__all__ = ["Inline"]


class Inline:
    """Labels in this process, with the interface of `synthmark.workers.Pool`."""

    def __init__(self, label: LabelFile, owner: str) -> None:
        self._label = label
        self._owner = owner
        self._waiting: list[Task] = []

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    @property
    def full(self) -> bool:
        """Whether `wait` has to be called first."""
        return not self.idle

    def submit(self, task: Task) -> None:
        """Keep a task for `wait`."""
        self._waiting.append(task)

    def wait(self, timeout: float | None = None) -> list[tuple[Task, Answer]]:
        """Do what waits, however long it takes."""
        del timeout
        return [(task, self._label(task)) for task in iter(self._next, None)]

    def _next(self) -> Task | None:
        return self._waiting.pop(0) if self._waiting else None

    def __enter__(self) -> Self:
        own_drafts(self._owner)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        own_drafts("")
