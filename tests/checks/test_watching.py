"""Each save leads to verdicts, whichever way the editor saves, and the newest save decides."""

from __future__ import annotations

import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from workbook.checks.saves import saves
from workbook.checks.verdicts import Verdicts
from workbook.checks.warm_checks import Cancelled, WarmChecks
from workbook.checks.watch import watch_and_check
from workbook.course.errors import WorkbookError
from workbook.course.places import SOLUTIONS
from workbook.course.starters import write_starter
from workbook.course.steps import Step, find_step

from ..processes import lives

STEP = "01_twitter_login"
SOLUTION = (SOLUTIONS / STEP / "app.py").read_text(encoding="utf-8")
# Longer than anything takes on a slow machine (seconds).
PATIENCE = 120.0
# Writes within this time are one save (seconds).
BURST = 0.06


def wait_until(done: Callable[[], bool]) -> None:
    """Looks again and again, and fails after PATIENCE."""
    until = time.monotonic() + PATIENCE
    look_again = threading.Event()
    while not done():
        assert time.monotonic() < until, "it never came about"
        look_again.wait(0.02)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A student's folder of step folders, where everything is finished but app.py, which is the starter's."""
    write_starter(SOLUTIONS / STEP, tmp_path / "work" / STEP)
    shutil.copytree(
        SOLUTIONS / STEP / "templates", tmp_path / "work" / STEP / "templates", dirs_exist_ok=True
    )
    return tmp_path / "work"


@pytest.fixture
def app(work: Path) -> Path:
    return work / STEP / "app.py"


class Seen:
    """The results of a thread, one after the other, until the test ends."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.every: queue.Queue[object] = queue.Queue()

    def next(self) -> object:
        return self.every.get(timeout=PATIENCE)


