"""The checks of exercises give the same verdicts side by side and one after the other."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbook.checks.verdicts import Verdict, Verdicts
from workbook.checks.warm_checks import Cancelled, WarmChecks
from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT, SOLUTIONS
from workbook.course.starters import write_starter
from workbook.course.steps import find_step
from workbook.lab.warm import CAN_FORK, Warm

from ..processes import end, lives
from ..submissions.submitting import HERE, Submission
from ..submissions.verdict_list import without_chance
from .crews import CREWS, IDS

# Longer than anything takes on a slow machine (seconds).
PATIENCE = 120.0
STEP = "01_twitter_login"

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="there is one worker where nothing can be forked")


def wait_until(done: Callable[[], bool]) -> None:
    """Looks again and again, and fails after PATIENCE."""
    until = time.monotonic() + PATIENCE
    look_again = threading.Event()
    while not done():
        assert time.monotonic() < until, "it never came about"
        look_again.wait(0.02)


@pytest.fixture(scope="module")
def checks_with(warm: Warm) -> Iterator[Callable[[int], WarmChecks]]:
    """Checks with a number of workers. They are made once, because their modules take longer to load than a run."""
    with WarmChecks(warm) as checks:

        def checks_with(workers: int) -> WarmChecks:
            checks._workers = workers
            return checks

        yield checks_with


def solution(folder: Path) -> Path:
    return SOLUTIONS


def starter(folder: Path) -> Path:
    write_starter(SOLUTIONS / STEP, folder / STEP)
    return folder


def wrong(folder: Path) -> Path:
    return Submission(HERE / "03" / "wrong" / "3.1-callback-is-the-front-page.patch").write(folder)


def broken(folder: Path) -> Path:
    return Submission(HERE / "01" / "broken" / "no-app.patch").write(folder)


def said(verdicts: Verdicts) -> list[tuple[object, ...]]:
    return [(v.id, v.title, v.points, v.passed, v.waits_for, without_chance(v.message)) for v in verdicts.all]


@pytest.mark.parametrize(
    ("number", "work"), [("01", solution), ("01", starter), ("03", wrong), ("01", broken)]
)
def test_however_many_workers_there_are_the_verdicts_and_their_words_are_the_same(
    checks_with: Callable[[int], WarmChecks],
    number: str,
    work: Callable[[Path], Path],
    tmp_path: Path,
) -> None:
    step, folder = find_step(number), work(tmp_path)
    alone = checks_with(1).run(step, folder)
    assert [verdict.id for verdict in alone.all] == [exercise.id for exercise in step.exercises]
    for workers in (2, 5):
        heard: list[Verdict] = []
        verdicts = checks_with(workers).run(step, folder, on_verdict=heard.append)
        assert said(verdicts) == said(alone)
        assert sorted(heard, key=lambda verdict: verdict.id) == sorted(verdicts.all, key=lambda v: v.id)


@pytest.mark.parametrize("workers", [1, 2])
def test_only_what_was_asked_for_is_said(
    checks_with: Callable[[int], WarmChecks], workers: int, tmp_path: Path
) -> None:
    heard: list[str] = []
    verdicts = checks_with(workers).run(
        find_step("01"), starter(tmp_path), only=["1.3", "1.1"], on_verdict=lambda v: heard.append(v.id)
    )
    assert [(v.id, v.waits_for) for v in verdicts.all] == [("1.1", None), ("1.3", "1.2")]
    # The reason why 1.3 waits is a verdict, too.
    assert sorted(heard) == ["1.1", "1.2", "1.3"]


def test_what_the_shell_tells_pytest_changes_no_verdict(
    checks_with: Callable[[int], WarmChecks], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = starter(tmp_path)
    without = checks_with(2).run(find_step("01"), folder, ignore_needs=True)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-x --maxfail=1 -k nothing --no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert said(checks_with(2).run(find_step("01"), folder, ignore_needs=True)) == said(without)


class WaitingWork:
    """The solution of step 01, whose login with `next` waits until the test lets it go; until then the check of 1.6
    runs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.began, self.leave = folder / "work", folder / "began", folder / "leave"
        shutil.copytree(SOLUTIONS / STEP, self.folder / STEP)
        app = self.folder / STEP / "app.py"
        waits = (
            "import os, pathlib, threading\nfrom flask import request\n@app.before_request\ndef wait():\n"
            f"    if 'next' in request.args:\n        pathlib.Path({str(self.began)!r}).write_text(str(os.getpid()))\n"
            f"        while not os.path.exists({str(self.leave)!r}):\n            pathlib.Path('busy').touch()\n"
            "            threading.Event().wait(0.005)\n"
        )
        app.write_text(f"{app.read_text(encoding='utf-8')}\n{waits}", encoding="utf-8")


