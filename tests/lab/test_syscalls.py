"""The filter of system calls: what it takes away, and what an app still needs."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from workbook.course.places import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="there is a filter for Linux on two kinds of processors",
)

# The process gives up new rights first (PR_SET_NO_NEW_PRIVS is 38).
_BEGIN = """
import ctypes, mmap, os, socket, subprocess, sys, tempfile, threading
from workbook.lab.syscalls import are_taken_away, take_away_calls
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
assert not are_taken_away() and take_away_calls() and are_taken_away()
"""


def run(code: str) -> str:
    """What a process without these calls prints; its error, where it raises one."""
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]


def test_an_app_can_still_work() -> None:
    code = """
thread = threading.Thread(target=print, args=("a thread",)); thread.start(); thread.join()
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()): pass
socket.socketpair(); socket.getaddrinfo("localhost", 80)
if not (pid := os.fork()): os._exit(0)
os.waitpid(pid, 0)
subprocess.run([sys.executable, "-c", "pass"], check=True)
with tempfile.TemporaryFile() as file:
    file.write(b"x" * 4096); file.flush(); mmap.mmap(file.fileno(), 4096).close()
mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
print("done")
"""
    assert run(code) == "a thread\ndone"


@pytest.mark.parametrize(
    "code",
    [
        "mmap.mmap(-1, 4096)",
        "os.memfd_create('x')",
        "os.sched_setaffinity(0, {0})",
        "os.unshare(0x10000000) if hasattr(os, 'unshare') else os.memfd_create('x')",
        "socket.socket(16, socket.SOCK_RAW, 0)",
        "socket.socket(38, 5)",
        "import fcntl; fcntl.ioctl(0, 0x5412, b'a')",
    ],
)
def test_these_fail(code: str) -> None:
    assert run(code).startswith(("PermissionError", "OSError: [Errno 97]"))


def test_a_process_that_it_starts_has_the_filter_too() -> None:
    code = """
there = "from workbook.lab.syscalls import are_taken_away; print(are_taken_away())"
subprocess.run([sys.executable, "-c", there], check=True)
"""
    assert run(code) == "True"
