"""`check --json --stream` is for programs: an object a line, each as soon as it is ready."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import psutil
import pytest

from workbook.checks.verdicts import Verdicts
from workbook.course.places import ROOT
from workbook.course.steps import find_step

from ..processes import end

# Longer than anything takes on a slow machine (seconds).
PATIENCE = 120.0


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """A `python -m workbook` that runs."""
    return subprocess.Popen(
        [sys.executable, "-m", "workbook", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def test_each_verdict_is_a_line_and_all_of_them_are_the_last_one() -> None:
    steps = [find_step("00"), find_step("01")]
    with started("check", "01", "00", "--in", "solutions", "--json", "--stream") as process:
        said, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and complaint == ""
    *lines, last = [json.loads(line) for line in said.splitlines()]
    assert all(list(line) == ["verdict"] for line in lines)
    assert list(last) == ["steps", "passed", "failed"]
    verdicts = Verdicts.from_json(last)
    heard = [line["verdict"] for line in lines]
    whole = [exercise for step in last["steps"] for exercise in step["exercises"]]
    assert sorted(heard, key=lambda one: one["id"]) == sorted(whole, key=lambda one: one["id"])
    assert [verdict.id for verdict in verdicts.all] == [e.id for step in steps for e in step.exercises]
    ids = [one["id"].partition(".")[0] for one in heard]
    assert ids == sorted(ids), "one step after the other"


def test_an_exercise_that_is_not_passed_is_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "01_twitter_login").mkdir()
    with started("check", "1.2", "--in", tmp_path, "--stream", "--json") as process:
        said, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and complaint == ""
    verdict, whole = (json.loads(line) for line in said.splitlines())
    assert verdict["verdict"]["id"] == "1.2" and not verdict["verdict"]["passed"]
    assert whole["steps"][0]["exercises"] == [verdict["verdict"]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("check 01 --stream --in solutions", "--stream goes with --json."),
        ("check 01 --stream --json --watch --in solutions", "--watch and --json do not go together."),
        ("check 01 --stream --json --in solutions --in chapters", "--stream takes one folder."),
    ],
)
def test_wrong_use_is_one_line(arguments: str, says: str) -> None:
    with started(*arguments.split()) as process:
        said, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2 and said == ""
    assert says in complaint and complaint.count("\n") == 1


@pytest.mark.parametrize("options", [["--json", "--stream"], []], ids=["stream", "plain"])
def test_a_reader_that_goes_away_after_the_first_line_has_that_line(options: list[str]) -> None:
    """As in `python -m workbook check 01 --json --stream | head -1`."""
    with started("check", "01", "--in", "solutions", *options) as process:
        first = pipe(process.stdout).readline()
        family = psutil.Process(process.pid).children(recursive=True)
        pipe(process.stdout).close()
        complaint = pipe(process.stderr).read()
        process.wait(PATIENCE)
    assert "1.1" in first and complaint == ""
    if options:
        assert json.loads(first)["verdict"]["passed"]
    assert end(family)
