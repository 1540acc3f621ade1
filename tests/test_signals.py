"""Programs that a test starts can be interrupted, from a terminal and from a script in the background alike."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from workbook.course.places import ROOT

from .processes import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals that are inherited are POSIX's")

# The signals that `nohup python3 -m workbook test &` in a script ignores, and that tests send.
SENT = [signal.SIGINT, *([signal.SIGHUP] if sys.platform != "win32" else [])]


@pytest.mark.parametrize("number", SENT)
def test_what_a_test_starts_is_ended_by(number: signal.Signals) -> None:
    code = "import signal; print('ready', flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout and child.stdout.readline() == "ready\n"
        child.send_signal(number)
        try:
            assert child.wait(timeout=PATIENCE) == -number
        finally:
            child.kill()


def ignore_them() -> None:
    for number in SENT:
        signal.signal(number, signal.SIG_IGN)


@pytest.mark.parametrize("workers", ["0", "1"], ids=["in one process", "with a worker"])
def test_in_the_background_too(workers: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", workers),
            f"{__file__}::{test_what_a_test_starts_is_ended_by.__name__}",
        ],
        cwd=ROOT,
        preexec_fn=ignore_them,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(SENT)} passed" in done.stdout
