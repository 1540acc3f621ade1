"""`grade`, as a teacher runs it: a class becomes results, and a run that was stopped goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT
from workbook.grading.isolation import isolated_by

from ..processes import PATIENCE, end
from .making import SECOND, solution, starter, within, written, zipped

ONE = "00_what_oauth_is"


@pytest.fixture(scope="session", autouse=True)
def confined() -> None:
    """These tests need a machine that can confine."""
    try:
        isolated_by()
    except WorkbookError as error:
        pytest.skip(str(error))


@contextmanager
def grading(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """`grade` with these arguments, running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workbook", "grade", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def graded(*arguments: str | Path) -> tuple[int, str, str]:
    """The exit code, the output and the errors of `grade`."""
    with grading(*arguments) as process:
        said, problems = process.communicate(timeout=PATIENCE * 4)
        return process.returncode, said, problems


def results(report: Path) -> dict[str, dict[str, Any]]:
    """The lines of results.jsonl, by student."""
    lines = (report / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return {one["student"]: one for one in map(json.loads, lines)}


def passed(result: dict[str, Any]) -> dict[str, bool]:
    """Whether each exercise of a result is passed."""
    return {v["id"]: v["passed"] for step in result["steps"] for v in step["verdicts"]}


def without_times(report: Path) -> list[dict[str, Any]]:
    """The results in their order, without what time they took."""
    found = []
    for line in (report / "results.jsonl").read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        for step in result["steps"]:
            step["seconds"] = step["cpu"] = 0
            for verdict in step["verdicts"]:
                verdict["seconds"] = 0
        found.append(result)
    return found


def a_class(place: Path) -> Path:
    """Five students: all right, one that is a zip, an untouched starter twice, and a folder with nothing in it."""
    written(place / "ada", solution(ONE))
    (place / "bo.zip").parent.mkdir(parents=True, exist_ok=True)
    (place / "bo.zip").write_bytes(zipped(within("bo/chapters", solution(ONE))))
    for name in ("cleo", "dan"):
        written(place / name, starter(ONE))
    (place / "eve").mkdir()
    return place


def test_a_class_becomes_a_line_for_each_student(tmp_path: Path) -> None:
    report = tmp_path / "report"
    code, said, problems = graded(a_class(tmp_path / "work"), "--report", report, "--step", "00")
    assert (code, problems) == (0, "")
    found = results(report)
    assert list(found) == ["ada", "bo", "cleo", "dan", "eve"]
    assert all(passed(found["ada"]).values()) and passed(found["ada"]) == passed(found["bo"])
    assert not any(passed(found["cleo"]).values()) and passed(found["cleo"]) == passed(found["dan"])
    assert not any(passed(found["eve"]).values())
    assert "namespaces" in found["ada"]["isolated_by"] and found["eve"]["isolated_by"] == ""
    assert "5 students, 2 passed every exercise" in said
    assert {path.name for path in report.iterdir()} >= {"results.jsonl"}
    assert not (report / ".submissions").exists()


def test_equal_work_is_checked_once(tmp_path: Path) -> None:
    report = tmp_path / "report"
    graded(a_class(tmp_path / "work"), "--report", report, "--step", "00", "--workers", "2")
    times = {name: sum(step["seconds"] for step in one["steps"]) for name, one in results(report).items()}
    assert sorted(times[name] > 0 for name in ("cleo", "dan")) == [False, True]
    assert sorted(times[name] > 0 for name in ("ada", "bo")) == [False, True]


def test_the_same_command_again_grades_only_what_changed(tmp_path: Path) -> None:
    work, report = a_class(tmp_path / "work"), tmp_path / "report"
    arguments = (work, "--report", report, "--step", "00")
    graded(*arguments)
    before = (report / "results.jsonl").read_bytes()
    _, said, _ = graded(*arguments)
    assert "5 of 5 are graded already." in said
    assert (report / "results.jsonl").read_bytes() == before
    written(work / "dan", solution(ONE))
    _, said, _ = graded(*arguments)
    assert "4 of 5 are graded already." in said and "5 of 5: dan" in said
    assert all(passed(results(report)["dan"]).values())
    _, said, _ = graded(*arguments, "--partial")
    assert "graded already" not in said, "another way of grading"
    _, said, _ = graded(*arguments, "--partial", "--again")
    assert "graded already" not in said


def test_a_roster_names_who_handed_nothing_in(tmp_path: Path) -> None:
    work, report, roster = a_class(tmp_path / "work"), tmp_path / "report", tmp_path / "roster.csv"
    roster.write_text("name,id\nAda,1\nBo,2\nCleo,3\nDan,4\nZoe,5\n", encoding="utf-8")
    code, said, _ = graded(work, "--report", report, "--roster", roster, "--step", "00")
    found = results(report)
    assert code == 0
    assert found["Zoe"]["handed_in"] is False and not any(passed(found["Zoe"]).values())
    assert found["eve"]["listed"] is False and found["Ada"]["id"] == "1"
    assert "1 handed nothing in" in said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_was_stopped_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    work, report, whole = a_class(tmp_path / "work"), tmp_path / "report", tmp_path / "whole"
    for name in ("fay", "gus"):
        written(work / name, {**solution(ONE), **solution(SECOND), f"{SECOND}/of_{name}.py": f"# {name}\n"})
    asked = (work, "--step", "00", "--step", "02", "--workers", "1", "--report")
    with grading(*asked, report) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        _, problems = process.communicate(timeout=PATIENCE)
    assert "1 of 7: ada" in first
    assert family and end(family), "its processes ended with it"
    if how == signal.SIGINT:
        assert process.returncode == 2
        assert problems == "Stopped. What is graded is kept: the same command goes on from here.\n"
    kept = list(results(report))
    assert kept and len(kept) < 7
    _, said, _ = graded(*asked, report)
    assert f"{len(kept)} of 7 are graded already." in said
    graded(*asked, whole)
    assert without_times(report) == without_times(whole)


def test_half_a_line_is_graded_again(tmp_path: Path) -> None:
    work, report = a_class(tmp_path / "work"), tmp_path / "report"
    graded(work, "--report", report, "--step", "00")
    file = report / "results.jsonl"
    whole = without_times(report)
    file.write_bytes(file.read_bytes()[:-40])
    _, said, _ = graded(work, "--report", report, "--step", "00")
    assert "4 of 5 are graded already." in said
    assert without_times(report) == whole


Wrong = tuple[Callable[[Path], tuple[str | Path, ...]], str]


def _a_file_as_report(place: Path) -> tuple[str | Path, ...]:
    (place / "report").write_text("", encoding="utf-8")
    return (a_class(place / "work"), "--report", place / "report", "--step", "00")


def _a_roster_without_names(place: Path) -> tuple[str | Path, ...]:
    (place / "roster.csv").write_text("points\n1\n", encoding="utf-8")
    return (a_class(place / "work"), "--roster", place / "roster.csv", "--report", place / "report")


@pytest.mark.parametrize(
    ("made", "says"),
    [
        pytest.param(
            lambda place: (place / "none", "--report", place / "r"), "There is no ", id="no such folder"
        ),
        pytest.param(_a_file_as_report, "report", id="a report that is a file"),
        pytest.param(_a_roster_without_names, "roster.csv", id="a roster without names"),
        pytest.param(lambda place: (place, "--step", "77"), "There is no step '77'", id="no such step"),
        pytest.param(lambda place: (place, "--workers", "0"), "workers", id="no workers"),
        pytest.param(lambda place: (), "SUBMISSION", id="nothing"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path, made: Callable[[Path], tuple[str | Path, ...]], says: str
) -> None:
    code, said, problems = graded(*made(tmp_path))
    assert (code, said) == (2, "")
    assert says in problems and len(problems.splitlines()) == 1


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount a small disk"
)
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    work, report = a_class(tmp_path / "work"), tmp_path / "report"
    report.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "small", str(report)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this root may not mount")
    try:
        full = report / "full"
        with full.open("wb") as file:
            for _ in range(70):
                file.write(bytes(4096))
        code, _, problems = graded(work, "--report", report, "--step", "00")
        assert code == 2
        assert "No space left on device" in problems and len(problems.splitlines()) == 1
        full.unlink()
        code, _, _ = graded(work, "--report", report, "--step", "00")
        assert code == 0 and len(results(report)) == 5
    finally:
        subprocess.run(["umount", str(report)], check=True)
