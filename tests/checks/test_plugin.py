"""`pytest tests/steps --in DIR` and `check --in DIR` have the same verdicts, whatever is in DIR."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest

from workbook.checks.verdicts import Verdicts
from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import ROOT, SOLUTIONS, STEP_TESTS
from workbook.course.starters import write_starter
from workbook.course.steps import find_step

from ..submissions.submitting import HERE, Submission

STEPS = [find_step(number) for number in ("00", "01")]
STEP = find_step("01")

# Of each exercise: whether it is passed, the exercise for which it waits, and its message above the drawing.
Said = dict[str, tuple[bool, str | None, str]]


def workbook_python(*arguments: str, ends_with: tuple[int, ...]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        env={
            name: value for name, value in os.environ.items() if not name.startswith(("WORKBOOK", "PYTEST"))
        },
    )
    assert done.returncode in ends_with, done.stdout + done.stderr
    return done.stdout


def said(verdicts: Verdicts) -> Said:
    return {
        v.id: (v.passed, v.waits_for, "" if v.waits_for else v.message.partition("\n\n")[0])
        for v in verdicts.all
    }


def by_check(folder: Path, *, passed: bool) -> Said:
    numbers = [step.number for step in STEPS]
    output = workbook_python(
        "workbook", "check", *numbers, "--in", str(folder), "--json", ends_with=(0 if passed else 1,)
    )
    return said(Verdicts.from_json(json.loads(output)))


def exercises_of_tests(file: Path) -> dict[str, str]:
    """The exercise of each test function in a file, by its marker."""
    return {
        function.name: ast.literal_eval(decorator.args[0])
        for function in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(function, ast.FunctionDef)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("exercise")
    }


def by_pytest(folder: Path, report: Path, *, passed: bool) -> Said:
    files = [STEP_TESTS / f"test_{step.name}.py" for step in STEPS]
    workbook_python(
        *("pytest", *map(str, files), "--in", str(folder), f"--junitxml={report}", "-q"),
        ends_with=(not passed,),
    )
    of_tests = {name: exercise for file in files for name, exercise in exercises_of_tests(file).items()}
    found: Said = {exercise.id: (True, None, "") for step in STEPS for exercise in step.exercises}
    for case in ElementTree.parse(report).iter("testcase"):
        id = of_tests[case.attrib["name"].partition("[")[0]]
        waits = case.find("properties/property[@name='waits_for']")
        failures = [*case.iter("failure"), *case.iter("error")]
        if waits is not None:
            found[id] = (False, waits.attrib["value"], "")
        elif failures and found[id][0]:
            found[id] = (False, None, (failures[0].text or "").partition("\n\n")[0])
    return found


def solutions(folder: Path) -> Path:
    return SOLUTIONS


def untouched_starters(folder: Path) -> Path:
    for step in STEPS:
        write_starter(SOLUTIONS / step.name, folder / step.name)
    return folder


def a_wrong_submission_and_a_step_that_is_not_there(folder: Path) -> Path:
    return Submission(HERE / "01" / "wrong" / "1.5-twitter-not-asked.patch").write(folder)


def an_app_that_does_not_start(folder: Path) -> Path:
    return Submission(HERE / "01" / "broken" / "no-compat.patch").write(untouched_starters(folder))


@pytest.mark.parametrize(
    ("work", "waiting"),
    [
        (solutions, {}),
        (
            untouched_starters,
            {"0.2": "0.1", "0.3": "0.2", "0.4": "0.3"}
            | {"1.2": "1.1", "1.3": "1.2", "1.4": "1.3", "1.5": "1.3", "1.6": "1.5", "1.7": "1.3"},
        ),
        (
            a_wrong_submission_and_a_step_that_is_not_there,
            {"0.2": "0.1", "0.3": "0.2", "0.4": "0.3", "1.6": "1.5"},
        ),
        (an_app_that_does_not_start, {"0.2": "0.1", "0.3": "0.2", "0.4": "0.3"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_pytest_and_check_give_the_same_verdicts(
    tmp_path: Path, work: Callable[[Path], Path], waiting: dict[str, str]
) -> None:
    folder, passed = work(tmp_path / "work"), work is solutions
    with ThreadPoolExecutor() as beside:
        check = beside.submit(by_check, folder, passed=passed)
        by_tests = by_pytest(folder, tmp_path / "report.xml", passed=passed)
    checked = check.result()
    assert by_tests == checked
    assert {id: waits_for for id, (_, waits_for, _) in checked.items() if waits_for} == waiting
    assert list(checked) == [exercise.id for step in STEPS for exercise in step.exercises]


APP = (SOLUTIONS / STEP.name / "app.py").read_text(encoding="utf-8")
BROKEN = {
    "raises at import": (f"{APP}\n1 / 0\n", "ZeroDivisionError: division by zero", "app.py, line"),
    "ends its process": (
        f"import os\nprint('last words', flush=True)\nos._exit(0)\n{APP}",
        "last words",
        "app.py",
    ),
    "crashes Python": (f"import os\nos.abort()\n{APP}", "its process ended while it started", "app.py"),
    "asks at the keyboard": (f"name = input()\n{APP}", "EOFError", "app.py, line 1"),
    "is empty": ("", "Failed to find Flask application or factory in module 'app'", "app.py"),
    "is not there": (None, "Could not import 'app'", "app.py"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_an_app_that_does_not_start_gives_every_exercise_that_reason(
    checks: WarmChecks, tmp_path: Path, how: str
) -> None:
    """And no exercise waits for another. More such submissions are in tests/submissions/01/broken."""
    text, did, look = BROKEN[how]
    write_starter(SOLUTIONS / STEP.name, tmp_path / STEP.name)
    app = tmp_path / STEP.name / "app.py"
    app.unlink() if text is None else app.write_text(text, encoding="utf-8")
    verdicts = checks.run(STEP, tmp_path)
    assert [verdict.id for verdict in verdicts.all] == [exercise.id for exercise in STEP.exercises]
    for verdict in verdicts.all:
        assert not verdict.passed and verdict.waits_for is None
        lines = verdict.message.splitlines()
        assert lines[0] == "What should happen: the app starts, as it does under flask run."
        assert lines[1].startswith("What your app did: it did not start: ") and did in lines[1], lines[1]
        assert lines[2].startswith("Where to look: ") and look in lines[2], lines[2]


def test_a_missing_template_is_said_where_it_is_missed(checks: WarmChecks, tmp_path: Path) -> None:
    folder = Submission(HERE / "01" / "right" / "relative-callback.patch").write(tmp_path)
    (folder / STEP.name / "templates" / "welcome.html").unlink()
    verdicts = {verdict.id: verdict for verdict in checks.run(STEP, folder).all}
    assert [id for id, verdict in verdicts.items() if verdict.passed] == ["1.1", "1.2", "1.3", "1.4", "1.7"]
    assert "It raised TemplateNotFound: welcome.html" in verdicts["1.5"].message
    assert "In your code: app.py, line" in verdicts["1.5"].message
    assert [verdicts[id].waits_for for id in ("1.5", "1.6")] == [None, "1.5"]


def test_ignoring_needs_runs_what_would_wait(checks: WarmChecks, tmp_path: Path) -> None:
    verdicts = checks.run(STEP, untouched_starters(tmp_path), ignore_needs=True)
    assert [verdict.waits_for for verdict in verdicts.all] == [None] * len(STEP.exercises)
    assert verdicts.passed == 0 and verdicts.failed == len(STEP.exercises)


def test_a_broken_app_of_one_step_changes_nothing_in_another(tmp_path: Path) -> None:
    for number in ("01", "02"):
        step = find_step(number)
        write_starter(SOLUTIONS / step.name, tmp_path / step.name)
    (tmp_path / find_step("01").name / "app.py").write_text("import nothing_of_the_kind\n")
    output = workbook_python("workbook", "check", "01", "02", "--in", str(tmp_path), "--json", ends_with=(1,))
    verdicts = said(Verdicts.from_json(json.loads(output)))
    assert verdicts["2.6"][1] == "2.5" and verdicts["1.2"][1] is None
