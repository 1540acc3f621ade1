"""The part of pytest that makes the exercises' checks: `pytest tests/steps --in chapters`.

A test in tests/steps/test_01_twitter_login.py with the marker `exercise("1.3")` belongs to exercise 1.3 of that step.
It gets a `site`: the student's app, running beside local providers of its own. Tests run in the order of the exercises,
and a test whose exercise needs another that is not passed is skipped: it "waits".
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workbook.course.places import DEFAULT_FOLDER, ROOT, SOLUTIONS, STEP_TESTS
from workbook.course.steps import Exercise, Step, all_steps

from .deadline import TooLong

if TYPE_CHECKING:
    from workbook.lab.databases import Database
    from workbook.lab.running import AppFailed
    from workbook.lab.site import Site
    from workbook.lab.warm import Warm

# The warm process that apps are forked from, where one was lent to this run.
lent = pytest.StashKey["Warm"]()
# The message of a check where the process that starts apps was ended, as for using too much.
ENDED = "The processes of the app were ended."
# The property of a report that says that the app does not start.
NOT_STARTED = "not_started"

_passed = pytest.StashKey[dict[str, bool]]()
_broken = pytest.StashKey[dict[Path, "AppFailed"]]()
_waits_for = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --in, --ignore-needs and --database."""
    group = parser.getgroup("workbook")
    group.addoption("--in", dest="checked_folder", metavar="DIR", help="the folder of step folders to check")
    group.addoption(
        "--ignore-needs",
        action="store_true",
        help="run the checks of exercises whose needs are not passed, too",
    )
    group.addoption(
        "--database",
        metavar="URL",
        help="a PostgreSQL server where each app gets a database of its own; without it they are SQLite files",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Prepares the record of the passed exercises."""
    config.stash[_passed] = {}
    config.stash[_broken] = {}


def checked_folder(config: pytest.Config) -> Path:
    """The folder of step folders that --in names. Without --in it is the solutions, or chapters in a student's copy."""
    return (ROOT / (config.getoption("checked_folder") or DEFAULT_FOLDER)).resolve()


@functools.cache
def step_of(path: Path) -> Step | None:
    """The step that a test file checks; None for any other file."""
    if path.parent != STEP_TESTS:
        return None
    return next((step for step in all_steps() if path.stem == f"test_{step.name}"), None)


def exercise_of(item: pytest.Item) -> Exercise | None:
    """The exercise that a test belongs to; None for a test of the workbook itself."""
    marker = item.get_closest_marker("exercise")
    step = step_of(item.path) if marker else None
    return step.exercise(marker.args[0]) if marker and step else None


def _order(item: pytest.Item) -> tuple[int, ...]:
    exercise = exercise_of(item)
    return tuple(int(part) for part in exercise.id.split(".")) if exercise else (-1,)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of a step in the order of its exercises. Files stay in theirs."""
    if (ROOT / os.environ.get("WORKBOOK_IN", DEFAULT_FOLDER)).resolve() != SOLUTIONS.resolve():
        for item in items:
            _do_not_compare_drawings(item)
    files = list(dict.fromkeys(item.path for item in items))
    items.sort(key=lambda item: (files.index(item.path), _order(item)))


def _do_not_compare_drawings(item: pytest.Item) -> None:
    """In a notebook that runs a student's app, only the verdicts are compared with the stored outputs.

    A right solution may be written differently, and then it sends different messages. Cells that show the app's
    messages have the tag "said".
    """
    cell = getattr(item, "cell", None)
    if cell is not None and "said" in cell.get("metadata", {}).get("tags", ()):
        item.options["check"] = False  # type: ignore[attr-defined]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test whose exercise waits for another."""
    exercise = exercise_of(item)
    if exercise is None or item.config.getoption("--ignore-needs"):
        return
    step = step_of(item.path)
    if step and checked_folder(item.config) / step.name in item.config.stash[_broken]:
        return  # an app that does not start fails every exercise, each with that reason
    passed = item.config.stash[_passed]
    for need in exercise.needs:
        if not passed.get(need, True):
            item.stash[_waits_for] = need
            passed[exercise.id] = False
            pytest.skip(f"exercise {exercise.id} waits for {need}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Puts the check's message into the report of a failed check, and notes which exercises are passed."""
    report = yield
    exercise = exercise_of(item)
    if exercise is None:
        return report
    if _waits_for in item.stash:
        report.user_properties.append(("waits_for", item.stash[_waits_for]))
    if report.failed:
        item.config.stash[_passed][exercise.id] = False
        assert call.excinfo is not None
        report.longrepr = _words(item, call.excinfo.value) or report.longrepr
        if call.excinfo.value in item.config.stash[_broken].values():
            report.user_properties.append((NOT_STARTED, True))
    elif report.when == "call":
        item.config.stash[_passed].setdefault(exercise.id, True)
    return report


def took_too_long(error: TooLong) -> str:
    """The message of an exercise whose checks were interrupted."""
    from workbook.exercises.missed import Missed

    return str(
        Missed(
            should=f"the checks of this exercise end within {error.seconds:g} seconds.",
            did="it was so slow that they did not.",
            look="code that waits, repeats a request, or loops.",
        )
    )


def _words(item: pytest.Item, error: BaseException) -> str | None:
    from workbook.exercises.causes import app_failed, no_answer, with_app_error
    from workbook.exercises.missed import Missed
    from workbook.lab.browser import NoAnswer
    from workbook.lab.running import AppFailed
    from workbook.lab.site import Site
    from workbook.lab.warm import WarmEnded

    if isinstance(error, TooLong):
        return took_too_long(error)
    if isinstance(error, WarmEnded):
        return ENDED
    given = getattr(item, "funcargs", {}).values()
    site = next((value for value in given if isinstance(value, Site)), None)
    if isinstance(error, AppFailed):
        return str(app_failed(error))
    if isinstance(error, NoAnswer) and site is not None:
        return str(no_answer(error, site))
    if isinstance(error, Missed):
        return str(with_app_error(error, site))
    return None


@pytest.fixture(scope="session")
def warm(pytestconfig: pytest.Config) -> Iterator[Warm]:
    """The warm process that apps are forked from."""
    from workbook.lab.warm_apps import warm_for_apps

    if lent in pytestconfig.stash:
        yield pytestconfig.stash[lent]
        return
    with warm_for_apps() as ours:
        yield ours


@pytest.fixture(scope="session")
def broken(pytestconfig: pytest.Config) -> dict[Path, AppFailed]:
    """The apps that did not start: no test waits for one again."""
    return pytestconfig.stash[_broken]


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Path:
    """The folder of the app that is checked."""
    step = step_of(request.path)
    assert step is not None, "only a test of a step has an app"
    return checked_folder(request.config) / step.name


def _opened(
    folder: Path, warm: Warm, broken: dict[Path, AppFailed], *, may_fail: bool = False, **arguments: Any
) -> Site:
    """A new site of the app in a folder, if the app starts. The failure of one that `may_fail` says nothing about other
    sites."""
    from workbook.lab.commands import MigrationFailed
    from workbook.lab.running import AppFailed
    from workbook.lab.site import Site

    if folder in broken:
        raise broken[folder]
    if not folder.is_dir():
        broken[folder] = AppFailed(f"there is no folder {folder}")
        raise broken[folder]
    try:
        return Site(folder, warm, **arguments)
    except AppFailed as error:
        if not may_fail and not isinstance(error, MigrationFailed):
            broken[folder] = error
        raise


@pytest.fixture
def open_site(
    warm: Warm, folder: Path, broken: dict[Path, AppFailed], pytestconfig: pytest.Config
) -> Iterator[Callable[..., Site]]:
    """Opens sites of the checked app; arguments as for Site. The failure of one that `may_fail` says nothing about
    other sites."""
    opened: list[Site] = []

    def open_one(**arguments: Any) -> Site:
        site = _opened(folder, warm, broken, server=pytestconfig.getoption("database"), **arguments)
        opened.append(site)
        return site

    yield open_one
    for site in opened:
        site.close()


@pytest.fixture
def database(pytestconfig: pytest.Config) -> Iterator[Database]:
    """A new database, for a check that needs one without a site."""
    from workbook.lab.databases import Database

    with Database(pytestconfig.getoption("database")) as ours:
        yield ours


@pytest.fixture(scope="session")
def kept(pytestconfig: pytest.Config) -> Iterator[dict[str, Site]]:
    """The site for the next test of an exercise, by the exercise."""
    sites: dict[str, Site] = {}
    yield sites
    for site in sites.values():
        site.close()


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    warm: Warm,
    folder: Path,
    broken: dict[Path, AppFailed],
    kept: dict[str, Site],
    pytestconfig: pytest.Config,
) -> Iterator[Site]:
    """The checked app, running beside providers of its own, without users and logins.

    An app takes longer to start than most checks. So the next test of the same exercise gets the same site, with its
    data deleted, unless this test has failed, or the app itself writes rows into its database at its start.
    """
    exercise = exercise_of(request.node)
    id = f"{folder.name} {exercise.id if exercise else ''}"
    again, site = True, kept.pop(id, None)
    for other in list(kept):
        kept.pop(other).close()
    if site is not None and not site.begin_anew():
        site.close()
        site = None
    if site is None:
        site = _opened(folder, warm, broken, server=pytestconfig.getoption("database"))
        again = site.begins_with_nobody()
    yield site
    if again and exercise is not None and pytestconfig.stash[_passed].get(exercise.id):
        kept[id] = site
    else:
        site.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints how many of the tests were cells of notebooks, where there were any."""
    counts = {"test": 0, "notebook cell": 0}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            counts["notebook cell" if ".ipynb::" in report.nodeid else "test"] += 1
    if counts["notebook cell"]:
        terminalreporter.write_line(
            f"{counts['test']} tests and {counts['notebook cell']} notebook cells ran."
        )
