"""Labelling that kills its process at files of certain names, as a defect in a codec does."""

import contextlib
import os
import signal
import time
from pathlib import Path

from synthmark.batch.rows import LabelRow
from synthmark.batch.worker import LabelFile
from synthmark.files.atomic import draft_beside, own_drafts
from synthmark.payload import format_content_id


class DeadlyLabelFile(LabelFile):
    """Dies at `poison*`, hangs at `endless*`, and labels everything else."""

    __slots__ = ()

    def __call__(self, task):
        name = task.job.source.name
        if name.startswith("poison"):
            with draft_beside(task.job.target):  # which nobody is left to delete
                os.kill(os.getpid(), signal.SIGSEGV)
        if name.startswith("endless"):
            time.sleep(600)
        return super().__call__(task)


class DeadlyLabelRow(LabelRow):
    """Dies at `poison*`, and labels everything else."""

    __slots__ = ()

    def _labelled(self, job, content_id, version, registry):
        if job.source.name.startswith("poison"):
            own_drafts(format_content_id(content_id))
            beside = draft_beside(job.target) if isinstance(job.target, Path) else contextlib.nullcontext()
            with beside:  # which nobody is left to delete
                os.kill(os.getpid(), signal.SIGSEGV)
        return super()._labelled(job, content_id, version, registry)
