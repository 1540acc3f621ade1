"""Jobs run in processes of their own, forked or new, and no job outlives the process that started it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from workbook.course.places import ROOT
from workbook.lab.environments import bare_environment
from workbook.lab.warm import CAN_FORK, Child, Warm
from workbook.lab.warm_apps import PRELOAD

from ..processes import PATIENCE, end, lives

Run = Callable[..., Child]


@pytest.fixture(params=[True, False] if CAN_FORK else [False], ids=lambda fork: "forked" if fork else "new")
def each_warm(request: pytest.FixtureRequest) -> Iterator[Warm]:
    with Warm(("json",), fork=request.param) as warm:
        yield warm


@pytest.fixture
def run(each_warm: Warm, tmp_path: Path) -> Run:
    return lambda name, **more: each_warm.run(
        f"tests.lab.jobs:{name}",
        {"a": "é"},
        folder=tmp_path,
        environment={**bare_environment(), "ONLY": "this"},
        log=tmp_path / "log",
        **more,
    )


def gone(pid: int) -> bool:
    """Whether a process ends, or has ended."""
    try:
        return end([psutil.Process(pid)])
    except psutil.NoSuchProcess:
        return True


def test_a_job_has_its_own_folder_environment_and_log(run: Run, tmp_path: Path) -> None:
    child = run("say")
    (said,) = child.reports()
    assert said["arguments"] == {"a": "é"}
    assert Path(said["folder"]) == tmp_path.resolve()
    assert said["environment"] == {**bare_environment(), "ONLY": "this"} | (
        {"LC_CTYPE": said["environment"]["LC_CTYPE"]} if "LC_CTYPE" in said["environment"] else {}
    )
    assert (tmp_path / "log").read_text().split("\n")[:2] == ["printed", "to stderr"]


def test_an_exception_of_a_job_is_in_its_log(run: Run, tmp_path: Path) -> None:
    assert list(run("fail").reports()) == []
    assert "ValueError: on purpose" in (tmp_path / "log").read_text()


def test_stopping_ends_a_job(run: Run) -> None:
    child = run("wait")
    pid = next(child.reports())["pid"]
    child.stop()
    child.stop()
    assert gone(pid)


def test_ending_the_warm_process_ends_every_job(run: Run, each_warm: Warm) -> None:
    pids = [next(run("wait").reports())["pid"] for _ in range(3)]
    each_warm.stop()
    assert all(gone(pid) for pid in pids)


@pytest.mark.skipif(not CAN_FORK, reason="there are no process groups here")
def test_what_a_job_started_ends_with_it(tmp_path: Path) -> None:
    with Warm() as warm:
        child = warm.run(
            "tests.lab.jobs:start_another",
            {},
            folder=tmp_path,
            environment=bare_environment(),
            log=tmp_path / "log",
        )
        grandchild = next(child.reports())["pid"]
        child.stop()
        assert gone(grandchild)


@pytest.mark.skipif(not CAN_FORK, reason="there is no warm process to give orders to")
def test_an_answer_that_nobody_waited_for_is_not_the_next_ones(tmp_path: Path) -> None:
    with Warm(("json",)) as warm:
        warm._socket.send(
            json.dumps({"end": 2**22 + 1, "number": -1}).encode()
        )  # as if it was interrupted then
        child = warm.run("tests.lab.jobs:say", {}, folder=tmp_path, environment=bare_environment())
        assert len(list(child.reports())) == 1


@pytest.mark.skipif(not CAN_FORK, reason="sockets are handed over only to forked jobs")
def test_a_listening_socket_is_handed_over(tmp_path: Path) -> None:
    with Warm() as warm, socket.create_server(("127.0.0.1", 0)) as listening:
        warm.run(
            "tests.lab.jobs:greet",
            {},
            folder=tmp_path,
            environment=bare_environment(),
            log=tmp_path / "log",
            hand_over=listening,
        )
        with socket.create_connection(listening.getsockname(), timeout=5) as caller:
            assert caller.recv(100) == b"hello"


@pytest.mark.skipif(not CAN_FORK, reason="only a warm process can be lent")
def test_a_lent_end_ends_its_own_jobs_only(tmp_path: Path) -> None:
    def wait(warm: Warm) -> int:
        child = warm.run(
            "tests.lab.jobs:wait", {}, folder=tmp_path, environment=bare_environment(), log=tmp_path / "log"
        )
        return int(next(child.reports())["pid"])

    with Warm() as warm:
        ours = wait(warm)
        lent = Warm.over(warm.another_end().detach())
        theirs = wait(lent)
        lent._socket.close()  # as when the process that borrowed it is killed
        assert gone(theirs)
        assert psutil.pid_exists(ours)


@pytest.mark.skipif(not CAN_FORK, reason="there is no warm process to fork from")
def test_whoever_is_killed_before_reading_the_answer_does_not_end_the_warm_process(tmp_path: Path) -> None:
    with Warm(("json",)) as warm:
        with warm.another_end() as lent:
            lent.send(json.dumps({"end": 2**22 + 1}).encode())  # a number that no process has
            assert select.select([lent], [], [], 5)[0], "the warm process has answered"
        child = warm.run("tests.lab.jobs:say", {}, folder=tmp_path, environment=bare_environment())
        assert len(list(child.reports())) == 1


@pytest.mark.skipif(not CAN_FORK, reason="a forked job's reports can be closed under their reader")
def test_a_process_that_a_job_left_keeps_nobody_waiting(tmp_path: Path) -> None:
    with Warm() as warm:
        child = warm.run(
            "tests.lab.jobs:leave_one",
            {},
            folder=tmp_path,
            environment=bare_environment(),
            log=tmp_path / "log",
        )
        heard: list[dict[str, object]] = []
        reader = threading.Thread(target=lambda: heard.extend(child.reports()))
        reader.start()
        while not heard:
            assert reader.is_alive()
            reader.join(0.01)
        left = psutil.Process(int(str(heard[0]["left"])))
        child.stop()
        reader.join(PATIENCE)
        assert not reader.is_alive() and lives(left)
        left.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
@pytest.mark.parametrize("fork", [True, False] if CAN_FORK else [False])
def test_nothing_is_left_when_the_starter_is_killed(fork: bool, tmp_path: Path) -> None:
    starter = f"""
