"""Batches that are given up on the way."""

from pathlib import Path

from synthmark.batch import Batch, Order
from synthmark.config import Config


def interrupted_after(folder: Path, number: int, **options) -> None:
    """Run a batch over `in` into `out`, and close it when it has yielded so many outcomes."""
    config = Config(producer="Example-Studio", watermark=False)
    order = Order(**{"paths": (folder / "in",), "output": folder / "out", "config": config} | options)
    with Batch(order) as batch, batch.selection() as selection:
        outcomes = batch.outcomes(selection, lambda outcome: None)
        for _ in range(number):
            next(outcomes)
        outcomes.close()
