"""Labelling many files: folders, worker processes, a journal that outlives crashes, and folders that are watched."""

from __future__ import annotations

from synthmark.batch.orders import Order
from synthmark.batch.outcomes import Outcome
from synthmark.batch.row_batch import RowBatch, RowOutcome
from synthmark.batch.running import Batch

__all__ = ["Batch", "Order", "Outcome", "RowBatch", "RowOutcome"]
