"""The command that prints every message of every wrong submission."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import ROOT
from workbook.course.steps import find_step

from .submitting import submissions


def printed(*arguments: str) -> str:
    command = [sys.executable, "-m", "tests.submissions.messages", *arguments]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout


def test_each_wrong_submission_with_its_whole_messages(checks: WarmChecks, tmp_path: Path) -> None:
    step, wrong = find_step("00"), submissions("00", "wrong")
    text = printed("00")
    read = json.loads(printed("00", "--json"))
    assert [one["submission"] for one in read] == [f"00 {one.file.stem}" for one in wrong]
    places = [text.index(f"== 00 {one.file.stem}\n{one.title}\n") for one in wrong]
    assert places == sorted(places)
    for place, one in zip(places, read, strict=True):
        assert one["open"]
        for verdict in one["open"]:
            assert f"-- {verdict['id']}\n{verdict['message']}\n" in text[place:]
    # An exercise that others wait for, with the message of a check.
    first = read[0]
    verdicts = checks.run(step, wrong[0].write(tmp_path)).all
    assert first["open"] == [
        {"id": v.id, "message": v.message} for v in verdicts if not v.passed and v.waits_for is None
    ]
    assert first["wait"] == [v.id for v in verdicts if v.waits_for] != []
    assert f"-- waiting: {', '.join(first['wait'])}\n" in text


def test_a_step_that_there_is_not() -> None:
    command = [sys.executable, "-m", "tests.submissions.messages", "99"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0 and "99" in done.stderr and "Traceback" not in done.stderr