import json
import sys
from pathlib import Path
from workbook.lab.environments import bare_environment
from workbook.lab.warm import Warm
warm = Warm(fork={fork})
child = warm.run("tests.lab.jobs:wait", {{}}, folder=Path({str(tmp_path)!r}), environment=bare_environment(),
                 log=Path({str(tmp_path / "log")!r}))
print(json.dumps(next(child.reports())), flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", starter], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    pid = json.loads(process.stdout.readline())["pid"]
    family = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert gone(pid)
    assert all(gone(member.pid) for member in family)


def test_the_warm_process_has_not_imported_what_the_app_must(tmp_path: Path) -> None:
    """If the parent had the compatibility names, an app without them would pass."""
    with Warm(PRELOAD) as warm:
        child = warm.run(
            "tests.lab.jobs:say", {}, folder=tmp_path, environment=bare_environment(), log=tmp_path / "l"
        )
        (said,) = child.reports()
    assert said["modules"] == []


@pytest.mark.parametrize("fork", [True, False] if CAN_FORK else [False])
def test_what_libraries_are_compiled_to_is_kept_and_what_an_app_is_compiled_to_is_not(
    fork: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one_of_the_app.py").touch()
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "compiled"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    with Warm(fork=fork) as warm:
        child = warm.run(
            "tests.lab.jobs:load",
            {"module": "one_of_the_app"},
            folder=tmp_path,
            environment=bare_environment(),
            log=tmp_path / "log",
            preload=["colorsys"],
        )
        assert list(child.reports()) == [{"event": "loaded"}]
    compiled = {file.name.partition(".")[0] for file in (tmp_path / "compiled").rglob("*.pyc")}
    assert "colorsys" in compiled and "one_of_the_app" not in compiled
