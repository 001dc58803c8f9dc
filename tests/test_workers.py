"""Worker processes: order, threads, and what happens when one dies or hangs."""

import functools
import itertools
import os
import signal
import time
from pathlib import Path

import pytest

from synthmark.workers import CRASHED, InOrder, Pool, available_cores, run_ordered


def square(number: int) -> int:
    return number * number


def surroundings(_item: int) -> tuple[str | None, bool]:
    return os.environ.get("OMP_NUM_THREADS"), signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def dies_at(number: int, fatal: tuple[int, ...]) -> int:
    if number in fatal:
        os.kill(os.getpid(), signal.SIGSEGV if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    return number


def hangs_at(number: int, endless: int) -> int:
    time.sleep(60 if number == endless else 0)
    return number


def tidies_up(path: str) -> None:
    Path(path).touch()
    try:
        time.sleep(60)
    finally:
        Path(path).unlink()


def negative(number: int, _reason: str) -> int:
    return -number


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_items(jobs):
    numbers = list(range(23, 0, -1))
    assert list(run_ordered(square, numbers, jobs, negative)) == [n * n for n in numbers]


def test_workers_have_one_thread_and_leave_interrupts_to_the_parent(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert list(run_ordered(surroundings, [1, 2], 2, lambda *_: ("lost", False))) == [("1", True)] * 2
    assert "OMP_NUM_THREADS" not in os.environ


def test_item_that_kills_its_worker_is_told_and_the_rest_is_done():
    deadly = functools.partial(dies_at, fatal=(1, 3, 4, 13))
    result = list(run_ordered(deadly, range(1, 14), 2, negative))
    assert result == [-1, 2, -3, -4, *range(5, 13), -13]


def test_the_reason_is_given():
    with Pool(functools.partial(dies_at, fatal=(1,)), 1, lambda item, reason: reason) as pool:
        pool.submit(1)
        assert pool.wait() == [(1, CRASHED)]


def test_item_that_takes_too_long_is_given_up():
    slow = functools.partial(hangs_at, endless=2)
    with Pool(slow, 1, lambda item, reason: reason, time_limit=0.5) as pool:
        for item in (1, 2):
            pool.submit(item)
        results = dict(pool.wait() + pool.wait())
        pool.submit(3)
        assert results | dict(pool.wait()) == {
            1: 1,
            2: "it took longer than 0.5 seconds and was given up",
            3: 3,
        }


def test_time_limit_does_not_count_the_start_of_a_worker():
    with Pool(square, 1, negative, time_limit=1.0, prepare=functools.partial(time.sleep, 1.5)) as pool:
        pool.submit(3)
        assert pool.wait() == [(3, 9)]


def test_waiting_ends_when_its_time_is_over():
    with Pool(functools.partial(hangs_at, endless=2), 1, negative) as pool:
        assert pool.wait(0.01) == []
        pool.submit(2)
        assert pool.wait(0.05) == []
        assert not pool.idle


def test_work_that_is_given_up_is_tidied_up(tmp_path):
    file = tmp_path / "temporary"
    with Pool(tidies_up, 1, lambda *_: None) as pool:
        pool.submit(str(file))
        while not file.exists():
            time.sleep(0.02)
    assert not file.exists()


def test_items_are_drawn_as_they_are_needed():
    drawn = itertools.count()
    results = run_ordered(square, drawn, 2, negative)
    assert list(itertools.islice(results, 5)) == [0, 1, 4, 9, 16]
    results.close()
    assert next(drawn) < 5000  # and not for ever


def test_no_items_start_no_process():
    assert list(run_ordered(square, [], 4, negative)) == []


def test_results_wait_for_their_turn():
    window = InOrder()
    window.put(1, "b")
    assert list(window.ready()) == []
    window.put(0, "a")
    assert list(window.ready()) == ["a", "b"]


def test_available_cores_is_a_sensible_number():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
