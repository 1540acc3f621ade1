"""A class graded on a Dask cluster: real workers, each a process on loopback.

The apps of some tests are trusted, so that they can tell the test by a file that they run, and wait for it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT
from workbook.course.steps import find_step
from workbook.grading.a_class import RESULTS, Graded, Settings, grade_class
from workbook.grading.cluster import Cluster, read_steps
from workbook.grading.isolation import isolated_by
from workbook.grading.paths import LeadsOut
from workbook.grading.results import read_results
from workbook.grading.worker import pack, unpack

from .clusters import PATIENCE, DaskCluster, above, wait_for
from .making import STEP, solution, starter, written

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason='Dask is not installed: pip install -e ".[cluster]"',
)
APP = f"{STEP}/app.py"
# An app with nothing in it: its checks end soon.
EMPTY = {APP: b"import flask\n\napp = flask.Flask(__name__)\n"}


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[DaskCluster]:
    """A scheduler without workers."""
    with DaskCluster(tmp_path / "dask") as cluster:
        yield cluster


class Class:
    """What a class handed in, and its report. Every app is trusted unless `trusted` is False."""

    def __init__(self, tmp: Path) -> None:
        self.work = tmp / "work"
        self.report = tmp / "report"
        # While this file is there, the apps of `holding` wait.
        self.hold = written(tmp, {"hold": b""}) / "hold"
        self.running = tmp / "running"
        self.said: list[str] = []

    def hand_in(self, who: str, files: dict[str, bytes]) -> None:
        written(self.work / who, files)

    def holding(self) -> dict[str, bytes]:
        """An app that writes its process ID into `running`, and then waits."""
        code = (
            "import os, pathlib, time\n"
            f"pathlib.Path({str(self.running)!r}).write_text(str(os.getpid()))\n"
            f"while os.path.exists({str(self.hold)!r}):\n    time.sleep(0.02)\n"
        )
        return {APP: code.encode() + EMPTY[APP]}

    def say(self, line: str) -> None:
        """Takes a line for the teacher."""
        self.said.append(line)

    def graded(self, done: int, of: int, line: str) -> None:
        """Takes the line of a student."""
        self.said.append(f"{done} of {of}: {line}")

    def grade(self, cluster: DaskCluster | None, *, trusted: bool = True, report: str = "") -> Graded:
        settings = Settings((STEP,), cluster=cluster and cluster.address, workers=None, trusted=trusted)
        return grade_class([self.work], self.report / report, settings, self)

    def known(self) -> list[str]:
        """The students whose results are on the disk."""
        return sorted(result.student for result in read_results(self.report / RESULTS).values())

    def runs_on(self, *workers: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """The one of these workers on which an app holds, as soon as one does."""
        found: list[subprocess.Popen[bytes]] = []

        def look() -> str:
            # An app that takes too long to start is ended, and another one is started.
            with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
                pids = above(self.app)
                found.extend(worker for worker in workers if worker.pid in pids and worker.poll() is None)
            return "found" if found else ""

        wait_for(look, "app that runs")
        return found[0]

    @property
    def app(self) -> int:
        """The process ID of the app that holds."""
        return int(self.running.read_text())


class Grading:
    """A class that is graded in a thread."""

    def __init__(self, of: Class, cluster: DaskCluster) -> None:
        self.graded: Graded | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._grade, args=(of, cluster), daemon=True)
        self._thread.start()

    def _grade(self, of: Class, cluster: DaskCluster) -> None:
        try:
            self.graded = of.grade(cluster)
        except BaseException as error:
            self.error = error

    def end(self) -> Graded:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "grading does not end"
        if self.error is not None:
            raise self.error
        assert self.graded is not None
        return self.graded


def _started(*arguments: str, cwd: Path = ROOT, hide: str = "") -> subprocess.Popen[str]:
    """The command line with these arguments, as a process; `hide` names a package that it does not find."""
    hidden = f"sys.modules[{hide!r}] = None; " if hide else ""
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys; {hidden}from workbook.cli.main import main; main()", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@contextlib.contextmanager
def _web_server() -> Iterator[int]:
    """The port of a server that speaks HTTP."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextlib.contextmanager