@pytest.fixture
def work(tmp_path: Path) -> WaitingWork:
    return WaitingWork(tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_verdict_is_said_while_others_are_being_checked(
    checks_with: Callable[[int], WarmChecks], workers: int, work: WaitingWork
) -> None:
    heard: list[str] = []
    still_waiting: list[bool] = []

    def hear(verdict: Verdict) -> None:
        heard.append(verdict.id)
        if len(heard) == 1:
            # At the end of a run its apps have ended. This one waits in the middle of an exercise.
            wait_until(lambda: work.began.exists() and work.began.read_text() != "")
            still_waiting.append(psutil.pid_exists(int(work.began.read_text())))
            work.leave.touch()

    verdicts = checks_with(workers).run(find_step("01"), work.folder, on_verdict=hear)
    assert still_waiting == [True] and heard[0] not in ("1.6", "1.7")
    assert sorted(heard) == [verdict.id for verdict in verdicts.all]


def family() -> set[psutil.Process]:
    """The processes that this one started, directly or not, and that still live."""
    found = psutil.Process().children(recursive=True)
    return {one for one in found if lives(one)}


def begun(checks: WarmChecks) -> tuple[set[psutil.Process], set[Path]]:
    """The things that stay after a run: the processes, and the files in the folder of the runs."""
    checks.run(find_step("01"), SOLUTIONS, only=["1.1"])
    return family(), set(Path(checks._place.name).iterdir())


@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_that_is_cancelled_leaves_no_process_and_no_folder(
    checks_with: Callable[[int], WarmChecks], workers: int, work: WaitingWork
) -> None:
    checks = checks_with(workers)
    place = Path(checks._place.name)
    before, kept = begun(checks)
    assert place.name.startswith("checks-")
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(checks.run, find_step("01"), work.folder)
        wait_until(work.began.exists)
        checks.cancel()
        with pytest.raises(Cancelled):
            run.result(timeout=PATIENCE)
    wait_until(lambda: family() <= before)
    assert set(place.iterdir()) == kept
    work.leave.touch()
    assert checks.run(find_step("01"), work.folder).all_passed
    assert set(place.iterdir()) == kept


def test_a_run_whose_listener_fails_leaves_nothing(
    checks_with: Callable[[int], WarmChecks], work: WaitingWork
) -> None:
    """As when no program reads the output any more."""
    checks = checks_with(2)
    before, kept = begun(checks)

    def gone(verdict: Verdict) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        checks.run(find_step("01"), work.folder, on_verdict=gone)
    wait_until(lambda: family() <= before)
    assert set(Path(checks._place.name).iterdir()) == kept


def test_a_worker_that_is_lost_is_one_clear_line(
    checks_with: Callable[[int], WarmChecks], work: WaitingWork
) -> None:
    checks = checks_with(2)
    before, _ = begun(checks)
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(checks.run, find_step("01"), work.folder)
        wait_until(work.began.exists)
        assert checks._running is not None
        workers = psutil.Process(checks._running.pid).children()
        assert len(workers) == 2
        workers[0].kill()
        with pytest.raises(WorkbookError) as lost:
            run.result(timeout=PATIENCE)
    assert str(lost.value) == (
        "The checks could not be run: a process that checks has ended in the middle of its work."
    )
    wait_until(lambda: family() <= before)


def test_checks_that_are_over_leave_no_folder(warm: Warm) -> None:
    with WarmChecks(warm, workers=2) as checks:
        place = Path(checks._place.name)
        checks.run(find_step("00"), SOLUTIONS)
    assert not place.exists()


Crews = tuple[Path, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def crews(tmp_path_factory: pytest.TempPathFactory) -> Crews:
    """The results of each crew of crews.py, and the folder with their files."""
    folder = tmp_path_factory.mktemp("crews")
    names = [name for name in CREWS if name != "starter gone"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.checks.crews", folder, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    found = dict(zip(names, map(json.loads, done.stdout.splitlines()), strict=True))
    assert all(one["left"] == [] for one in found.values()), "no worker is left"
    return folder, found


def test_a_crew_runs_each_exercise_once_and_each_worker_ends_as_it_should(crews: Crews) -> None:
    found = crews[1]["fine"]
    assert found["ended"] == "well" and sorted(found["ran"]) == IDS
    ended = {file.name.partition("-")[2] for file in (crews[0] / "fine").iterdir()}
    assert len(ended) == 3 and set(found["ran"].values()) <= ended


@pytest.mark.parametrize(
    ("name", "lost"),
    [("killed", "1.5"), ("raising", "1.5"), ("no preparation", "1.9"), ("at once gone", "1.9")],
)
def test_a_worker_that_dies_ends_its_crew(name: str, lost: str, crews: Crews) -> None:
    """The second worker gets 1.9 first, the last in the list. The work of the others meanwhile is a matter of time."""
    found = crews[1][name]
    assert found["ended"] == "WorkerLost: a process that checks has ended in the middle of its work"
    assert lost not in found["ran"]


def test_a_worker_that_does_not_end_is_ended(crews: Crews) -> None:
    found = crews[1]["no end"]
    assert found["ended"] == "well" and sorted(found["ran"]) == IDS


def test_a_crew_that_is_left_in_the_middle_is_ended(crews: Crews) -> None:
    assert crews[1]["left"]["ended"] == "left"


def test_where_the_app_does_not_start_one_worker_goes_on_alone(crews: Crews) -> None:
    """Each of the others would itself wait for the app."""
    ran = crews[1]["not started"]["ran"]
    assert sorted(ran) == IDS
    others = {id: pid for id, pid in ran.items() if pid != ran["1.1"]}
    assert set(others) <= {"1.9", "1.8"}, (
        "what was under way is brought to its end, and nothing more is begun"
    )


def test_a_long_message_arrives_whole(crews: Crews) -> None:
    assert crews[1]["huge"]["ran"] == dict.fromkeys(IDS, "huge")


def test_a_crew_ends_with_whoever_made_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.checks.crews", tmp_path, "starter gone"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        workers = [psutil.Process(pid) for pid in json.loads(starter.stdout.readline())]
        assert len(workers) == 3
        starter.kill()
    assert end(workers)