@pytest.fixture
def saved(work: Path) -> Iterator[Seen]:
    """The saves that the watch sees in the step's folder; the watch has begun."""
    seen, folder = Seen(), work / STEP

    def follow() -> None:
        for files in saves([folder], seen.stop, files=[work / ".env"]):
            seen.every.put({file.name for file in files})

    thread = threading.Thread(target=follow)
    thread.start()

    def begun() -> bool:
        (folder / "begun").write_text(str(time.monotonic()))
        return not seen.every.empty()

    wait_until(begun)
    (folder / "begun.too").touch()
    while "begun.too" not in seen.next():  # type: ignore[operator]
        pass
    yield seen
    seen.stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def in_place(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def beside_and_renamed(file: Path, text: str) -> None:
    """VS Code on some systems, PyCharm's "safe write", sed -i."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def old_one_renamed(file: Path, text: str) -> None:
    """Vim with 'backupcopy' set to no: the old file becomes the backup, which Vim deletes in the end."""
    backup = file.with_name(f"{file.name}~")
    file.rename(backup)
    file.write_text(text, encoding="utf-8")
    backup.unlink()


def removed_and_written(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text, encoding="utf-8")


def in_many_moves(file: Path, text: str) -> None:
    """Some milliseconds from the first write to the last, as when a formatter runs after the editor."""
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        file.write_text(text, encoding="utf-8")


EDITORS = (in_place, in_many_moves, beside_and_renamed, old_one_renamed, removed_and_written)


@pytest.mark.parametrize("save", EDITORS, ids=lambda save: save.__name__)
def test_however_an_editor_saves_it_is_one_save(
    saved: Seen, app: Path, save: Callable[[Path, str], None]
) -> None:
    begun = time.monotonic()
    save(app, SOLUTION)
    took = time.monotonic() - begun
    answers = [saved.next()]
    assert "app.py" in answers[0]  # type: ignore[operator]
    (app.parent / "later").touch()
    while "later" not in answers[-1]:  # type: ignore[operator]
        answers.append(saved.next())
    # A machine that stands still for a moment in the middle of a save makes two saves of it.
    assert len(answers) - 1 <= 1 + took // BURST


def test_what_running_leaves_behind_is_no_save(saved: Seen, app: Path) -> None:
    for name in ("__pycache__/app.cpython-311.pyc", "instance/app.db", ".ipynb_checkpoints/app.py", ".env"):
        file = app.parent / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("left behind")
    (app.parent / "templates" / "index.html").write_text("saved")
    assert saved.next() == {"index.html"}


def test_a_folder_that_was_replaced_is_still_watched(saved: Seen, app: Path) -> None:
    """As by `git switch` and `reset`: the system watches the folder that is gone."""
    folder = app.parent
    for number in range(2):
        aside = folder.with_name(f"aside-{number}")
        folder.rename(aside)
        wait_until(lambda: "app.py" in saved.next())  # type: ignore[operator]
        shutil.copytree(aside, folder)
        wait_until(lambda: "app.py" in saved.next())  # type: ignore[operator]
    (folder / "later").touch()
    wait_until(lambda: "later" in saved.next())  # type: ignore[operator]


def test_a_change_of_which_the_system_does_not_tell_is_seen(saved: Seen, app: Path, tmp_path: Path) -> None:
    """As on a network drive: the file is written by its name in another folder."""
    if sys.platform == "win32":
        pytest.skip("Windows tells of it")
    other = tmp_path / "other"
    other.hardlink_to(app)
    other.write_text(SOLUTION, encoding="utf-8")
    assert saved.next() == {"app.py"}


def test_a_single_file_is_watched_too(saved: Seen, work: Path) -> None:
    settings = work / ".env"
    settings.write_text("A=1")
    assert saved.next() == {".env"}
    beside_and_renamed(settings, "A=2")
    assert saved.next() == {".env"}
    settings.unlink()
    assert saved.next() == {".env"}


@pytest.fixture
def shown(work: Path) -> Iterator[Seen]:
    """The verdicts that come while the folder is watched; the first ones are there."""
    seen = Seen()

    def show(step: Step, verdicts: Verdicts) -> None:
        seen.every.put(verdicts)

    thread = threading.Thread(target=watch_and_check, args=([find_step("01")], work, show, seen.stop))
    thread.start()
    first = seen.next()
    assert isinstance(first, Verdicts) and first.passed == 0
    yield seen
    seen.stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def message_of(verdicts: Verdicts, exercise: str) -> str:
    return next(verdict.message for verdict in verdicts.all if verdict.id == exercise)


def saved_until(shown: Seen, app: Path, text: str, wanted: Callable[[Verdicts], bool]) -> Verdicts:
    """Saves, and returns the wanted verdict. Saves again until the watch has begun, and waits longer each time, because
    a save ends the current run."""
    for patience in (5, 10, 20, 40, PATIENCE):
        app.write_text(text, encoding="utf-8")
        until = time.monotonic() + patience
        while (left := until - time.monotonic()) > 0:
            try:
                verdicts = shown.every.get(timeout=left)
            except queue.Empty:
                break
            assert isinstance(verdicts, Verdicts)
            if wanted(verdicts):
                return verdicts
    raise AssertionError("the verdict never came")


def test_a_syntax_error_and_its_mending_are_both_answered(shown: Seen, app: Path) -> None:
    broken = saved_until(
        shown, app, f"{SOLUTION}\ndef f(:\n", lambda v: "SyntaxError" in message_of(v, "1.7")
    )
    assert broken.passed == 0 and broken.failed == 7
    beside_and_renamed(app, SOLUTION)
    wait_until(lambda: isinstance(mended := shown.next(), Verdicts) and mended.all_passed)


def waiting_app(tmp_path: Path) -> tuple[str, Path, Path]:
    """An app that writes its process ID while it loads, and waits until the test lets it go; and the two files for
    it."""
    loading, leave = tmp_path / "loading", tmp_path / "leave"
    text = (
        f"import os, pathlib\npathlib.Path({str(loading)!r}).write_text(str(os.getpid()))\n"
        f"while not os.path.exists({str(leave)!r}):\n    pass\n"
    )
    return text, loading, leave


def test_of_two_saves_the_newer_has_the_last_word(shown: Seen, app: Path, tmp_path: Path) -> None:
    saved_until(shown, app, "one", lambda v: "NameError" in message_of(v, "1.1"))
    text, loading, leave = waiting_app(tmp_path)
    app.write_text(text, encoding="utf-8")
    wait_until(loading.exists)
    app.write_text(SOLUTION, encoding="utf-8")
    leave.touch()
    wait_until(lambda: isinstance(newest := shown.next(), Verdicts) and newest.all_passed)


def test_nothing_to_watch_is_said(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="none of these steps"):
        watch_and_check([find_step("01")], tmp_path, lambda step, verdicts: None, threading.Event())


def test_a_cancelled_run_ends_with_its_app_and_the_next_one_has_verdicts(
    checks: WarmChecks, work: Path, app: Path, tmp_path: Path
) -> None:
    text, loading, _ = waiting_app(tmp_path)
    app.write_text(text, encoding="utf-8")
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(checks.run, find_step("01"), work)
        wait_until(lambda: loading.exists() and loading.read_text() != "")
        loaded = psutil.Process(int(loading.read_text()))
        app.write_text(SOLUTION, encoding="utf-8")
        checks.cancel()
        with pytest.raises(Cancelled):
            run.result(timeout=PATIENCE)
    wait_until(lambda: not lives(loaded))
    assert checks.run(find_step("01"), work).all_passed


def test_cancelling_where_nothing_runs_harms_nothing(checks: WarmChecks, work: Path) -> None:
    checks.cancel()
    verdicts = checks.run(find_step("01"), work)
    checks.cancel()
    assert verdicts.passed == 0 and len(verdicts.all) == 7
    assert [folder.name for folder in work.iterdir()] == [STEP]


def test_a_save_while_the_first_check_runs_is_answered(work: Path, app: Path, tmp_path: Path) -> None:
    text, loading, leave = waiting_app(tmp_path)
    app.write_text(text, encoding="utf-8")
    seen = Seen()
    thread = threading.Thread(
        target=watch_and_check,
        args=([find_step("01")], work, lambda step, verdicts: seen.every.put(verdicts), seen.stop),
    )
    thread.start()
    wait_until(loading.exists)
    app.write_text(SOLUTION, encoding="utf-8")
    leave.touch()
    wait_until(lambda: isinstance(newest := seen.next(), Verdicts) and newest.all_passed)
    seen.stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