def _unused_port() -> Iterator[int]:
    """A port that is taken, and that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def another_library(tmp: Path) -> Path:
    """A folder with one more installed library: a workbook with this folder on its PYTHONPATH is another version."""
    told = b"Metadata-Version: 2.1\nName: another\nVersion: 2.0\n"
    return written(tmp / "libraries", {"another-2.0.dist-info/METADATA": told})


def without_times(place: Path) -> list[Any]:
    """The lines of a results.jsonl, without how long things took."""
    lines = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        for step in line["steps"]:
            step["seconds"] = step["cpu"] = 0.0
            for verdict in step["verdicts"]:
                verdict["seconds"] = 0.0
    return lines


@needs_dask
@pytest.mark.slow
def test_the_results_are_those_of_this_machine(tmp_path: Path, dask: DaskCluster) -> None:
    try:
        isolated_by()
    except WorkbookError as error:
        pytest.skip(str(error))
    of = Class(tmp_path)
    of.hand_in("anna", solution())
    of.hand_in("bert", starter())
    of.hand_in("carla", starter())
    of.hand_in("dora", {APP: solution()[APP].replace(b"denied", b"refused")})
    of.hand_in("emil", {"notes.txt": b"I did nothing."})
    dask.worker()
    dask.worker()

    of.grade(dask, trusted=False, report="cluster")
    of.grade(None, trusted=False, report="here")

    here = without_times(of.report / "here" / RESULTS)
    assert without_times(of.report / "cluster" / RESULTS) == here
    assert here[0]["isolated_by"] and len(here) == 5


@needs_dask
@pytest.mark.slow
def test_a_result_is_on_the_disk_while_others_are_graded(tmp_path: Path, dask: DaskCluster) -> None:
    of = Class(tmp_path)
    of.hand_in("anna", of.holding())
    of.hand_in("bert", EMPTY)
    workers = [dask.worker(), dask.worker()]

    grading = Grading(of, dask)
    of.runs_on(*workers)
    wait_for(lambda: "".join(of.known()), "result")
    assert of.known() == ["bert"]

    of.hold.unlink()
    assert [result.student for result in grading.end().results] == ["anna", "bert"]
    assert of.known() == ["anna", "bert"]


@needs_dask
@pytest.mark.slow
def test_the_work_of_a_worker_that_is_killed_is_done_elsewhere(tmp_path: Path, dask: DaskCluster) -> None:
    of = Class(tmp_path)
    of.hand_in("anna", of.holding())
    of.hand_in("bert", EMPTY)
    workers = [dask.worker(), dask.worker()]

    grading = Grading(of, dask)
    busy = of.runs_on(*workers)
    busy.kill()

    of.runs_on(*(worker for worker in workers if worker is not busy))
    of.hold.unlink()
    graded = grading.end()
    assert [result.student for result in graded.results] == ["anna", "bert"] and not graded.unchecked
    lines = (of.report / RESULTS).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 and sum(line.startswith(("1 of", "2 of")) for line in of.said) == 2


@needs_dask
@pytest.mark.slow
def test_a_submission_whose_workers_all_end_is_a_row(tmp_path: Path) -> None:
    of = Class(tmp_path)
    of.hand_in("anna", of.holding())
    of.hand_in("bert", of.holding())
    of.hand_in("carla", EMPTY)
    with DaskCluster(tmp_path / "dask", DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1") as dask:
        workers = [dask.worker()]
        grading = Grading(of, dask)
        for _ in range(2):
            busy = of.runs_on(*workers)
            workers = [dask.worker()]
            busy.kill()
        graded = grading.end()

    anna, bert, carla = graded.results
    assert graded.unchecked == (anna, bert) and not carla.troubles
    for result in (anna, bert):  # the files are equal, and killed no other worker
        assert [step.trouble for step in result.steps] == [
            "the workers that checked it have ended, one after the other"
        ]
        assert not result.verdicts and result.points().earned == 0


@needs_dask
@pytest.mark.slow
def test_a_worker_of_another_version_is_refused(tmp_path: Path, dask: DaskCluster) -> None:
    other = another_library(tmp_path)
    of = Class(tmp_path)
    of.hand_in("anna", EMPTY)
    dask.worker(other)

    with pytest.raises(WorkbookError) as raised:
        of.grade(dask)
    assert "no worker that can grade" in str(raised.value)
    (line,) = of.said
    assert "is refused: its workbook with its libraries is version " in line
    theirs, ours = (part.split()[0] for part in line.rstrip(".").split("version ")[1].split(" is "))
    assert theirs.rstrip(",") != ours

    dask.worker()
    wait_for(lambda: "yes" if dask.log.count("Registered to") == 2 else "", "second worker")
    graded = of.grade(dask)
    assert len(graded.results) == 1 and not graded.unchecked
    assert sum("is refused" in line for line in of.said) == 2


@needs_dask
@pytest.mark.slow
def test_a_refused_worker_gets_no_work_where_the_fit_one_ends(tmp_path: Path, dask: DaskCluster) -> None:
    other = another_library(tmp_path)
    of = Class(tmp_path)
    of.hand_in("anna", of.holding())
    dask.worker(other)
    fit = dask.worker()
    wait_for(lambda: "yes" if dask.log.count("Registered to") == 2 else "", "second worker")

    grading = Grading(of, dask)
    of.runs_on(fit)
    fit.kill()
    of.runs_on(dask.worker())
    of.hold.unlink()
    assert not grading.end().unchecked


@needs_dask
@pytest.mark.slow
def test_what_is_graded_is_kept_where_the_scheduler_ends(tmp_path: Path, dask: DaskCluster) -> None:
    of = Class(tmp_path)
    of.hand_in("anna", of.holding())
    of.hand_in("bert", EMPTY)
    workers = [dask.worker(), dask.worker()]

    grading = Grading(of, dask)
    of.runs_on(*workers)
    wait_for(lambda: "".join(of.known()), "result")
    dask.scheduler.kill()
    with pytest.raises(WorkbookError, match=r"went away\. What is graded is kept"):
        grading.end()
    assert of.known() == ["bert"]

    of.hold.unlink()
    of.grade(None)
    assert "1 of 2 are graded already." in of.said
    assert of.known() == ["anna", "bert"]


@needs_dask
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_run_that_is_stopped_leaves_no_app_on_a_worker(tmp_path: Path, dask: DaskCluster) -> None:
    of = Class(tmp_path)
    of.hand_in("anna", of.holding())
    worker = dask.worker()
    command = [*("grade", str(of.work), "--trusted", "--step", "01", "--cluster", dask.address)]

    run = _started(*command, "--report", str(of.report))
    of.runs_on(worker)
    run.send_signal(signal.SIGINT)
    out, error = run.communicate(timeout=PATIENCE)
    assert run.returncode == 2, out + error
    assert error == "Stopped. What is graded is kept: the same command goes on from here.\n"
    wait_for(lambda: "" if psutil.pid_exists(of.app) else "ended", "end of the app")
    assert worker.poll() is None


@needs_dask
@pytest.mark.slow
def test_no_cluster_is_one_line(tmp_path: Path) -> None:
    written(tmp_path / "work" / "anna", EMPTY)
    with _unused_port() as port:
        run = _started("grade", str(tmp_path / "work"), "--cluster", f"127.0.0.1:{port}", cwd=tmp_path)
        out, error = run.communicate(timeout=PATIENCE)
    assert (run.returncode, out) == (2, "")
    assert error.startswith(f"There is no Dask cluster at 127.0.0.1:{port}: ") and error.count("\n") == 1
    assert not (tmp_path / "grades").exists()


@needs_dask
@pytest.mark.slow
def test_another_server_is_no_cluster(tmp_path: Path) -> None:
    with _web_server() as port, pytest.raises(WorkbookError, match="no Dask scheduler answers"):
        Cluster(f"127.0.0.1:{port}", trusted=True, say=print).__enter__()


@needs_dask
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nonsense", "missing port number"),
        ("", "missing port number"),
        ("127.0.0.1:many", "invalid literal"),
        ("http://127.0.0.1:1", "an address is HOST:PORT"),
        ("tls://127.0.0.1:1", "names no certificates"),
        ("name\nwith a line break:1", "no Dask scheduler answers"),
    ],
)
def test_what_is_no_address_is_one_line(address: str, why: str) -> None:
    with pytest.raises(WorkbookError) as raised:
        Cluster(address, trusted=True, say=print).__enter__()
    assert why in str(raised.value) and "\n" not in str(raised.value)


def test_without_dask_the_command_says_how_to_get_it(tmp_path: Path) -> None:
    written(tmp_path / "work" / "anna", EMPTY)
    run = _started(
        "grade", str(tmp_path / "work"), "--cluster", "127.0.0.1:1", cwd=tmp_path, hide="distributed"
    )
    out, error = run.communicate(timeout=PATIENCE)
    assert (run.returncode, out) == (2, "")
    assert '-m pip install -e ".[cluster]"' in error and error.count("\n") == 1


def test_a_cluster_has_its_own_number_of_workers(tmp_path: Path) -> None:
    run = _started("grade", str(tmp_path), "--cluster", "127.0.0.1:1", "--workers", "2", cwd=tmp_path)
    out, error = run.communicate(timeout=PATIENCE)
    assert (run.returncode, out) == (2, "")
    assert error.startswith("Name --workers or --cluster") and error.count("\n") == 1


def test_files_are_the_same_after_the_way(tmp_path: Path) -> None:
    files = {**solution(), f"{STEP}/nothing.txt": b"", f"{STEP}/templates/ü.bin": bytes(range(256))}
    there = tmp_path / "there"
    there.mkdir()
    unpack(pack(written(tmp_path / "here", files)), [STEP, "02_inside_the_session"], there)
    assert {name: (there / name).read_bytes() for name in files} == files
    assert (there / "02_inside_the_session").is_dir()


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", f"{STEP}/../../outside", "C:outside", "a\\b"])
def test_nothing_is_unpacked_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    there = tmp_path / "there"
    there.mkdir()
    with pytest.raises(LeadsOut):
        unpack([(APP, b""), (name, b"")], [STEP], there)
    assert not any(there.iterdir())


def _sent() -> dict[str, Any]:
    """What an honest worker sends for a step of which all is passed."""
    verdicts = [
        {
            **{"id": exercise.id, "title": exercise.title, "points": exercise.points, "passed": True},
            **{"waits_for": None, "message": "", "seconds": 0.5},
        }
        for exercise in find_step(STEP).exercises
    ]
    return {"step": STEP, "verdicts": verdicts, "trouble": "", "left_behind": 0, "seconds": 1.0, "cpu": 0.0}


def test_titles_and_points_are_those_of_the_course() -> None:
    sent = _sent()
    sent["verdicts"][0] |= {"title": "<b>mine</b>", "points": 1000}
    (read,) = read_steps([sent], [find_step(STEP)]) or ()
    assert [(verdict.title, verdict.points) for verdict in read.verdicts] == [
        (exercise.title, exercise.points) for exercise in find_step(STEP).exercises
    ]


def _other(key: str, value: object) -> list[dict[str, Any]]:
    return [{**_sent(), key: value}]


def _other_verdict(key: str, value: object) -> list[dict[str, Any]]:
    sent = _sent()
    sent["verdicts"][0][key] = value
    return [sent]


@pytest.mark.parametrize(
    "data",
    [
        *(None, "passed", {}, [], [None], [_sent(), _sent()]),
        _other("step", "02_inside_the_session"),
        _other("verdicts", None),
        _other("verdicts", []),
        _other("verdicts", _sent()["verdicts"][1:]),
        _other("verdicts", _sent()["verdicts"][::-1]),
        _other("verdicts", [*_sent()["verdicts"], _sent()["verdicts"][0]]),
        _other("trouble", None),
        _other("left_behind", "many"),
        _other("seconds", "long"),
        _other("more", 1),
        _other_verdict("id", "9.9"),
        _other_verdict("id", ["1.1"]),
        _other_verdict("passed", "yes"),
        _other_verdict("passed", 1),
        _other_verdict("message", None),
        _other_verdict("waits_for", 1),
        _other_verdict("more", 1),
    ],
)
def test_anything_but_results_is_refused(data: Any) -> None:
    assert read_steps([_sent()], [find_step(STEP)]) is not None
    assert read_steps(data, [find_step(STEP)]) is None
