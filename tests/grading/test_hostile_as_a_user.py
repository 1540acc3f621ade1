"""What holds where the teacher is not root, but an ordinary user: shown by a process that root starts, and that gives
up all rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from workbook.course.places import ROOT
from workbook.grading.isolation import FILTERED, NAMESPACES

NAMES = ("all probes", "waits for the next student", "a journal that names another file")


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What came out for each of the attacks."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("root is needed to become another user; an ordinary user runs test_hostile.py itself")
    # Other tests have temporary folders of their own, which no other user may enter.
    common = os.environ.get("TMPDIR", "/tmp")
    with tempfile.TemporaryDirectory(prefix="as-a-user-", dir=common, ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "temporary").mkdir()
        for path in (place, place / "temporary"):
            path.chmod(0o777)
        done = subprocess.run(
            [sys.executable, "-m", "tests.grading.as_a_user", folder, *NAMES],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
    last = [*done.stderr.splitlines(), ""][-2:][0]
    if "no mount namespace" in last or "cannot be kept apart here" in last or "ermission denied" in last:
        pytest.skip(f"another user cannot confine apps here: {last}")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.slow
def test_a_user_is_told_what_holds(said: dict[str, Any]) -> None:
    assert said["isolated by"] in (NAMESPACES, FILTERED)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_holds_for_root_holds_for_a_user(name: str, said: dict[str, Any]) -> None:
    got = said[name]
    assert "Traceback" not in str(got)
    assert got["outside"] and all(got["honest"]) and got["honest"]
    if "journal" in name:
        assert not all(got["passed"])
    elif "waits" in name:
        # Only root may look how much memory processes share. For a user each has it all, and nine have too much.
        assert all(got["passed"])
    else:
        assert all(got["passed"]) and not got["trouble"], got
