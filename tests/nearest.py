"""The part of pytest for `test --changed`: of the tests that a change touches the nearest first, until the time is
over."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest

from .reach import Rank, Touched, place

# How long tests are begun in any case (seconds), also on a machine that is slow to collect them.
_LEAST = 15.0
_LEFT = "left to the whole suite"

_rank = pytest.StashKey[Rank]()
_begun = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --touched and --until."""
    group = parser.getgroup("workbook")
    group.addoption(
        "--touched", metavar="JSON", help="the tests that a change touches, as tests/reach.py finds them"
    )
    group.addoption(
        "--until", type=float, metavar="SECONDS", help="no test is begun after this time (since 1970)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes the tests that the change touches, the nearest first."""
    touched = Touched(**json.loads(config.getoption("--touched")))
    ours = []
    for item in items:
        rank = touched.rank(item.nodeid)
        if rank is not None:
            item.stash[_rank] = rank
            ours.append(item)
    others = [item for item in items if _rank not in item.stash]
    if others:
        config.hook.pytest_deselected(items=others)
    items[:] = sorted(ours, key=lambda item: (item.stash[_rank], place(item.nodeid.partition("::")[0])))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves a test out when the time is over; a slow one always, unless its own file has changed."""
    now = time.time()
    begun = item.config.stash.setdefault(_begun, now)
    if now > max(item.config.getoption("--until"), begun + _LEAST):
        pytest.skip(_LEFT)
    own = item.stash[_rank][:2] == (0, 0)
    if not own and item.get_closest_marker("slow"):
        pytest.skip(_LEFT)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints which tests were left out."""
    left = Counter(
        report.nodeid.partition("::")[0]
        for report in terminalreporter.stats.get("skipped", ())
        if _LEFT in str(report.longrepr)
    )
    if left:
        named = ", ".join(f"{path} ({number})" for path, number in left.most_common(3))
        more = f" and {len(left) - 3} other files" if len(left) > 3 else ""
        terminalreporter.write_line(f"{left.total()} tests are left to the whole suite: {named}{more}.")
