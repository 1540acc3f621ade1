"""The times that a student waits. No figure fails a test: machines differ, and the ratios are for people to read."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from workbook.checks.saves import saves
from workbook.checks.verdicts import Verdicts
from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import ROOT, SOLUTIONS
from workbook.course.starters import source_files
from workbook.course.steps import all_steps, find_step

from .conftest import MEASURE, Figures

pytestmark = pytest.mark.slow

STEP = find_step("01")
# The step with the most checks.
LAST = find_step("08")
ROUNDS = 7
# The number of rounds where one takes ten seconds or more.
FEW_ROUNDS = 3

ONE_FILE = """
from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "hello"


def test_it_greets():
    assert app.test_client().get("/").text == "hello"
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder of step folders with a finished step 01: every check runs to its end."""
    for file in source_files(SOLUTIONS / STEP.name):
        copy = tmp_path / STEP.name / file.relative_to(SOLUTIONS / STEP.name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture
def seen(work: Path) -> Iterator[queue.Queue[set[Path]]]:
    """The saves that the watch sees in the folder; the watch has begun."""
    found: queue.Queue[set[Path]] = queue.Queue()
    stop = threading.Event()

    def follow() -> None:
        for files in saves([work / STEP.name], stop):
            found.put(files)

    thread = threading.Thread(target=follow)
    thread.start()
    for number in count():
        (work / STEP.name / "begun").write_text(str(number))
        try:
            found.get(timeout=0.5)
        except queue.Empty:
            continue
        break
    yield found
    stop.set()
    thread.join()


def environment() -> dict[str, str]:
    """The environment of a command that has nothing to do with this run of pytest."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("WORKBOOK", "PYTEST"))}
    return {**ours, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def python(*arguments: str, cwd: Path = ROOT) -> None:
    subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment(), check=True, capture_output=True)


def processor(*arguments: str, cwd: Path = ROOT) -> float:
    """The processor's time that a command and its children take (seconds)."""
    before = os.times()
    python(*arguments, cwd=cwd)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_a_cold_pytest_of_a_flask_app_in_one_file(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(ONE_FILE)
    benchmark.pedantic(
        python, ("-m", "pytest", "-q", "test_app.py"), {"cwd": tmp_path}, rounds=ROUNDS, warmup_rounds=1
    )


def test_a_cold_check(benchmark: BenchmarkFixture, work: Path) -> None:
    command = ("-m", "workbook", "check", STEP.number, "--in", str(work), "--json")
    benchmark.pedantic(python, command, rounds=ROUNDS, warmup_rounds=1)


def test_a_cold_check_of_step_08(benchmark: BenchmarkFixture) -> None:
    command = ("-m", "workbook", "check", LAST.number, "--in", str(SOLUTIONS), "--json")
    benchmark.pedantic(python, command, rounds=FEW_ROUNDS)


def test_a_warm_check(benchmark: BenchmarkFixture, checks: WarmChecks, work: Path) -> None:
    verdicts: Verdicts = benchmark.pedantic(checks.run, (STEP, work), rounds=ROUNDS, warmup_rounds=1)
    assert verdicts.all_passed


def test_a_save_to_its_verdicts(
    benchmark: BenchmarkFixture, checks: WarmChecks, work: Path, seen: queue.Queue[set[Path]]
) -> None:
    app = work / STEP.name / "app.py"
    text = app.read_text(encoding="utf-8")
    number = count()

    def save_and_wait() -> Verdicts:
        app.write_text(f"{text}# {next(number)}\n", encoding="utf-8")
        assert app in seen.get(timeout=30)
        return checks.run(STEP, work)

    verdicts: Verdicts = benchmark.pedantic(save_and_wait, rounds=ROUNDS, warmup_rounds=1)
    assert verdicts.all_passed


@pytest.mark.parametrize("number", [step.number for step in all_steps()])
def test_a_warm_check_of_step(benchmark: BenchmarkFixture, checks: WarmChecks, number: str) -> None:
    verdicts: Verdicts = benchmark.pedantic(
        checks.run, (find_step(number), SOLUTIONS), rounds=FEW_ROUNDS, warmup_rounds=1
    )
    assert verdicts.all_passed


def test_the_first_and_the_last_verdict_of_a_cold_check_of_step_08(figures: Figures, tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(ONE_FILE)
    command = ("-m", "workbook", "check", LAST.number, "--in", str(SOLUTIONS), "--json", "--stream")
    rounds = []
    for _ in range(FEW_ROUNDS):
        begun = time.monotonic()
        python("-m", "pytest", "-q", "test_app.py", cwd=tmp_path)
        measure, begun = time.monotonic() - begun, time.monotonic()
        with subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
        ) as check:
            assert check.stdout is not None
            times = [time.monotonic() - begun for line in check.stdout if line.startswith('{"verdict"')]
        assert check.returncode == 0, "a check that was ended early is no figure"
        rounds.append((times[0], times[0] / measure, times[-1], times[-1] / measure))
    first, first_ratio, last, last_ratio = (median(values) for values in zip(*rounds, strict=True))
    section, heading = f"verdicts of a cold check {LAST.number}", ("", "seconds", "to a pytest")
    figures.add(section, "the first", first, first_ratio, heading=heading)
    figures.add(section, f"the last, of {len(LAST.exercises)}", last, last_ratio)


def test_the_processors_time_for_a_submission(figures: Figures, tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(ONE_FILE)
    measure = median(processor("-m", "pytest", "-q", "test_app.py", cwd=tmp_path) for _ in range(ROUNDS))
    taken = processor("-m", "workbook", "check", "--in", str(SOLUTIONS), "--json")
    section, heading = "the processor's time, with that of all children", ("", "seconds", "to a pytest")
    figures.add(section, "a finished submission of every step", taken, taken / measure, heading=heading)
    figures.add(section, MEASURE.replace("_", " "), measure, 1.0)
