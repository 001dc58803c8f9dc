"""Worker processes: order, threads, and what happens when one dies."""

import functools
import os
import signal

import pytest

from synthmark.workers import available_cores, run_ordered


def square(number: int) -> int:
    return number * number


def threads(_item: int) -> tuple[str | None, bool]:
    return os.environ.get("OMP_NUM_THREADS"), signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def dies_at(number: int, fatal: int) -> int:
    if number == fatal:
        os._exit(9)
    return number


def crashed(number: int) -> int:
    return -number


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_items(jobs):
    numbers = list(range(23, 0, -1))
    assert list(run_ordered(square, numbers, jobs, crashed)) == [n * n for n in numbers]


def test_workers_have_one_thread_and_leave_interrupts_to_the_parent(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert list(run_ordered(threads, [1, 2], 2, lambda _: ("crashed", False))) == [("1", True)] * 2
    assert "OMP_NUM_THREADS" not in os.environ


def test_item_that_kills_its_worker_is_told_and_the_rest_is_done():
    result = list(run_ordered(functools.partial(dies_at, fatal=3), range(1, 14), 2, crashed))
    assert result == [1, 2, -3, *range(4, 14)]


def test_no_items_start_no_process():
    assert list(run_ordered(square, [], 4, crashed)) == []


def test_available_cores_is_a_sensible_number():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
